"""Messages and requests: load, decide, append. Signing is a port; nothing here talks to the outside."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from services.approval.commands import CloseRequest, Command, RequestApproval
from services.approval.configuration_view import (
    configuration_detail_of,
    configuration_summary_of,
)
from services.approval.decider import GrantDue, Happening, Refused, decide
from services.approval.override_view import override_detail_of, override_summary_of
from services.approval.plan_view import (
    check_subject_of,
    detail_of,
    refused_summary_of,
    subject_of,
    summary_of,
)
from services.approval.ports import Signer
from services.approval.projection import keep_plan, mark_used, note_taken_in
from services.approval.reversal import (
    ATTEMPTS_MAX,
    Asked,
    AskReversal,
    reversal_detail_of,
    reversal_subject_of,
    reversal_summary_of,
    stands,
)
from services.approval.reversal import decide as decide_reversal
from services.approval.state import Approval, approval_of, evolve
from services.approval.streaming import nothing_to_execute, unwatched_workflow
from services.approval.submission import (
    Submission,
    Submitted,
    same_submission,
    submission_stream,
    submitted_event,
)
from shared.errors import InvalidInput
from shared.events import topics
from shared.events.approvals import AnswerSubmitted, GrantIssued
from shared.events.base import Event
from shared.events.configuration import ConfigurationAuthorized, ConfigurationPlanned
from shared.events.execution import ExecutionPrepared
from shared.events.identity import approval_stream, reversal_id
from shared.events.overrides import OverrideAuthorized, OverridePlanned
from shared.events.plans import PlanClosed, PlanDrawn, PlanRefused
from shared.events.progress import ProgressReported
from shared.events.responses import ResponseReceived
from shared.events.reversals import ReversalPlanned, ReversalPrepared, ReversalRefused
from shared.events.rollout import RolloutTakenIn
from shared.messaging.message import Message, message_event
from shared.messaging.subscription import Handler, Subscription
from shared.messaging.unit_of_work import UnitOfWork
from shared.policy.evaluation import CONFIGURATION_SUBJECT, OVERRIDE_SUBJECT, PolicySubject, evaluate
from shared.policy.table import Policy
from shared.web.progress_log import keep_message, keep_progress

E = TypeVar("E", bound=Event)

SCHEMA = "approval"
GROUP = "hawk-approval"
#: The progress stream has a group of its own: it never waits for a decision, nor the other way round.
PROGRESS_GROUP = "hawk-approval-progress"


@dataclass(frozen=True, slots=True)
class Around:
    """What handlers take from the installation. `wake` tells open progress streams that something came."""

    signer: Signer
    policy: Policy
    request_lifetime: timedelta
    grant_lifetime: timedelta
    clock: Callable[[], datetime]
    wake: Callable[[], None]


async def act(unit: UnitOfWork, workflow_id: str, command: Command, signer: Signer) -> Approval | Refused:
    """Decide on a command for one workflow; gives the state after it."""
    stream = approval_stream(workflow_id)
    loaded = await unit.load(stream)
    state = approval_of(loaded.events)
    happening = decide(state, command)
    if isinstance(happening, Refused):
        return happening
    events = tuple(_signed(item, signer) for item in happening)
    unit.append(stream, loaded.version, *events, correlation_id=workflow_id)
    for event in events:
        state = evolve(state, event)
    return state


async def ask_reversal(unit: UnitOfWork, command: AskReversal) -> Asked | Refused:
    """Ask for the reversal of a workflow, or find the one that stands."""
    original = approval_of((await unit.load(approval_stream(command.reverses))).events)
    attempts: list[Approval] = []
    for attempt in range(1, ATTEMPTS_MAX + 1):
        loaded = await unit.load(approval_stream(reversal_id(command.reverses, attempt)))
        attempts.append(approval_of(loaded.events))
        if stands(attempts[-1]):
            break
    asked = decide_reversal(original, attempts, command)
    if isinstance(asked, Asked) and asked.event is not None:
        stream = approval_stream(asked.workflow_id)
        unit.append(stream, loaded.version, asked.event, correlation_id=asked.workflow_id)
    return asked


async def submit(unit: UnitOfWork, submission: Submission, signer: Signer) -> Submitted:
    """Keep an answer that was handed in, once; a repetition with the same content changes nothing."""
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


def _signed(item: Happening, signer: Signer) -> Event:
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
    )


class Handlers:
    """One `on_…` for each message."""

    def __init__(self, around: Around) -> None:
        self._around = around

    async def on_plan_drawn(self, unit: UnitOfWork, message: Message) -> None:
        """A plan waits for people, or is granted at once where the policy asks for nobody."""
        event = _expect(message, PlanDrawn)
        command = self._request(event, subject_of(event), event.plan_digest, event.effects_digest)
        await act(unit, event.workflow_id, command, self._around.signer)
        _keep(unit, event.workflow_id, summary_of(event), detail_of(event))

    async def on_plan_refused(self, unit: UnitOfWork, message: Message) -> None:
        """A refused check that keeps its record runs under an automatic grant; others need nothing."""
        event = _expect(message, PlanRefused)
        record = event.refusal.record
        if not event.recorded:
            return
        if record is None or event.plan_digest is None or event.effects_digest is None:
            raise InvalidInput(
                code="EVENT_MALFORMED",
                reason=f"PlanRefused of workflow {event.workflow_id} is to be recorded but lacks its record "
                "or digests. The executor must publish all of them.",
            )
        command = self._request(event, check_subject_of(record), event.plan_digest, event.effects_digest)
        await act(unit, event.workflow_id, command, self._around.signer)
        _keep(unit, event.workflow_id, refused_summary_of(event), {})

    async def on_configuration_planned(self, unit: UnitOfWork, message: Message) -> None:
        """A change of the configuration waits for two persons."""
        event = _expect(message, ConfigurationPlanned)
        command = self._request(event, CONFIGURATION_SUBJECT, event.plan_digest, event.effects_digest)
        await act(unit, event.workflow_id, command, self._around.signer)
        _keep(unit, event.workflow_id, configuration_summary_of(event), configuration_detail_of(event))

    async def on_reversal_planned(self, unit: UnitOfWork, message: Message) -> None:
        """A reversal waits for people, as an order of its amount would."""
        event = _expect(message, ReversalPlanned)
        command = self._request(event, reversal_subject_of(event), event.plan_digest, event.effects_digest)
        await act(unit, event.workflow_id, command, self._around.signer)
        _keep(unit, event.workflow_id, reversal_summary_of(event), reversal_detail_of(event))

    async def on_reversal_refused(self, unit: UnitOfWork, message: Message) -> None:
        """What was asked for cannot be done; it may be asked for again."""
        event = _expect(message, ReversalRefused)
        reason = f"{event.refusal.code}: {event.refusal.message}"
        close = CloseRequest(event.workflow_id, "REFUSED", reason)
        await act(unit, event.workflow_id, close, self._around.signer)

    async def on_override_planned(self, unit: UnitOfWork, message: Message) -> None:
        """Settling a deal by hand waits for OPERATIONS and a second person."""
        event = _expect(message, OverridePlanned)
        command = self._request(event, OVERRIDE_SUBJECT, event.plan_digest, event.effects_digest)
        await act(unit, event.workflow_id, command, self._around.signer)
        _keep(unit, event.workflow_id, override_summary_of(event), override_detail_of(event))

    async def on_plan_closed(self, unit: UnitOfWork, message: Message) -> None:
        """The executor ended the workflow; whatever still waits here, or comes yet, is closed."""
        event = _expect(message, PlanClosed)
        close = CloseRequest(event.workflow_id, event.state, event.reason)
        await act(unit, event.workflow_id, close, self._around.signer)

    async def on_execution_prepared(self, unit: UnitOfWork, message: Message) -> None:
        """The grant was used: it lapses no more."""
        event = _expect(message, ExecutionPrepared)
        unit.also(lambda connection: mark_used(connection, event.workflow_id, event.prepared_at))

    async def on_configuration_authorized(self, unit: UnitOfWork, message: Message) -> None:
        """The same for a change of the configuration."""
        event = _expect(message, ConfigurationAuthorized)
        unit.also(lambda connection: mark_used(connection, event.workflow_id, event.authorized_at))

    async def on_rollout_taken_in(self, unit: UnitOfWork, message: Message) -> None:
        """The executor keeps to another version of the rollout."""
        event = _expect(message, RolloutTakenIn)
        unit.also(lambda connection: note_taken_in(connection, event))

    async def on_reversal_prepared(self, unit: UnitOfWork, message: Message) -> None:
        """The same for a reversal."""
        event = _expect(message, ReversalPrepared)
        unit.also(lambda connection: mark_used(connection, event.workflow_id, event.prepared_at))

    async def on_override_authorized(self, unit: UnitOfWork, message: Message) -> None:
        """The same for a deal that was settled by hand."""
        event = _expect(message, OverrideAuthorized)
        unit.also(lambda connection: mark_used(connection, event.workflow_id, event.authorized_at))

    async def on_progress_reported(self, unit: UnitOfWork, message: Message) -> None:
        """Keep a progress message for the streams of this service."""
        event = _expect(message, ProgressReported)
        unit.also(lambda connection: keep_progress(connection, SCHEMA, event))
        unit.after_commit(self._around.wake)

    async def on_response_received(self, unit: UnitOfWork, message: Message) -> None:
        """An answer of which nothing became a workflow: whoever watches it is told so at once."""
        event = _expect(message, ResponseReceived)
        if event.workflows:
            return
        told, name = nothing_to_execute(event), unwatched_workflow(event.response_id)
        unit.also(lambda connection: keep_message(connection, SCHEMA, name, event.response_id, 1, told))
        unit.after_commit(self._around.wake)

    def _request(
        self,
        event: PlanDrawn | PlanRefused | ConfigurationPlanned | ReversalPlanned | OverridePlanned,
        subject: PolicySubject,
        plan_digest: str,
        effects_digest: str,
    ) -> RequestApproval:
        return RequestApproval(
            workflow_id=event.workflow_id,
            response_id=event.response_id,
            plan_digest=plan_digest,
            effects_digest=effects_digest,
            maker=event.maker,
            amount_usd=subject.amount_usd,
            policy=evaluate(self._around.policy, subject),
            at=self._around.clock(),
            request_lifetime=self._around.request_lifetime,
            grant_lifetime=self._around.grant_lifetime,
        )


def _expect(message: Message, kind: type[E]) -> E:
    event = message_event(message)
    if not isinstance(event, kind):
        raise InvalidInput(
            code="EVENT_TYPE_UNKNOWN",
            reason=f"{message.place} is a {type(event).__name__}, not {kind.__name__}.",
        )
    return event


def _keep(unit: UnitOfWork, workflow_id: str, plan: dict[str, Any], detail: dict[str, Any]) -> None:
    unit.also(lambda connection: keep_plan(connection, workflow_id, plan, detail))


def subscriptions(around: Around) -> tuple[Subscription, ...]:
    """What the service consumes, and who handles it."""
    on = Handlers(around)
    plans: dict[str, Handler] = {
        "PlanDrawn": on.on_plan_drawn,
        "PlanRefused": on.on_plan_refused,
        "PlanClosed": on.on_plan_closed,
        "ConfigurationPlanned": on.on_configuration_planned,
        "ReversalPlanned": on.on_reversal_planned,
        "ReversalRefused": on.on_reversal_refused,
        "OverridePlanned": on.on_override_planned,
    }
    executions: dict[str, Handler] = {
        "ExecutionPrepared": on.on_execution_prepared,
        "ConfigurationAuthorized": on.on_configuration_authorized,
        "RolloutTakenIn": on.on_rollout_taken_in,
        "ReversalPrepared": on.on_reversal_prepared,
        "OverrideAuthorized": on.on_override_authorized,
    }
    return (
        Subscription(topics.PLANS, GROUP, plans),
        Subscription(topics.EXECUTIONS, GROUP, executions),
        Subscription(topics.PROGRESS, PROGRESS_GROUP, {"ProgressReported": on.on_progress_reported}),
        Subscription(topics.PROPOSALS, PROGRESS_GROUP, {"ResponseReceived": on.on_response_received}),
    )
