"""The grant: signed, single-use, expiring permission to apply exactly one plan (design section 7).

A message on the topic gives no permission; this signature does. Single use is the executor's to enforce.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationError, model_validator

from shared.errors import InvalidInput
from shared.events.approvals import Approver, Emergency
from shared.events.assertions import PersonSigned
from shared.events.base import Amount, Value
from shared.security.signing import FailedCheck, SignatureProblem, sign, verify

GRANT_TYPE = "hawk-grant+jws"


def _moment(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | datetime):
        raise ValueError("a time is a whole number of seconds since 1970 (RFC 7519, NumericDate)")
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int) else value


def _seconds(value: datetime) -> int:
    return int(value.timestamp())


#: A time in UTC, in JSON a NumericDate in whole seconds.
NumericDate = Annotated[
    datetime, BeforeValidator(_moment), PlainSerializer(_seconds, return_type=int, when_used="json")
]
_Text = Annotated[str, Field(min_length=1, max_length=300)]


class GrantClaims(Value):
    """What a grant says. `amount_usd` is what the policy judged: the order's USD equivalent at the plan's pinned rate,
    that of what is reversed, 0 for a change of the configuration and for an override.

    `approvers` is empty for tier AUTO, where the policy itself grants. `maker` is who asked, or `unknown`;
    `maker_verified` says whether the approval service found that proved. `emergency`: people approved in one, where a
    role that the policy names was missing. `delegations_version` is the last delegation that was told when it was
    signed: who checks the people has to know as much. `assertions`: what the approvers' passkeys signed.
    """

    jti: _Text
    workflow_id: _Text
    plan_digest: _Text
    effects_digest: _Text
    amount_usd: Amount
    tier: _Text
    policy_version: _Text
    maker: str
    maker_verified: bool
    approvers: tuple[Approver, ...]
    delegations_version: Annotated[int, Field(ge=0, exclude_if=lambda value: not value)] = 0
    assertions: tuple[PersonSigned, ...] = ()
    iat: NumericDate
    exp: NumericDate
    emergency: Emergency | None = None

    @model_validator(mode="after")
    def _lives(self) -> "GrantClaims":
        if self.iat >= self.exp:
            raise ValueError("a grant expires after it was issued")
        return self


def sign_grant(claims: GrantClaims, private_pem: str) -> str:
    """Return the grant as a compact JWS.

    Raises:
        Defect: the key cannot sign.
    """
    return sign(claims.model_dump(mode="json", exclude_none=True), typ=GRANT_TYPE, private_pem=private_pem)


def verify_grant(token: str, public_pem: str, now: datetime) -> GrantClaims:
    """Return the claims of a grant that this key signed and that has not expired at `now`.

    Raises:
        InvalidInput: GRANT_UNSIGNED, GRANT_SIGNATURE_INVALID (also: other key or algorithm), GRANT_MALFORMED
            (also: another kind of signed text) or GRANT_EXPIRED.
        Defect: the configured key is not a public ES256 key.
    """
    try:
        payload = verify(token, typ=GRANT_TYPE, public_pem=public_pem)
    except SignatureProblem as problem:
        raise InvalidInput(code=_CODES[problem.problem], reason=_refused(problem.sentence)) from problem
    claims = _claims(payload)
    if now >= claims.exp:
        raise InvalidInput(
            code="GRANT_EXPIRED",
            reason=_refused(f"it expired at {claims.exp.isoformat()}") + " Ask for approval again.",
        )
    return claims


_CODES = {
    FailedCheck.MALFORMED: "GRANT_MALFORMED",
    FailedCheck.UNSIGNED: "GRANT_UNSIGNED",
    FailedCheck.ALGORITHM: "GRANT_SIGNATURE_INVALID",
    FailedCheck.TYPE: "GRANT_MALFORMED",
    FailedCheck.KEY: "GRANT_SIGNATURE_INVALID",
    FailedCheck.SIGNATURE: "GRANT_SIGNATURE_INVALID",
}


def _refused(why: str) -> str:
    return f"The grant is not valid: {why}."


def _claims(payload: dict[str, object]) -> GrantClaims:
    try:
        return GrantClaims.model_validate(payload)
    except (ValidationError, OverflowError) as error:
        if not isinstance(error, ValidationError):
            raise InvalidInput(code="GRANT_MALFORMED", reason=_refused("a time is out of range")) from error
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "(root)"
        raise InvalidInput(code="GRANT_MALFORMED", reason=_refused(f"claim {place}: {first['msg']}")) from error
