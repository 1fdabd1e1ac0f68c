"""The parts in memory: event store, inbox, to-do list, topics, clock. They keep the guarantees of the real ones.

A transaction reads one snapshot and is committed later, all or nothing. It fails with a conflict, as REPEATABLE READ
does, when another one has moved a stream, handled the message or changed an entry of the to-do list.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from services.executor.execution.slots import SLOTS, Room
from services.executor.execution.state import ExecutionState
from services.executor.execution.state import evolve as evolve_execution
from services.executor.exposure.usage import CapacityUse, UsdUsage
from services.executor.planning.state import PlanState
from services.executor.planning.state import evolve as evolve_plan
from services.executor.progress.reporting import Progress, progress_of
from services.executor.rollout.checking import EVERYTHING, Standing, why_it_waits
from services.executor.workflow.due import Due, Task
from shared.events import capacity as facts
from shared.events import identity
from shared.events.base import Event

ZERO = Decimal(0)
#: Events without their publication for longer than this make the relay count as late (see `handlers.availability`).
RELAY_LAG = timedelta(seconds=3)
PARTITIONS = 2

PROPOSALS, APPROVALS, ANSWERS, CONTROL = "proposals", "approvals", "answers", "control"
TOPICS = (PROPOSALS, APPROVALS, ANSWERS, CONTROL)


#: The time that producers write on their messages, in turn; None: the right time.
STAMPS = (None, None, datetime(2099, 1, 1, tzinfo=UTC), None, datetime(1970, 1, 1, tzinfo=UTC))
#: Before everything.
NEVER = datetime.min.replace(tzinfo=UTC)


class Conflict(Exception):
    """A transaction that was not committed, because another one was faster."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a topic; equal ids mean one message."""

    id: str
    event: Event


@dataclass(frozen=True, slots=True)
class Stored:
    """An event in the feed."""

    stream: str
    version: int
    event: Event
    at: datetime

    @property
    def id(self) -> str:
        """The id of the event as a message, `stream:version`."""
        return f"{self.stream}:{self.version}"


@dataclass(frozen=True, slots=True)
class Shell:
    """The way in which transactions run. The defaults are HAWK's guarantees; the rest is for planted bugs."""

    inbox: bool = True
    inbox_first: bool = False
    """The inbox row is committed before the events are."""
    offsets_first: bool = False
    """The offset is committed before the transaction."""
    todo_later: bool = False
    """The to-do list is written after the transaction."""
    versions: bool = True
    """Expected versions are checked."""


@dataclass
class Transaction:
    """The changes that a unit of work has collected, and what it saw when it began."""

    inbox: str | None = None
    appends: list[tuple[str, int, tuple[Event, ...]]] = field(default_factory=list)
    due: list[tuple[str, Due]] = field(default_factory=list)
    seen: dict[tuple[str, Task], int] = field(default_factory=dict)
    """Generation of each entry of the to-do list when the unit began; 0: there was none."""
    slots: list[tuple[str, bool]] = field(default_factory=list)
    """Workflows that hold a slot from now on, or give theirs back."""
    rollout: int | None = None
    """Changes of the rollout that there were when the unit held it; None: it did not."""
    refused: str | None = None
    """The code under which the message is set aside."""
    waits: bool = False
    """Nothing may begin now: the message is taken again later."""


@dataclass
class World:
    """Everything that survives a crash, and the clock."""

    now: datetime
    shell: Shell = field(default_factory=Shell)
    watch: Callable[[Stored], None] = lambda _: None
    streams: dict[str, list[Event]] = field(default_factory=dict)
    feed: list[Stored] = field(default_factory=list)
    published: int = 0
    """The relay's checkpoint: the number of published events of the feed."""
    inbox: dict[str, int] = field(default_factory=dict)
    """Message -> how often a transaction took it."""
    dead: list[tuple[str, str]] = field(default_factory=list)
    todo: dict[tuple[str, Task], tuple[datetime, int]] = field(default_factory=dict)
    topics: dict[tuple[str, int], list[Message]] = field(default_factory=dict)
    offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    slots: int = SLOTS
    in_flight: dict[str, datetime] = field(default_factory=dict)
    """The workflows that hold a slot, with the time since they hold it."""
    broker: bool = True
    period_open: bool = True
    stopped: bool = False
    slow_until: datetime = NEVER
    """The time until which no consumer reads the replies: the consumers are healthy, but busy."""
    behind: bool = False
    """hawk.control is not read to its end."""
    rollout: int = 0
    """The number of times the stop switch was used or released, or hawk.control was lost or found."""
    executions: dict[str, ExecutionState] = field(default_factory=dict)
    plans: dict[str, PlanState] = field(default_factory=dict)
    progresses: dict[str, Progress] = field(default_factory=dict)
    uses: dict[str, CapacityUse] = field(default_factory=dict)
    usd: dict[str, UsdUsage] = field(default_factory=dict)
    heard: dict[tuple[str, int], datetime] = field(default_factory=dict)
    """The time up to which a partition of the replies was handled completely."""
    told_at: dict[str, datetime] = field(default_factory=dict)
    """The times when messages arrived on their topics."""
    stamped: dict[str, datetime] = field(default_factory=dict)
    """The time that its producer wrote on it, which can be wrong: HAWK must not use it."""
    up: timedelta = timedelta(0)
    """The total time in which HAWK, the relay and the broker were all available."""
    up_at: dict[datetime, timedelta] = field(default_factory=dict)
    """The value of `up` at each moment so far."""
    _generation: int = 0

    def __post_init__(self) -> None:
        self.topics = {(topic, number): [] for topic in TOPICS for number in range(PARTITIONS)}
        self.offsets = dict.fromkeys(self.topics, 0)
        self.up_at[self.now] = self.up

    def pass_time(self, span: timedelta, *, up: bool) -> None:
        """Advance the clock. `up`: HAWK and the broker were available in that time."""
        self._hear()
        self.now += span
        self.up += span if up else timedelta(0)
        self.up_at[self.now] = self.up

    # Reading: what a unit that begins now sees.

    def execution(self, workflow_id: str) -> ExecutionState:
        """Return the state of an execution; an empty one where there is none."""
        return self.executions.get(workflow_id) or ExecutionState()

    def plan(self, workflow_id: str) -> PlanState:
        """Return the state of a plan; an empty one where there is none."""
        return self.plans.get(workflow_id) or PlanState()

    def progress(self, workflow_id: str) -> Progress:
        """Return the progress of a workflow; an empty one where there is none."""
        return self.progresses.get(workflow_id) or Progress(workflow_id)

    def usd_use(self, currency: str) -> UsdUsage:
        """Return the use of a currency's USD limit; zero at version 0 where there is none."""
        return self.usd.get(currency) or UsdUsage(identity.usd_limit_stream(currency), 0, currency, ZERO, ZERO)

    def room(self, granted_at: datetime, workflow_id: str) -> Room:
        """Return the slots that a workflow finds when it would begin."""
        before = sum(key < (granted_at, workflow_id) for key in self._turns())
        held = [int((self.now - since).total_seconds()) for since in self.in_flight.values()]
        free = max(0, self.slots - len(self.in_flight))
        return Room(free, before, self.slots, sum(held) // max(1, len(held)))

    def turns_due(self) -> list[str]:
        """Return the workflows whose turn it is, as many as there are free slots."""
        return [workflow_id for _, workflow_id in self._turns()[: max(0, self.slots - len(self.in_flight))]]

    def _turns(self) -> list[tuple[datetime, str]]:
        return sorted((at, workflow_id) for (workflow_id, task), (at, _) in self.todo.items() if task is Task.APPLY)

    def begin(self, inbox: str | None = None) -> Transaction:
        """Begin a transaction that sees the to-do list as it is now; `inbox` is the id of its message."""
        return Transaction(inbox, seen={key: generation for key, (_, generation) in self.todo.items()})

    # Writing.

    def commit(self, unit: Transaction) -> None:
        """Commit everything, or nothing.

        Raises:
            Conflict: a version, an inbox row or an entry of the to-do list is not as the unit saw it.
        """
        self._check_versions(unit)
        if unit.inbox is not None and self.shell.inbox and not self.shell.inbox_first and unit.inbox in self.inbox:
            raise Conflict(f"message {unit.inbox} was handled elsewhere")
        if unit.rollout is not None and unit.rollout != self.rollout:
            raise Conflict("the rollout changed meanwhile")
        if not self.shell.todo_later:
            self._check_todo(unit)
        if any(holds for _, holds in unit.slots) and len(self.in_flight) >= self.slots:
            raise Conflict("others have taken the last slot")
        for stream, _, events in unit.appends:
            for event in events:
                self._append(stream, event)
        if not self.shell.todo_later:
            self.write_todo(unit)
        self._write_slots(unit)
        if unit.inbox is not None:
            if not self.shell.inbox_first:
                self.remember(unit.inbox)
            if unit.refused is not None:
                self.dead.append((unit.inbox, unit.refused))

    def _check_versions(self, unit: Transaction) -> None:
        reached: dict[str, int] = {}
        for stream, expected, events in unit.appends if self.shell.versions else ():
            at = reached.get(stream, len(self.streams.get(stream, ())))
            if at != expected:
                raise Conflict(f"{stream} is at {at}, expected {expected}")
            reached[stream] = at + len(events)

    def _write_slots(self, unit: Transaction) -> None:
        for workflow_id, holds in unit.slots:
            if holds:
                self.in_flight[workflow_id] = self.now
            else:
                self.in_flight.pop(workflow_id, None)

    def remember(self, message_id: str) -> None:
        """Write the inbox row of a message, and count how often that happens."""
        self.inbox[message_id] = self.inbox.get(message_id, 0) + 1

    def write_todo(self, unit: Transaction) -> None:
        """Write the to-do entries of a transaction; delete only those it saw when it began."""
        for workflow_id, due in unit.due:
            key = (workflow_id, due.task)
            if due.at is not None:
                self._generation += 1
                self.todo[key] = (due.at, self._generation)
            elif unit.seen.get(key):
                # A DELETE does not see a row that came after its snapshot.
                self.todo.pop(key, None)

    def _check_todo(self, unit: Transaction) -> None:
        for workflow_id, due in unit.due:
            key = (workflow_id, due.task)
            before, present = unit.seen.get(key, 0), self.todo.get(key, (None, 0))[1]
            if before != present and (before or due.at is not None):
                raise Conflict(f"to-do entry {due.task} of {workflow_id} was changed meanwhile")

    def _append(self, stream: str, event: Event) -> None:
        events = self.streams.setdefault(stream, [])
        events.append(event)
        stored = Stored(stream, len(events), event, self.now)
        self.feed.append(stored)
        self._project(stored)
        self.watch(stored)

    def _project(self, stored: Stored) -> None:
        """Keep the folds at hand. The end of a run compares them with the fold of all events."""
        event, stream = stored.event, stored.stream
        kind, _, rest = stream.partition("-")
        if kind == "execution":
            self.executions[rest] = evolve_execution(self.execution(rest), event)
        elif kind == "plan":
            self.plans[rest] = evolve_plan(self.plan(rest), event)
        elif kind == "progress":
            progress = progress_of(rest, (event,))
            self.progresses[rest] = replace(progress, stages={**self.progress(rest).stages, **progress.stages})
        elif isinstance(event, facts.CapacityReserved | facts.CapacityHedged | facts.CapacityReleased):
            self.uses[stream] = CapacityUse(
                stream, stored.version, event.entity_id, event.currency, event.nav_type,
                event.reserved_total, event.hedged_total,
            )  # fmt: skip
        elif isinstance(event, facts.UsdLimitReserved | facts.UsdLimitHedged | facts.UsdLimitReleased):
            self.usd[event.currency] = UsdUsage(
                stream, stored.version, event.currency, event.reserved_total_usd, event.hedged_total_usd
            )

    def hold_rollout(self, unit: Transaction) -> Standing:
        """Return the rollout in force; if it changes before the commit, the commit fails."""
        unit.rollout = self.rollout
        in_force = replace(EVERYTHING.in_force, stopped=self.stopped)
        return replace(EVERYTHING, in_force=in_force, waits=why_it_waits(in_force, None if self.behind else 0.0))

    # Topics.

    def heard_until(self) -> datetime | None:
        """Return the time up to which all partitions of the replies were read to their ends; None if one never was."""
        self._hear()
        times = [self.heard.get((ANSWERS, number)) for number in range(PARTITIONS)]
        return None if None in times else min(time for time in times if time is not None)

    def _hear(self) -> None:
        """Record the partitions that are read to their ends; without a connection the earlier times stay."""
        for partition, messages in self.topics.items():
            if partition[0] == ANSWERS and self.broker and self.offsets[partition] >= len(messages):
                self.heard[partition] = self.now

    def publish(self, topic: str, message: Message) -> None:
        """Append to the partition of the message's workflow."""
        self.told_at.setdefault(message.id, self.now)
        self.stamped.setdefault(message.id, STAMPS[len(self.stamped) % len(STAMPS)] or self.now)
        self.topics[topic, partition_of(workflow_of(message.event))].append(message)

    @property
    def relay_late(self) -> bool:
        """True when an event has waited for its publication longer than `RELAY_LAG`."""
        return self.published < len(self.feed) and self.feed[self.published].at < self.now - RELAY_LAG


def workflow_of(event: Event) -> str:
    """Return the id of the workflow that an event is about; empty where there is none."""
    return str(getattr(event, "workflow_id", ""))


def partition_of(workflow_id: str) -> int:
    """Return the partition of an id, by the id alone: Python's own hash differs from process to process."""
    return sum(workflow_id.encode()) % PARTITIONS
