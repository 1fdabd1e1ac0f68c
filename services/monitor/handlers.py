"""What the monitor does with messages: keep what they tell. It decides nothing and appends nothing."""

from collections.abc import Callable, Mapping
from functools import partial

import asyncpg

from services.monitor.deadletters import LetterEvent
from services.monitor.facts import Change, changes_of
from services.monitor.letters import keep_letter_event
from services.monitor.readmodel import write_changes
from shared.events import (
    approvals,
    configuration,
    deadletters,
    overrides,
    plans,
    progress,
    responses,
    reversals,
    topics,
)
from shared.events.base import Event
from shared.messaging.message import Message
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
    event = message.event
    if isinstance(event, Planned) and event.plan_digest is not None:
        check_digests(event, message.data)
    changes: tuple[Change, ...] = changes_of(event, message.id)
    at = message.attributes.time

    async def write(connection: asyncpg.Connection) -> None:
        await write_changes(connection, changes, at)

    unit.also(write)
    unit.after_commit(lambda: told(event))


async def on_dead_letter(unit: UnitOfWork, message: Message) -> None:
    """What became of a dead letter: kept under its stream and version.

    Raises:
        InvalidInput: as `on_event`.
    """
    event = message.event
    told = message.attributes
    document = event.model_dump(mode="json")
    kept = LetterEvent(told.version, type(event).__name__, told.time, document)
    unit.also(lambda connection: keep_letter_event(connection, deadletters.letter_of(told.stream), kept))


def dead_letters() -> Subscription:
    """The dead letters of all services; a group of their own, which a flood of them keeps busy without harm."""
    kinds: tuple[type[Event], ...] = (
        deadletters.MessageRefused,
        deadletters.MessageReplayed,
        deadletters.ReplayDeclined,
    )
    return Subscription(topics.DEAD_LETTERS, LETTERS_GROUP, dict.fromkeys(kinds, on_dead_letter))


def subscriptions(told: Told) -> tuple[Subscription, ...]:
    """One consumer for all topics: the inbox of the group knows each event by its id."""
    handler: Handler = partial(on_event, told=told)
    return tuple(Subscription(topic, GROUP, dict.fromkeys(kinds, handler)) for topic, kinds in SHOWN.items())


#: The events that are shown, by topic.
SHOWN: Mapping[str, tuple[type[Event], ...]] = {
    topics.PROGRESS: (progress.ProgressReported,),
    topics.PROPOSALS: (
        responses.ResponseReceived,
        responses.ResponseRepeated,
        responses.ResponseContradicted,
        responses.ProposalMade,
        configuration.ConfigurationProposed,
        overrides.OverrideProposed,
        responses.ProposalRefused,
    ),
    topics.PLANS: (
        plans.PlanDrawn,
        plans.PlanRefused,
        plans.PlanClosed,
        configuration.ConfigurationPlanned,
        configuration.ConfigurationRefused,
        reversals.ReversalPlanned,
        reversals.ReversalRefused,
        overrides.OverridePlanned,
        overrides.OverrideRefused,
    ),
    topics.APPROVALS: (
        reversals.ReversalRequested,
        approvals.ApprovalRequested,
        approvals.DecisionRecorded,
        approvals.GrantIssued,
        approvals.ApprovalRejected,
        approvals.ApprovalExpired,
        approvals.ApprovalWithdrawn,
        approvals.ApprovalClosed,
        approvals.GrantLapsed,
    ),
}
