"""What the monitor does with messages: keep what they tell. It decides nothing and appends nothing."""

from collections.abc import Mapping

import asyncpg

from services.monitor.facts import changes_of
from services.monitor.readmodel import write_changes
from shared.events import topics
from shared.messaging.message import Message, cloud_event, message_event
from shared.messaging.subscription import Handler, Subscription
from shared.messaging.unit_of_work import UnitOfWork

GROUP = "hawk-monitor"


async def on_event(unit: UnitOfWork, message: Message) -> None:
    """Any event the monitor shows: its facts go into the read model, in the message's transaction.

    Raises:
        InvalidInput: the message carries no event this release can read.
    """
    changes = changes_of(message_event(message), message.id)
    at = cloud_event(message).time

    async def write(connection: asyncpg.Connection) -> None:
        await write_changes(connection, changes, at)

    unit.also(write)


_NAMES: Mapping[str, tuple[str, ...]] = {
    topics.PROGRESS: ("ProgressReported",),
    topics.PROPOSALS: (
        "ResponseReceived",
        "ResponseRepeated",
        "ResponseContradicted",
        "ProposalMade",
        "ProposalRefused",
    ),
    topics.PLANS: ("PlanDrawn", "PlanRefused", "PlanClosed"),
    topics.APPROVALS: (
        "ApprovalRequested",
        "DecisionRecorded",
        "GrantIssued",
        "ApprovalRejected",
        "ApprovalExpired",
        "ApprovalWithdrawn",
        "ApprovalClosed",
        "GrantLapsed",
    ),
}

#: Handler by event name, for each topic.
HANDLERS: Mapping[str, Mapping[str, Handler]] = {
    topic: dict.fromkeys(names, on_event) for topic, names in _NAMES.items()
}


def subscriptions(handlers: Mapping[str, Mapping[str, Handler]] = HANDLERS) -> tuple[Subscription, ...]:
    """One consumer for all topics: the inbox of the group knows each event by its id."""
    return tuple(Subscription(topic, GROUP, by_name) for topic, by_name in handlers.items())
