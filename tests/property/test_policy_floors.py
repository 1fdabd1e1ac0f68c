"""The floors: whatever table a person could write, none of them is removed."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.events.approvals import Approver
from shared.policy.evaluation import PolicySubject, evaluate
from shared.policy.floors import FOUR_EYES_USD_MAX, TWO_PERSONS, beneath, floors, outcome_beneath
from shared.policy.people import may_decide, sufficient
from shared.policy.recorded import policy_of, table_of
from shared.policy.rules import stricter
from shared.policy.table import (
    ANY_APPROVER,
    LADDER,
    PRESETS,
    AloneLimit,
    Basis,
    Condition,
    Fact,
    Policy,
    RoleThreshold,
    Rule,
    SubjectKind,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROLES = (*LADDER, "OPERATIONS")
amounts = st.decimals(min_value=0, max_value=Decimal("1e12"), places=2, allow_nan=False)
conditions = st.one_of(
    st.builds(Condition, st.just(Fact.AMOUNT_USD), at_least=amounts),
    st.builds(Condition, st.just(Fact.KIND), st.just(("HEDGE", "POLICY", "CONFIGURATION", "OVERRIDE", "REVERSAL"))),
    st.builds(Condition, st.just(Fact.CURRENCY), st.just(("USD", "KRW"))),
)
rules = st.builds(
    Rule,
    name=st.text("abcdef", min_size=1, max_size=8),
    when=st.lists(conditions, min_size=1, max_size=3, unique_by=lambda each: each.fact).map(tuple),
    required=st.lists(st.sampled_from((*ROLES, ANY_APPROVER)), min_size=1, max_size=4).map(tuple),
)


@st.composite
def written(draw: st.DrawFn) -> Policy:
    """Any table that a person could write and that can be evaluated, also one that would undercut a floor."""
    steps = sorted(draw(st.sets(amounts.filter(bool), max_size=3)))
    ladder = sorted(draw(st.lists(st.sampled_from(LADDER), min_size=len(steps) + 1, max_size=len(steps) + 1)),
                    key=LADDER.index)  # fmt: skip
    return Policy(
        version="policy-9",
        basis=draw(st.sampled_from(Basis)),
        thresholds=tuple(
            RoleThreshold(amount, role) for amount, role in zip((Decimal(0), *steps), ladder, strict=True)
        ),
        deal_usd_above=draw(amounts),
        deal_role=draw(st.sampled_from(LADDER)),
        four_eyes_from=draw(st.one_of(amounts, st.just(Decimal("1e15")), st.just(Decimal(0)))),
        two_persons=draw(st.dictionaries(st.sampled_from(SubjectKind), st.sampled_from(ROLES), max_size=6)),
        rules=tuple(draw(st.lists(rules, max_size=3, unique_by=lambda each: each.name))),
        alone=tuple(draw(st.lists(st.builds(AloneLimit, st.sampled_from(("ann", "TRADER")), amounts), max_size=1))),
    )


subjects = st.builds(
    PolicySubject,
    kind=st.sampled_from([kind for kind in SubjectKind if kind is not SubjectKind.CHECK]),
    amount_usd=amounts,
    amount_own=amounts,
    currency=st.sampled_from(("USD", "HKD", "KRW")),
    largest_deal_usd=amounts,
    instruction_type=st.just("I"),
    maker_verified=st.booleans(),
    entities=st.sampled_from(((), ("ENTITY0009",))),
)
teams = st.lists(st.tuples(st.sampled_from(("ann", "bob", "cem")), st.sets(st.sampled_from(ROLES))), max_size=5)


@settings(max_examples=400)
@given(written(), subjects, teams)
def test_no_policy_a_person_could_write_removes_a_floor(policy, subject, team) -> None:
    outcome = evaluate(policy, subject)
    assert outcome_beneath(subject, outcome) is None
    given_: list[Approver] = []
    for person, held in team:
        permission = may_decide(outcome, "ann", person, held, given_)
        if permission.allowed:
            given_.append(Approver(person=person, role=permission.role, at=NOW))
    others = {each.person for each in given_ if each.person != "ann"}
    if not sufficient(outcome, given_, "ann"):
        return
    assert beneath(subject, given_, "ann") is None
    assert given_, "a person for anything financial"
    if subject.kind in TWO_PERSONS:
        assert len(others) >= 2, "two persons, neither of them the asker"
    if subject.amount_usd >= FOUR_EYES_USD_MAX:
        assert "ann" not in {each.person for each in given_}, "never the asker from the four-eyes amount on"


@given(written())
def test_a_table_that_names_no_fault_says_itself_what_the_floors_ask_for(policy) -> None:
    if floors(policy):
        return
    assert policy.four_eyes_from <= FOUR_EYES_USD_MAX
    for kind, role in TWO_PERSONS.items():
        assert policy.two_persons.get(kind, role) == role
    assert policy_of(table_of(policy)) == policy


@given(written(), written(), subjects)
def test_the_stricter_of_two_policies_is_enough_for_each(one, other, subject) -> None:
    first, second = evaluate(one, subject), evaluate(other, subject)
    both = stricter(first, second)
    team = [
        Approver(person=f"p{number}", role="TRADER" if role == ANY_APPROVER else role, at=NOW)
        for number, role in enumerate(both.required)
    ]
    if both.jointly:
        team.append(Approver(person="one more", role="TRADER", at=NOW))
    assert sufficient(first, team, "ann")
    assert sufficient(second, team, "ann")
    assert both.four_eyes is (first.four_eyes or second.four_eyes)


def test_the_presets_undercut_nothing_and_each_undercutting_row_is_named() -> None:
    for policy in PRESETS.values():
        assert floors(policy) == []
        without = {kind: role for kind, role in policy.two_persons.items() if kind is not SubjectKind.CONFIGURATION}
        for bad, word in (
            (replace(policy, four_eyes_from=Decimal("50000000.01")), "four_eyes_from"),
            (replace(policy, two_persons=without), "CONFIGURATION"),
            (replace(policy, two_persons={**policy.two_persons, SubjectKind.POLICY: "TRADER"}), "POLICY"),
            (replace(policy, two_persons={**policy.two_persons, SubjectKind.OVERRIDE: "RISK_MANAGER"}), "OVERRIDE"),
            (replace(policy, two_persons={**policy.two_persons, SubjectKind.CHECK: "TRADER"}), "CHECK"),
            (replace(policy, deal_role="OPERATIONS"), "deal_role"),
        ):
            (fault,) = floors(bad)
            assert word in fault
