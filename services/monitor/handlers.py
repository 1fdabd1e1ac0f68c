"""What the monitor does with messages: keep what they tell. It decides nothing and appends nothing."""

from collections.abc import Callable, Mapping
from functools import partial

import asyncpg

from services.monitor.facts import Change, changes_of
from services.monitor.readmodel import write_changes
from shared.events import topics
from shared.events.base import Event
from shared.messaging.message import Message, cloud_event, message_event
from shared.messaging.subscription import Handler, Subscription
from shared.messaging.unit_of_work import UnitOfWork

GROUP = "hawk-monitor"

#: Told of each event once its transaction is durable, to wake streams and count.
Told = Callable[[Event], None]


async def on_event(unit: UnitOfWork, message: Message, *, told: Told) -> None:
    """Any event the monitor shows: its facts go into the read model, in the message's transaction.

    Raises:
        InvalidInput: the message carries no event this release can read.
    """
    event = message_event(message)
    changes: tuple[Change, ...] = changes_of(event, message.id)
    at = cloud_event(message).time

    async def write(connection: asyncpg.Connection) -> None:
        await write_changes(connection, changes, at)

    unit.also(write)
    unit.after_commit(lambda: told(event))


def subscriptions(told: Told) -> tuple[Subscription, ...]:
    """One consumer for all topics: the inbox of the group knows each event by its id."""
    handler: Handler = partial(on_event, told=told)
    return tuple(Subscription(topic, GROUP, dict.fromkeys(names, handler)) for topic, names in SHOWN.items())


#: Names of the events that are shown, by topic.
SHOWN: Mapping[str, tuple[str, ...]] = {
    topics.PROGRESS: ("ProgressReported",),
    topics.PROPOSALS: (
        "ResponseReceived",
        "ResponseRepeated",
        "ResponseContradicted",
        "ProposalMade",
        "ConfigurationProposed",
        "ProposalRefused",
    ),
    topics.PLANS: ("PlanDrawn", "PlanRefused", "PlanClosed", "ConfigurationPlanned", "ConfigurationRefused"),
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
