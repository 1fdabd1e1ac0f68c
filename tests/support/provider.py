"""A real OpenID provider on a port of this machine, which a test may bend: claims, headers, keys, answers.

with running_provider() as provider:
    provider.person("7f0c", name="Anna Lee", roles=["TRADER"])
"""

import hashlib
import json
import time
import warnings
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from joserfc import jws
from joserfc.jwk import RSAKey

with warnings.catch_warnings():
    # The provider is made of parts of its library that are to be replaced; HAWK uses none of them.
    warnings.simplefilter("ignore")
    import flask
    from authlib import jose
    from oidc_provider_mock import _server as mock_server
    from oidc_provider_mock import app as mock_app
    from oidc_provider_mock._storage import Storage, User

#: For `pytestmark`: what the provider's own library says of itself while it runs.
PROVIDER_WARNINGS = (
    "ignore::authlib.deprecate.AuthlibDeprecationWarning",
    "ignore:get_jwt_config:DeprecationWarning",
)

Bend = Callable[[dict[str, Any], dict[str, Any]], None]


class Anything(jws.JWSRegistry):
    """Signs whatever an issuer may write into a header."""

    max_header_length = 10**6

    def check_header(self, header: dict[str, Any]) -> None:
        """Take it."""


_REGISTRY = Anything(algorithms=["RS256"])


@dataclass
class Provider:
    """The provider. `bend` changes header and claims of each ID token before it is signed."""

    url: str = ""
    bend: Bend | None = None
    #: Claims of an access token that is a JWT; None: it is opaque.
    access: dict[str, Any] | None = None
    #: By how much its clock is ahead of the machine's.
    ahead: timedelta = timedelta(0)
    #: Status that it answers with to everything while it is away.
    away: int | None = None
    #: Answers given in place of its own, by path.
    instead: dict[str, Callable[[], flask.Response]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    #: What was sent to its page, by nonce, and to its token endpoint.
    begun: dict[str, dict[str, str]] = field(default_factory=dict)
    exchanged: list[dict[str, str]] = field(default_factory=list)
    _storage: Storage | None = None
    #: Keys as they are signed with; each with the one that is served, so that its id stays taken.
    _read: dict[int, tuple[Any, RSAKey]] = field(default_factory=dict)

    @property
    def storage(self) -> Storage:
        assert self._storage is not None
        return self._storage

    def person(self, sub: str, **claims: Any) -> None:
        """Somebody who can sign in there."""
        self.storage.store_user(User(sub=sub, claims=claims))

    def reset(self) -> None:
        """As it was at its start, but for its key."""
        self.bend, self.access, self.ahead, self.away = None, None, timedelta(0), None
        for kept in (self.instead, self.asked, self.begun, self.exchanged, self.storage._authorization_codes):
            kept.clear()

    def rotate(self) -> None:
        """Another key: what it signs and serves from now on."""
        self.storage.jwk = jose.RSAKey.generate_key(is_private=True)

    def sign_in(self, address: str, sub: str) -> str:
        """What a browser does on its page: sign in as somebody. Gives the address that it is sent back to."""
        answer = httpx.post(address, data={"sub": sub}, follow_redirects=False, trust_env=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        """A token that it signs with the key of now."""
        whole = {"alg": "RS256", "kid": self.kid, **header}
        whole = {name: value for name, value in whole.items() if value is not None}
        return jws.serialize_compact(whole, json.dumps(claims), self._key(), registry=_REGISTRY)

    def logout_token(self, client: str, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """An order to log out, with changes; `...` leaves a claim out."""
        now = self.now()
        whole = {
            "iss": self.url, "aud": client, "iat": now, "exp": now + 120, "jti": uuid4().hex,
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}}, **changes,
        }  # fmt: skip
        claims = {name: value for name, value in whole.items() if value is not ...}
        return self.signed(claims, **{"typ": "logout+jwt", **(header or {})})

    @property
    def kid(self) -> str:
        return str(self._key().thumbprint())

    def now(self) -> int:
        return int(time.time() + self.ahead.total_seconds())

    def _key(self) -> RSAKey:
        served = self.storage.jwk
        if id(served) not in self._read:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._read[id(served)] = served, RSAKey.import_key(served.as_dict(is_private=True))
        return self._read[id(served)][1]

    def before(self) -> flask.Response | None:
        self._storage = flask.g.oidc_provider_mock_storage
        path = flask.request.path
        self.asked[path] += 1
        if self.away is not None:
            return flask.Response("away", self.away)
        if path in self.instead:
            return self.instead[path]()
        if path == "/oauth2/authorize":
            given = flask.request.args
            self.begun[given.get("nonce", "")] = dict(given)
        if path == "/oauth2/token":
            return self._check_verifier()
        return None

    def _check_verifier(self) -> flask.Response | None:
        """PKCE, which the provider's library leaves out."""
        given = flask.request.form
        self.exchanged.append(dict(given))
        code = self.storage.get_authorization_code(given.get("code", ""))
        if code is None:
            return None
        challenge = self.begun[code.nonce or ""].get("code_challenge", "")
        made = urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        return None if made == challenge else flask.Response('{"error":"invalid_grant"}', 400)

    def after(self, response: flask.Response) -> flask.Response:
        if flask.request.path == "/oauth2/token" and response.status_code == 200:
            document = json.loads(response.get_data())
            document["id_token"] = self._bent(document["id_token"])
            if self.access is not None:
                document["access_token"] = self.signed(self.access, typ="at+jwt")
            response.set_data(json.dumps(document))
        return response

    def _bent(self, token: str) -> str:
        read = jws.extract_compact(token.encode(), registry=_REGISTRY)
        header, claims = {**read.headers(), "kid": self.kid}, json.loads(read.payload)
        for name in ("iat", "exp", "auth_time"):
            claims[name] += int(self.ahead.total_seconds())
        if self.bend is not None:
            self.bend(header, claims)
        return self.signed(claims, **header)


@contextmanager
def running_provider() -> Iterator[Provider]:
    """The provider on a free port."""
    provider = Provider()
    served = mock_app()
    served.before_request(provider.before)
    served.after_request(provider.after)
    with mock_server._threaded_server(served, poll_interval=0.02) as server:
        provider.url = f"http://localhost:{server.server_port}"
        httpx.get(provider.url + "/jwks", trust_env=False)
        provider.asked.clear()
        yield provider
