"""One executor process: consumers and a worker, whose transactions can be stopped between any two steps."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from services.executor.workflow.due import Task
from shared.events.base import Event
from tools.simulation.murex import described
from tools.simulation.turns import Turns
from tools.simulation.world import ANSWERS, Conflict, Transaction, World

#: Seconds without a look after which a process takes it that it did not run (see `handlers.availability`).
GAP = timedelta(seconds=5)
UNITS_MAX = 3
Partition = tuple[str, int]


@dataclass
class Unit:
    """A transaction under way. `offset` is committed when the transaction is."""

    label: str
    transaction: Transaction
    partition: Partition | None = None
    offset: int = 0
    committed: bool = False
    left: int = 0
    """Steps of the transaction that are done apart from it, when the shell has such a bug."""


@dataclass
class Instance:
    """Crashes lose all of it; `generation` is that of the consumer group when it got its partitions."""

    name: str
    world: World
    turns: Turns
    random: Random
    alive: bool = True
    since: datetime = field(init=False)
    partitions: dict[Partition, int] = field(default_factory=dict)
    """Partition -> offset of the next message."""
    units: list[Unit] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.since = self.world.now

    def act(self) -> str | None:
        """Begin a transaction or take one a step further. None: nothing to do."""
        if not self.alive:
            return None
        if self.units and (len(self.units) >= UNITS_MAX or self.random.random() < 0.6):
            return self._further(self.random.choice(self.units))
        return self._begin() or (self._further(self.random.choice(self.units)) if self.units else None)

    def crash(self) -> str:
        """Kill the process with its open transactions and its partitions; return the line of the trace."""
        lost = [unit.label for unit in self.units]
        self.units.clear()
        self.partitions.clear()
        self.alive = False
        return f"{self.name} is killed" + (f"; under way: {', '.join(lost)}" if lost else "")

    def start(self) -> None:
        """Start the process again, without partitions; silence counts from now."""
        self.alive = True
        self.since = self.world.now

    def assign(self, partition: Partition) -> None:
        """Take a partition, from the group's offset on."""
        self.partitions[partition] = self.world.offsets[partition]

    def time_passed(self, *, suspended: bool) -> None:
        """Measure the time like `handlers.availability`: only silence while everything was available counts."""
        if suspended or not self.world.broker or self.world.relay_late:
            self.since = self.world.now

    def _begin(self) -> str | None:
        open_ = [
            partition
            for partition, offset in self.partitions.items()
            if offset < len(self.world.topics[partition])
            and self.world.broker
            and (partition[0] != ANSWERS or self.world.now >= self.world.slow_until)
            and all(unit.partition != partition for unit in self.units)
        ]
        due = self._due()
        if due and (not open_ or self.random.random() < 0.3):
            return self._begin_task(*self.random.choice(due))
        if open_:
            return self._begin_message(self.random.choice(open_))
        return None

    def _due(self) -> list[tuple[str, Task]]:
        busy = {unit.label for unit in self.units}
        turns = self.world.turns_due()
        return [
            key
            for key, (at, _) in self.world.todo.items()
            if at <= self.world.now and _named(*key) not in busy and (key[1] is not Task.APPLY or key[0] in turns)
        ]

    def _begin_message(self, partition: Partition) -> str:
        world, offset = self.world, self.partitions[partition]
        message = world.topics[partition][offset]
        name = f"{message.id} {describe(message.event)}"
        unit = Unit(name, world.begin(message.id), partition, offset + 1)
        if world.shell.inbox and message.id in world.inbox:
            unit.committed = True
            self.units.append(unit)
            return f"{self.name} has {name} in its inbox"
        if world.shell.offsets_first:
            world.offsets[partition] = max(world.offsets[partition], offset + 1)
        if world.shell.inbox_first:
            world.remember(message.id)
        self.turns.take(message.event, unit.transaction)
        if unit.transaction.waits:
            return f"{self.name} holds {name} back"
        self.units.append(unit)
        return f"{self.name} decides {name}: {decided(unit.transaction)}"

    def _begin_task(self, workflow_id: str, task: Task) -> str:
        unit = Unit(_named(workflow_id, task), self.world.begin())
        self.turns.perform(workflow_id, task, unit.transaction, self.since)
        if unit.transaction.waits:
            return f"{self.name} holds {unit.label} back"
        self.units.append(unit)
        return f"{self.name} decides {unit.label}: {decided(unit.transaction)}"

    def _further(self, unit: Unit) -> str:
        if unit.left:
            self.units.remove(unit)
            self.world.write_todo(unit.transaction)
            return f"{self.name} writes the to-do list of {unit.label}"
        if unit.committed:
            self.units.remove(unit)
            return self._commit_offset(unit)
        try:
            self.world.commit(unit.transaction)
        except Conflict as conflict:
            self.units.remove(unit)
            return f"{self.name} was too slow with {unit.label}: {conflict}"
        unit.committed = True
        if self.world.shell.todo_later and unit.transaction.due:
            unit.left = 1
        elif unit.partition is None:
            self.units.remove(unit)
        return f"{self.name} commits {unit.label}"

    def _commit_offset(self, unit: Unit) -> str:
        partition = unit.partition
        if partition is None or partition not in self.partitions:
            return f"{self.name} is fenced: offset of {unit.label} not committed"
        self.partitions[partition] = unit.offset
        self.world.offsets[partition] = max(self.world.offsets[partition], unit.offset)
        return f"{self.name} commits the offset of {unit.label}"


def _named(workflow_id: str, task: Task) -> str:
    return f"{task} {workflow_id[:8]}"


def describe(event: Event) -> str:
    """Return a message in a few words."""
    if hasattr(event, "deal_sequence"):
        return described(event)
    return f"{type(event).__name__} of {getattr(event, 'workflow_id', '')[:8]}"


def decided(unit: Transaction) -> str:
    """Return the events that a transaction would append, counted by name where there are several."""
    if unit.refused is not None:
        return f"refused, {unit.refused}"
    names: dict[str, int] = {}
    for stream, _, events in unit.appends:
        for event in events:
            if not stream.startswith("progress-"):
                names[type(event).__name__] = names.get(type(event).__name__, 0) + 1
    return ", ".join(name if count == 1 else f"{count} {name}" for name, count in names.items()) or "nothing"
