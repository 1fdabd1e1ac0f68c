"""Who may decide: every role, three amounts, asker or not; and what counts as enough."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from shared.events.approvals import Approver, PolicyOutcome
from shared.policy.evaluation import PolicySubject, evaluate
from shared.policy.people import may_decide, sufficient
from shared.policy.table import DEFAULT_POLICY, SubjectKind, further_person

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def outcome_for(amount: str, kind: SubjectKind = SubjectKind.HEDGE, *, verified: bool = True) -> PolicyOutcome:
    usd = Decimal(amount)
    return evaluate(DEFAULT_POLICY, PolicySubject(kind, usd, usd, "USD", usd, "I", maker_verified=verified))


def approved(person: str, role: str) -> Approver:
    return Approver(person=person, role=role, at=NOW)


ALLOWED, NO_ROLE, MAKER, TOO_LOW = "ALLOWED", "NO_APPROVING_ROLE", "MAKER_IS_CHECKER", "ROLE_INSUFFICIENT"


@pytest.mark.parametrize(
    ("amount", "role", "another_person", "the_asker"),
    [
        ("25000000", "VIEWER", NO_ROLE, NO_ROLE),
        ("25000000", "OPERATIONS", TOO_LOW, TOO_LOW),
        ("25000000", "TRADER", ALLOWED, ALLOWED),
        ("25000000", "SENIOR_TRADER", ALLOWED, ALLOWED),
        ("25000000", "RISK_MANAGER", ALLOWED, ALLOWED),
        ("60000000", "VIEWER", NO_ROLE, NO_ROLE),
        ("60000000", "OPERATIONS", TOO_LOW, MAKER),
        ("60000000", "TRADER", TOO_LOW, MAKER),
        ("60000000", "SENIOR_TRADER", ALLOWED, MAKER),
        ("60000000", "RISK_MANAGER", ALLOWED, MAKER),
        ("100000000", "VIEWER", NO_ROLE, NO_ROLE),
        ("100000000", "OPERATIONS", TOO_LOW, MAKER),
        ("100000000", "TRADER", TOO_LOW, MAKER),
        ("100000000", "SENIOR_TRADER", TOO_LOW, MAKER),
        ("100000000", "RISK_MANAGER", ALLOWED, MAKER),
    ],
)
def test_person_may_approve_by_role_amount_and_who_asked(
    amount: str, role: str, another_person: str, the_asker: str
) -> None:
    outcome = outcome_for(amount)
    other = may_decide(outcome, "ann", "bob", (role,), ())
    asker = may_decide(outcome, "ann", "ann", (role,), ())
    assert (other.code, asker.code) == (another_person, the_asker)
    for permission in (other, asker):
        assert permission.allowed is (permission.code == ALLOWED)
        assert permission.role == (role if permission.allowed else "")
        assert permission.reason


def test_asker_stays_barred_at_four_eyes_when_holding_every_role() -> None:
    every = ("TRADER", "SENIOR_TRADER", "RISK_MANAGER", "OPERATIONS")
    assert may_decide(outcome_for("60000000"), "ann", "ann", every, ()).code == MAKER
    assert may_decide(outcome_for("60000000"), "ann", "ANN", every, ()).code == MAKER


def test_the_asker_is_told_why_another_person_approves_and_not_how_many() -> None:
    for verified in (True, False):
        permission = may_decide(outcome_for("60000000", verified=verified), "ann", "ann", ("SENIOR_TRADER",), ())
        assert permission.reason == (
            "You asked for this, so another person must approve it. "
            "From USD 50,000,000.00 the person who asked may not approve."
        )


def test_a_second_approval_is_useful_only_where_one_person_more_is_needed() -> None:
    first = (approved("bob", "SENIOR_TRADER"),)
    assert may_decide(outcome_for("60000000", verified=False), "ann", "cem", ("TRADER",), first).role == "TRADER"
    assert may_decide(outcome_for("60000000"), "ann", "cem", ("TRADER",), first).code == TOO_LOW


def test_reason_names_role_and_amount_when_the_role_is_too_low() -> None:
    assert may_decide(outcome_for("60000000"), "ann", "bob", ("TRADER",), ()).reason == (
        "This needs SENIOR_TRADER; you hold TRADER. "
        "The order is USD 60,000,000.00, USD 50,000,000.00 or more: SENIOR_TRADER."
    )


@pytest.mark.parametrize("role", ["TRADER", "SENIOR_TRADER", "RISK_MANAGER", "OPERATIONS"])
def test_any_approving_role_may_reject(role: str) -> None:
    assert may_decide(outcome_for("100000000"), "ann", "ann", (role,), (), decision="REJECT").allowed


def test_reader_may_not_reject() -> None:
    assert may_decide(outcome_for("1"), "ann", "bob", ("VIEWER",), (), decision="REJECT").code == NO_ROLE


def test_lowest_sufficient_role_counts_when_a_person_holds_several() -> None:
    permission = may_decide(outcome_for("60000000"), "ann", "bob", ("RISK_MANAGER", "TRADER", "SENIOR_TRADER"), ())
    assert permission.role == "SENIOR_TRADER"


@pytest.mark.parametrize(
    ("first", "roles", "code", "role"),
    [
        (("bob", "TRADER"), ("RISK_MANAGER",), ALLOWED, "RISK_MANAGER"),
        (("bob", "TRADER"), ("TRADER",), TOO_LOW, ""),
        (("bob", "RISK_MANAGER"), ("TRADER",), ALLOWED, "TRADER"),
        (("bob", "RISK_MANAGER"), ("OPERATIONS",), ALLOWED, "OPERATIONS"),
        (("cem", "RISK_MANAGER"), ("TRADER", "RISK_MANAGER"), "SAME_PERSON", ""),
        (("CEM", "RISK_MANAGER"), ("TRADER", "RISK_MANAGER"), "SAME_PERSON", ""),
    ],
)
def test_second_person_may_add_only_what_is_missing(
    first: tuple[str, str], roles: tuple[str, ...], code: str, role: str
) -> None:
    permission = may_decide(outcome_for("0", SubjectKind.CONFIGURATION), "ann", "cem", roles, (approved(*first),))
    assert (permission.code, permission.role) == (code, role)


@pytest.mark.parametrize(
    ("kind", "people", "enough"),
    [
        (SubjectKind.HEDGE, (), False),
        (SubjectKind.HEDGE, (("bob", "TRADER"),), False),
        (SubjectKind.HEDGE, (("bob", "TRADER"), ("cem", "TRADER")), False),
        (SubjectKind.HEDGE, (("bob", "RISK_MANAGER"),), True),
        (SubjectKind.HEDGE, (("ann", "RISK_MANAGER"),), False),
        (SubjectKind.CHECK, (), True),
        (SubjectKind.CONFIGURATION, (("bob", "RISK_MANAGER"),), False),
        (SubjectKind.CONFIGURATION, (("bob", "RISK_MANAGER"), ("bob", "TRADER")), False),
        (SubjectKind.CONFIGURATION, (("bob", "RISK_MANAGER"), ("cem", "TRADER")), True),
        (SubjectKind.CONFIGURATION, (("bob", "TRADER"), ("cem", "SENIOR_TRADER")), False),
        (SubjectKind.CONFIGURATION, (("bob", "RISK_MANAGER"), ("ann", "TRADER")), False),
        (SubjectKind.CONFIGURATION, (("bob", "RISK_MANAGER"), ("cem", "VIEWER")), False),
        (SubjectKind.OVERRIDE, (("bob", "OPERATIONS"), ("cem", "TRADER")), True),
        (SubjectKind.OVERRIDE, (("bob", "RISK_MANAGER"), ("cem", "TRADER")), False),
        (SubjectKind.OVERRIDE, (("bob", "OPERATIONS"), ("cem", "OPERATIONS")), True),
    ],
)
def test_approvals_are_enough_only_when_distinct_people_fill_every_place(
    kind: SubjectKind, people: tuple[tuple[str, str], ...], enough: bool
) -> None:
    approvals = [approved(*person) for person in people]
    assert sufficient(outcome_for("60000000", kind), approvals, maker="ann") is enough


def test_each_further_place_is_told_apart_from_the_one_before() -> None:
    assert [further_person(number) for number in (1, 2, 3)] == [
        "a person with any approving role",
        "a second person with any approving role",
        "a third person with any approving role",
    ]
