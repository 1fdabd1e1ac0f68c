"""Asks a Dify chat application (POST /chat-messages) and gives its answer as it came: bytes, and whether all came.

What the answer says is not read here. Dify reports failure inside a stream with HTTP 200, and a stream may stop
without its end; the parser refuses such an answer and keeps it as evidence, so it is handed on and not dropped.
"""

import ipaddress
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

CONNECT_SECONDS_MAX: Final = 10.0
"""A server that is there accepts within a second."""

SILENCE_SECONDS_MAX: Final = 60.0
"""Dify pings a stream every 10 s; one that is silent for a minute is dead."""

ANSWER_SECONDS_DEFAULT: Final = 300
"""A model that reasons and calls tools takes minutes; five of them are a stuck one."""

ANSWER_BYTES_MAX: Final = MESSAGE_BYTES_MAX - 64 * 1024
"""What the topic takes beside a record's headers. The parser reads up to 1 MiB and refuses more, keeping its head."""

REASON_CHARACTERS_MAX: Final = 300
"""Characters of what Dify says about a failure that are passed on."""

ERROR_BYTES_MAX: Final = 64 * 1024
"""Bytes of a failure's body that are read for its reason."""

DIFY_USER: Final = "hawk-bridge"
"""Dify wants a user; this one is named to it where none was given. HAWK is told nobody then."""

JSON_TYPE: Final = "application/json"
STREAM_TYPE: Final = "text/event-stream"


class DifyRefused(HawkError):
    """Dify answered with a failure instead of an answer. `status` is the HTTP status."""

    def __init__(self, *, status: int, reason: str, cure: str) -> None:
        self.status = status
        super().__init__(f"Dify refuses the question with HTTP {status}: {reason}. {cure} Nothing was published.")


class NotADifyAnswer(HawkError):
    """What answers at the address does not speak Dify's chat API."""

    def __init__(self, *, url: str, found: str) -> None:
        super().__init__(
            f"{url} gives no answer of a Dify chat application: {found}. Name the address of Dify's API, such as "
            "https://dify.example/v1, and the key of a chatbot, agent or chatflow. Nothing was published."
        )


class DifyUnreachable(Transient):
    """Dify gave not a single byte of an answer."""

    def __init__(self, *, url: str, why: str) -> None:
        super().__init__(
            f"Dify does not answer at {url} ({why}). Check the address and try again. Nothing was published."
        )


@dataclass(frozen=True, slots=True)
class Question:
    """What Dify is asked. `user` is the end user as Dify counts them; `conversation` goes on with an earlier one."""

    url: str
    query: str
    key: str = field(repr=False)
    user: str = DIFY_USER
    streaming: bool = False
    conversation: str | None = None
    seconds_max: float = ANSWER_SECONDS_DEFAULT

    @property
    def body(self) -> dict[str, Any]:
        """The request as Dify's chat API takes it."""
        told: dict[str, Any] = {
            "inputs": {},
            "query": self.query,
            "response_mode": "streaming" if self.streaming else "blocking",
            "user": self.user,
            "auto_generate_name": False,
        }
        return told if self.conversation is None else {**told, "conversation_id": self.conversation}


@dataclass(frozen=True, slots=True)
class DifyAnswer:
    """The bytes of an answer. `cut` says why more was to come that did not; empty: the transfer came to its end."""

    body: bytes
    cut: str = ""


def checked_url(url: str, *, allow_http: bool) -> str:
    """The address of an API without a slash at its end.

    Raises:
        InvalidInput: it is not an address, carries a password, or would send the key in clear over a network.
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
        raise InvalidInput(code="DIFY_URL_INVALID", reason="The address holds a password. Give the key by environment.")
    if parsed.scheme == "http" and not is_loopback(parsed.host) and not allow_http:
        raise InvalidInput(
            code="DIFY_URL_CLEAR_TEXT",
            reason=f"http://{parsed.host} would carry the key in clear text. Use https, or --allow-http within a "
            "network you trust.",
        )
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def ask_dify(question: Question) -> DifyAnswer:
    """Ask once; a question is not repeated, since each costs and may begin something.

    Raises:
        DifyRefused: an HTTP status other than 2xx.
        NotADifyAnswer: a 2xx that is neither a stream of events nor an object with `answer`.
        DifyUnreachable: no byte of an answer came.
        HawkError: more came than the topic takes.
    """
    url = f"{question.url}/chat-messages"
    silence = SILENCE_SECONDS_MAX if question.streaming else question.seconds_max
    limits = httpx.Timeout(min(silence, question.seconds_max), connect=min(CONNECT_SECONDS_MAX, question.seconds_max))
    headers = {"Authorization": f"Bearer {question.key}", "Accept-Encoding": "identity"}
    # On this machine a proxy of the environment's has no business.
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
                raise NotADifyAnswer(url=url, found=f"HTTP {response.status_code} with {media or 'no content type'}")
            answer = _read(response, time.monotonic() + question.seconds_max, question.seconds_max)
    except httpx.HTTPError as error:
        raise DifyUnreachable(url=url, why=_told(error)) from error
    if not answer.body:
        raise DifyUnreachable(url=url, why=answer.cut or "an empty answer")
    _check_form(answer, url, media)
    return answer


def _read(response: httpx.Response, deadline: float, seconds_max: float) -> DifyAnswer:
    """All bytes until the end, the time limit or a fault, whichever comes first."""
    found = bytearray()
    try:
        for chunk in response.iter_bytes():
            found += chunk
            if len(found) > ANSWER_BYTES_MAX:
                raise HawkError(
                    f"Dify sent more than {ANSWER_BYTES_MAX} bytes, which no message holds. Nothing was published; ask "
                    "for less, or without --streaming."
                )
            if time.monotonic() > deadline:
                return DifyAnswer(bytes(found), f"the answer took more than {seconds_max:g} s")
    except httpx.HTTPError as error:
        return DifyAnswer(bytes(found), _told(error))
    return DifyAnswer(bytes(found))


def _check_form(answer: DifyAnswer, url: str, media: str) -> None:
    """Words of a page or of a proxy must not pass for words of the model. What was cut off cannot be judged."""
    text = answer.body.decode("utf-8-sig", "replace")
    if media == STREAM_TYPE:
        if not answer.cut and not is_transcript(text):
            raise NotADifyAnswer(url=url, found="an event stream without data")
        return
    try:
        value = parse_json(text, fraction=Decimal)
    except ValueError:
        if text.lstrip().startswith("{"):
            return
        value = None
    if not isinstance(value, dict) or "answer" not in value:
        raise NotADifyAnswer(url=url, found="JSON without `answer`")


def _refused(response: httpx.Response) -> DifyRefused:
    cures = {
        401: "Check the key.",
        403: "Check the key and what it may do.",
        404: "Check the address, and the conversation if one was named.",
        429: "Dify limits how often it is asked; wait.",
    }
    reason = _reason(response)
    cure = cures.get(response.status_code, "")
    if response.is_redirect:
        cure = "Name the address it points to; the key is not sent on."
    elif "blocking" in reason.lower():
        cure = "This application only streams: ask with --streaming."
    return DifyRefused(status=response.status_code, reason=reason, cure=cure or "Dify's log says more.")


def _reason(response: httpx.Response) -> str:
    """Dify's own code and message where it gives them, else the phrase of the status."""
    try:
        told = parse_json(b"".join(_head(response)), fraction=Decimal)
    except (ValueError, httpx.HTTPError):
        told = None
    parts = [str(told[key]) for key in ("code", "message") if told.get(key)] if isinstance(told, dict) else []
    text = ": ".join(parts) or response.reason_phrase or "no reason given"
    return "".join(each if each.isprintable() else " " for each in text[:REASON_CHARACTERS_MAX]).strip(" .")


def _head(response: httpx.Response) -> Iterator[bytes]:
    size = 0
    for chunk in response.iter_bytes():
        yield chunk
        size += len(chunk)
        if size > ERROR_BYTES_MAX:
            return


def _told(error: Exception) -> str:
    if isinstance(error, httpx.ReadTimeout):
        return "it fell silent"
    return str(error) or type(error).__name__
