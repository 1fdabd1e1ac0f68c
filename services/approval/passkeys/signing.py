"""What a passkey signed, checked in the transaction of the decision that it is about: before anything is recorded."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import asyncpg

from services.approval.passkeys.nonces import GIVEN, TAKE, key_of
from services.approval.requests.decider import Fault, Refused
from services.approval.requests.state import Approval
from shared.events.approvals import DecisionRecorded
from shared.events.assertions import Assertion
from shared.events.identity import passkeys_stream
from shared.events.passkeys import PasskeyUsed
from shared.messaging.unit_of_work import UnitOfWork
from shared.passkeys.challenge import Signed
from shared.passkeys.checking import NotSigned, check_assertion
from shared.passkeys.keys import Keys, evolve, owner_key
from shared.people.identity import same_person

#: What a card's dialog, the command line and a program read where a signature is missing.
REQUIRED: Final = Refused(
    Fault.FORBIDDEN,
    "PASSKEY_REQUIRED",
    "The policy asks each who approves this to sign with a passkey. Approve it on its card in HAWK's console, in a "
    "browser; register a passkey there under My passkeys if you have none. To reject needs no passkey.",
)


@dataclass(frozen=True, slots=True)
class Use:
    """A signature that counts: what is recorded of it together with the decision."""

    stream: str
    version: int
    event: PasskeyUsed

    def record(self, unit: UnitOfWork) -> None:
        """Append it; the nonce goes with it."""
        unit.append(self.stream, self.version, self.event, correlation_id=self.event.workflow_id)
        key = key_of(self.event.nonce)

        async def forget(connection: asyncpg.Connection) -> None:
            await connection.execute(TAKE, key)

        unit.also(forget)


async def check(unit: UnitOfWork, state: Approval, events: Iterable[object]) -> Use | Refused | None:
    """Return the use of a passkey, why its signature does not count, or None where none is asked for.

    Args:
        state: before the decision.
        events: of the decision.
    """
    request = state.request
    decided = next((each for each in events if isinstance(each, DecisionRecorded)), None)
    if request is None or decided is None:
        return None
    if decided.assertion is None:
        return REQUIRED if request.policy.signed and decided.decision == "APPROVE" else None
    if decided.decision != "APPROVE":
        return Refused(Fault.INVALID, "PASSKEY_NOT_ASKED", "To reject needs no passkey. Send it without the assertion.")
    stream = passkeys_stream(owner_key(decided.person))
    loaded = await unit.load(stream)
    keys = loaded.state(Keys(), evolve)
    if (fault := await _of_nonce(unit, keys, decided, decided.assertion)) is not None:
        return fault
    return _used(keys, decided, decided.assertion, stream, loaded.version)


def _used(keys: Keys, decided: DecisionRecorded, assertion: Assertion, stream: str, version: int) -> Use | Refused:
    key = keys.keys.get(assertion.credential_id)
    if key is None or not same_person(key.added.person, decided.person):
        return _refused("it is not a passkey of yours")
    if not key.counts(decided.decided_at):
        return _refused("this passkey does not count now")
    try:
        signed = Signed(decided.workflow_id, decided.plan_digest, decided.decision)
        count = check_assertion(assertion, key.passkey, signed, key.sign_count)
    except NotSigned as error:
        return _refused(error.reason)
    used = PasskeyUsed(
        person=key.added.person,
        credential_id=assertion.credential_id,
        workflow_id=decided.workflow_id,
        plan_digest=decided.plan_digest,
        nonce=assertion.nonce,
        sign_count=count,
        used_at=decided.decided_at,
    )
    return Use(stream, version, used)


async def _of_nonce(unit: UnitOfWork, keys: Keys, decided: DecisionRecorded, assertion: Assertion) -> Refused | None:
    """Return why a nonce does not count: it was used, was not given for this decision of this person, or is old."""
    rows = await unit.ask(GIVEN, key_of(assertion.nonce))
    given = next(iter(rows), None)
    if assertion.nonce in keys.nonces or given is None:
        why = "was used, or was never given"
    elif (given["person"], given["workflow_id"], given["plan_digest"], given["decision"]) != (
        decided.person,
        decided.workflow_id,
        decided.plan_digest,
        decided.decision,
    ):
        why = "was given for another decision"
    elif decided.decided_at >= given["expires_at"]:
        why = "is too old"
    else:
        return None
    return Refused(Fault.CONFLICT, "PASSKEY_NONCE_INVALID", f"The nonce {why}. Nothing was decided; sign once more.")


def _refused(why: str) -> Refused:
    return Refused(Fault.FORBIDDEN, "PASSKEY_REFUSED", f"The signature does not count: {why}. Nothing was decided.")
