"""The handlers of the monitor: they keep what messages say. They decide nothing and append nothing."""

from collections.abc import Callable, Mapping
from functools import partial

import asyncpg

from services.monitor.deadletters import LetterEvent
from services.monitor.facts import Change, changes_of
from services.monitor.letters import keep_letter_event
from services.monitor.readmodel import write_changes
from shared.events import topics
from shared.events.base import Event
from shared.events.deadletters import letter_of
from shared.messaging.message import Message, cloud_event, message_data, message_event
from shared.messaging.subscription import Handler, Subscription
from shared.messaging.unit_of_work import UnitOfWork
from shared.plans.digests import Planned, check_digests

GROUP = "hawk-monitor-views"
LETTERS_GROUP = "hawk-monitor-deadletters"

#: Called with each event once its transaction is durable, to wake streams and count.
Kept = Callable[[Event], None]


async def on_event(unit: UnitOfWork, message: Message, *, kept: Kept) -> None:
    """Keep the facts of an event in the read model, in the message's transaction.

    Raises:
        InvalidInput: this release cannot read the event, or its plan is not the one its digests name: people
            approve what they see here, too.
    """
    event = message_event(message)
    if isinstance(event, Planned) and event.plan_digest is not None:
        check_digests(event, message_data(message))
    changes: tuple[Change, ...] = changes_of(event, message.id)
    at = cloud_event(message).time

    async def write(connection: asyncpg.Connection) -> None:
        await write_changes(connection, changes, at)

    unit.also(write)
    unit.after_commit(lambda: kept(event))


async def on_dead_letter(unit: UnitOfWork, message: Message) -> None:
    """Keep what became of a dead letter, under its stream and version.

    Raises:
        InvalidInput: this release cannot read the event.
    """
    event = message_event(message)
    attributes = cloud_event(message)
    document = event.model_dump(mode="json")
    kept = LetterEvent(attributes.version, type(event).__name__, attributes.time, document)
    unit.also(lambda connection: keep_letter_event(connection, letter_of(attributes.stream), kept))


def dead_letters() -> Subscription:
    """Return the subscription to the dead letters of all services; a flood of them keeps only its own group busy."""
    names = ("MessageRefused", "MessageReplayed", "ReplayDeclined")
    return Subscription(topics.DEAD_LETTERS, LETTERS_GROUP, dict.fromkeys(names, on_dead_letter))


def subscriptions(kept: Kept) -> tuple[Subscription, ...]:
    """Return one subscription per topic for one consumer: the inbox of the group knows each event by its id."""
    handler: Handler = partial(on_event, kept=kept)
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
        "OverrideProposed",
        "ProposalRefused",
    ),
    topics.PLANS: (
        "PlanDrawn",
        "PlanRefused",
        "PlanClosed",
        "ConfigurationPlanned",
        "ConfigurationRefused",
        "ReversalPlanned",
        "ReversalRefused",
        "OverridePlanned",
        "OverrideRefused",
    ),
    topics.APPROVALS: (
        "ReversalRequested",
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
