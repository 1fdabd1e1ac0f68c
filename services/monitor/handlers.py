"""The handlers of the monitor: they keep what messages say. They decide nothing and append nothing."""

from collections.abc import Callable, Mapping
from functools import partial

from services.monitor.deadletters import LetterEvent
from services.monitor.facts import changes_of
from services.monitor.letters import keep_letter_event
from services.monitor.readmodel import write_changes
from shared.events import (
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
from shared.events.streams import OF_REQUESTS
from shared.messaging.message import Message
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
    event = message.event
    if isinstance(event, Planned) and event.plan_digest is not None:
        check_digests(event, message.data)
    changes, at = changes_of(event, message.id), message.attributes.time
    unit.gather(write_changes, (changes, at))
    unit.after_commit(lambda: kept(event))


async def on_dead_letter(unit: UnitOfWork, message: Message) -> None:
    """Keep what became of a dead letter, under its stream and version.

    Raises:
        InvalidInput: this release cannot read the event.
    """
    event, attributes = message.event, message.attributes
    document = event.model_dump(mode="json")
    kept = LetterEvent(attributes.version, type(event).__name__, attributes.time, document)
    unit.also(lambda connection: keep_letter_event(connection, deadletters.letter_of(attributes.stream), kept))


def dead_letters() -> Subscription:
    """Return the subscription to the dead letters of all services; a flood of them keeps only its own group busy."""
    kinds: tuple[type[Event], ...] = (
        deadletters.MessageRefused,
        deadletters.MessageReplayed,
        deadletters.ReplayDeclined,
    )
    return Subscription(topics.DEAD_LETTERS, LETTERS_GROUP, dict.fromkeys(kinds, on_dead_letter))


def subscriptions(kept: Kept) -> tuple[Subscription, ...]:
    """Return one subscription per topic for one consumer: the inbox of the group knows each event by its id."""
    handler: Handler = partial(on_event, kept=kept)
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
    topics.APPROVALS: OF_REQUESTS,
}
