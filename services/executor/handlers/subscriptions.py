"""Which message goes to which turn. One table per topic; everything else on a topic belongs to others."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from services.executor.handlers import approvals
from services.executor.handlers.grants import on_grant_issued
from services.executor.handlers.murex import on_murex_message
from services.executor.handlers.proposals import on_proposed
from services.executor.handlers.reference.messages import on_reference_message
from services.executor.handlers.reference.release import on_held_decided
from services.executor.handlers.registry import KINDS
from services.executor.handlers.rollout.decisions import on_policy_set, on_rollout_decided
from services.executor.ports import Ports
from shared.events import topics
from shared.messaging.message import Message
from shared.messaging.subscription import Handler
from shared.messaging.unit_of_work import UnitOfWork

Turn = Callable[[Ports, UnitOfWork, Message], Awaitable[None]]

TURNS: Mapping[str, Mapping[str, Turn]] = {
    topics.PROPOSALS: {
        "ProposalMade": partial(on_proposed, KINDS),
        "ConfigurationProposed": partial(on_proposed, KINDS),
        "OverrideProposed": partial(on_proposed, KINDS),
    },
    topics.APPROVALS: {
        "ApprovalRequested": approvals.on_approval_requested,
        "DecisionRecorded": approvals.on_decision_recorded,
        "ApprovalRejected": approvals.on_approval_rejected,
        "ApprovalExpired": approvals.on_approval_expired,
        "ApprovalWithdrawn": approvals.on_approval_withdrawn,
        "GrantIssued": partial(on_grant_issued, KINDS),
        "GrantLapsed": approvals.on_grant_lapsed,
        "ReversalRequested": partial(on_proposed, KINDS),
    },
    topics.CONTROL: {
        "RolloutOpened": on_rollout_decided,
        "RolloutTermsSet": on_rollout_decided,
        "ExecutionStopped": on_rollout_decided,
        "ExecutionResumed": on_rollout_decided,
        "PolicySet": on_policy_set,
        "HeldReferenceReleased": on_held_decided,
        "HeldReferenceRejected": on_held_decided,
    },
    topics.MUREX_ANSWERS: {
        "MurexReceipted": on_murex_message,
        "MurexAnswered": on_murex_message,
        "MurexStatusReported": on_murex_message,
        "MurexCancelled": on_murex_message,
    },
}


def handlers(ports: Ports) -> Mapping[str, Mapping[str, Handler] | Handler]:
    """Topic -> handlers, with what they need filled in."""
    bound: dict[str, Mapping[str, Handler] | Handler] = {
        topic: {name: partial(turn, ports) for name, turn in turns.items()} for topic, turns in TURNS.items()
    }
    bound[topics.REFERENCE] = partial(on_reference_message, ports)
    return bound
