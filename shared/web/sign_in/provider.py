"""What HAWK asks of an OpenID provider: its description, its keys, and tokens for a code. All of it bounded.

Redirects are not followed: an address that a provider names is the address itself.
"""

import asyncio
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_token_request

from shared.errors import InvalidInput, Transient
from shared.exact_json import JsonProblem, parse_json
from shared.security.token_keys import JWKS_BYTES_MAX
from shared.web.sign_in.addresses import fetched_safely

#: Bytes of an answer that is no set of keys. The largest has a token of 16 kB for each of two purposes.
ANSWER_BYTES_MAX: Final = 128 * 1024
#: Seconds for an answer, all in all: somebody waits in front of a browser.
ANSWER_SECONDS_MAX: Final = 5.0
#: Requests to the provider at a time. Strangers can cause them; they take no more of the process than this.
REQUESTS_MAX: Final = 8
#: Time that the provider's description is believed, and the pause after an attempt that failed.
DESCRIBED_FOR: Final = timedelta(hours=1)
DESCRIPTION_PAUSE: Final = timedelta(seconds=10)

_DESCRIPTION: Final = "/.well-known/openid-configuration"
_ERROR: Final = re.compile(r"[a-z_]{1,60}")


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Who HAWK is at the provider.

    Args:
        secret: empty for a client that has none (PKCE alone).
        context: what TLS to the provider trusts; None takes the usual authorities.
    """

    issuer: str
    client_id: str
    secret: str = field(default="", repr=False)
    scope: str = "openid"
    context: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """What a provider says of itself (OpenID Connect Discovery)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    token_auth_method: str
    names_itself_in_answers: bool


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a provider gives for a code. The access token is kept by nobody."""

    id_token: str
    access_token: str


class Provider:
    """One provider, asked over HTTP."""

    def __init__(self, settings: ClientSettings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self._clock = clock
        self._lock = asyncio.Lock()
        self._places = asyncio.Semaphore(REQUESTS_MAX)
        self._trusted = settings.context
        self._description: Description | None = None
        self._described_at: datetime | None = None
        self._tried_at: datetime | None = None

    async def description(self) -> Description:
        """Return what the provider says of itself, an hour old at most.

        Raises:
            Transient: it cannot be had, or is not the description of this issuer.
        """
        async with self._lock:
            now = self._clock()
            known, since = self._description, self._described_at
            if known is not None and since is not None and now < since + DESCRIBED_FOR:
                return known
            if self._tried_at is not None and now < self._tried_at + DESCRIPTION_PAUSE:
                raise Transient("The identity provider could not be asked a moment ago; try again shortly.")
            self._tried_at = now
            _, document = await self._document("GET", self.settings.issuer.rstrip("/") + _DESCRIPTION)
            self._description = described(document, self.settings)
            self._described_at, self._tried_at = now, None
            return self._description

    async def jwks(self) -> str:
        """Return the text of the provider's keys.

        Raises:
            Transient: they cannot be had, or cannot be read.
        """
        address = (await self.description()).jwks_uri
        status, body = await self._ask("GET", address, {}, b"", JWKS_BYTES_MAX)
        if status != httpx.codes.OK:
            raise Transient(f"The identity provider answers {status} where its keys should be.")
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Transient("The keys of the identity provider are not UTF-8.") from error

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Return the tokens for a code.

        Raises:
            InvalidInput: SIGN_IN_REFUSED, the provider does not take the code.
            Transient: the provider is away or answers what cannot be read.
        """
        endpoint = await self.description()
        body = prepare_token_request("authorization_code", redirect_uri=redirect_uri, code=code, code_verifier=verifier)
        proof = ClientAuth(self.settings.client_id, self.settings.secret, endpoint.token_auth_method)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        address, headers, body = proof.prepare("POST", endpoint.token_endpoint, headers, body)
        status, document = await self._document("POST", address, headers, body.encode())
        if status != httpx.codes.OK:
            error = document.get("error")
            named = error if isinstance(error, str) and _ERROR.fullmatch(error) else f"status {status}"
            raise InvalidInput(
                code="SIGN_IN_REFUSED", reason=f"The identity provider refuses this sign-in ({named}). Begin once more."
            )
        tokens = [document.get(name) for name in ("id_token", "access_token")]
        if not isinstance(tokens[0], str):
            raise InvalidInput(
                code="SIGN_IN_REFUSED",
                reason="The identity provider gave no ID token. Is the scope `openid` granted to this client?",
            )
        return Tokens(tokens[0], tokens[1] if isinstance(tokens[1], str) else "")

    async def _document(
        self, method: str, address: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, dict[str, Any]]:
        """Return status and JSON object of an answer; a status of 500 and above is a provider that is away."""
        status, text = await self._ask(method, address, headers or {}, body, ANSWER_BYTES_MAX)
        if status >= httpx.codes.INTERNAL_SERVER_ERROR or (method == "GET" and status != httpx.codes.OK):
            raise Transient(f"The identity provider answers {status}.")
        try:
            document = parse_json(text)
        except JsonProblem as problem:
            raise Transient(f"The identity provider answers {status} and no JSON.") from problem
        if not isinstance(document, dict):
            raise Transient(f"The identity provider answers {status} and no JSON object.")
        return status, document

    def _trust(self) -> ssl.SSLContext:
        """Return what TLS trusts, read once: that takes longer than the rest of a request."""
        if self._trusted is None:
            self._trusted = httpx.create_ssl_context()
        return self._trusted

    async def _ask(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes, bytes_max: int
    ) -> tuple[int, bytes]:
        sent = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
        taken = bytearray()
        try:
            async with (
                asyncio.timeout(ANSWER_SECONDS_MAX),
                self._places,
                httpx.AsyncClient(
                    verify=self._trust(),
                    trust_env=False,
                    follow_redirects=False,
                    timeout=ANSWER_SECONDS_MAX,
                ) as client,
                client.stream(method, address, headers=sent, content=body) as answer,
            ):
                async for part in answer.aiter_raw():
                    taken += part
                    if len(taken) > bytes_max:
                        raise Transient(f"The identity provider's answer has more than {bytes_max} bytes.")
                return answer.status_code, bytes(taken)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            raise Transient(f"The identity provider does not answer ({type(error).__name__}).") from error


def described(document: Mapping[str, Any], settings: ClientSettings) -> Description:
    """Return a provider's description, checked.

    Raises:
        Transient: it is another issuer's, or lacks what is needed. Whoever runs the provider can put it right.
    """
    if document.get("issuer") != settings.issuer:
        raise Transient(f"The provider at {settings.issuer} describes another issuer.")
    needed = {name: document.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    for name, address in needed.items():
        if not isinstance(address, str) or not fetched_safely(address):
            raise Transient(f"The provider at {settings.issuer} gives no usable {name}.")
    ends = document.get("end_session_endpoint")
    methods = document.get("token_endpoint_auth_methods_supported")
    return Description(
        authorization_endpoint=str(needed["authorization_endpoint"]),
        token_endpoint=str(needed["token_endpoint"]),
        jwks_uri=str(needed["jwks_uri"]),
        end_session_endpoint=ends if isinstance(ends, str) and fetched_safely(ends) else None,
        token_auth_method=_method(methods, settings.secret),
        names_itself_in_answers=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _method(supported: Any, secret: str) -> str:
    """Return how the client proves itself: by the header unless only the body is taken (RFC 8414: the default)."""
    if not secret:
        return "none"
    given = supported if isinstance(supported, list) else ["client_secret_basic"]
    return (
        "client_secret_post"
        if "client_secret_basic" not in given and "client_secret_post" in given
        else "client_secret_basic"
    )
