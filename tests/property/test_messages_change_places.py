"""True messages in any order: a copy on another partition overtakes those it should follow, a replay comes days later.

Whatever the order, the end is that of the true one, or nothing more happens. What Kafka orders for HAWK is only what is
news first; no decision rests on it.
"""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from services.approval.app import KeySigner
from services.approval.handlers import Dependencies
from services.approval.handlers import subscriptions as approval_subscriptions
from services.approval.requests.state import Approval, approval_of
from services.executor.handlers import approvals
from services.executor.ports import Ports
from shared.events import approvals as told
from shared.events.base import Event
from shared.events.identity import approval_stream, plan_stream, progress_stream
from shared.events.plans import PlanClosed, PlanDrawn
from shared.events.progress import ProgressReported
from shared.messaging.subscription import Handler
from shared.policy.table import DEFAULT_POLICY
from shared.security.keys import ensure_grant_keys, read_pem
from shared.web.progress_feed import Scope
from tests.support.examples import examples
from tests.support.progress_logs import MemoryProgressLog
from tests.support.story import DIGEST, POLICY, Story
from tests.support.units import WHEN, MemoryStreams, handlers_of, message_for, run_handler

STORY = Story().received().planned()
PLAN = next(each.event for each in STORY.told if isinstance(each.event, PlanDrawn))
WORKFLOW = PLAN.workflow_id
DAY = timedelta(days=1)


def closed(state: str) -> PlanClosed:
    return PlanClosed.model_validate(
        {
            "workflow_id": WORKFLOW, "response_id": PLAN.response_id, "state": state, "code": state,
            "reason": "because", "successor": None, "closed_at": WHEN,
        }
    )  # fmt: skip


class Tables:
    """Takes what handlers write beside their events."""

    async def execute(self, _statement: str, *_values: Any) -> None:
        return None

    fetchval = execute


@cache
def signer() -> KeySigner:
    with tempfile.TemporaryDirectory() as folder:
        return KeySigner(read_pem(ensure_grant_keys(Path(folder)).private))


def approval_handlers() -> Mapping[type[Event], Handler]:
    dependencies = Dependencies(
        signer=signer(), policy=lambda: DEFAULT_POLICY, request_lifetime=DAY, grant_lifetime=DAY, clock=lambda: WHEN,
        wake=lambda: None,
    )  # fmt: skip
    return handlers_of(approval_subscriptions(dependencies))


async def after(
    handlers: Mapping[type[Event], Handler], streams: MemoryStreams, events: Sequence[Event]
) -> MemoryStreams:
    for event in events:
        await run_handler(handlers[type(event)], message_for(event), streams, connection=Tables())
    return streams


async def approved(events: Sequence[Event]) -> Approval:
    streams = await after(approval_handlers(), MemoryStreams(), events)
    unit = await run_handler(_load, message_for(PLAN), streams)
    return approval_of((await unit.load(approval_stream(WORKFLOW))).events)


async def _load(*_: object) -> None:
    return None


@given(st.permutations([PLAN, closed("STALE_CONTEXT")]))
@examples(10)
async def test_approval_leaves_nothing_open_that_the_executor_has_closed(events: list[Event]) -> None:
    state = await approved(events)
    assert (state.status, state.grant) == ("CLOSED", None)


# --- the executor, of what the approval service says

REQUESTED = told.ApprovalRequested(
    workflow_id=WORKFLOW, response_id=PLAN.response_id, plan_digest=DIGEST, effects_digest=PLAN.effects_digest,
    maker=PLAN.origin.maker, amount_usd=PLAN.amount_usd, policy=POLICY, expires_at=WHEN + DAY, requested_at=WHEN,
)  # fmt: skip


def decided(decision: str) -> told.DecisionRecorded:
    return told.DecisionRecorded.model_validate(
        {
            "workflow_id": WORKFLOW, "plan_digest": DIGEST, "decision": decision, "person": "mira", "role": "TRADER",
            "comment": "", "decided_at": WHEN,
        }
    )  # fmt: skip


AMENDED = told.ApprovalAmended(
    workflow_id=WORKFLOW, person="mira", amount=PLAN.amount_usd, reason="more", response_id="r-2", successor="wf-2",
    amended_at=WHEN,
)  # fmt: skip
#: What the approval service says of one request, in its order, and how the workflow ends.
STORIES: tuple[tuple[str, tuple[Event, ...]], ...] = (
    ("REJECTED", (REQUESTED, decided("REJECT"), told.ApprovalRejected(workflow_id=WORKFLOW, person="m", reason="no"))),
    ("WITHDRAWN", (REQUESTED, told.ApprovalWithdrawn(workflow_id=WORKFLOW, person="mira", reason="no"))),
    ("SUPERSEDED", (REQUESTED, decided("APPROVE"), AMENDED)),
    ("EXPIRED", (REQUESTED, decided("APPROVE"), told.ApprovalExpired(workflow_id=WORKFLOW, expired_at=WHEN))),
)
TURNS = {
    told.ApprovalRequested: approvals.on_approval_requested,
    told.DecisionRecorded: approvals.on_decision_recorded,
    told.ApprovalRejected: approvals.on_approval_rejected,
    told.ApprovalWithdrawn: approvals.on_approval_withdrawn,
    told.ApprovalExpired: approvals.on_approval_expired,
    told.ApprovalAmended: approvals.on_approval_amended,
}


class _Ports:
    """All that these turns ask of their ports."""

    @staticmethod
    def clock() -> Any:
        return WHEN


@given(st.data())
@examples(40)
async def test_executor_ends_a_plan_once_and_as_the_approval_service_said(data: st.DataObject) -> None:
    ending, events = data.draw(st.sampled_from(STORIES))
    order = data.draw(st.permutations(events))
    reported = [each.event for each in STORY.told if isinstance(each.event, ProgressReported)]
    streams = MemoryStreams({plan_stream(WORKFLOW): [PLAN], progress_stream(WORKFLOW): reported})
    ports = cast(Ports, _Ports())
    handlers: dict[str, Handler] = {name: partial(turn, ports) for name, turn in TURNS.items()}
    await after(handlers, streams, order)
    unit = await run_handler(_load, message_for(PLAN), streams)
    plan = (await unit.load(plan_stream(WORKFLOW))).events
    assert [type(event).__name__ for event in plan] == ["PlanDrawn", "PlanClosed"]
    progress = [
        event for event in (await unit.load(progress_stream(WORKFLOW))).events if isinstance(event, ProgressReported)
    ]
    assert (progress[-1].state, progress[-1].final) == (ending, True)
    assert [event.state for event in progress].count(ending) == 1
    states = [event.state for event in progress]
    assert states == sorted(states, key=["PLANNED", "AWAITING_APPROVAL", ending].index), "never a step back"


# --- progress, as streams show it


@given(st.permutations([event for event in Story().planned().executed().told if event.topic == "hawk.progress"]))
@examples(60)
async def test_progress_that_comes_out_of_order_is_told_in_order_in_the_end(arrived: list[Any]) -> None:
    log, live, seen = MemoryProgressLog(), list[int](), 0
    for each in arrived:
        log.add(each.event)
        fresh = await log.read(Scope(), seen, 100)
        live += [message.sequence for message in fresh]
        seen = await log.head()
    told_again = [message.sequence for message in await log.read(Scope(), 0, 100)]
    assert told_again == sorted(told_again) == list(range(1, len(arrived) + 1))
    in_order = [number for place, number in enumerate(live) if number == 1 or number - 1 in live[:place]]
    assert sorted(set(in_order)) == told_again, "who follows live is told each message behind the one it follows"
