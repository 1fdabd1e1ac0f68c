"""What the monitor does with messages: keep what they tell. It decides nothing and appends nothing."""

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

#: Told of each event once its transaction is durable, to wake streams and count.
Told = Callable[[Event], None]


async def on_event(unit: UnitOfWork, message: Message, *, told: Told) -> None:
    """Any event the monitor shows: its facts go into the read model, in the message's transaction.

    Raises:
        InvalidInput: the message carries no event this release can read, or a plan that is not the one its digests
            name: people approve by what they see here, too.
    """
    event = message_event(message)
    if isinstance(event, Planned) and event.plan_digest is not None:
        check_digests(event, message_data(message))
    changes: tuple[Change, ...] = changes_of(event, message.id)
    at = cloud_event(message).time

    async def write(connection: asyncpg.Connection) -> None:
        await write_changes(connection, changes, at)

    unit.also(write)
    unit.after_commit(lambda: told(event))


async def on_dead_letter(unit: UnitOfWork, message: Message) -> None:
    """What became of a dead letter: kept under its stream and version.

    Raises:
        InvalidInput: as `on_event`.
    """
    event = message_event(message)
    told = cloud_event(message)
    document = event.model_dump(mode="json")
    kept = LetterEvent(told.version, type(event).__name__, told.time, document)
    unit.also(lambda connection: keep_letter_event(connection, letter_of(told.stream), kept))


def dead_letters() -> Subscription:
    """The dead letters of all services; a group of their own, which a flood of them keeps busy without harm."""
    names = ("MessageRefused", "MessageReplayed", "ReplayDeclined")
    return Subscription(topics.DEAD_LETTERS, LETTERS_GROUP, dict.fromkeys(names, on_dead_letter))


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
