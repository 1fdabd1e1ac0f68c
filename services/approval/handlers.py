"""Messages and requests: load, decide, append. Signing is a port; nothing here talks to the outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

from services.approval import caps
from services.approval.delegations.handlers import with_delegated
from services.approval.emergency.commands import AnyCommand
from services.approval.emergency.decider import decide
from services.approval.held.store import end as end_held
from services.approval.held.store import keep as keep_held
from services.approval.passkeys import signing
from services.approval.policy.handlers import in_force
from services.approval.ports import Signer
from services.approval.previews.store import keep_plan as keep_previewed
from services.approval.previews.store import keep_reading
from services.approval.projection import keep_plans, mark_undone, mark_used, note_reading, note_taken_in, note_turn
from services.approval.requests.amendment import amend as decide_amendment
from services.approval.requests.amendment import submission_of
from services.approval.requests.commands import AmendRequest, CloseRequest, Escalation, RecordDecision, RequestApproval
from services.approval.requests.decider import GrantDue, Outcome, Refused
from services.approval.requests.plan_view import detail_of, summary_of
from services.approval.requests.reversal import (
    ATTEMPTS_MAX,
    Asked,
    AskReversal,
    stands,
)
from services.approval.requests.reversal import decide as decide_reversal
from services.approval.requests.state import Approval, approval_of, evolve
from services.approval.requests.submission import (
    Submission,
    Submitted,
    same_submission,
    submission_stream,
    submitted_event,
)
from services.approval.signals.sums import with_sums
from shared.errors import Defect, InvalidInput
from shared.events import topics
from shared.events.approvals import (
    AnswerSubmitted,
    ApprovalAmended,
    ApprovalClosed,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalRequested,
    ApprovalWithdrawn,
    GrantIssued,
    GrantLapsed,
)
from shared.events.base import Event
from shared.events.configuration import ConfigurationAuthorized, ConfigurationPlanned
from shared.events.execution import ExecutionBegun, ExecutionPrepared
from shared.events.held import HeldReferenceApplied, HeldReferenceDropped, ReferenceHeld
from shared.events.identity import EXECUTOR_CONTROL_STREAM, POLICY_STREAM, approval_stream, reversal_id
from shared.events.overrides import OverrideAuthorized, OverridePlanned
from shared.events.plans import PlanClosed, PlanDrawn, PlanRefused, TurnAwaited
from shared.events.previews import PlanPreviewed, PreviewRead
from shared.events.progress import ProgressReported
from shared.events.responses import ResponseReceived
from shared.events.reversals import ExecutionReversed, ReversalPlanned, ReversalPrepared, ReversalRefused
from shared.events.rollout import ControlCaughtUp, ControlFellBehind, RolloutTakenIn
from shared.events.undoing import WorkflowCompensated
from shared.messaging.message import Message
from shared.messaging.pressing import of_kinds
from shared.messaging.subscription import EventHandlers, Subscription
from shared.messaging.unit_of_work import UnitOfWork
from shared.plans.digests import Planned, check_digests, plan_of
from shared.plans.subjects import subject_of
from shared.policy.backtest import facts_of
from shared.policy.evaluation import evaluate
from shared.policy.table import Policy
from shared.telemetry.tracing import link
from shared.web.progress_log import NewMessage, keep_messages, message_of
from shared.web.snippet import nothing_to_execute, unwatched_workflow

SCHEMA = "approval"
#: Ends of a request after which nothing of it was, or will be, executed.
_WITHOUT_EFFECT: Final = (ApprovalRejected, ApprovalExpired, ApprovalWithdrawn, ApprovalClosed, GrantLapsed)
_ASKED: Final = ApprovalRequested.__name__
GROUP = "hawk-approval-requests"
#: The progress stream has a group of its own: it never waits for a decision, nor a decision for it.
PROGRESS_GROUP = "hawk-approval-progress"


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What handlers take from the installation. `wake` notifies open progress streams of new messages."""

    signer: Signer
    policy: Callable[[], Policy]
    request_lifetime: timedelta
    grant_lifetime: timedelta
    clock: Callable[[], datetime]
    wake: Callable[[], None]
    escalation: Escalation | None = None


async def act(unit: UnitOfWork, workflow_id: str, command: AnyCommand, signer: Signer) -> Approval | Refused:
    """Decide on a command for one workflow; gives the state after it."""
    stream = approval_stream(workflow_id)
    loaded = await unit.load(stream)
    link(next((each.metadata.get("traceparent") for each in reversed(loaded.recorded) if each.type == _ASKED), None))
    state = approval_of(loaded.events)
    if isinstance(command, RecordDecision):
        command = await with_delegated(unit, command)
    happening = decide(state, command)
    if isinstance(happening, Refused):
        return happening
    events = tuple(_signed(item, signer) for item in happening)
    granted = any(isinstance(event, GrantIssued) for event in events)
    used = await signing.check(unit, state, events)
    if isinstance(used, Refused):
        return used
    if (beyond := await caps.reserve(unit, state, events, granted=granted)) is not None:
        return beyond
    if used is not None:
        used.record(unit)
    unit.append(stream, loaded.version, *events, correlation_id=workflow_id)
    if any(isinstance(event, _WITHOUT_EFFECT) for event in events):
        await caps.release(unit, state, type(events[-1]).__name__)
    for event in events:
        state = evolve(state, event)
    return state


async def ask_reversal(unit: UnitOfWork, command: AskReversal, signer: Signer) -> Asked | Refused:
    """Ask for the reversal of a workflow, with the proof of who asks, or find the one in effect."""
    original = approval_of((await unit.load(approval_stream(command.reverses))).events)
    attempts: list[Approval] = []
    for attempt in range(1, ATTEMPTS_MAX + 1):
        loaded = await unit.load(approval_stream(reversal_id(command.reverses, attempt)))
        attempts.append(approval_of(loaded.events))
        if stands(attempts[-1]):
            break
    asked = decide_reversal(original, attempts, command)
    if isinstance(asked, Asked) and asked.event is not None:
        stream, event = approval_stream(asked.workflow_id), asked.event
        maker = event.origin.maker
        proof = signer.reversal_proof(reverses=event.reverses, maker=maker.name, reason=event.reason)
        proved = event.origin.model_copy(update={"maker": maker.model_copy(update={"proof": proof})})
        event = event.model_copy(update={"origin": proved})
        unit.append(stream, loaded.version, event, correlation_id=asked.workflow_id)
    return asked


async def amend(unit: UnitOfWork, workflow_id: str, command: AmendRequest, signer: Signer) -> ApprovalAmended | Refused:
    """End a request in favour of a changed order, which is handed in in the same transaction."""
    stream = approval_stream(workflow_id)
    loaded = await unit.load(stream)
    state = approval_of(loaded.events)
    amended = decide_amendment(state, command)
    if isinstance(amended, Refused):
        return amended
    await submit(unit, submission_of(amended, command.order), signer)
    unit.append(stream, loaded.version, amended, correlation_id=workflow_id)
    await caps.release(unit, state, type(amended).__name__)
    return amended


async def submit(unit: UnitOfWork, submission: Submission, signer: Signer) -> Submitted:
    """Keep a submitted answer once; a repetition with the same content changes nothing."""
    stream = submission_stream(submission.response_id)
    loaded = await unit.load(stream)
    for before in loaded.events:
        if isinstance(before, AnswerSubmitted):
            return Submitted(submission.response_id, same_submission(before, submission))
    proof = signer.maker_proof(
        response_id=submission.response_id,
        maker=submission.maker,
        answer=submission.answer,
        prompt=submission.prompt,
    )
    unit.append(stream, loaded.version, submitted_event(submission, proof))
    return Submitted(submission.response_id, same=True)


def _signed(item: Outcome, signer: Signer) -> Event:
    if not isinstance(item, GrantDue):
        return item
    claims = item.claims
    return GrantIssued(
        workflow_id=claims.workflow_id,
        jti=claims.jti,
        grant=signer.grant(claims),
        tier=claims.tier,
        plan_digest=claims.plan_digest,
        approvers=claims.approvers,
        issued_at=claims.iat,
        expires_at=claims.exp,
        emergency=claims.emergency,
    )


class Handlers:
    """One `on_…` for each message."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies

    async def on_planned(self, unit: UnitOfWork, message: Message[Planned]) -> None:
        """Ask for the approval of a plan of any kind; where the policy requires no person, it is granted at once."""
        event = message.event
        if isinstance(event, PlanRefused) and not event.recorded:
            return  # only a refused check that keeps its record is executed, under an automatic grant
        check_digests(event, message.data)
        # In this transaction: a policy that is in force when people are asked is the one that they are asked under.
        policy = await in_force(unit) or self._dependencies.policy()
        request = await with_sums(unit, request_of(event, self._dependencies, policy), policy)
        await act(unit, event.workflow_id, request, self._dependencies.signer)
        plan, detail = summary_of(event, message.data), detail_of(event, message.data)
        unit.gather(keep_plans, (event.workflow_id, plan, detail))

    async def on_reversal_refused(self, unit: UnitOfWork, message: Message[ReversalRefused]) -> None:
        """Close a request for a reversal that the executor refused; people may ask for it again."""
        event = message.event
        reason = f"{event.refusals[0].code}: {event.refusals[0].message}"
        close = CloseRequest(event.workflow_id, "REFUSED", reason)
        await act(unit, event.workflow_id, close, self._dependencies.signer)

    async def on_plan_closed(self, unit: UnitOfWork, message: Message[PlanClosed]) -> None:
        """Close every request of a workflow that the executor ended, also one that comes later."""
        event = message.event
        close = CloseRequest(event.workflow_id, event.state, event.reason)
        await act(unit, event.workflow_id, close, self._dependencies.signer)

    async def on_turn_awaited(self, unit: UnitOfWork, message: Message[TurnAwaited]) -> None:
        """Note that an approved workflow waits until the executor has finished others."""
        event = message.event
        unit.also(lambda connection: note_turn(connection, event))

    async def on_execution_begun(self, unit: UnitOfWork, message: Message[ExecutionBegun]) -> None:
        """Note that the grant was used: it can no longer lapse."""
        event = message.event
        unit.gather(mark_used, (event.workflow_id, event.begun_at))

    async def on_workflow_compensated(self, unit: UnitOfWork, message: Message[WorkflowCompensated]) -> None:
        """Note that a workflow failed and was undone: it no longer counts as an order of the day."""
        event = message.event
        unit.also(lambda connection: mark_undone(connection, event.workflow_id, event.compensated_at))
        state = approval_of((await unit.load(approval_stream(event.workflow_id))).events)
        await caps.release(unit, state, type(event).__name__)

    async def on_execution_reversed(self, unit: UnitOfWork, message: Message[ExecutionReversed]) -> None:
        """Note that people had a workflow reversed: it no longer counts as an order of the day."""
        event = message.event
        unit.also(lambda connection: mark_undone(connection, event.workflow_id, event.reversed_at))

    async def on_rollout_taken_in(self, unit: UnitOfWork, message: Message[RolloutTakenIn]) -> None:
        """Note that the executor follows another decision on the rollout."""
        event, noted = message.event, _of_the_executor(message)
        unit.also(lambda connection: note_taken_in(connection, event, noted))

    async def on_control_fell_behind(self, unit: UnitOfWork, message: Message[ControlFellBehind]) -> None:
        """Note that the executor does not read hawk.control to its end."""
        event, noted = message.event, _of_the_executor(message)
        unit.also(lambda connection: note_reading(connection, event.as_of or event.noticed_at, noted))

    async def on_control_caught_up(self, unit: UnitOfWork, message: Message[ControlCaughtUp]) -> None:
        """Note that the executor reads hawk.control to its end again."""
        noted = _of_the_executor(message)
        unit.also(lambda connection: note_reading(connection, None, noted))

    async def on_reference_held(self, unit: UnitOfWork, message: Message[ReferenceHeld]) -> None:
        """Keep reference rows that are not plausible until people decide about them."""
        event, stream = message.event, message.attributes.stream
        unit.also(lambda connection: keep_held(connection, stream, event))

    async def on_held_ended(
        self, unit: UnitOfWork, message: Message[HeldReferenceApplied | HeldReferenceDropped]
    ) -> None:
        """Note that held reference rows are in force, or dropped."""
        event, stream = message.event, message.attributes.stream
        unit.also(lambda connection: end_held(connection, stream, event))

    async def on_progress_reported(self, unit: UnitOfWork, message: Message[ProgressReported]) -> None:
        """Keep a progress message for the streams of this service."""
        event = message.event
        unit.gather(_keep_messages, message_of(event))
        unit.after_commit(self._dependencies.wake)

    async def on_response_received(self, unit: UnitOfWork, message: Message[ResponseReceived]) -> None:
        """Report at once to those who watch a response that no workflow came from it."""
        event = message.event
        if event.workflows:
            return
        notice = nothing_to_execute(event.response_id, event.outcome, event.refusals)
        name = unwatched_workflow(event.response_id)
        unit.gather(_keep_messages, NewMessage(name, event.response_id, 1, notice))
        unit.after_commit(self._dependencies.wake)

    async def on_preview_read(self, unit: UnitOfWork, message: Message[PreviewRead]) -> None:
        """Keep what was read in an answer for its preview."""
        event = message.event
        unit.also(lambda connection: keep_reading(connection, event))

    async def on_plan_previewed(self, unit: UnitOfWork, message: Message[PlanPreviewed]) -> None:
        """Keep a plan of a preview. Nobody is asked: there is nothing to approve."""
        event = message.event
        unit.also(lambda connection: keep_previewed(connection, event))


def _approval_of(message: Message[Any]) -> Sequence[str]:
    workflow_id = getattr(message.event, "workflow_id", None)
    return () if workflow_id is None else (approval_stream(workflow_id), POLICY_STREAM)


async def _keep_messages(connection: asyncpg.Connection, messages: Sequence[NewMessage]) -> None:
    await keep_messages(connection, SCHEMA, messages)


def request_of(event: Planned, dependencies: Dependencies, policy: Policy | None = None) -> RequestApproval:
    """Return the request for what this service's policy requires of the plan itself and of the maker it can prove.

    Args:
        policy: in force; without it the one that this process knows of.
    Raises:
        Defect: the plan lacks what it was checked for.
    """
    plan = plan_of(event)
    if plan is None or event.plan_digest is None or event.effects_digest is None:
        raise Defect(f"The plan of workflow {event.workflow_id} passed the check of its digests without any.")
    maker = dependencies.signer.proved(event)
    subject = subject_of(plan, maker_verified=maker.verified)
    return RequestApproval(
        workflow_id=event.workflow_id,
        response_id=event.response_id,
        plan_digest=event.plan_digest,
        effects_digest=event.effects_digest,
        maker=maker,
        amount_usd=subject.amount_usd,
        policy=evaluate(policy or dependencies.policy(), subject),
        at=dependencies.clock(),
        request_lifetime=dependencies.request_lifetime,
        grant_lifetime=dependencies.grant_lifetime,
        judged=facts_of(subject),
        escalation=dependencies.escalation,
    )


def _of_the_executor(message: Message) -> int:
    """Return the version of an event in the executor's own stream of what it follows."""
    origin = message.attributes
    if origin.stream != EXECUTOR_CONTROL_STREAM:
        raise InvalidInput(
            code="EVENT_MALFORMED",
            reason=f"{origin.event_name} of stream {origin.stream} is not what the executor says of itself.",
        )
    return origin.version


def subscriptions(dependencies: Dependencies) -> tuple[Subscription, ...]:
    """Return the events that the service consumes, each with its handler."""
    on = Handlers(dependencies)
    planned = (PlanDrawn, PlanRefused, ConfigurationPlanned, ReversalPlanned, OverridePlanned)
    plans: EventHandlers = {
        **dict.fromkeys(planned, on.on_planned),
        TurnAwaited: on.on_turn_awaited,
        PlanClosed: on.on_plan_closed,
        ReversalRefused: on.on_reversal_refused,
        PlanPreviewed: on.on_plan_previewed,
    }
    begun = (ExecutionPrepared, ConfigurationAuthorized, ReversalPrepared, OverrideAuthorized)
    executions: EventHandlers = {
        **dict.fromkeys(begun, on.on_execution_begun),
        WorkflowCompensated: on.on_workflow_compensated,
        ExecutionReversed: on.on_execution_reversed,
        RolloutTakenIn: on.on_rollout_taken_in,
        ControlFellBehind: on.on_control_fell_behind,
        ControlCaughtUp: on.on_control_caught_up,
        ReferenceHeld: on.on_reference_held,
        HeldReferenceApplied: on.on_held_ended,
        HeldReferenceDropped: on.on_held_ended,
    }
    return (
        Subscription(
            topics.PLANS, GROUP, plans, needs=_approval_of, pressing=of_kinds(ReversalPlanned, OverridePlanned)
        ),
        Subscription(topics.EXECUTIONS, GROUP, executions),
        Subscription(topics.PROGRESS, PROGRESS_GROUP, {ProgressReported: on.on_progress_reported}),
        Subscription(
            topics.PROPOSALS,
            PROGRESS_GROUP,
            {ResponseReceived: on.on_response_received, PreviewRead: on.on_preview_read},
        ),
    )
