"""The executor keeps the keys that two persons decided about, whatever comes when."""

from datetime import timedelta

import pytest

from services.executor.rollout.passkeys import fold, take
from shared.events.approvals import Approver
from shared.events.decisions import DecisionName
from shared.events.passkeys import (
    PasskeyAdded,
    PasskeyProposalRejected,
    PasskeyRemovalProposed,
    PasskeyRemoved,
    PasskeyTakenIn,
)
from tests.support.authenticators import Authenticator
from tests.support.executions import NOW

KEY = Authenticator().register("rita")
OWNER = Approver(person="rita", role="RISK_MANAGER", at=NOW)
SAM = Approver(person="sam", role="SENIOR_TRADER", at=NOW)
ADDED = PasskeyAdded(
    person="rita", passkey=KEY, digest="d1", proposed_by=OWNER, confirmed_by=SAM, works_from=NOW + timedelta(days=1)
)
LOST = PasskeyRemovalProposed(
    person="rita",
    credential_id=KEY.credential_id,
    lost=True,
    reason="taxi",
    digest="d2",
    proposed_by=OWNER,
    expires_at=NOW + timedelta(days=1),
)
REMOVED = PasskeyRemoved(
    person="rita",
    credential_id=KEY.credential_id,
    lost=True,
    digest="d2",
    proposed_by=OWNER,
    confirmed_by=SAM,
    ends_at=NOW + timedelta(days=1),
)
REJECTED = PasskeyProposalRejected(
    person="rita", credential_id=KEY.credential_id, digest="d2", rejected_by=SAM, reason="found"
)


def name(version: int) -> DecisionName:
    return DecisionName(version=version, digest="sha256:" + "e" * 64)


def after(*decisions: tuple[int, object]) -> PasskeyTakenIn:
    events: list[PasskeyTakenIn] = []
    for version, decision in decisions:
        taking = take(fold(events), decision, name(version), NOW)  # type: ignore[arg-type]
        assert taking.refusal is None
        events += [] if taking.note is None else [taking.note]
    return fold(events)[KEY.credential_id]


def test_a_key_is_kept_with_the_time_from_which_it_counts() -> None:
    kept = after((2, ADDED))
    assert (kept.passkey, kept.works_from, kept.ends_at) == (KEY, NOW + timedelta(days=1), None)


def test_a_lost_key_counts_no_more_at_once_and_again_when_it_was_found() -> None:
    assert after((2, ADDED), (3, LOST)).ends_at == NOW
    assert after((2, ADDED), (3, LOST), (4, REJECTED)).ends_at is None
    assert after((2, ADDED), (3, LOST), (4, REMOVED)).ends_at == NOW
    other = REJECTED.model_copy(update={"digest": "d9"})
    assert after((2, ADDED), (3, LOST), (4, other)).ends_at == NOW, "another proposal was rejected"


def test_a_removal_that_overtakes_its_key_keeps_it_out() -> None:
    kept = after((4, REMOVED), (2, ADDED))
    assert (kept.passkey, kept.works_from) == (None, None)


def test_a_second_copy_and_an_older_decision_change_nothing() -> None:
    assert after((2, ADDED), (4, REMOVED), (2, ADDED), (3, LOST)) == after((2, ADDED), (4, REMOVED))


@pytest.mark.parametrize(
    ("decision", "why"),
    [
        (ADDED.model_copy(update={"confirmed_by": OWNER}), "its owner confirmed"),
        (ADDED.model_copy(update={"confirmed_by": OWNER.model_copy(update={"person": "Rita"})}), "its owner confirmed"),
        (ADDED.model_copy(update={"proposed_by": SAM}), "not its owner"),
        (ADDED.model_copy(update={"confirmed_by": SAM.model_copy(update={"role": "AUDITOR"})}), "no approving role"),
        (ADDED.model_copy(update={"works_from": NOW - timedelta(days=1)}), "before it was confirmed"),
        (REMOVED.model_copy(update={"confirmed_by": OWNER}), "one person"),
    ],
)
def test_what_two_persons_did_not_decide_is_refused(decision: PasskeyAdded | PasskeyRemoved, why: str) -> None:
    assert why in (take({}, decision, name(2), NOW).refusal or "")


def test_a_key_is_added_once() -> None:
    kept = {KEY.credential_id: after((2, ADDED))}
    assert "added before" in (take(kept, ADDED, name(5), NOW).refusal or "")
