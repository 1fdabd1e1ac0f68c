"""HAWK's end of an exchange with Murex, without any server: the executor's pure saga over the simulation's memory.

It publishes what the saga asks as the relay would, and hears answers through the same inbox. Time passes when it is
told to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from cli.simulate import demo_desk
from murex.gateway.port import Reply
from murex.gateway.recorded import Tape
from murex.gateway.recording import Recording
from shared.events import topics
from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.identity import workflow_id
from shared.events.responses import Maker, Origin, ProposalMade
from shared.events.routing import OutMessage, messages
from shared.eventstore.port import RecordedEvent, event_id
from shared.hedging.order import Order
from shared.security.grants import GrantClaims
from tools.simulation.approver import Approver
from tools.simulation.run import START
from tools.simulation.turns import Turns
from tools.simulation.world import APPROVALS, World, partition_of


@dataclass
class SagaHawk:
    """One workflow, approved; nothing is published yet."""

    workflow: str
    world: World
    turns: Turns
    tape: Tape
    _published: int = 0
    _heard: int = 0

    @property
    def state(self) -> str:
        """What the progress of the workflow said last."""
        return self.world.progress(self.workflow).state

    async def publish(self) -> int:
        """Send what was asked of Murex since the last time; gives how many requests that were."""
        fresh, self._published = self.world.feed[self._published :], len(self.world.feed)
        asked = [message for stored in fresh for message in requests_of(stored.stream, stored.version, stored.event)]
        for message in asked:
            self.tape.send(message)
        return len(asked)

    async def hear(self, answers: Sequence[Reply]) -> None:
        """Take answers, each as a transaction of its own; one that the inbox has changes nothing."""
        for answer in answers:
            if answer.message_id in self.world.inbox:
                continue
            unit = self.world.begin(answer.message_id)
            self.turns.take(answer.event, unit)
            self.world.commit(unit)
        self.perform_due()

    async def hear_new(self) -> int:
        """Take what came since the last time; gives how many answers that were."""
        answers = self.tape.replies[self._heard :]
        self._heard += len(answers)
        await self.hear(answers)
        return len(answers)

    async def pass_time(self, span: timedelta) -> None:
        """The clock goes on, and what is due is done."""
        self.world.pass_time(span, up=True)
        self.perform_due()

    def perform_due(self) -> None:
        """Work through the to-do list."""
        now = self.world.now
        while due := [key for key, (at, _) in self.world.todo.items() if at <= now]:
            unit = self.world.begin()
            self.turns.perform(*due[0], unit, START)
            self.world.commit(unit)

    @property
    def next_due(self) -> datetime | None:
        return min((at for at, _ in self.world.todo.values()), default=None)


def approved(order: Order, response: str, recording: Recording | None = None) -> SagaHawk:
    """An order, planned and approved; its deals are about to leave. The same call gives the same workflow."""
    world = World(START)
    grants: dict[str, GrantClaims] = {}
    turns = Turns(world, demo_desk(), grants)
    workflow = workflow_id(response, 1, 1)
    _take(
        world,
        turns,
        "proposal",
        ProposalMade(
            workflow_id=workflow,
            response_id=response,
            origin=Origin(component=1, attempt=1, maker=Maker(name="mira")),
            order=order,
        ),
    )
    certain = Random(0)  # noqa: S311  nothing here is left to chance
    approver = Approver(world, certain, grants, set(), certain, certain, calm=True)
    drawn = world.plan(workflow).drawn
    if drawn is None:
        raise AssertionError(f"workflow {workflow} was not planned")
    approver.receive(drawn)
    approver.act()
    (granted,) = world.topics[APPROVALS, partition_of(workflow)]
    _take(world, turns, granted.id, granted.event)
    return SagaHawk(workflow, world, turns, Tape(recording, clock=lambda: world.now))


def requests_of(stream: str, version: int, event: Event) -> list[OutMessage]:
    """What the relay publishes for Murex of an event; nothing of most."""
    new = encode(event)
    recorded = RecordedEvent(
        stream, version, event_id(stream, version), new.type, new.schema_version, new.data,
        {"correlation_id": str(new.data.get("workflow_id", "")), "causation_id": "cause"}, START,
    )  # fmt: skip
    return [message for message in messages(recorded) if message.topic == topics.MUREX_REQUESTS]


def _take(world: World, turns: Turns, message_id: str, event: Event) -> None:
    unit = world.begin(message_id)
    turns.take(event, unit)
    if unit.refused is not None:
        raise AssertionError(f"{message_id} was refused: {unit.refused}")
    world.commit(unit)
