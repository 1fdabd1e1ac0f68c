"""The handler of each message. One table per topic; everything else on a topic belongs to others."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final

from services.executor.handlers import approvals
from services.executor.handlers.grants import on_grant_issued
from services.executor.handlers.murex import on_murex_message
from services.executor.handlers.proposals import on_proposal_previewed, on_proposed
from services.executor.handlers.reference.messages import on_reference_message
from services.executor.handlers.reference.release import on_held_decided
from services.executor.handlers.registry import KINDS
from services.executor.handlers.revocations import on_revocation_requested
from services.executor.handlers.rollout.decisions import on_policy_set, on_rollout_decided
from services.executor.handlers.rollout.delegations import on_delegation_told
from services.executor.handlers.rollout.passkeys import on_passkey_decided
from services.executor.handlers.streams import streams_of
from services.executor.ports import Ports
from shared.events import approvals as facts
from shared.events import delegations, held, identity, murex, passkeys, policy, revocations, rollout, topics
from shared.events.base import Event
from shared.events.emergency import GlassBroken
from shared.events.overrides import OverridePlanned, OverrideProposed
from shared.events.previews import ProposalPreviewed
from shared.events.reversals import ReversalPlanned, ReversalRequested
from shared.messaging.message import Message
from shared.messaging.pressing import of_kinds, of_signed
from shared.messaging.subscription import EventHandlers, Handler, Pressing, Proof
from shared.messaging.transaction import Pool
from shared.messaging.unit_of_work import UnitOfWork

PortsHandler = Callable[[Ports, UnitOfWork, Message[Any]], Awaitable[None]]

_PROPOSED: PortsHandler = partial(on_proposed, KINDS)

#: Topic -> event -> handler. A reversal is asked for at the approval service, so its proposal comes from there.
HANDLERS: Mapping[str, Mapping[type[Event], PortsHandler]] = {
    topics.PROPOSALS: {
        **{kind.proposal: _PROPOSED for kind in KINDS.all if kind.proposal is not ReversalRequested},
        ProposalPreviewed: partial(on_proposal_previewed, KINDS),
    },
    topics.APPROVALS: {
        facts.ApprovalRequested: approvals.on_approval_requested,
        facts.DecisionRecorded: approvals.on_decision_recorded,
        GlassBroken: approvals.on_glass_broken,
        facts.RequestEscalated: approvals.on_request_escalated,
        facts.ApprovalRejected: approvals.on_approval_rejected,
        facts.ApprovalAmended: approvals.on_approval_amended,
        facts.ApprovalExpired: approvals.on_approval_expired,
        facts.ApprovalWithdrawn: approvals.on_approval_withdrawn,
        facts.GrantIssued: partial(on_grant_issued, KINDS),
        facts.GrantLapsed: approvals.on_grant_lapsed,
        ReversalRequested: _PROPOSED,
    },
    topics.CONTROL: {
        rollout.RolloutOpened: on_rollout_decided,
        rollout.RolloutTermsSet: on_rollout_decided,
        rollout.ExecutionStopped: on_rollout_decided,
        rollout.ExecutionResumed: on_rollout_decided,
        policy.PolicySet: on_policy_set,
        delegations.DelegationConfirmed: on_delegation_told,
        delegations.DelegationEnded: on_delegation_told,
        passkeys.PasskeyAdded: on_passkey_decided,
        passkeys.PasskeyRemovalProposed: on_passkey_decided,
        passkeys.PasskeyRemoved: on_passkey_decided,
        passkeys.PasskeyProposalRejected: on_passkey_decided,
        revocations.RevocationRequested: on_revocation_requested,
        held.HeldReferenceReleased: on_held_decided,
        held.HeldReferenceRejected: on_held_decided,
    },
    topics.MUREX_ANSWERS: {
        murex.MurexReceipted: on_murex_message,
        murex.MurexAnswered: on_murex_message,
        murex.MurexStatusReported: on_murex_message,
        murex.MurexCancelled: on_murex_message,
    },
}


def needs(topic: str) -> Callable[[Message], Sequence[str]] | None:
    """Return what names the streams that the handlers of a topic load."""
    return _NEEDS.get(topic)


def _of_plan(message: Message[Any]) -> Sequence[str]:
    return [identity.plan_stream(workflow_id) for workflow_id in _workflow(message)]


def _of_approval(message: Message[Any]) -> Sequence[str]:
    """Return the streams that a message about an approval needs: most of them only report, and a plan is large."""
    if isinstance(message.event, facts.GrantIssued):
        return (*streams_of(message.event.workflow_id), identity.EXECUTOR_DELEGATIONS_STREAM)
    return [identity.progress_stream(workflow_id) for workflow_id in _workflow(message)]


def _of_execution(message: Message[Any]) -> Sequence[str]:
    streams = identity.execution_stream, identity.progress_stream
    return [stream(workflow_id) for workflow_id in _workflow(message) for stream in streams]


def _workflow(message: Message[Any]) -> Sequence[str]:
    workflow_id = getattr(message.event, "workflow_id", None)
    return () if workflow_id is None else (workflow_id,)


_NEEDS: Mapping[str, Callable[[Message], Sequence[str]]] = {
    topics.PROPOSALS: _of_plan,
    topics.APPROVALS: _of_approval,
    topics.MUREX_ANSWERS: _of_execution,
}


#: A workflow that takes something back, or settles it by hand, by how its plan begins.
_TAKING_BACK: Final = [ReversalPlanned.__name__, OverridePlanned.__name__]
_BEGUN: Final = "SELECT stream FROM es.events WHERE stream = ANY($1::text[]) AND version = 1 AND type = ANY($2::text[])"


async def _pressing_approvals(pool: Pool, messages: Sequence[Message]) -> Collection[str]:
    """Return the reversals and overrides among the workflows of messages: nothing in a grant says what it is for."""
    asked = await of_kinds(ReversalRequested)(pool, messages)
    plans = {identity.plan_stream(message.key): message.key for message in messages if message.key is not None}
    begun = await pool.fetch(_BEGUN, sorted(plans), _TAKING_BACK)
    return {*asked, *(plans[row["stream"]] for row in begun)}


def pressing(topic: str, proof: Proof | None) -> Pressing | None:
    """Return what names the workflows that must not wait behind new bookings.

    Args:
        proof: of the topic.
    """
    if topic == topics.MUREX_ANSWERS and proof is not None:
        return of_signed(proof, murex.MurexCancelled)
    return {topics.PROPOSALS: of_kinds(OverrideProposed), topics.APPROVALS: _pressing_approvals}.get(topic)


def handlers(ports: Ports) -> Mapping[str, EventHandlers | Handler]:
    """Return topic -> handlers, with the ports filled in."""
    bound: dict[str, EventHandlers | Handler] = {
        topic: {event: partial(handler, ports) for event, handler in table.items()} for topic, table in HANDLERS.items()
    }
    bound[topics.REFERENCE] = partial(on_reference_message, ports)
    return bound
