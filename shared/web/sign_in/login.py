"""A sign-in under way: what is kept in the browser between the way to the provider and the way back. Pure.

It rides in a cookie of its own for ten minutes, which the browser sends along when the provider sends it back (Lax);
the cookie of the session is never sent by a way that another site began (Strict). Its values are of use to nobody but
the browser itself: `state` ties the answer to the browser that asked, `nonce` the ID token, `verifier` the code.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from shared.web.sign_in.addresses import local_page

#: Time that a person has to sign in at the provider, with a second factor that has to be found first.
LOGIN_LIFETIME: Final = timedelta(minutes=10)
#: Sign-ins under way in one browser, in several tabs; the cookies of more would make its requests too long.
LOGINS_MAX: Final = 4
COOKIE_PREFIX: Final = "__Host-hawk_login_"
#: Characters of such a cookie's value.
_COOKIE_CHARACTERS_MAX: Final = 3_500


@dataclass(frozen=True, slots=True)
class Login:
    """A sign-in under way.

    Args:
        begun: seconds since 1970.
        next: the page to come back to.
        replaces: key of the session that this sign-in replaces, in hexadecimal digits; empty for none.
        silent: the provider was asked not to show anything (`prompt=none`).
        max_age: the age in seconds that the proof of who somebody is may have; None for any.
    """

    state: str
    nonce: str
    verifier: str
    begun: int
    next: str
    replaces: str = ""
    silent: bool = False
    max_age: int | None = None


def new_login(
    secret: Callable[[], str], now: datetime, page: str, *, replaces: str = "", silent: bool, max_age: int | None
) -> Login:
    """Return a sign-in that begins now.

    Args:
        secret: gives 43 characters or more of base64url that nobody can guess.
    """
    return Login(
        state=secret(),
        nonce=secret(),
        verifier=secret(),
        begun=int(now.timestamp()),
        next=local_page(page),
        replaces=replaces,
        silent=silent,
        max_age=max_age,
    )


def cookie_name(state: str) -> str:
    """Return the name of the cookie of one sign-in, so that two tabs do not take each other's away."""
    return COOKIE_PREFIX + hashlib.sha256(state.encode()).hexdigest()[:16]


def packed(login: Login) -> str:
    """Return a sign-in as the value of a cookie."""
    return base64.urlsafe_b64encode(json.dumps(asdict(login), separators=(",", ":")).encode()).decode().rstrip("=")


def unpacked(text: str, state: str, now: datetime) -> Login | None:
    """Return the sign-in of a cookie for the answer with this `state`; None where it is another's, or too old."""
    if len(text) > _COOKIE_CHARACTERS_MAX:
        return None
    try:
        given = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        login = Login(**given)
    except (ValueError, TypeError, RecursionError):
        return None
    if not _well_typed(login) or login.state != state:
        return None
    age = now.timestamp() - login.begun
    return login if 0 <= age <= LOGIN_LIFETIME.total_seconds() else None


def provider_address(
    login: Login, endpoint: str, *, client_id: str, scope: str, redirect_uri: str, asked: dict[str, Any]
) -> str:
    """Return the address of the provider's page that signs somebody in.

    Args:
        asked: further parameters, such as `prompt`, `acr_values` and `max_age`; those that are None are left out.
    """
    address: str = prepare_grant_uri(
        endpoint,
        client_id=client_id,
        response_type="code",
        redirect_uri=redirect_uri,
        scope=scope,
        state=login.state,
        nonce=login.nonce,
        code_challenge=create_s256_code_challenge(login.verifier),
        code_challenge_method="S256",
        **asked,
    )
    return address


def _well_typed(login: Login) -> bool:
    texts = (login.state, login.nonce, login.verifier, login.next, login.replaces)
    return (
        all(isinstance(text, str) for text in texts)
        and bool(login.state and login.nonce and login.verifier)
        and type(login.begun) is int
        and isinstance(login.silent, bool)
        and (login.max_age is None or type(login.max_age) is int)
    )
