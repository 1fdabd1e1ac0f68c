"""A proposed policy, run over past requests: 40 of them under both presets, and what is signed of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from shared.events.approvals import ApprovalRequested, Approver, PolicyOutcome
from shared.events.policy import PolicyBacktest
from shared.events.responses import Maker
from shared.policy.backtest import EXAMPLES_MAX, Backtest, PastRequest, compared, facts_of, subject_of_facts
from shared.policy.evaluation import PolicySubject, evaluate
from shared.policy.table import DEFAULT_POLICY, STRICT_POLICY, Policy, SubjectKind

NOW = datetime(2026, 11, 23, tzinfo=UTC)
MILLION = 1_000_000


def asked(number: int, usd: int, kind: SubjectKind = SubjectKind.HEDGE, policy: Policy = DEFAULT_POLICY) -> PastRequest:
    """A request that was granted by as many as its policy asked for."""
    amount = Decimal(usd)
    subject = PolicySubject(kind, amount, amount, "USD", Decimal(0), "I", maker_verified=True)
    outcome = evaluate(policy, subject)
    request = ApprovalRequested(
        workflow_id=f"wf-{number:02d}",
        response_id=f"resp-{number}",
        plan_digest="sha256:a",
        effects_digest="sha256:b",
        maker=Maker(name="ann", verified=True),
        amount_usd=amount,
        policy=outcome,
        expires_at=NOW + timedelta(days=1),
        requested_at=NOW,
        judged=facts_of(subject),
    )
    people = [
        Approver(person=f"p{place}", role="TRADER" if role == "ANY_APPROVER" else role, at=NOW)
        for place, role in enumerate(outcome.required)
    ]
    return PastRequest(request, people, granted=True)


#: 40 requests of a desk: orders of 1 to 190 million, two changes, an override, a check.
PAST = (
    *(asked(number, (1 + 5 * number) * MILLION) for number in range(36)),
    asked(36, 0, SubjectKind.CONFIGURATION),
    asked(37, 0, SubjectKind.CONFIGURATION),
    asked(38, 0, SubjectKind.OVERRIDE),
    asked(39, 25 * MILLION, SubjectKind.CHECK),
)


def run(policy: Policy, past: tuple[PastRequest, ...] = PAST) -> PolicyBacktest:
    test = Backtest(policy)
    for each in past:
        test.take(each)
    return test.result(NOW)


def told(found: PolicyBacktest) -> str:
    counts = {name: getattr(found, name) for name in ("requests", "same", "more", "fewer", "other", "refused")}
    first = [
        f"{each.workflow_id} {each.change} {'+'.join(each.before)}>{'+'.join(each.after)}" for each in found.examples
    ]
    return f"{counts} {first[0]} … {first[-1]}"


def test_the_same_40_requests_under_plan_and_strict_give_the_printed_difference() -> None:
    assert len(PAST) == 40
    print(told(run(STRICT_POLICY)))  # noqa: T201  the acceptance asks for it
    assert told(run(STRICT_POLICY)) == (
        "{'requests': 40, 'same': 20, 'more': 20, 'fewer': 0, 'other': 0, 'refused': 20} "
        "wf-00 MORE TRADER>RISK_MANAGER … wf-19 MORE SENIOR_TRADER>RISK_MANAGER"
    )
    assert run(DEFAULT_POLICY).same == 40
    assert run(DEFAULT_POLICY).examples == ()


def test_the_other_way_round_fewer_are_needed_and_nobody_would_have_been_refused() -> None:
    strict = tuple(asked(number, (1 + 5 * number) * MILLION, policy=STRICT_POLICY) for number in range(36))
    found = run(DEFAULT_POLICY, strict)
    assert (found.fewer, found.more, found.other, found.refused) == (20, 0, 0, 0)


def test_the_digest_covers_every_difference_also_those_that_are_not_shown() -> None:
    many = tuple(asked(number, MILLION) for number in range(60))
    found = run(STRICT_POLICY, many)
    assert len(found.examples) == EXAMPLES_MAX
    other = (*many[:-1], asked(59, 60 * MILLION))
    assert run(STRICT_POLICY, other).examples == found.examples
    assert run(STRICT_POLICY, other).digest != found.digest
    assert run(STRICT_POLICY, many) == found


def test_requests_of_before_their_facts_were_kept_are_counted_as_unknown() -> None:
    old = replace(PAST[0], request=PAST[0].request.model_copy(update={"judged": None}))
    found = run(STRICT_POLICY, (old, PAST[1]))
    assert (found.requests, found.unknown, found.more) == (2, 1, 1)


def test_a_request_that_was_not_granted_cannot_have_been_refused() -> None:
    assert run(STRICT_POLICY, (replace(PAST[0], granted=False, approvals=()),)).refused == 0


@pytest.mark.parametrize("past", PAST[::7])
def test_the_facts_of_a_request_are_what_was_judged(past: PastRequest) -> None:
    assert past.request.judged is not None
    assert evaluate(DEFAULT_POLICY, subject_of_facts(past.request.judged)) == past.request.policy


BASE = PolicyOutcome(tier="TRADER", required=("TRADER",), rules=(), version="1", four_eyes=False)


@pytest.mark.parametrize(
    ("changes", "change"),
    [
        ({"rules": ("other words",), "version": "2"}, None),
        ({"required": ("TRADER", "ANY_APPROVER")}, "MORE"),
        ({"required": ("OPERATIONS",)}, "OTHER"),
        ({"four_eyes": True}, "MORE"),
        ({"jointly": ("mira",)}, "MORE"),
        ({"required": (), "four_eyes": True}, "OTHER"),
        ({"required": ()}, "FEWER"),
    ],
)
def test_outcomes_are_compared_by_the_people_they_ask_for(changes: dict[str, object], change: str | None) -> None:
    assert compared(BASE, BASE.model_copy(update=changes)) == change
