"""The grown decision table: presets, rules, jointly, entities; what is no table; and events of before it grew."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from shared.events.approvals import Approver, PolicyOutcome
from shared.events.catalogue import decode_message
from shared.events.policy import PolicySet
from shared.policy.evaluation import PolicySubject, evaluate
from shared.policy.people import may_decide, sufficient
from shared.policy.recorded import policy_of, table_of
from shared.policy.rules import stricter, together
from shared.policy.shape import faults_of_shape
from shared.policy.table import (
    ANY_APPROVER,
    DEFAULT_POLICY,
    PRESETS,
    AloneLimit,
    Cap,
    CapOf,
    Condition,
    Fact,
    Period,
    Policy,
    Rule,
    SubjectKind,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
#: What the presets gave before the table grew, written by the code of then.
BEFORE = json.loads((Path(__file__).parent / "outcomes_of_the_presets.json").read_text(encoding="utf-8"))
WON = Rule(
    "large in won",
    (Condition(Fact.CURRENCY, ("KRW",)), Condition(Fact.AMOUNT_OWN, at_least=Decimal(5_000_000_000))),
    ("SENIOR_TRADER", ANY_APPROVER),
)


def order(usd: str, currency: str = "USD", own: str | None = None, *entities: str) -> PolicySubject:
    amount = Decimal(usd)
    own_amount = amount if own is None else Decimal(own)
    return PolicySubject(SubjectKind.HEDGE, amount, own_amount, currency, Decimal(0), "I", True, entities)


def with_rules(*rules: Rule) -> Policy:
    return replace(DEFAULT_POLICY, version="policy-2", rules=rules)


def by(person: str, role: str) -> Approver:
    return Approver(person=person, role=role, at=NOW)


def test_the_presets_give_exactly_what_they_gave_before_the_table_grew() -> None:
    assert len(BEFORE) > 150
    for row in BEFORE:
        preset, kind, usd, deal, currency, known = row["of"]
        own = Decimal(usd) * (1 if currency == "USD" else 1250)
        subject = PolicySubject(
            SubjectKind(kind), Decimal(usd), own, currency, Decimal(deal), "I", maker_verified=known
        )
        outcome = evaluate(PRESETS[preset], subject)
        expected = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
        assert outcome == PolicyOutcome(**{name: value for name, value in expected.items() if name != "of"}), row["of"]


def test_a_policy_of_before_the_table_grew_reads_on_and_decides_alike() -> None:
    written = PolicySet(table=table_of(DEFAULT_POLICY), follows=None, set_at=NOW).model_dump(mode="json")
    for name in ("rules", "alone", "caps"):
        del written["table"][name]
    written["table"]["two_persons"] = [row for row in written["table"]["two_persons"] if row["kind"] != "POLICY"]
    event = decode_message("PolicySet", 1, written)
    assert isinstance(event, PolicySet)
    before = policy_of(event.table)
    for amount in ("0", "10000000", "50000000", "100000000"):
        assert evaluate(before, order(amount)) == evaluate(DEFAULT_POLICY, order(amount))
    policy_change = replace(order("0"), kind=SubjectKind.POLICY)
    assert evaluate(before, policy_change).required == ("RISK_MANAGER", ANY_APPROVER)


def test_a_table_comes_back_from_its_event_as_it_was() -> None:
    caps = (Cap(CapOf.MAKER, "mira", Period.DAY, Decimal(10), 3), Cap(CapOf.ENTITY, "", Period.MONTH, None, 9))
    policy = replace(with_rules(WON), alone=(AloneLimit("TRADER", Decimal(5_000_000)),), caps=caps)
    assert policy_of(table_of(policy)) == policy


@pytest.mark.parametrize(
    ("subject", "required"),
    [
        (order("4000000", "KRW", "5000000000"), ("SENIOR_TRADER", ANY_APPROVER)),
        (order("3999999", "KRW", "4999999999"), ("TRADER",)),  # the amount does not hold
        (order("4000000", "JPY", "5000000000"), ("TRADER",)),  # the currency does not hold
        (order("100000000", "KRW", "5000000000"), ("RISK_MANAGER", ANY_APPROVER)),  # the table asks for more
    ],
)
def test_a_rule_applies_where_all_its_conditions_hold_and_never_asks_for_less(
    subject: PolicySubject, required: tuple[str, ...]
) -> None:
    assert evaluate(with_rules(WON), subject).required == required


def test_of_several_rules_any_applies_and_the_highest_tier_wins() -> None:
    entity = Rule("entity", (Condition(Fact.ENTITY, ("ENTITY0009",)),), ("RISK_MANAGER",))
    outcome = evaluate(with_rules(WON, entity), order("4000000", "KRW", "5000000000", "ENTITY0009"))
    assert (outcome.tier, outcome.required) == ("RISK_MANAGER", ("RISK_MANAGER", ANY_APPROVER))
    assert outcome.rules[1:3] == (
        'Rule "large in won" (the currency is KRW and the order is KRW 5,000,000,000 or more): SENIOR_TRADER and a '
        "second person with any approving role.",
        'Rule "entity" (an entity of the order is ENTITY0009): RISK_MANAGER.',
    )
    assert outcome.rules[-1].startswith("Below USD 50,000,000.00 the person who asked may approve")


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (("TRADER",), ("RISK_MANAGER",), ("RISK_MANAGER",)),
        (("RISK_MANAGER",), ("TRADER", ANY_APPROVER), ("RISK_MANAGER", ANY_APPROVER)),
        (("OPERATIONS", ANY_APPROVER), ("RISK_MANAGER",), ("OPERATIONS", "RISK_MANAGER")),
        (("OPERATIONS",), ("RISK_MANAGER",), ("OPERATIONS", "RISK_MANAGER")),
        ((), ("TRADER",), ("TRADER",)),
    ],
)
def test_two_requirements_together_are_the_fewest_places_that_fill_both(
    one: tuple[str, ...], other: tuple[str, ...], both: tuple[str, ...]
) -> None:
    assert together(one, other) == both


def test_the_stricter_of_two_policies_asks_for_what_each_asks_for() -> None:
    plan, strict = (evaluate(policy, order("60000000")) for policy in PRESETS.values())
    outcome = stricter(plan, strict)
    assert (outcome.tier, outcome.required, outcome.four_eyes) == ("RISK_MANAGER", ("RISK_MANAGER",), True)


def test_a_person_beyond_the_amount_for_deciding_alone_needs_one_person_more() -> None:
    policy = replace(DEFAULT_POLICY, alone=(AloneLimit("mira", Decimal(5_000_000)),))
    small, large = evaluate(policy, order("5000000")), evaluate(policy, order("5000000.01"))
    mira, tom = by("mira", "TRADER"), by("tom", "TRADER")
    assert sufficient(small, (mira,))
    assert not sufficient(large, (mira,))
    assert sufficient(large, (tom,)), "the limit is of mira"
    assert sufficient(large, (mira, by("otto", "OPERATIONS")))
    second = may_decide(large, "ann", "otto", ("OPERATIONS",), (mira,))
    assert (second.allowed, second.role) == (True, "OPERATIONS")
    assert may_decide(large, "ann", "MIRA", ("TRADER",), (mira,)).code == "SAME_PERSON"


def test_who_holds_a_role_that_decides_alone_decides_under_it() -> None:
    policy = replace(DEFAULT_POLICY, alone=(AloneLimit("TRADER", Decimal(5_000_000)),))
    outcome = evaluate(policy, order("6000000"))
    assert may_decide(outcome, "ann", "sue", ("TRADER", "SENIOR_TRADER"), ()).role == "SENIOR_TRADER"
    assert sufficient(outcome, (by("sue", "SENIOR_TRADER"),))


@pytest.mark.parametrize(
    ("roles", "entities", "role"),
    [
        (("TRADER@ENTITY0009",), ("ENTITY0009",), "TRADER@ENTITY0009"),
        (("TRADER@ENTITY0009",), ("ENTITY0010",), ""),
        (("TRADER@ENTITY0009",), ("ENTITY0009", "ENTITY0010"), ""),
        (("TRADER@ENTITY0009", "TRADER@ENTITY0010"), ("ENTITY0009", "ENTITY0010"), "TRADER@ENTITY0009+ENTITY0010"),
        (("TRADER@ENTITY0009", "TRADER"), ("ENTITY0010",), "TRADER"),
        (("TRADER@ENTITY0009",), (), ""),
        (("TRADER@",), ("ENTITY0009",), ""),
    ],
)
def test_a_role_of_an_entity_counts_for_orders_of_that_entity_alone(
    roles: tuple[str, ...], entities: tuple[str, ...], role: str
) -> None:
    outcome = evaluate(DEFAULT_POLICY, order("1000000", "USD", None, *entities))
    permission = may_decide(outcome, "ann", "mira", roles, ())
    assert permission.role == role
    if role:
        assert sufficient(outcome, (by("mira", role),))
    else:
        assert permission.code == "ROLE_OF_ANOTHER_ENTITY"
        assert not any(sufficient(outcome, (by("mira", each),)) for each in roles if "@" in each)
    assert may_decide(outcome, "ann", "mira", roles, (), decision="REJECT").allowed, "a no is always safe"


def test_a_role_of_an_entity_decides_no_change_of_the_policy() -> None:
    outcome = evaluate(DEFAULT_POLICY, replace(order("0"), kind=SubjectKind.POLICY))
    assert not may_decide(outcome, "ann", "rita", ("RISK_MANAGER@ENTITY0009",), ()).allowed


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"rules": (replace(WON, required=("KING",)),)}, "rules.0.required"),
        ({"rules": (replace(WON, required=()),)}, "rules.0.required"),
        ({"rules": (replace(WON, when=()),)}, "rules.0.when"),
        ({"rules": (replace(WON, when=WON.when[1:]),)}, "rules.0.when"),
        ({"rules": (WON, WON)}, "rules.0.name"),
        ({"rules": (replace(WON, when=(Condition(Fact.CURRENCY, ("won",)),)),)}, "rules.0.when.0"),
        ({"rules": (replace(WON, when=(Condition(Fact.KIND, ("CHECK",)),)),)}, "rules.0.when.0"),
        ({"rules": (replace(WON, when=(Condition(Fact.AMOUNT_USD, ("5",)),)),)}, "rules.0.when.0"),
        ({"rules": (replace(WON, when=(Condition(Fact.AMOUNT_USD, at_least=Decimal(-1)),)),)}, "rules.0.when.0"),
        ({"alone": (AloneLimit("mira\n", Decimal(1)),)}, "alone.0.who"),
        ({"alone": (AloneLimit("mira", Decimal(-1)),)}, "alone.0.up_to_usd"),
        ({"caps": (Cap(CapOf.MAKER, "", Period.DAY),)}, "caps.0.amount_usd"),
        ({"caps": (Cap(CapOf.MAKER, "", Period.DAY, None, -1),)}, "caps.0.count"),
        ({"caps": (Cap(CapOf.ENTITY, "no entity", Period.DAY, None, 1),)}, "caps.0.who"),
        ({"deal_usd_above": Decimal("1E+16")}, "deal_usd_above"),
        ({"version": ""}, "version"),
    ],
)
def test_what_cannot_be_evaluated_is_no_table_and_the_fault_names_the_place(
    changes: dict[str, object], place: str
) -> None:
    policy = replace(DEFAULT_POLICY, **changes)  # type: ignore[arg-type]
    assert faults_of_shape(policy)[0].startswith(f"{place}:")
    with pytest.raises(ValueError, match=place.replace(".", r"\.")):
        policy_of(table_of(policy))
