"""Emergencies as a way around people: alone, as the asker, after their time, in one's own review."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.approval import handlers
from services.approval.emergency.commands import AnyCommand, BreakGlass, RecordReview
from services.approval.requests.commands import RecordDecision
from services.approval.requests.decider import Refused
from shared.errors import InvalidInput
from shared.policy.emergency import GLASS_LIFETIME
from tests.attacks.attack import Attacker, attack
from tests.support.approving import DAY, Approving
from tests.support.plans_of_each_kind import hedge
from tests.support.proofs import by, proved
from tests.support.units import WHEN, MemoryUnitOfWork

FOUR_EYES = "An emergency takes the place of a role and never of four eyes: two persons, none of them the asker."
JUDGED = "The executor judges the emergency in a grant itself, by the plan that it holds."
OTHERS = "All spellings of a name are one person, and nobody who took part reviews."


@pytest.fixture
def bench(tmp_path: Path) -> Approving:
    return Approving(tmp_path)


async def act(bench: Approving, event: Any, command: AnyCommand) -> str:
    """What comes of a command: the status after it, or the code of its refusal."""
    unit = MemoryUnitOfWork(bench.streams)
    done = await handlers.act(unit, event.workflow_id, command, bench.signer)
    await unit.commit()
    return done.code if isinstance(done, Refused) else str(done.status)


def glass(event: Any, person: str, *roles: str) -> BreakGlass:
    return BreakGlass(person, roles or ("TRADER",), event.plan_digest, "nobody can be reached", WHEN)


def yes(event: Any, person: str, at: datetime = WHEN) -> RecordDecision:
    return RecordDecision(person, ("TRADER",), "APPROVE", event.plan_digest, "", at, DAY)


async def large(bench: Approving) -> Any:
    """An order over USD 100M that mira asked for, as RISK_MANAGER alone may approve it."""
    order = hedge("100000000")
    event = by(order, proved(order.response_id, bench.private))
    await bench.deliver(event)
    return event


@attack(
    by=Attacker.PERSON,
    does="breaks the glass of a large order and approves it alone, under two spellings of the own name",
    before="Not tried: break-glass began with the cure.",
    cure=FOUR_EYES,
    remains="Two people who collude, until two others review it.",
)
async def test_nobody_is_both_persons_of_an_emergency(bench: Approving) -> None:
    event = await large(bench)
    assert await act(bench, event, glass(event, "tom")) == "AWAITING_APPROVAL"
    assert await act(bench, event, yes(event, "tom")) == "AWAITING_APPROVAL"
    assert await act(bench, event, yes(event, "TOM")) == "SAME_PERSON"
    assert await act(bench, event, yes(event, "t\u043em")) == "SAME_PERSON"


@attack(
    by=Attacker.PERSON,
    does="declares an emergency about the own order, or is one of the two who approve it",
    before="Not tried: break-glass began with the cure.",
    cure=FOUR_EYES,
)
async def test_an_asker_has_no_part_in_an_emergency(bench: Approving) -> None:
    event = await large(bench)
    maker = event.origin.maker.name
    assert await act(bench, event, glass(event, maker.upper(), "OPERATIONS")) == "MAKER_IS_CHECKER"
    assert await act(bench, event, glass(event, "tom")) == "AWAITING_APPROVAL"
    assert await act(bench, event, yes(event, maker.upper())) == "MAKER_IS_CHECKER"


@attack(
    by=Attacker.PERSON,
    does="keeps an emergency of yesterday for the order of today: a second glass, an approval after its time",
    before="Not tried: break-glass began with the cure.",
    cure="A glass is broken once for a request, for half an hour; the time is in the event and in the grant.",
)
async def test_an_emergency_ends(bench: Approving) -> None:
    event = await large(bench)
    await act(bench, event, glass(event, "tom"))
    assert await act(bench, event, yes(event, "tom")) == "AWAITING_APPROVAL"
    over = WHEN + GLASS_LIFETIME
    assert await act(bench, event, yes(event, "sue", over)) == "ROLE_INSUFFICIENT"
    assert await act(bench, event, glass(event, "sue")) == "GLASS_ALREADY_BROKEN"


@attack(
    by=Attacker.ROLE,
    does="as the approval service, signs a grant of an emergency with one approver, with the asker, or after its time",
    before="Not tried: break-glass began with the cure.",
    cure=JUDGED,
    remains="An approval service that invents an emergency nobody declared: `hawk verify` finds it.",
)
async def test_the_executor_judges_an_emergency_itself(bench: Approving) -> None:
    event = await large(bench)
    await act(bench, event, glass(event, "tom"))
    await act(bench, event, yes(event, "tom"))
    assert await act(bench, event, yes(event, "sue")) == "APPROVED"
    claims = await bench.claims(event.workflow_id)
    bench.executor_takes(claims, event)
    first, second = claims.approvers
    maker = second.model_copy(update={"person": event.origin.maker.name})
    late = claims.iat + timedelta(hours=2)
    for change in (
        {"approvers": (first,)},
        {"approvers": (first, maker)},
        {"emergency": None},
        {"iat": late},
        {"emergency": claims.emergency.model_copy(update={"until": late})},
        {"emergency": claims.emergency.model_copy(update={"person": event.origin.maker.name})},
        {"emergency": claims.emergency.model_copy(update={"reason": ""})},
    ):
        with pytest.raises(InvalidInput, match=r"GRANT_(INSUFFICIENT|EMERGENCY_REFUSED)"):
            bench.executor_takes(claims.model_copy(update=change), event)


@attack(
    by=Attacker.PERSON,
    does="closes the review of the own emergency, under another spelling or with another role",
    before="Not tried: break-glass began with the cure.",
    cure=OTHERS,
    remains="Two people who had no part in it and look away.",
)
async def test_nobody_reviews_an_emergency_of_the_own(bench: Approving) -> None:
    event = await large(bench)
    for command in (glass(event, "max"), yes(event, "tom"), yes(event, "sue")):
        await act(bench, event, command)
    for person in ("MAX", "tom", "su\u0435", event.origin.maker.name):
        review = RecordReview(person, ("AUDITOR",), "JUSTIFIED", "", WHEN)
        assert await act(bench, event, review) == "TOOK_PART"
    for person, code in (("eve", "APPROVED"), ("EVE", "SAME_PERSON"), ("rita", "APPROVED"), ("otto", "REVIEW_CLOSED")):
        assert await act(bench, event, RecordReview(person, ("AUDITOR",), "JUSTIFIED", "", WHEN)) == code
