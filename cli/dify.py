"""A client of a Dify chat application (POST /chat-messages) that returns the response unread and unchanged.

Dify reports failure inside a stream with HTTP 200, and a stream may stop before its end. The parser refuses such a
response and keeps it as evidence, so it is passed on and not dropped.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import httpx

from services.parser.transcript import is_transcript
from shared.errors import HawkError, InvalidInput, Transient
from shared.events.topics import MESSAGE_BYTES_MAX
from shared.exact_json import parse_json
from shared.security.loopback import is_loopback

CONNECT_SECONDS_MAX: Final = 10.0
"""A reachable server accepts a connection within a second."""

SILENCE_SECONDS_MAX: Final = 60.0
"""Dify pings a stream every 10 s; one that is silent for a minute is dead."""

RESPONSE_SECONDS_DEFAULT: Final = 300
"""A model that reasons and calls tools takes minutes; after five it is stuck."""

RESPONSE_BYTES_MAX: Final = MESSAGE_BYTES_MAX - 64 * 1024
"""The topic's limit without a record's headers. The parser reads up to 1 MiB; of more it keeps the beginning."""

REASON_CHARACTERS_MAX: Final = 300
"""Characters of Dify's reason for a failure that are passed on."""

ERROR_BYTES_MAX: Final = 64 * 1024
"""Bytes of the body of a failure that are read for its reason."""

DIFY_USER: Final = "hawk-bridge"
"""The user in a request to Dify, which needs one, when none is given. HAWK then gets no user."""

JSON_TYPE: Final = "application/json"
STREAM_TYPE: Final = "text/event-stream"


class DifyRefused(HawkError):
    """A failure in place of a response. `status` is the HTTP status."""

    def __init__(self, *, status: int, reason: str, cure: str) -> None:
        self.status = status
        super().__init__(f"Dify refuses the question with HTTP {status}: {reason}. {cure} Nothing was published.")


class NotADifyResponse(HawkError):
    """A server at the address that does not speak Dify's chat API."""

    def __init__(self, *, url: str, found: str) -> None:
        super().__init__(
            f"{url} did not respond like a Dify chat application: {found}. Give the address of Dify's API, such as "
            "https://dify.example/v1, and the key of a chatbot, agent or chatflow. Nothing was published."
        )


class DifyUnreachable(Transient):
    """A Dify that sent no byte of a response."""

    def __init__(self, *, url: str, why: str) -> None:
        super().__init__(
            f"Dify does not respond at {url} ({why}). Check the address and try again. Nothing was published."
        )


@dataclass(frozen=True, slots=True)
class Question:
    """A question for Dify. `user` is its end user; `conversation` continues an earlier one."""

    url: str
    query: str
    key: str = field(repr=False)
    user: str = DIFY_USER
    streaming: bool = False
    conversation: str | None = None
    seconds_max: float = RESPONSE_SECONDS_DEFAULT

    @property
    def body(self) -> dict[str, Any]:
        """The request body of Dify's chat API."""
        body: dict[str, Any] = {
            "inputs": {},
            "query": self.query,
            "response_mode": "streaming" if self.streaming else "blocking",
            "user": self.user,
            "auto_generate_name": False,
        }
        return body if self.conversation is None else {**body, "conversation_id": self.conversation}


@dataclass(frozen=True, slots=True)
class DifyResponse:
    """The bytes of a response. `cut` says why its end is missing; empty when it is complete."""

    body: bytes
    cut: str = ""


def checked_url(url: str, *, allow_http: bool) -> str:
    """Return the address of an API without a slash at its end.

    Raises:
        InvalidInput: it is not an address, holds a password, or would send the key in clear text over a network.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InvalidInput(code="DIFY_URL_INVALID", reason=f"{url!r:.200} is not an address: {error}.") from error
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.query or parsed.fragment:
        raise InvalidInput(
            code="DIFY_URL_INVALID",
            reason=f"{url!r:.200} is not an address of an API, such as https://dify.example/v1.",
        )
    if parsed.userinfo:
        raise InvalidInput(
            code="DIFY_URL_INVALID",
            reason="The address holds a password. Give the key in --api-key-env or --api-key-file.",
        )
    if parsed.scheme == "http" and not is_loopback(parsed.host) and not allow_http:
        raise InvalidInput(
            code="DIFY_URL_CLEAR_TEXT",
            reason=f"http://{parsed.host} would carry the key in clear text. Use https, or --allow-http in a network "
            "that you trust.",
        )
    return url.rstrip("/")


def ask_dify(question: Question) -> DifyResponse:
    """Ask once and return the response; a question is not repeated, since each costs money and may have effects.

    Raises:
        DifyRefused: an HTTP status other than 2xx.
        NotADifyResponse: a 2xx that is neither a stream of events nor an object with `answer`.
        DifyUnreachable: no byte of a response arrived.
        HawkError: the response is larger than the topic takes.
    """
    url = f"{question.url}/chat-messages"
    silence = SILENCE_SECONDS_MAX if question.streaming else question.seconds_max
    limits = httpx.Timeout(min(silence, question.seconds_max), connect=min(CONNECT_SECONDS_MAX, question.seconds_max))
    headers = {"Authorization": f"Bearer {question.key}", "Accept-Encoding": "identity"}
    # For a Dify on this machine, a proxy from the environment must not be used.
    trust = not is_loopback(httpx.URL(url).host)
    try:
        with (
            httpx.Client(timeout=limits, trust_env=trust, follow_redirects=False) as client,
            client.stream("POST", url, json=question.body, headers=headers) as response,
        ):
            if not response.is_success:
                raise _refused(response)
            media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media not in (JSON_TYPE, STREAM_TYPE):
                raise NotADifyResponse(url=url, found=f"HTTP {response.status_code} with {media or 'no content type'}")
            found = _read(response, time.monotonic() + question.seconds_max, question.seconds_max)
    except httpx.HTTPError as error:
        raise DifyUnreachable(url=url, why=_reason_of(error)) from error
    if not found.body:
        raise DifyUnreachable(url=url, why=found.cut or "an empty response")
    _check_form(found, url, media)
    return found


def _read(response: httpx.Response, deadline: float, seconds_max: float) -> DifyResponse:
    """Return all bytes until the end, the time limit or a fault, whichever comes first."""
    found = bytearray()
    try:
        for chunk in response.iter_bytes():
            found += chunk
            if len(found) > RESPONSE_BYTES_MAX:
                raise HawkError(
                    f"Dify sent more than {RESPONSE_BYTES_MAX} bytes, too many for a message. Nothing was published. "
                    "Ask for less, or without --streaming."
                )
            if time.monotonic() > deadline:
                return DifyResponse(bytes(found), f"the response took more than {seconds_max:g} s")
    except httpx.HTTPError as error:
        return DifyResponse(bytes(found), _reason_of(error))
    return DifyResponse(bytes(found))


def _check_form(response: DifyResponse, url: str, media: str) -> None:
    """Raise NotADifyResponse for the text of a web page or a proxy. A response that was cut off cannot be judged."""
    text = response.body.decode("utf-8-sig", "replace")
    if media == STREAM_TYPE:
        if not response.cut and not is_transcript(text):
            raise NotADifyResponse(url=url, found="an event stream without data")
        return
    try:
        value = parse_json(text, fraction=Decimal)
    except ValueError:
        if text.lstrip().startswith("{"):
            return
        value = None
    if not isinstance(value, dict) or "answer" not in value:
        raise NotADifyResponse(url=url, found="JSON without `answer`")


def _refused(response: httpx.Response) -> DifyRefused:
    cures = {
        401: "Check the key.",
        403: "Check the key and its rights.",
        404: "Check the address, and the conversation if you gave one.",
        429: "Dify limits the rate of requests. Wait and try again.",
    }
    reason = _reason(response)
    cure = cures.get(response.status_code, "")
    if response.is_redirect:
        cure = "Give the address of the redirect; the key is not sent there automatically."
    elif "blocking" in reason.lower():
        cure = "This application only streams. Add --streaming."
    return DifyRefused(status=response.status_code, reason=reason, cure=cure or "See Dify's log.")


def _reason(response: httpx.Response) -> str:
    """Return Dify's code and message if it gives them, else the phrase of the status."""
    try:
        problem = parse_json(b"".join(_head(response)), fraction=Decimal)
    except (ValueError, httpx.HTTPError):
        problem = None
    members = problem if isinstance(problem, dict) else {}
    parts = [str(members[key]) for key in ("code", "message") if members.get(key)]
    text = ": ".join(parts) or response.reason_phrase or "no reason given"
    return "".join(each if each.isprintable() else " " for each in text[:REASON_CHARACTERS_MAX]).strip(" .")


def _head(response: httpx.Response) -> Iterator[bytes]:
    size = 0
    for chunk in response.iter_bytes():
        yield chunk
        size += len(chunk)
        if size > ERROR_BYTES_MAX:
            return


def _reason_of(error: Exception) -> str:
    if isinstance(error, httpx.ReadTimeout):
        return "it stopped sending"
    return str(error) or type(error).__name__
