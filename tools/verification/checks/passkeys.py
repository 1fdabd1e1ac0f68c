"""Checks that who had to sign with a passkey did: by the keys in the trail, decision by decision. Pure."""

from collections.abc import Iterator
from typing import Any, Final

from shared.errors import InvalidInput
from shared.events.approvals import ApprovalRequested, DecisionRecorded, GrantIssued
from shared.events.assertions import Assertion
from shared.events.base import Event
from shared.events.decisions import DecisionName, name_of
from shared.events.identity import passkeys_stream
from shared.events.passkeys import PasskeyAdded, PasskeyTakenIn, PasskeyUsed
from shared.passkeys.challenge import Signed
from shared.passkeys.checking import NotSigned, check_assertion
from shared.passkeys.keys import Keys, evolve, owner_key
from shared.people.identity import same_person
from tools.verification.checks.grants import claims_of
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.spilled import Spilled

EVENTS_OF_PASSKEYS: Final = frozenset(
    {
        *("PasskeyProposed", "PasskeyAdded", "PasskeyRemovalProposed", "PasskeyRemoved", "PasskeyProposalRejected"),
        *("PasskeyUsed", "PasskeyTakenIn", "ApprovalRequested", "DecisionRecorded", "GrantIssued"),
    }
)


class PasskeyFold:
    """Keeps keys by person, and what was to be signed by workflow; compares them at the end."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._keys: dict[str, Keys] = {}
        self._added: dict[DecisionName, PasskeyAdded] = {}
        self._named: set[DecisionName] = set()
        self._taken: list[tuple[str, PasskeyTakenIn]] = []
        self._asked = Spilled[bool]()
        self._approved = Spilled[tuple[str, DecisionRecorded]]()
        self._granted = Spilled[tuple[str, GrantIssued]]()
        self._used = Spilled[str]()

    def take(self, past: PastEvent, event: Event) -> None:
        """Keep a key, a use, a request, an approval or a grant."""
        match event:
            case ApprovalRequested():
                self._asked[event.workflow_id] = event.policy.signed
            case DecisionRecorded():
                if event.decision == "APPROVE":
                    self._approved[past.place] = (past.place, event)
            case GrantIssued():
                self._granted[past.place] = (past.place, event)
            case PasskeyTakenIn():
                self._taken.append((past.place, event))
            case _:
                self._key(past, event)

    def finish(self) -> None:
        """Report each approval and grant that is not signed as it must be, and each key that nobody decided."""
        nonces = Spilled[str]()
        signed = Spilled[list[Any]]()
        for _, (place, decided) in self._approved.each():
            for why in self._of_decision(decided, nonces):
                self._findings.add(f"{place}: {decided.person} approves workflow {decided.workflow_id}, but {why}.")
            if decided.assertion is not None:
                said = {"person": decided.person, "assertion": decided.assertion.model_dump(mode="json")}
                signed[decided.workflow_id] = [*signed.get(decided.workflow_id, []), said]
        for _, (place, grant) in self._granted.each():
            carried = (claims_of(grant.grant) or {}).get("assertions", [])
            if carried != signed.get(grant.workflow_id, []):
                self._findings.add(f"{place}: grant {grant.jti} carries other signatures than its decisions.")
        for place, taken in self._taken:
            if (fault := self._of_taken(taken)) is not None:
                self._findings.add(f"{place}: the executor keeps a passkey of {taken.person}, {fault}.")

    def _key(self, past: PastEvent, event: Event) -> None:
        recorded, person = past.event, getattr(event, "person", "")
        if recorded.stream != passkeys_stream(owner_key(person)):
            self._findings.add(f"{past.place}: {recorded.type} of {person} is in a stream of somebody else.")
            return
        self._keys[recorded.stream] = evolve(self._keys.get(recorded.stream, Keys()), event)
        if isinstance(event, PasskeyUsed):
            self._used[f"{event.workflow_id}\n{event.nonce}"] = event.credential_id
        try:
            name = name_of(recorded.version, recorded.type, recorded.schema_version, recorded.data)
        except InvalidInput as error:
            self._findings.add(f"{past.place}: {recorded.type} cannot be named: {error.reason}")
            return
        self._named.add(name)
        if isinstance(event, PasskeyAdded):
            self._added[name] = event

    def _of_decision(self, decided: DecisionRecorded, nonces: Spilled[str]) -> Iterator[str]:
        assertion = decided.assertion
        if assertion is None:
            if self._asked.get(decided.workflow_id, False):
                yield "signed it with no passkey"
            return
        if assertion.nonce in nonces:
            yield f"the nonce was signed before, for workflow {nonces[assertion.nonce]}"
        nonces[assertion.nonce] = decided.workflow_id
        if self._used.get(f"{decided.workflow_id}\n{assertion.nonce}") != assertion.credential_id:
            yield "the use of the passkey is not recorded"
        if (fault := self._of_assertion(decided, assertion)) is not None:
            yield f"the signature does not count: {fault}"

    def _of_assertion(self, decided: DecisionRecorded, assertion: Assertion) -> str | None:
        keys = self._keys.get(passkeys_stream(owner_key(decided.person)), Keys())
        key = keys.keys.get(assertion.credential_id)
        if key is None or not same_person(key.added.person, decided.person):
            return "no passkey of this person signed it"
        if not key.counts(decided.decided_at):
            return "the passkey did not count at that time"
        signed = Signed(decided.workflow_id, decided.plan_digest, decided.decision)
        try:
            check_assertion(assertion, key.passkey, signed, key.passkey.sign_count)
        except NotSigned as error:
            return error.reason
        return None

    def _of_taken(self, taken: PasskeyTakenIn) -> str | None:
        if taken.decision not in self._named:
            return "which nobody decided"
        added = self._added.get(taken.decision)
        if added is not None and (added.passkey, added.works_from) != (taken.passkey, taken.works_from):
            return "which is another one than was added"
        return None
