"""Whether the passkeys of those who approved have signed a grant's decisions. Pure: the keys come in.

The approval service has checked it. The executor does so by the keys it has taken in itself, and by the policies that
it judges the grant by: neither a grant nor a decision that somebody put on a topic makes a signature.
"""

from collections.abc import Mapping
from typing import Final

from shared.events.approvals import Approver
from shared.events.assertions import PersonSigned
from shared.events.passkeys import PasskeyTakenIn
from shared.passkeys.challenge import Signed
from shared.passkeys.checking import NotSigned, check_assertion
from shared.passkeys.keys import counts
from shared.people.identity import same_person
from shared.security.grants import GrantClaims

#: The decision that a grant follows from.
APPROVE: Final = "APPROVE"

#: Keys that were taken in, by the id of the credential.
TakenIn = Mapping[str, PasskeyTakenIn]


def unsigned(claims: GrantClaims, keys: TakenIn, *, needed: bool) -> str | None:
    """Return why a grant is not signed as it must be; None for one that is.

    Args:
        needed: each approver signs. What is in a grant is checked in any case.
    """
    nonces = [each.assertion.nonce for each in claims.assertions]
    if len(set(nonces)) != len(nonces):
        return "one nonce was signed twice"
    for signed in claims.assertions:
        approver = next((each for each in claims.approvers if same_person(each.person, signed.person)), None)
        if approver is None:
            return f"{signed.person} signed and did not approve"
        if (fault := _fault(claims, approver, signed, keys)) is not None:
            return f"the signature of {signed.person} does not count: {fault}"
    missing = [
        each.person
        for each in claims.approvers
        if not any(same_person(each.person, signed.person) for signed in claims.assertions)
    ]
    return f"{', '.join(missing)} approved without a passkey" if needed and missing else None


def _fault(claims: GrantClaims, approver: Approver, signed: PersonSigned, keys: TakenIn) -> str | None:
    """Return why one assertion does not count for one approval."""
    key = keys.get(signed.assertion.credential_id)
    if key is None or key.passkey is None:
        return "the passkey is not known"
    if not same_person(key.person, approver.person):
        return f"the passkey is that of {key.person}"
    if not counts(approver.at, key.works_from, key.ends_at):
        return "the passkey did not count at that time"
    try:
        decided = Signed(claims.workflow_id, claims.plan_digest, APPROVE)
        check_assertion(signed.assertion, key.passkey, decided, key.passkey.sign_count)
    except NotSigned as error:
        return error.reason
    return None
