"""What is checked of an ID token and of a logout token beyond what every token must keep to. Pure.

OpenID Connect Core 3.1.3.7 and Back-Channel Logout 2.6; issuer, audience, signature and times are checked before.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from shared.errors import InvalidInput
from shared.security.token_signatures import PERSON_TYPES
from shared.security.tokens import CLOCK_SKEW_SECONDS, Authentication

#: What `typ` of a logout token may be. Not an access token's: that is issued to programs.
LOGOUT_TYPES: Final = frozenset({"logout+jwt", "jwt"})
ID_TOKEN_TYPES: Final = PERSON_TYPES
#: The member of `events` that makes a token a logout token.
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
#: Age of a logout token at most; its id is noted for as long, so that it counts once.
LOGOUT_AGE_MAX: Final = timedelta(minutes=5)
#: Characters of an id in a logout token, of a session or a person at the provider.
ID_CHARACTERS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class ProviderSession:
    """Whom a provider has signed in: the person's id there, and the session's, if it names one."""

    subject: str
    session: str


@dataclass(frozen=True, slots=True)
class LogoutOrder:
    """Whose sessions a provider wants ended, and the id of the order."""

    order: str
    subject: str
    session: str


def check_id_token(
    claims: dict[str, Any],
    authentication: Authentication,
    *,
    client_id: str,
    nonce: str,
    max_age: int | None,
    now: datetime,
) -> ProviderSession:
    """Check that an ID token answers this sign-in.

    Args:
        max_age: the age of the proof that was asked for; None for any.
    Raises:
        InvalidInput: ID_TOKEN_NONCE_WRONG, ID_TOKEN_NOT_FOR_US, TOKEN_CLAIM_MISSING, TOKEN_CLAIM_INVALID or
            ID_TOKEN_TOO_OLD.
    """
    if claims.get("nonce") != nonce:
        raise _refused("ID_TOKEN_NONCE_WRONG", "it answers another sign-in (claim nonce)")
    audience, party = claims.get("aud"), claims.get("azp")
    several = isinstance(audience, list) and len(audience) > 1
    if (party is not None or several) and party != client_id:
        raise _refused("ID_TOKEN_NOT_FOR_US", "it was issued to another client (claim azp)")
    if authentication.as_of is None:
        raise _refused("TOKEN_CLAIM_MISSING", "claim iat is missing")
    if max_age is not None:
        oldest = now - timedelta(seconds=max_age + CLOCK_SKEW_SECONDS)
        if authentication.at is None or authentication.at < oldest:
            raise _refused("ID_TOKEN_TOO_OLD", f"it does not show a sign-in within {max_age} s (claim auth_time)")
    return ProviderSession(_id(claims, "sub"), _id(claims, "sid") if "sid" in claims else "")


def check_logout_token(claims: dict[str, Any], authentication: Authentication, now: datetime) -> LogoutOrder:
    """Check that a token orders a logout.

    Raises:
        InvalidInput: LOGOUT_TOKEN_INVALID, TOKEN_CLAIM_MISSING or TOKEN_CLAIM_INVALID.
    """
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise _refused("LOGOUT_TOKEN_INVALID", "it orders no logout (claim events)")
    if "nonce" in claims:
        raise _refused("LOGOUT_TOKEN_INVALID", "it has a nonce, as ID tokens have")
    if authentication.as_of is None or now - authentication.as_of > LOGOUT_AGE_MAX:
        raise _refused("LOGOUT_TOKEN_INVALID", f"it is older than {LOGOUT_AGE_MAX.total_seconds():.0f} s (claim iat)")
    subject, session = (_id(claims, name) if name in claims else "" for name in ("sub", "sid"))
    if not subject and not session:
        raise _refused("TOKEN_CLAIM_MISSING", "it names neither a person (sub) nor a session (sid)")
    return LogoutOrder(_id(claims, "jti"), subject, session)


def _id(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if value is None:
        raise _refused("TOKEN_CLAIM_MISSING", f"claim {name} is missing")
    if not isinstance(value, str) or not 0 < len(value) <= ID_CHARACTERS_MAX or not value.isprintable():
        raise _refused("TOKEN_CLAIM_INVALID", f"claim {name} is not an id")
    return value


def _refused(code: str, why: str) -> InvalidInput:
    return InvalidInput(code=code, reason=f"The token is not valid: {why}.")
