"""What each message leads to, with real plans of the demo reference data."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.approval.app import KeySigner
from services.approval.handlers import Dependencies, Handlers, subscriptions
from services.approval.projection import change_of
from services.approval.requests.decider import decide
from services.approval.requests.plan_view import detail_of, summary_of
from services.approval.requests.state import NOTHING
from shared.errors import InvalidInput
from shared.events import approvals as approval_events
from shared.events import topics
from shared.events.approvals import (
    AnswerSubmitted,
    ApprovalAmended,
    ApprovalClosed,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalWithdrawn,
    DecisionRecorded,
    GrantIssued,
    GrantLapsed,
    QuestionAnswered,
    QuestionAsked,
    RequestEscalated,
)
from shared.events.base import Event
from shared.events.catalogue import EVENTS
from shared.events.plans import PlanClosed, PlanDrawn, PlanRefused
from shared.plans.digests import effects_digest, sealed
from shared.policy.table import DEFAULT_POLICY, STRICT_POLICY, Policy
from shared.security.grants import verify_grant
from shared.security.keys import ensure_grant_keys, read_pem
from tests.support.approvals import DAY, request_for
from tests.support.proofs import by
from tests.support.story import Story
from tests.support.units import WHEN, MemoryStreams, handlers_of, message_for, run_handler


class Rows:
    """Stands in for the connection: keeps the statements that follow the append."""

    def __init__(self) -> None:
        self.executed: list[tuple[str, tuple[Any, ...]]] = []

    async def execute(self, statement: str, *values: Any) -> None:
        self.executed.append((" ".join(statement.split()), values))

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        await self.execute(statement, *values)
        return []


class Bench:
    def __init__(self, folder: Path, policy: Policy = DEFAULT_POLICY) -> None:
        keys = ensure_grant_keys(folder)
        self.public = read_pem(keys.public)
        self.streams = MemoryStreams()
        self.rows = Rows()
        self.woken = 0
        self.dependencies = Dependencies(
            signer=KeySigner(read_pem(keys.private)),
            policy=lambda: policy,
            request_lifetime=DAY,
            grant_lifetime=timedelta(hours=2),
            clock=lambda: WHEN,
            wake=self._wake,
        )
        self.on = Handlers(self.dependencies)

    def _wake(self) -> None:
        self.woken += 1

    async def deliver(self, event: Event) -> Sequence[Event]:
        handler = handlers_of(subscriptions(self.dependencies))[type(event)]
        unit = await run_handler(handler, message_for(event), self.streams, connection=self.rows)
        (events,) = tuple(unit.appended.values()) or ((),)
        return events


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def planned(**order: Any) -> PlanDrawn:
    return next(told.event for told in Story(**order).planned().told if isinstance(told.event, PlanDrawn))


def refused(**order: Any) -> PlanRefused:
    event = next(told.event for told in Story(**order).refused().told if isinstance(told.event, PlanRefused))
    return by(event, event.origin.maker) if event.recorded else event


def names(events: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


async def test_plan_waits_for_a_trader_when_it_is_small(bench: Bench) -> None:
    (requested,) = await bench.deliver(planned())
    assert isinstance(requested, approval_events.ApprovalRequested)
    assert (requested.policy.tier, requested.policy.four_eyes) == ("TRADER", False)
    assert requested.expires_at == WHEN + DAY
    assert "INSERT INTO approval.plans" in bench.rows.executed[0][0]


async def test_policy_of_this_service_counts_not_what_the_message_says(tmp_path: Path) -> None:
    event = planned()
    claimed = event.policy.model_copy(update={"tier": "AUTO", "required": ()})
    changes = {"policy": claimed, "effects_digest": effects_digest(event.plan, "AUTO")}
    (requested,) = await Bench(tmp_path, STRICT_POLICY).deliver(sealed(event.model_copy(update=changes)))
    assert (requested.policy.tier, requested.policy.version) == ("RISK_MANAGER", "strict-1")


async def test_plan_is_requested_once_when_the_message_comes_again(bench: Bench) -> None:
    await bench.deliver(planned())
    assert await bench.deliver(planned()) == ()


async def test_refused_check_is_granted_by_the_policy_when_it_keeps_its_record(bench: Bench) -> None:
    event = refused(currency="VND", amount="900000000000", entity="ENTITY0041")
    requested, issued = await bench.deliver(event)
    assert isinstance(issued, GrantIssued)
    claims = verify_grant(issued.grant, bench.public, WHEN)
    assert (claims.tier, claims.approvers, claims.plan_digest) == ("AUTO", (), event.plan_digest)
    assert claims.exp == WHEN + timedelta(hours=2)
    assert names([requested]) == ["ApprovalRequested"]


async def test_refusal_without_a_record_needs_nothing(bench: Bench) -> None:
    assert await bench.deliver(refused(amount="250000000")) == ()


async def test_refusal_is_a_dead_letter_when_its_digests_are_missing(bench: Bench) -> None:
    event = refused(currency="VND", amount="900000000000", entity="ENTITY0041")
    with pytest.raises(InvalidInput):
        await bench.deliver(event.model_copy(update={"plan_digest": None}))


def closed_plan(event: PlanDrawn) -> PlanClosed:
    return PlanClosed(
        workflow_id=event.workflow_id,
        response_id=event.response_id,
        state="STALE_CONTEXT",
        code="STALE_CONTEXT",
        reason="The rate moved.",
        successor="w2",
        closed_at=WHEN,
    )


async def test_waiting_request_is_closed_when_the_plan_is(bench: Bench) -> None:
    event = planned()
    await bench.deliver(event)
    assert names(await bench.deliver(closed_plan(event))) == ["ApprovalClosed"]
    assert await bench.deliver(closed_plan(event)) == ()


async def test_plan_that_comes_after_its_end_is_put_before_nobody(bench: Bench) -> None:
    event = planned()
    assert names(await bench.deliver(closed_plan(event))) == ["ApprovalClosed"]
    assert await bench.deliver(event) == ()


async def test_progress_is_kept_and_streams_are_woken(bench: Bench) -> None:
    for told in Story().planned().told:
        if told.topic == topics.PROGRESS:
            await bench.deliver(told.event)
    assert bench.woken == 1
    assert "approval.progress" in bench.rows.executed[-1][0]


def test_card_shows_what_is_approved_and_keeps_amounts_as_text() -> None:
    event = planned()
    data = event.model_dump(mode="json")
    summary, detail = summary_of(event, data), detail_of(event, data)
    assert (summary["model"], summary["amount"], summary["exposure_currency"]) == ("A-COI", "25000000.00", "USD")
    assert (summary["operations"]["total"], summary["operations"]["stages"]) == (47, {"1A": 8, "1B": 12, "2": 27})
    assert summary["entities"][0]["deals"] == 6
    assert len(detail["operations"]) == 47
    _no_floats(summary)
    _no_floats(detail)


def _no_floats(value: Any) -> None:
    assert not isinstance(value, float)
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _no_floats(part)


def test_every_event_of_this_service_changes_its_tables() -> None:
    at, request = WHEN, decide(NOTHING, request_for())[0]
    events = [
        request,
        DecisionRecorded(
            workflow_id="w1", plan_digest="d", decision="APPROVE", person="a", role="TRADER", comment="", decided_at=at
        ),
        GrantIssued(
            workflow_id="w1",
            jti="j",
            grant="g",
            tier="TRADER",
            plan_digest="d",
            approvers=(),
            issued_at=at,
            expires_at=at,
        ),
        ApprovalRejected(workflow_id="w1", person="a", reason="r"),
        ApprovalExpired(workflow_id="w1", expired_at=at),
        ApprovalWithdrawn(workflow_id="w1", person="a", reason="r"),
        ApprovalClosed(workflow_id="w1", reason="r"),
        GrantLapsed(workflow_id="w1", jti="j", lapsed_at=at),
        ApprovalAmended(
            workflow_id="w1", person="a", amount=Decimal(1), reason="r", response_id="r", successor="s", amended_at=at
        ),
        RequestEscalated(workflow_id="w1", role="RISK_MANAGER", escalated_at=at),
        QuestionAsked(
            workflow_id="w1", plan_digest="d", number=1, person="a", role="TRADER", question="Why?", asked_at=at
        ),
        QuestionAnswered(workflow_id="w1", number=1, person="a", answer="So.", answered_at=at),
        AnswerSubmitted(response_id="r", maker="a", maker_proof="p", prompt="", answer="x", submitted_at=at),
    ]
    assert {type(event) for event in events} == {
        kind for kind in EVENTS.values() if kind.__module__ == approval_events.__name__
    }
    assert all(change_of(event) is not None for event in events)
    assert change_of(planned()) is None
