"""Whatever people give to whom: behind a grant are as many persons as the policy asks for, and none is the asker."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.events.approvals import Approver
from shared.policy.delegation import Deciding, Delegated, Delegation, counting, may_decide_with, one_with, unfounded
from shared.policy.evaluation import PolicySubject, evaluate
from shared.policy.floors import TWO_PERSONS, beneath, never_the_asker
from shared.policy.people import sufficient
from shared.policy.table import DEFAULT_POLICY, LADDER, STRICT_POLICY, SubjectKind
from tests.support.units import WHEN

PEOPLE = ("ann", "bob", "cem", "dora")
ROLES = (*LADDER, "OPERATIONS")
hours = st.integers(-3, 6).map(lambda hour: WHEN + timedelta(hours=hour))


@st.composite
def delegations(draw: st.DrawFn) -> Delegated:
    known = []
    for number in range(draw(st.integers(0, 4))):
        one, other = draw(st.permutations(PEOPLE))[:2]
        starts, ends = sorted((draw(hours), draw(hours)))
        roles = tuple(sorted(draw(st.sets(st.sampled_from(ROLES), min_size=1))))
        known.append(Delegation(f"d{number}", one, other, roles, starts, ends))
    return Delegated(tuple(known), len(known))


subjects = st.builds(
    lambda kind, usd, verified: PolicySubject(kind, usd, usd, "USD", usd, "I", maker_verified=verified),
    st.sampled_from([SubjectKind.HEDGE, SubjectKind.CONFIGURATION, SubjectKind.OVERRIDE]),
    st.decimals(min_value=1, max_value=10**9, places=2),
    st.booleans(),
)
#: Who tries to approve, with which roles, one hour after the other.
tries = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sets(st.sampled_from(ROLES))), max_size=6)


@settings(max_examples=500)
@given(st.sampled_from((DEFAULT_POLICY, STRICT_POLICY)), subjects, delegations(), tries)
def test_delegation_never_makes_two_persons_of_one_nor_lets_the_asker_decide(policy, subject, delegated, team) -> None:
    outcome = evaluate(policy, subject)
    given_: list[Approver] = []
    for hour, (person, roles) in enumerate(team):
        at = WHEN + timedelta(hours=hour)
        permission = may_decide_with(outcome, "ann", Deciding(person, roles, at, delegated), given_)
        if permission.allowed:
            one = Approver(person=person, role=permission.role, at=at, on_behalf_of=permission.on_behalf_of)
            given_.append(one)
            assert permission.role in roles or permission.on_behalf_of, "a role of the own, or one that was given"
    assert unfounded(given_, delegated) is None
    counted = counting(given_, "ann", delegated, four_eyes=outcome.four_eyes)
    if not sufficient(outcome, counted, "ann"):
        return
    ties = delegated.at(*(each.at for each in given_))
    groups: list[set[str]] = []
    for each in counted:
        group = set(one_with(each.person, ties))
        assert all(group.isdisjoint(other) for other in groups), "no two of them are one person"
        groups.append(group)
    assert len(groups) >= len(outcome.required)
    if outcome.four_eyes:
        asker = set(one_with("ann", ties))
        assert all(asker.isdisjoint(group) for group in groups), "neither the asker nor who is one with the asker"
    people = counting(given_, "ann", delegated, four_eyes=never_the_asker(subject))
    assert beneath(subject, people, "ann") is None
    if subject.kind in TWO_PERSONS:
        assert len(groups) >= 2


@given(delegations(), tries)
def test_without_a_delegation_in_force_nothing_is_otherwise_than_before(delegated, team) -> None:
    later = WHEN + timedelta(days=9)
    given_ = [Approver(person=person, role="TRADER", at=later) for person, _ in team]
    assert counting(given_, "ann", delegated, four_eyes=True) == given_
