"""Who may decide in whose place, and who counts as one person because of it."""

from datetime import timedelta

import pytest

from shared.events.approvals import Approver, PolicyOutcome
from shared.policy.delegation import (
    LENGTH_MAX,
    NOBODY,
    Deciding,
    counting,
    held_by,
    may_decide_with,
    not_followed,
    unfounded,
)
from shared.policy.people import sufficient
from tests.support.delegating import DAY, confirmed, delegated, delegation
from tests.support.units import WHEN


def outcome(*required: str, four_eyes: bool = True, **more: object) -> PolicyOutcome:
    return PolicyOutcome(
        tier=required[0], required=required, rules=("It is large.",), version="v", four_eyes=four_eyes, **more
    )


def approved(person: str, role: str, behalf: str = "") -> Approver:
    return Approver(person=person, role=role, at=WHEN, on_behalf_of=behalf)


RISK = outcome("RISK_MANAGER")
RITA_TO_SAM = delegated(delegation("rita", "sam", "RISK_MANAGER"))


def test_who_stands_in_decides_with_the_role_that_was_given_and_in_whose_name_is_said() -> None:
    permission = may_decide_with(RISK, "mira", Deciding("sam", ["TRADER"], WHEN, RITA_TO_SAM), ())
    assert (permission.allowed, permission.role, permission.on_behalf_of) == (True, "RISK_MANAGER", "rita")
    assert "stand in for rita" in permission.reason
    assert not may_decide_with(RISK, "mira", Deciding("sam", ["TRADER"], WHEN), ()).allowed
    nobody = may_decide_with(RISK, "mira", Deciding("tom", ["TRADER"], WHEN, RITA_TO_SAM), ())
    assert nobody.code == "ROLE_INSUFFICIENT"


def test_a_role_of_ones_own_is_used_before_one_that_was_given() -> None:
    both = delegated(delegation("rita", "sam", "RISK_MANAGER", "TRADER"))
    permission = may_decide_with(outcome("TRADER"), "mira", Deciding("sam", ["TRADER"], WHEN, both), ())
    assert (permission.role, permission.on_behalf_of) == ("TRADER", "")


@pytest.mark.parametrize(("after", "allowed"), [(-1, False), (0, True), (1, True), (2, False)])
def test_it_starts_and_ends_by_its_times(after: int, allowed: bool) -> None:
    known = delegated(delegation("rita", "sam", "RISK_MANAGER", starts=WHEN, ends=WHEN + 2 * DAY))
    at = WHEN + after * DAY
    assert may_decide_with(RISK, "mira", Deciding("sam", ["TRADER"], at, known), ()).allowed is allowed


def test_a_delegate_of_the_maker_does_not_decide_where_four_eyes_hold_whatever_role_is_used() -> None:
    for held in (["RISK_MANAGER"], ["TRADER"]):
        refused = may_decide_with(RISK, "Rita", Deciding("sam", held, WHEN, RITA_TO_SAM), ())
        assert refused.code == "DELEGATE_OF_THE_MAKER"
    back = may_decide_with(RISK, "sam", Deciding("rita", ["RISK_MANAGER"], WHEN, RITA_TO_SAM), ())
    assert back.code == "DELEGATE_OF_THE_MAKER", "who gave does not decide about what the own delegate asked for"
    below = outcome("RISK_MANAGER", four_eyes=False)
    assert may_decide_with(below, "rita", Deciding("sam", ["TRADER"], WHEN, RITA_TO_SAM), ()).allowed


def test_delegation_cannot_make_two_persons_of_one() -> None:
    two = outcome("RISK_MANAGER", "ANY_APPROVER")
    first = approved("sam", "RISK_MANAGER", "rita")
    again = may_decide_with(two, "mira", Deciding("sam", ["TRADER"], WHEN, RITA_TO_SAM), (first,))
    giver = may_decide_with(two, "mira", Deciding("rita", ["RISK_MANAGER"], WHEN, RITA_TO_SAM), (first,))
    assert (again.code, giver.code) == ("SAME_PERSON", "SAME_PERSON")
    forged = (first, approved("sam", "TRADER"), approved("rita", "RISK_MANAGER"))
    counted = counting(forged, "mira", RITA_TO_SAM, four_eyes=True)
    assert counted == [first]
    assert not sufficient(two, counted, "mira")


def test_two_who_stand_in_for_one_are_one() -> None:
    both = delegated(delegation("rita", "sam", "RISK_MANAGER"), delegation("rita", "tom", "RISK_MANAGER", name="d2"))
    given = (approved("sam", "RISK_MANAGER", "rita"), approved("tom", "RISK_MANAGER", "rita"))
    assert counting(given, "mira", both, four_eyes=True) == [given[0]]


def test_what_was_given_is_not_given_on() -> None:
    chain = delegated(
        delegation("rita", "sam", "RISK_MANAGER"), delegation("sam", "tom", "TRADER", "RISK_MANAGER", name="d2")
    )
    permission = may_decide_with(RISK, "mira", Deciding("tom", ["TRADER"], WHEN, RITA_TO_SAM), ())
    assert not permission.allowed
    assert unfounded((approved("tom", "RISK_MANAGER", "rita"),), chain) is not None


def test_an_own_limit_holds_for_who_stands_in() -> None:
    jointly = outcome("RISK_MANAGER", jointly=("rita",))
    assert not sufficient(jointly, (approved("sam", "RISK_MANAGER", "rita"),), "mira")
    assert sufficient(jointly, (approved("sam", "RISK_MANAGER", "rita"), approved("tom", "TRADER")), "mira")


def test_a_role_that_nobody_gave_at_that_time_is_found() -> None:
    assert unfounded((approved("sam", "RISK_MANAGER", "rita"), approved("tom", "TRADER")), RITA_TO_SAM) is None
    for wrong in (
        approved("sam", "OPERATIONS", "rita"),
        approved("tom", "RISK_MANAGER", "rita"),
        approved("sam", "RISK_MANAGER", "olga"),
        Approver(person="sam", role="RISK_MANAGER", at=WHEN + 2 * DAY, on_behalf_of="rita"),
    ):
        assert unfounded((wrong,), RITA_TO_SAM) == wrong
    assert unfounded((approved("sam", "RISK_MANAGER", "rita"),), NOBODY) is not None


@pytest.mark.parametrize(
    ("held", "given", "holds"),
    [
        (["TRADER"], "TRADER", True),
        (["TRADER"], "TRADER@ENTITY0009", True),
        (["TRADER@ENTITY0009"], "TRADER", False),
        (["TRADER@ENTITY0009"], "TRADER@ENTITY0010", False),
        (["TRADER@ENTITY0009+ENTITY0010"], "TRADER@ENTITY0010", True),
        (["SENIOR_TRADER"], "TRADER", False),
    ],
)
def test_who_gives_holds_it(held: list[str], given: str, holds: bool) -> None:
    assert held_by(held, given) is holds


@pytest.mark.parametrize(
    "wrong",
    [
        confirmed(by=("sam", "OPERATIONS")),
        confirmed(by=("Rita", "OPERATIONS")),
        confirmed(by=("tom", "TRADER"), role="SENIOR_TRADER"),
        confirmed(delegate="Rita"),
        confirmed(roles=()),
        confirmed(roles=("KING",)),
        confirmed(ends=WHEN),
        confirmed(ends=WHEN + LENGTH_MAX + timedelta(seconds=1)),
        confirmed(starts=WHEN - 2 * DAY),
    ],
)
def test_a_delegation_that_too_few_agreed_to_is_not_followed(wrong) -> None:
    assert not_followed(wrong)
    assert not_followed(confirmed()) is None
