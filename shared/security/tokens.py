"""People's tokens: JWT (RFC 7519) from a known issuer; roles come from the token and nowhere else.

The demo issuer is a key pair on the same machine. It counts only in the demo profile.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from shared.errors import InvalidInput
from shared.people.identity import fault_of_subject, with_subject
from shared.people.spelling import SUBJECT_CHARACTERS_MAX, fault_of_name
from shared.security.signing import FailedCheck, SignatureProblem, sign
from shared.security.token_keys import TokenKey, keys_of_jwks, keys_of_pem
from shared.security.token_signatures import PERSON_TYPES, verify_signature

TOKEN_TYPE = "JWT"  # noqa: S105 (a media type, not a secret)
DEMO_ISSUER = "hawk-demo-issuer"
AUDIENCE = "hawk"
#: Life of a demo token: a working day.
DEMO_TOKEN_LIFETIME = timedelta(hours=10)
#: Longest life of a token that counts, from now. A role that is taken away must not live on in a token for weeks.
TOKEN_LIFETIME_MAX = timedelta(hours=24)
#: Seconds by which the issuer's clock may be ahead of ours. An expired token is never forgiven.
CLOCK_SKEW_SECONDS = 30
#: Roles and groups of one person: large directories name up to 200.
ROLES_MAX = 250
#: Characters of a role.
ROLE_CHARACTERS_MAX = 100
#: The last moment that Python can write as a date.
_SECONDS_MAX = 253_402_300_799
SUBJECT_CLAIM = "sub"
ROLES_CLAIM = "roles"


@dataclass(frozen=True, slots=True)
class Authentication:
    """How somebody signed in, as far as the issuer says so.

    Args:
        as_of: when the issuer gave these roles (`iat`).
        at: when the person last proved who they are (`auth_time`).
        acr: the level of that proof (`acr`).
        amr: the means of it (`amr`).
    """

    as_of: datetime | None = None
    at: datetime | None = None
    acr: str | None = None
    amr: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Who a verified token speaks for: `name` is how events tell the person (`shared.people.identity`)."""

    name: str
    roles: tuple[str, ...]
    authentication: Authentication = field(default=Authentication(), compare=False)


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Whose tokens count, and where they say who somebody is.

    Without `public_pem` and `jwks` nobody's: every protected route answers 401.

    Args:
        public_pem: the issuer's keys as PEM blocks.
        jwks: the issuer's keys as the text of a JWKS.
        subject_claim: holds what tells a person for ever.
        name_claim: holds the name to be shown beside the subject; empty: the subject is the name.
        roles_claim: holds the roles, as a list or as text with blanks between. A dot leads into an object.
    """

    public_pem: str | None
    issuer: str = DEMO_ISSUER
    audience: str = AUDIENCE
    jwks: str | None = None
    subject_claim: str = SUBJECT_CLAIM
    name_claim: str = ""
    roles_claim: str = ROLES_CLAIM

    @property
    def keys(self) -> tuple[TokenKey, ...]:
        """The issuer's keys; empty when no issuer is configured.

        Raises:
            Defect: they are no public keys that count.
        """
        if self.jwks is not None:
            return keys_of_jwks(self.jwks)
        return () if self.public_pem is None else keys_of_pem(self.public_pem)

    @property
    def configured(self) -> bool:
        """True when the tokens of an issuer count."""
        return self.public_pem is not None or self.jwks is not None

    @property
    def of_the_demo(self) -> bool:
        """True for the demo's settings: a HAWK of one person, on that person's machine."""
        return self.public_pem is not None and self.issuer == DEMO_ISSUER


def issue_demo_token(user: str, roles: tuple[str, ...], private_pem: str, now: datetime) -> str:
    """Return a token of the demo issuer, valid for `DEMO_TOKEN_LIFETIME` from `now`.

    Raises:
        InvalidInput: TOKEN_CLAIM_INVALID, the name or a role is empty or too long.
        Defect: the key cannot sign.
    """
    person = person_of({"sub": user, "roles": list(roles)}, TokenSettings(public_pem=None))
    if set(person.roles) != set(roles):
        raise _refused("TOKEN_CLAIM_INVALID", "a role is not a name")
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
    """Return the person of a token that counts here, at `now`.

    Raises:
        InvalidInput: what `verify_claims` and `person_of` raise.
        Defect: a configured key is not a public key that counts.
    """
    return person_of(verify_claims(token, settings, now), settings)


def verify_claims(
    token: str, settings: TokenSettings, now: datetime, types: frozenset[str] = PERSON_TYPES
) -> dict[str, Any]:
    """Return the claims of a token that counts here, at `now`.

    Args:
        types: what its `typ` may be, if it has one.
    Raises:
        InvalidInput: NO_ISSUER, TOKEN_MALFORMED, TOKEN_UNSIGNED, TOKEN_ALGORITHM_NOT_ALLOWED,
            TOKEN_TYPE_WRONG, TOKEN_KEY_UNKNOWN, TOKEN_SIGNATURE_INVALID, TOKEN_CLAIM_MISSING,
            TOKEN_CLAIM_INVALID, TOKEN_ISSUER_UNKNOWN, TOKEN_AUDIENCE_WRONG, TOKEN_EXPIRED, TOKEN_LIVES_TOO_LONG
            or TOKEN_NOT_YET_VALID.
        Defect: a configured key is not a public key that counts.
    """
    if not settings.configured:
        raise InvalidInput(
            code="NO_ISSUER",
            reason="No issuer of tokens is configured, so nobody can sign in. Configure one and restart.",
        )
    try:
        claims = verify_signature(token, settings.keys, types)
    except SignatureProblem as problem:
        raise _refused(_CODES[problem.problem], problem.sentence) from problem
    _check_audience(claims, settings)
    _check_times(claims, now)
    return claims


def person_of(claims: dict[str, Any], settings: TokenSettings) -> Person:
    """Return the person of verified claims.

    Raises:
        InvalidInput: TOKEN_CLAIM_MISSING or TOKEN_CLAIM_INVALID, for the name or the roles.
    """
    return Person(_name(claims, settings), _roles(claims, settings.roles_claim), authentication_of(claims))


_CODES = {
    FailedCheck.MALFORMED: "TOKEN_MALFORMED",
    FailedCheck.UNSIGNED: "TOKEN_UNSIGNED",
    FailedCheck.ALGORITHM: "TOKEN_ALGORITHM_NOT_ALLOWED",
    FailedCheck.TYPE: "TOKEN_TYPE_WRONG",
    FailedCheck.KEY: "TOKEN_KEY_UNKNOWN",
    FailedCheck.SIGNATURE: "TOKEN_SIGNATURE_INVALID",
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
    moment, expires = Decimal(str(now.timestamp())), _time(claims, "exp")
    if expires <= moment:
        raise _refused("TOKEN_EXPIRED", "it has expired; sign in again")
    if expires > moment + int(TOKEN_LIFETIME_MAX.total_seconds()) + CLOCK_SKEW_SECONDS:
        longest = f"{TOKEN_LIFETIME_MAX.total_seconds() / 3600:.0f} hours"
        raise _refused(
            "TOKEN_LIVES_TOO_LONG",
            f"it is valid for longer than {longest}; configure the issuer for a shorter lifetime",
        )
    for name in ("nbf", "iat"):
        if claims.get(name) is not None and _time(claims, name) > moment + CLOCK_SKEW_SECONDS:
            raise _refused("TOKEN_NOT_YET_VALID", f"it is not valid yet (claim {name})")


def _time(claims: dict[str, Any], name: str) -> int | Decimal:
    value = _claim(claims, name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _refused("TOKEN_CLAIM_INVALID", f"claim {name} is not a number of seconds since 1970")
    return value


def authentication_of(claims: dict[str, Any]) -> Authentication:
    """Return what verified claims say of how somebody signed in; what is not said proves nothing."""
    acr, amr = claims.get("acr"), claims.get("amr")
    means = amr if isinstance(amr, list) else ()
    return Authentication(
        as_of=_moment(claims.get("iat")),
        at=_moment(claims.get("auth_time")),
        acr=acr if isinstance(acr, str) else None,
        amr=tuple(each for each in means if isinstance(each, str)),
    )


def _moment(seconds: Any) -> datetime | None:
    """Return a time; None where the issuer gives none that can be one, so that it proves nothing."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | Decimal) or not 0 <= seconds <= _SECONDS_MAX:
        return None
    return datetime.fromtimestamp(int(seconds), UTC)


def _name(claims: dict[str, Any], settings: TokenSettings) -> str:
    subject = _text(claims, settings.subject_claim)
    if not settings.name_claim:
        _must_be(settings.subject_claim, fault_of_name(subject, SUBJECT_CHARACTERS_MAX))
        return subject
    _must_be(settings.subject_claim, fault_of_subject(subject))
    name = _text(claims, settings.name_claim)
    _must_be(settings.name_claim, fault_of_name(name))
    return with_subject(name, subject)


def _roles(claims: dict[str, Any], claim: str) -> tuple[str, ...]:
    found = _at(claims, claim)
    if found is None:
        raise _refused("TOKEN_CLAIM_MISSING", f"claim {claim} is missing")
    roles = found.split() if isinstance(found, str) else found
    if not isinstance(roles, list) or len(roles) > ROLES_MAX or not all(isinstance(role, str) for role in roles):
        raise _refused("TOKEN_CLAIM_INVALID", f"claim {claim} is not a list of at most {ROLES_MAX} role names")
    # What is not a role of anybody's is not shown either: directories hold groups of all kinds.
    return tuple(dict.fromkeys(role for role in roles if fault_of_name(role, ROLE_CHARACTERS_MAX) is None))


def _text(claims: dict[str, Any], claim: str) -> str:
    found = _at(claims, claim)
    if found is None:
        raise _refused("TOKEN_CLAIM_MISSING", f"claim {claim} is missing")
    if not isinstance(found, str):
        raise _refused("TOKEN_CLAIM_INVALID", f"claim {claim} is not text")
    return found


def _at(claims: dict[str, Any], path: str) -> Any:
    """Return the value of a claim. Names may hold dots themselves: the longest that exists leads on."""
    if path in claims:
        return claims[path]
    for end in sorted((at for at, each in enumerate(path) if each == "."), reverse=True):
        inner = claims.get(path[:end])
        if isinstance(inner, dict):
            return _at(inner, path[end + 1 :])
    return None


def _must_be(claim: str, fault: str | None) -> None:
    if fault is not None:
        raise _refused("TOKEN_CLAIM_INVALID", f"claim {claim} {fault}")
