"""A grant permits one plan, by its digests, with enough people; a message on the topic permits nothing."""

from datetime import timedelta
from decimal import Decimal

import pytest

from services.executor.execution.grant import Judge, check_grant
from shared.errors import InvalidInput
from shared.events.approvals import Approver, Emergency
from shared.events.responses import Maker
from shared.policy.table import DEFAULT_POLICY, STRICT_POLICY
from shared.security.grants import GrantClaims
from tests.support.executions import NOW, WORKFLOW, drawn
from tests.support.proofs import by

SUBJECT = drawn()
LARGE = drawn("USD", "60000000")


def proved(subject: object) -> Maker:
    return Maker(name="mira", verified=True)


def claimed(subject: object) -> Maker:
    return Maker(name="mira")


KNOWN_LARGE = by(LARGE, Maker(name="mira", verified=True))
KNOWN, UNKNOWN = Judge(DEFAULT_POLICY, proved), Judge(DEFAULT_POLICY, claimed)


def claims(subject: object = SUBJECT, **changes: object) -> GrantClaims:
    said: dict[str, object] = {
        "jti": "j1",
        "workflow_id": WORKFLOW,
        "plan_digest": subject.plan_digest,
        "effects_digest": subject.effects_digest,
        "amount_usd": subject.plan.usd_equivalent,
        "tier": subject.policy.tier,
        "policy_version": subject.policy.version,
        "maker": "mira",
        "maker_verified": True,
        "approvers": (Approver(person="mira", role="TRADER", at=NOW),),
        "iat": NOW,
        "exp": NOW + timedelta(hours=24),
    }
    return GrantClaims.model_validate(said | changes)


def test_a_grant_for_this_plan_by_a_sufficient_person_is_accepted() -> None:
    check_grant(claims(), WORKFLOW, SUBJECT, KNOWN)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"workflow_id": "another"}, "GRANT_WORKFLOW_MISMATCH"),
        ({"plan_digest": "sha256:other"}, "GRANT_DIGEST_MISMATCH"),
        ({"effects_digest": "sha256:other"}, "GRANT_DIGEST_MISMATCH"),
        ({"amount_usd": Decimal("24999999.99")}, "GRANT_AMOUNT_MISMATCH"),
        ({"maker": "tom"}, "GRANT_MAKER_MISMATCH"),
        ({"maker": "MIRA"}, "GRANT_MAKER_MISMATCH"),
        ({"maker_verified": False}, "GRANT_MAKER_MISMATCH"),
        ({"tier": "AUTO"}, "GRANT_INSUFFICIENT"),
        ({"approvers": ()}, "GRANT_INSUFFICIENT"),
        ({"approvers": (Approver(person="otto", role="OPERATIONS", at=NOW),)}, "GRANT_INSUFFICIENT"),
    ],
)
def test_a_grant_is_refused_when_it_is_not_for_this_plan_or_not_enough(changes: dict[str, object], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_grant(claims(**changes), WORKFLOW, SUBJECT, KNOWN)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("person", "role", "accepted"),
    [("mira", "SENIOR_TRADER", False), ("sam", "TRADER", False), ("sam", "SENIOR_TRADER", True)],
)
def test_a_grant_above_four_eyes_needs_another_person_than_the_asker(person: str, role: str, accepted: bool) -> None:
    grant = claims(KNOWN_LARGE, approvers=(Approver(person=person, role=role, at=NOW),))
    if accepted:
        check_grant(grant, WORKFLOW, KNOWN_LARGE, KNOWN)
    else:
        with pytest.raises(InvalidInput, match="GRANT_INSUFFICIENT"):
            check_grant(grant, WORKFLOW, KNOWN_LARGE, KNOWN)


def test_a_grant_names_the_amount_as_a_number_and_no_spelling_of_it() -> None:
    check_grant(claims(amount_usd=Decimal("25000000")), WORKFLOW, SUBJECT, KNOWN)
    check_grant(claims(amount_usd=Decimal("25000000.000")), WORKFLOW, SUBJECT, KNOWN)


@pytest.mark.parametrize(
    ("people", "accepted"),
    [
        ((("sam", "SENIOR_TRADER"),), False),
        ((("sam", "SENIOR_TRADER"), ("SAM", "TRADER")), False),
        ((("sam", "SENIOR_TRADER"), ("mira", "TRADER")), False),
        ((("sam", "SENIOR_TRADER"), ("tom", "TRADER")), True),
    ],
)
def test_a_grant_above_four_eyes_needs_one_person_more_where_the_maker_is_only_claimed(
    people: tuple[tuple[str, str], ...], accepted: bool
) -> None:
    approvers = tuple(Approver(person=person, role=role, at=NOW) for person, role in people)
    # Also where the plan, as it is kept, asks for one person only: the executor looks at the proof itself.
    for subject in (LARGE, KNOWN_LARGE):
        grant = claims(subject, approvers=approvers, maker_verified=False)
        if accepted:
            check_grant(grant, WORKFLOW, subject, UNKNOWN)
        else:
            with pytest.raises(InvalidInput, match="GRANT_INSUFFICIENT"):
                check_grant(grant, WORKFLOW, subject, UNKNOWN)


def test_a_grant_needs_what_the_policy_in_force_asks_for_besides_what_it_asked_when_planned() -> None:
    strict = Judge(STRICT_POLICY, proved)
    with pytest.raises(InvalidInput, match="GRANT_INSUFFICIENT"):
        check_grant(claims(), WORKFLOW, SUBJECT, strict)
    enough = claims(tier="RISK_MANAGER", approvers=(Approver(person="rosa", role="RISK_MANAGER", at=NOW),))
    check_grant(enough, WORKFLOW, SUBJECT, strict)


HUGE = by(drawn("USD", "100000000"), Maker(name="mira", verified=True))
HALF_AN_HOUR = timedelta(minutes=30)
TWO = tuple(Approver(person=person, role="TRADER", at=NOW) for person in ("tom", "sue"))


def emergency(**changes: object) -> Emergency:
    said = {"person": "tom", "role": "TRADER", "reason": "rita is away", "opened_at": NOW, "until": NOW + HALF_AN_HOUR}
    return Emergency.model_validate(said | changes)


def test_an_emergency_takes_the_place_of_a_role_that_is_missing() -> None:
    check_grant(claims(HUGE, approvers=TWO, emergency=emergency()), WORKFLOW, HUGE, KNOWN)
    with pytest.raises(InvalidInput, match="GRANT_INSUFFICIENT"):
        check_grant(claims(HUGE, approvers=TWO), WORKFLOW, HUGE, KNOWN)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"approvers": TWO[:1]}, "GRANT_INSUFFICIENT"),
        ({"approvers": (TWO[0], Approver(person="TOM", role="OPERATIONS", at=NOW))}, "GRANT_INSUFFICIENT"),
        ({"approvers": (TWO[0], Approver(person="mira", role="TRADER", at=NOW))}, "GRANT_INSUFFICIENT"),
        ({"approvers": (TWO[0], Approver(person="eve", role="AUDITOR", at=NOW))}, "GRANT_INSUFFICIENT"),
        ({"tier": "TRADER"}, "GRANT_INSUFFICIENT"),
        ({"iat": NOW + HALF_AN_HOUR}, "GRANT_EMERGENCY_REFUSED"),
        ({"iat": NOW - timedelta(seconds=1)}, "GRANT_EMERGENCY_REFUSED"),
        ({"emergency": emergency(until=NOW + HALF_AN_HOUR + timedelta(seconds=1))}, "GRANT_EMERGENCY_REFUSED"),
        ({"emergency": emergency(person="MIRA")}, "GRANT_EMERGENCY_REFUSED"),
        ({"emergency": emergency(role="AUDITOR")}, "GRANT_EMERGENCY_REFUSED"),
        ({"emergency": emergency(role="TRADER@ENTITY9999")}, "GRANT_EMERGENCY_REFUSED"),
        ({"emergency": emergency(reason=" ")}, "GRANT_EMERGENCY_REFUSED"),
    ],
)
def test_an_emergency_never_takes_the_place_of_four_eyes_or_of_its_time(changes: dict[str, object], code: str) -> None:
    said = {"approvers": TWO, "emergency": emergency()} | changes
    with pytest.raises(InvalidInput) as refused:
        check_grant(claims(HUGE, **said), WORKFLOW, HUGE, KNOWN)
    assert refused.value.code == code


def test_in_an_emergency_an_asker_who_is_not_proved_makes_it_three() -> None:
    huge, said = drawn("USD", "100000000"), {"maker_verified": False, "emergency": emergency()}
    with pytest.raises(InvalidInput, match="GRANT_INSUFFICIENT"):
        check_grant(claims(huge, approvers=TWO, **said), WORKFLOW, huge, UNKNOWN)
    three = (*TWO, Approver(person="cem", role="OPERATIONS", at=NOW))
    check_grant(claims(huge, approvers=three, **said), WORKFLOW, huge, UNKNOWN)
