"""The decision table of design section 7, row by row, and its edges to the cent."""

from dataclasses import replace
from decimal import Decimal

import pytest

from shared.policy.evaluation import UNVERIFIED_MAKER, PolicySubject, covers, evaluate
from shared.policy.table import DEFAULT_POLICY, STRICT_POLICY, Basis, Policy, RoleThreshold, SubjectKind


def hedge(amount: str, deal: str = "0", kind: SubjectKind = SubjectKind.HEDGE) -> PolicySubject:
    return PolicySubject(
        kind=kind,
        amount_usd=Decimal(amount),
        amount_own=Decimal(amount),
        currency="USD",
        largest_deal_usd=Decimal(deal),
        instruction_type="I",
        maker_verified=True,
    )


@pytest.mark.parametrize(
    ("amount", "deal", "tier", "four_eyes"),
    [
        ("0", "0", "TRADER", False),
        ("9999999.99", "0", "TRADER", False),
        ("10000000", "0", "TRADER", False),
        ("25000000", "25000000", "TRADER", False),
        ("49999999.99", "0", "TRADER", False),
        ("50000000", "50000000", "SENIOR_TRADER", True),
        ("60000000", "60000000", "SENIOR_TRADER", True),
        ("99999999.99", "0", "SENIOR_TRADER", True),
        ("100000000", "0", "RISK_MANAGER", True),
        ("250000000", "0", "RISK_MANAGER", True),
        # A deal is judged strictly above, the order from the amount itself.
        ("40000000", "50000000", "TRADER", False),
        ("40000000", "50000000.01", "SENIOR_TRADER", False),
        ("100000000", "50000000.01", "RISK_MANAGER", True),
    ],
)
def test_hedge_needs_the_highest_tier_that_its_amounts_reach(
    amount: str, deal: str, tier: str, four_eyes: bool
) -> None:
    outcome = evaluate(DEFAULT_POLICY, hedge(amount, deal))
    assert (outcome.tier, outcome.required, outcome.four_eyes) == (tier, (tier,), four_eyes)
    assert outcome.version == "plan-1"


def test_reversal_is_judged_by_amount_like_the_hedge_it_undoes() -> None:
    outcome = evaluate(DEFAULT_POLICY, hedge("60000000", kind=SubjectKind.REVERSAL))
    assert outcome.tier == "SENIOR_TRADER"
    assert outcome.rules[0] == "The reversal is USD 60,000,000.00, USD 50,000,000.00 or more: SENIOR_TRADER."


@pytest.mark.parametrize(
    ("kind", "required"),
    [
        (SubjectKind.CONFIGURATION, ("RISK_MANAGER", "ANY_APPROVER")),
        (SubjectKind.OVERRIDE, ("OPERATIONS", "ANY_APPROVER")),
    ],
)
def test_two_persons_other_than_the_asker_are_needed_when_configuration_or_a_deal_is_changed(
    kind: SubjectKind, required: tuple[str, ...]
) -> None:
    for policy in (DEFAULT_POLICY, STRICT_POLICY):
        outcome = evaluate(policy, hedge("0", kind=kind))
        assert (outcome.required, outcome.four_eyes) == (required, True)


def claimed(amount: str, kind: SubjectKind = SubjectKind.HEDGE) -> PolicySubject:
    return replace(hedge(amount, kind=kind), maker_verified=False)


@pytest.mark.parametrize(
    ("policy", "amount", "kind", "required"),
    [
        (DEFAULT_POLICY, "49999999.99", SubjectKind.HEDGE, ("TRADER",)),
        (DEFAULT_POLICY, "50000000", SubjectKind.HEDGE, ("SENIOR_TRADER", "ANY_APPROVER")),
        (DEFAULT_POLICY, "100000000", SubjectKind.HEDGE, ("RISK_MANAGER", "ANY_APPROVER")),
        (DEFAULT_POLICY, "49999999.99", SubjectKind.REVERSAL, ("TRADER",)),
        (DEFAULT_POLICY, "50000000", SubjectKind.REVERSAL, ("SENIOR_TRADER", "ANY_APPROVER")),
        (DEFAULT_POLICY, "0", SubjectKind.CONFIGURATION, ("RISK_MANAGER", "ANY_APPROVER", "ANY_APPROVER")),
        (DEFAULT_POLICY, "0", SubjectKind.OVERRIDE, ("OPERATIONS", "ANY_APPROVER", "ANY_APPROVER")),
        (DEFAULT_POLICY, "100000000", SubjectKind.CHECK, ()),
        (STRICT_POLICY, "1", SubjectKind.HEDGE, ("RISK_MANAGER", "ANY_APPROVER")),
        (STRICT_POLICY, "1", SubjectKind.CHECK, ()),
    ],
)
def test_one_person_more_is_needed_where_the_asker_may_not_approve_and_is_only_claimed(
    policy: Policy, amount: str, kind: SubjectKind, required: tuple[str, ...]
) -> None:
    outcome, known = evaluate(policy, claimed(amount, kind)), evaluate(policy, hedge(amount, kind=kind))
    assert outcome.required == required
    assert (outcome.tier, outcome.four_eyes) == (known.tier, known.four_eyes)
    more = len(outcome.required) > len(known.required)
    assert outcome.rules == known.rules + ((UNVERIFIED_MAKER,) if more else ())
    assert more is outcome.four_eyes


def test_a_subject_is_of_a_claimed_maker_unless_it_says_otherwise() -> None:
    subject = PolicySubject(SubjectKind.HEDGE, Decimal(60_000_000), Decimal(60_000_000), "USD", Decimal(0))
    assert evaluate(DEFAULT_POLICY, subject).required == ("SENIOR_TRADER", "ANY_APPROVER")


def test_check_needs_nobody_whatever_its_amount() -> None:
    for policy in (DEFAULT_POLICY, STRICT_POLICY):
        outcome = evaluate(policy, hedge("250000000", kind=SubjectKind.CHECK))
        assert (outcome.tier, outcome.required, outcome.four_eyes) == ("AUTO", (), False)


def test_strict_preset_asks_a_risk_manager_and_four_eyes_for_every_amount() -> None:
    outcome = evaluate(STRICT_POLICY, hedge("1"))
    assert (outcome.tier, outcome.four_eyes) == ("RISK_MANAGER", True)
    assert outcome.rules == (
        "The order is USD 1.00; every amount needs RISK_MANAGER.",
        "The person who asked may never approve.",
    )


def test_rules_are_sentences_with_both_amounts_when_the_order_is_in_another_currency() -> None:
    subject = PolicySubject(
        kind=SubjectKind.HEDGE,
        amount_usd=Decimal("51851851.85"),
        amount_own=Decimal(400_000_000),
        currency="HKD",
        largest_deal_usd=Decimal("51851851.85"),
        maker_verified=True,
    )
    assert evaluate(DEFAULT_POLICY, subject).rules == (
        "The order is USD 51,851,851.85 (HKD 400,000,000 at the plan's rate), "
        "USD 50,000,000.00 or more: SENIOR_TRADER.",
        "One deal alone is USD 51,851,851.85, above USD 50,000,000.00: at least SENIOR_TRADER.",
        "From USD 50,000,000.00 the person who asked may not approve.",
    )


def test_order_is_judged_in_its_own_currency_when_the_policy_says_so() -> None:
    policy = Policy(
        version="own-1",
        basis=Basis.OWN_CURRENCY,
        thresholds=DEFAULT_POLICY.thresholds,
        deal_usd_above=DEFAULT_POLICY.deal_usd_above,
        deal_role=DEFAULT_POLICY.deal_role,
        four_eyes_from=DEFAULT_POLICY.four_eyes_from,
        two_persons=DEFAULT_POLICY.two_persons,
    )
    cny = PolicySubject(SubjectKind.HEDGE, Decimal("20888888.89"), Decimal(150_000_000), "CNY", Decimal(0), "I")
    assert evaluate(DEFAULT_POLICY, cny).tier == "TRADER"
    assert evaluate(policy, cny).tier == "RISK_MANAGER"


@pytest.mark.parametrize("amount", ["-0.01", "NaN", "Infinity"])
def test_amount_is_refused_when_it_is_no_amount(amount: str) -> None:
    with pytest.raises(ValueError, match="zero or more"):
        evaluate(DEFAULT_POLICY, hedge(amount))


@pytest.mark.parametrize(
    "thresholds",
    [
        (),
        (RoleThreshold(Decimal(1), "TRADER"),),
        (RoleThreshold(Decimal(0), "TRADER"), RoleThreshold(Decimal(0), "RISK_MANAGER")),
        (RoleThreshold(Decimal(0), "RISK_MANAGER"), RoleThreshold(Decimal(5), "TRADER")),
    ],
)
def test_policy_is_refused_when_its_table_has_gaps_or_falls(thresholds: tuple[RoleThreshold, ...]) -> None:
    with pytest.raises(ValueError, match="Policy bad"):
        Policy(
            "bad",
            Basis.USD_EQUIVALENT,
            thresholds,
            Decimal(1),
            "TRADER",
            Decimal(1),
            DEFAULT_POLICY.two_persons,
        )


@pytest.mark.parametrize(
    ("granted", "needed", "enough"),
    [
        ("TRADER", "TRADER", True),
        ("RISK_MANAGER", "TRADER", True),
        ("TRADER", "SENIOR_TRADER", False),
        ("AUTO", "TRADER", False),
        ("AUTO", "AUTO", True),
        ("RISK_MANAGER", "AUTO", False),
        ("OPERATIONS", "TRADER", False),
        ("RISK_MANAGER", "OPERATIONS", False),
        ("", "TRADER", False),
    ],
)
def test_grant_of_one_tier_covers_another_only_up_the_ladder(granted: str, needed: str, enough: bool) -> None:
    assert covers(granted, needed) is enough
