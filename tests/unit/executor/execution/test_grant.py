"""A grant permits one plan, by its digests, with enough people; a message on the topic permits nothing."""

from datetime import timedelta
from decimal import Decimal

import pytest

from services.executor.execution.grant import check_grant
from shared.errors import InvalidInput
from shared.events.approvals import Approver
from shared.security.grants import GrantClaims
from tests.support.executions import NOW, WORKFLOW, drawn

SUBJECT = drawn()
LARGE = drawn("USD", "60000000")


def claims(subject: object = SUBJECT, **changes: object) -> GrantClaims:
    said: dict[str, object] = {
        "jti": "j1",
        "workflow_id": WORKFLOW,
        "plan_digest": subject.plan_digest,
        "effects_digest": subject.effects_digest,
        "amount_usd": Decimal(25_000_000),
        "tier": subject.policy.tier,
        "policy_version": subject.policy.version,
        "maker": "mira",
        "approvers": (Approver(person="mira", role="TRADER", at=NOW),),
        "iat": NOW,
        "exp": NOW + timedelta(hours=24),
    }
    return GrantClaims.model_validate(said | changes)


def test_a_grant_for_this_plan_by_a_sufficient_person_is_accepted() -> None:
    check_grant(claims(), WORKFLOW, SUBJECT)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"workflow_id": "another"}, "GRANT_WORKFLOW_MISMATCH"),
        ({"plan_digest": "sha256:other"}, "GRANT_DIGEST_MISMATCH"),
        ({"effects_digest": "sha256:other"}, "GRANT_DIGEST_MISMATCH"),
        ({"tier": "AUTO"}, "GRANT_INSUFFICIENT"),
        ({"approvers": ()}, "GRANT_INSUFFICIENT"),
        ({"approvers": (Approver(person="otto", role="OPERATIONS", at=NOW),)}, "GRANT_INSUFFICIENT"),
    ],
)
def test_a_grant_is_refused_when_it_is_not_for_this_plan_or_not_enough(changes: dict[str, object], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_grant(claims(**changes), WORKFLOW, SUBJECT)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("person", "role", "accepted"),
    [("mira", "SENIOR_TRADER", False), ("sam", "TRADER", False), ("sam", "SENIOR_TRADER", True)],
)
def test_a_grant_above_four_eyes_needs_another_person_than_the_asker(person: str, role: str, accepted: bool) -> None:
    grant = claims(LARGE, approvers=(Approver(person=person, role=role, at=NOW),))
    if accepted:
        check_grant(grant, WORKFLOW, LARGE)
    else:
        with pytest.raises(InvalidInput, match="GRANT_INSUFFICIENT"):
            check_grant(grant, WORKFLOW, LARGE)
