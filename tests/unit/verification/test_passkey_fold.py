"""What passkeys signed is checked again from the trail alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.events.approvals import Approver, DecisionRecorded
from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.decisions import DecisionName
from shared.events.identity import approval_stream, passkeys_stream
from shared.events.passkeys import PasskeyAdded, PasskeyTakenIn, PasskeyUsed
from shared.eventstore.port import RecordedEvent, event_id
from shared.passkeys.challenge import Signed, written
from shared.passkeys.keys import owner_key
from tests.support.authenticators import NONCE, Authenticator
from tests.support.executions import NOW
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.passkeys import PasskeyFold

DEVICE = Authenticator()
KEY = DEVICE.register("rita")
STREAM = passkeys_stream(owner_key("rita"))
DECISION = Signed("w1", "sha256:" + "a" * 64, "APPROVE")
ADDED = PasskeyAdded(
    person="rita",
    passkey=KEY,
    digest="d",
    proposed_by=Approver(person="rita", role="RISK_MANAGER", at=NOW - timedelta(days=2)),
    confirmed_by=Approver(person="sam", role="SENIOR_TRADER", at=NOW - timedelta(days=2)),
    works_from=NOW - timedelta(days=1),
)
DECIDED = DecisionRecorded(
    workflow_id="w1",
    plan_digest=DECISION.plan_digest,
    decision="APPROVE",
    person="rita",
    role="RISK_MANAGER",
    comment="",
    decided_at=NOW,
    assertion=DEVICE.sign(DECISION),
)
USED = PasskeyUsed(
    person="rita",
    credential_id=KEY.credential_id,
    workflow_id="w1",
    plan_digest=DECISION.plan_digest,
    nonce=NONCE,
    sign_count=1,
    used_at=NOW,
)
TAKEN = PasskeyTakenIn(
    person="rita",
    credential_id=KEY.credential_id,
    decision=DecisionName(version=9, digest="sha256:" + "f" * 64),
    passkey=KEY,
    works_from=ADDED.works_from,
    ends_at=None,
    lost_by="",
    taken_in_at=NOW,
)


def found(*events: tuple[str, Event]) -> Sequence[str]:
    findings = Findings()
    fold = PasskeyFold(findings)
    for place, (stream, event) in enumerate(events, start=1):
        new = encode(event)
        recorded = RecordedEvent(
            stream, place, event_id(stream, place), new.type, new.schema_version, new.data, {}, NOW
        )
        fold.take(PastEvent(place, recorded), event)
    fold.finish()
    return findings.sentences


def test_a_signed_decision_is_as_it_must_be() -> None:
    assert found((STREAM, ADDED), (STREAM, USED), (approval_stream("w1"), DECIDED)) == []


@pytest.mark.parametrize(
    ("decided", "why"),
    [
        (DECIDED.model_copy(update={"assertion": DEVICE.sign(replace(DECISION, workflow_id="w2"))}), "challenge"),
        (DECIDED.model_copy(update={"person": "tom"}), "no passkey of this person"),
        (DECIDED.model_copy(update={"decided_at": NOW - timedelta(days=1, seconds=1)}), "did not count at that time"),
        (DECIDED.model_copy(update={"assertion": DEVICE.sign(DECISION, written(b"m" * 32))}), "is not recorded"),
    ],
)
def test_what_was_not_signed_so_is_found(decided: DecisionRecorded, why: str) -> None:
    told = found((STREAM, ADDED), (STREAM, USED), (approval_stream("w1"), decided))
    assert any(why in each for each in told), told


def test_a_nonce_counts_once_and_a_key_of_somebody_elses_stream_not_at_all() -> None:
    again = DECIDED.model_copy(update={"workflow_id": "w2"})
    told = found((STREAM, ADDED), (STREAM, USED), (approval_stream("w1"), DECIDED), (approval_stream("w2"), again))
    assert any("signed before, for workflow w1" in each for each in told)
    assert "somebody else" in found(("passkeys-other", ADDED))[0]


def test_the_executor_keeps_no_key_that_nobody_decided() -> None:
    assert "which nobody decided" in found((f"control-{STREAM}", TAKEN))[0]
