"""People's tokens: JWT (RFC 7519), ES256, from a known issuer; roles come from the token and nowhere else.

The demo issuer is a key pair on the same machine. It counts only in the demo profile.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.errors import InvalidInput
from shared.security.signing import Problem, SignatureProblem, sign, verify

TOKEN_TYPE = "JWT"  # noqa: S105 (a media type, not a secret)
DEMO_ISSUER = "hawk-demo-issuer"
AUDIENCE = "hawk"
#: Life of a demo token: a working day.
DEMO_TOKEN_LIFETIME = timedelta(hours=10)
#: Longest life of a token that counts, from now. A role that is taken away must not live on in a token for weeks.
TOKEN_LIFETIME_MAX = timedelta(hours=24)
#: Seconds by which the issuer's clock may be ahead of ours. An expired token is never forgiven.
CLOCK_SKEW_SECONDS = 30
#: A name goes into events, pages and audit rows.
NAME_CHARACTERS_MAX = 100
#: Roles of one person; more means that the issuer sends something else.
ROLES_MAX = 50


@dataclass(frozen=True, slots=True)
class Person:
    """Who a verified token speaks for."""

    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Whose tokens count. `public_pem` None: nobody's, every protected route answers 401."""

    public_pem: str | None
    issuer: str = DEMO_ISSUER
    audience: str = AUDIENCE

    @property
    def of_the_demo(self) -> bool:
        """Whether these are the demo's: a HAWK of one person, on that person's machine."""
        return self.public_pem is not None and self.issuer == DEMO_ISSUER


def issue_demo_token(user: str, roles: tuple[str, ...], private_pem: str, now: datetime) -> str:
    """A token of the demo issuer, valid for `DEMO_TOKEN_LIFETIME` from `now`.

    Raises:
        InvalidInput: TOKEN_CLAIM_INVALID, the name or a role is empty or too long.
        Defect: the key cannot sign.
    """
    person = _person({"sub": user, "roles": list(roles)})
    issued = int(now.timestamp())
    claims = {
        "iss": DEMO_ISSUER,
        "aud": AUDIENCE,
        "sub": person.name,
        "roles": list(person.roles),
        "iat": issued,
        "nbf": issued,
        "exp": issued + int(DEMO_TOKEN_LIFETIME.total_seconds()),
    }
    return sign(claims, typ=TOKEN_TYPE, private_pem=private_pem)


def verify_token(token: str, settings: TokenSettings, now: datetime) -> Person:
    """The person of a token that counts here, at `now`.

    Raises:
        InvalidInput: NO_ISSUER, TOKEN_MALFORMED, TOKEN_UNSIGNED, TOKEN_ALGORITHM_NOT_ALLOWED,
            TOKEN_TYPE_WRONG, TOKEN_KEY_UNKNOWN, TOKEN_SIGNATURE_INVALID, TOKEN_CLAIM_MISSING,
            TOKEN_CLAIM_INVALID, TOKEN_ISSUER_UNKNOWN, TOKEN_AUDIENCE_WRONG, TOKEN_EXPIRED,
            TOKEN_LIVES_TOO_LONG or TOKEN_NOT_YET_VALID.
        Defect: the configured key is no public ES256 key.
    """
    if settings.public_pem is None:
        raise InvalidInput(
            code="NO_ISSUER",
            reason="No issuer of tokens is configured, so nobody can sign in. Configure one and restart.",
        )
    try:
        claims = verify(token, typ=TOKEN_TYPE, public_pem=settings.public_pem)
    except SignatureProblem as problem:
        raise _refused(_CODES[problem.problem], problem.sentence) from problem
    _check_audience(claims, settings)
    _check_times(claims, now)
    return _person(claims)


_CODES = {
    Problem.MALFORMED: "TOKEN_MALFORMED",
    Problem.UNSIGNED: "TOKEN_UNSIGNED",
    Problem.ALGORITHM: "TOKEN_ALGORITHM_NOT_ALLOWED",
    Problem.TYPE: "TOKEN_TYPE_WRONG",
    Problem.KEY: "TOKEN_KEY_UNKNOWN",
    Problem.SIGNATURE: "TOKEN_SIGNATURE_INVALID",
}


def _refused(code: str, why: str) -> InvalidInput:
    return InvalidInput(code=code, reason=f"The token is not valid: {why}.")


def _claim(claims: dict[str, Any], name: str) -> Any:
    if claims.get(name) is None:
        raise _refused("TOKEN_CLAIM_MISSING", f"claim {name} is missing")
    return claims[name]


def _check_audience(claims: dict[str, Any], settings: TokenSettings) -> None:
    if _claim(claims, "iss") != settings.issuer:
        raise _refused("TOKEN_ISSUER_UNKNOWN", f"it was not issued by {settings.issuer}")
    audience = _claim(claims, "aud")
    if settings.audience not in (audience if isinstance(audience, list) else [audience]):
        raise _refused("TOKEN_AUDIENCE_WRONG", f"it was not issued for {settings.audience}")


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    moment = int(now.timestamp())
    if _time(claims, "exp") <= moment:
        raise _refused("TOKEN_EXPIRED", "it has expired; sign in again")
    if _time(claims, "exp") > moment + int(TOKEN_LIFETIME_MAX.total_seconds()) + CLOCK_SKEW_SECONDS:
        longest = f"{TOKEN_LIFETIME_MAX.total_seconds() / 3600:.0f} hours"
        raise _refused(
            "TOKEN_LIVES_TOO_LONG", f"it would live longer than {longest}; have the issuer give shorter ones"
        )
    for name in ("nbf", "iat"):
        if claims.get(name) is not None and _time(claims, name) > moment + CLOCK_SKEW_SECONDS:
            raise _refused("TOKEN_NOT_YET_VALID", f"it is not valid yet (claim {name})")


def _time(claims: dict[str, Any], name: str) -> int:
    value = _claim(claims, name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _refused("TOKEN_CLAIM_INVALID", f"claim {name} is no whole number of seconds since 1970")
    return value


def _person(claims: dict[str, Any]) -> Person:
    name, roles = _claim(claims, "sub"), _claim(claims, "roles")
    if not _usable(name):
        raise _refused("TOKEN_CLAIM_INVALID", "claim sub is no name of printable characters")
    if not isinstance(roles, list) or len(roles) > ROLES_MAX or not all(_usable(role) for role in roles):
        raise _refused("TOKEN_CLAIM_INVALID", "claim roles is no list of role names")
    return Person(name=name, roles=tuple(dict.fromkeys(roles)))


def _usable(text: object) -> bool:
    """Names are compared by their exact characters; blanks at the ends would make two of one person."""
    return (
        isinstance(text, str) and 0 < len(text) <= NAME_CHARACTERS_MAX and text.isprintable() and text == text.strip()
    )
