"""Properties of the policy over all amounts, people and orders of decisions."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from shared.events.approvals import Approver
from shared.policy.evaluation import PolicySubject, covers, evaluate
from shared.policy.people import may_decide, stands_in, sufficient
from shared.policy.table import APPROVING_ROLES, PRESETS, SubjectKind

NOW = datetime(2026, 11, 23, tzinfo=UTC)

amounts = st.decimals(min_value=0, max_value=Decimal("1e12"), places=2, allow_nan=False)
subjects = st.builds(
    PolicySubject,
    kind=st.sampled_from(SubjectKind),
    amount_usd=amounts,
    amount_own=amounts,
    currency=st.sampled_from(("USD", "HKD", "KRW")),
    largest_deal_usd=amounts,
    instruction_type=st.just("I"),
    maker_verified=st.booleans(),
)
policies = st.sampled_from(sorted(PRESETS.values(), key=lambda policy: policy.version))
people = st.sampled_from(("ann", "bob", "cem", "BOB"))
roles = st.sets(st.sampled_from(("TRADER", "SENIOR_TRADER", "RISK_MANAGER", "OPERATIONS", "VIEWER")))


@given(policies, subjects, st.lists(st.tuples(people, roles), max_size=6))
def test_permitted_approvals_are_enough_only_when_other_people_fill_every_place(policy, subject, attempts) -> None:
    outcome = evaluate(policy, subject)
    given_: list[Approver] = []
    for person, held in attempts:
        if sufficient(outcome, given_, "ann"):
            break
        permission = may_decide(outcome, "ann", person, held, given_)
        if permission.allowed:
            assert permission.role in held
            given_.append(Approver(person=person, role=permission.role, at=NOW))
    names = [approver.person.casefold() for approver in given_]
    assert len(names) == len(set(names))
    if outcome.four_eyes:
        assert "ann" not in names
    filled = any(
        all(stands_in(approver.role, needed) for approver, needed in zip(order, outcome.required, strict=True))
        for order in permutations(given_, len(outcome.required))
    )
    assert sufficient(outcome, given_, "ann") is filled


@given(policies, subjects, st.permutations(("bob", "cem", "dan")))
def test_no_asker_in_disguise_is_among_enough_without_as_many_others_as_a_known_one_needs(
    policy, subject, names
) -> None:
    known = evaluate(policy, replace(subject, maker_verified=True))
    claimed = evaluate(policy, replace(subject, maker_verified=False))
    people = [
        Approver(person=name, role=role if role in APPROVING_ROLES else "TRADER", at=NOW)
        for name, role in zip(names, claimed.required, strict=False)
    ]
    assert sufficient(claimed, people, "nobody")
    assert claimed.tier == known.tier
    if known.four_eyes:
        for asker in people:
            others = [each for each in people if each is not asker]
            assert len(others) >= len(known.required)
            assert not sufficient(claimed, others, "nobody")
    else:
        assert claimed == known


@given(policies, subjects, amounts)
def test_more_money_never_needs_a_lower_role(policy, subject, more) -> None:
    if subject.kind is not SubjectKind.HEDGE:
        return
    bigger = PolicySubject(
        kind=subject.kind,
        amount_usd=subject.amount_usd + more,
        amount_own=subject.amount_own,
        currency=subject.currency,
        largest_deal_usd=subject.largest_deal_usd,
        maker_verified=subject.maker_verified,
    )
    before, after = evaluate(policy, subject), evaluate(policy, bigger)
    assert covers(after.tier, before.tier)
    assert after.four_eyes >= before.four_eyes
