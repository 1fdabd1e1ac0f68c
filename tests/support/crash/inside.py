"""Inside the processes of a HAWK under test: each can be told to kill itself just before any await that has an effect.

HAWK's own code knows nothing of this. `sitecustomize` calls `install` when Python starts; it wraps what the process
talks to the outside with: the statements of asyncpg, the offsets and messages of aiokafka, the book of the simulator.
What happens between two of them is pure, so that a kill before each of them is a kill at every step.
"""

import contextlib
import functools
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.crash.control import CHAOS_DIR, QUICK, Control, Point
from tests.support.crash.turns import OF_REVERSALS, OF_TASKS, turn_of, workflow_of

STATEMENTS = ("execute", "executemany", "fetch", "fetchrow", "fetchval")
WORDS_SHOWN = 5
MUREX_ANSWERS = "hawk.murex.answers"
NOBODY = ""
"""The workflow of a turn that belongs to none."""


@dataclass
class Turn:
    """What a process is at: one transaction of one workflow. `step` counts its statements, BEGIN is the first.

    `due`: it is done by the clock and not by a message. A grant may wait for its turn; then its workflow is prepared by
    a transaction of a few statements less.
    """

    name: str
    workflow: str
    step: int = 0
    begun: bool = False
    due: bool = False


_turn: ContextVar[Turn | None] = ContextVar("turn", default=None)


class Inside:
    """The control folder as this process sees it."""

    def __init__(self, control: Control) -> None:
        self.control = control

    def reach(self, turn: str, step: int, what: str, workflow: str = NOBODY, *, end: bool = False) -> None:
        """A point is reached: note it, or die here if the plan says so and nobody died here before.

        `end`: the transaction has no further one, so that a later step of it is reached here.
        """
        point, plan = Point(turn, step, what), self.control.plan()
        if plan.traced:
            self.control.note([(workflow, point)])
        wanted = plan.by_workflow.get(workflow)
        if end and wanted is not None and wanted.turn == turn and wanted.step > step:
            point = wanted
        if (wanted == point or point in plan.anywhere) and self.control.hit(point):
            os.kill(os.getpid(), signal.SIGKILL)

    def turn(self, name: str | None, workflow: str, *, due: bool = False) -> Turn | None:
        """The turn of a workflow that begins; of a reversal where the plan says that it is one."""
        if name is None:
            return None
        name = OF_REVERSALS.get(name, name) if workflow in self.control.plan().reversing else name
        return Turn(name, workflow, due=due)

    def clock(self, name: str, clock: Callable[[], datetime]) -> Callable[[], datetime]:
        """A clock that can be put ahead."""
        return lambda: clock() + timedelta(seconds=self.control.ahead(name))


def install(command: Sequence[str]) -> None:
    """Wrap what the process with this command line works with; every process of HAWK is started as a module."""
    inside = Inside(Control(Path(os.environ[CHAOS_DIR])))
    os.environ.update(inside.control.settings())
    module = command[2] if command[1:2] == ["-m"] and len(command) > 2 else ""
    if QUICK in os.environ:
        _without_pauses(module, command)
    if module == "services.executor":
        _executor(inside)
    elif module == "services.approval":
        _approval(inside)
    elif module == "shared.relay":
        _relay(inside)
    elif module == "murex.simulator":
        _murex(inside)


def _without_pauses(module: str, command: Sequence[str]) -> None:
    if module.startswith("services.") or module == "murex.simulator":
        _come_back_at_once()
    elif module == "cli" and "up" in command:
        _supervisor()


def _supervisor() -> None:
    """To die again and again is what these processes are for: no growing pauses before they are started again."""
    from tools.local_stack import process

    process.QUICK_DEATH_SECONDS = 0.0


def _come_back_at_once() -> None:
    """As static members of their groups killed processes get their partitions back when they are started again; else
    the broker would wait for a sign of life of the dead for a whole session, at each of hundreds of kills."""
    from aiokafka import AIOKafkaConsumer

    original = AIOKafkaConsumer.__init__

    @functools.wraps(original)
    def init(self: Any, *topics: Any, group_id: str | None = None, **options: Any) -> None:
        options.setdefault("group_instance_id", group_id)
        original(self, *topics, group_id=group_id, **options)

    AIOKafkaConsumer.__init__ = init


def _executor(inside: Inside) -> None:
    from services.executor import app

    _statements(inside)
    _messages(inside)
    _due_work(inside)
    _offsets(inside)
    app.now = inside.clock("executor", app.now)


def _statements(inside: Inside) -> None:
    from asyncpg.connection import Connection

    def stepped(original: Any) -> Any:
        @functools.wraps(original)
        async def statement(self: Any, query: str, *values: Any, **options: Any) -> Any:
            turn = _turn.get()
            if turn is None:
                return await original(self, query, *values, **options)
            if query.startswith("BEGIN"):
                turn.step, turn.begun = 0, True
            if not turn.begun or query.startswith("ROLLBACK"):
                return await original(self, query, *values, **options)
            inside.reach(turn.name, turn.step, _words(query), turn.workflow)
            turn.step += 1
            result = await original(self, query, *values, **options)
            if query.startswith("COMMIT"):
                inside.reach(turn.name, turn.step, "committed", turn.workflow, end=turn.due)
                turn.begun = False
            return result

        return statement

    for name in STATEMENTS:
        setattr(Connection, name, stepped(getattr(Connection, name)))


def _messages(inside: Inside) -> None:
    """Messages of a workflow that the plan names are handled one by one, so that each turn has steps of its own; those
    of others may share a transaction."""
    from shared.messaging.handling import MessageHandling
    from shared.messaging.partition import PartitionWorker

    handle, together, shares = MessageHandling.handle, MessageHandling.handle_together, PartitionWorker._shares

    async def alone(self: Any, message: Any) -> None:
        with _during(inside.turn(turn_of(message), workflow_of(message))):
            await handle(self, message)

    async def batch(self: Any, messages: Any) -> int:
        with _during(Turn("batch", NOBODY) if messages[0].topic == MUREX_ANSWERS else None):
            return int(await together(self, messages))

    def taken(self: Any) -> Any:
        found, named = shares(self), inside.control.plan().by_workflow
        if not any(workflow_of(message) in named for _, messages in found for message in messages):
            return found
        return [(self, found[0][1][:1])]

    MessageHandling.handle, MessageHandling.handle_together = alone, batch  # type: ignore[method-assign]
    PartitionWorker._shares = taken  # type: ignore[method-assign]


def _due_work(inside: Inside) -> None:
    from services.executor.handlers.timers import Worker

    original = Worker.__init__

    def init(self: Any, pool: Any, perform: Any, clock: Any) -> None:
        async def performed(workflow_ids: Sequence[str], task: Any) -> int:
            named = [each for each in workflow_ids if each in inside.control.plan().by_workflow]
            if not named:
                return int(await perform(workflow_ids, task))
            first = workflow_ids[0]
            with _during(inside.turn(OF_TASKS.get(task), first, due=True)):
                return int(await perform([first], task))

        original(self, pool, performed, clock)

    Worker.__init__ = init  # type: ignore[method-assign]


def _offsets(inside: Inside) -> None:
    from aiokafka import AIOKafkaConsumer

    original = AIOKafkaConsumer.commit

    async def commit(self: Any, offsets: Any = None) -> None:
        turn = f"offsets of {self._group_id}"
        inside.reach(turn, 0, "transactions committed, offsets not")
        await original(self, offsets)
        inside.reach(turn, 1, "offsets committed")

    AIOKafkaConsumer.commit = commit


def _approval(inside: Inside) -> None:
    from services.approval import app

    original = app.watch_deadlines

    async def watch(desk: Any, approvals: Any, clock: Any) -> None:
        await original(desk, approvals, inside.clock("approval-deadlines", clock))

    app.watch_deadlines = watch


def _relay(inside: Inside) -> None:
    from shared.relay.outlet import KafkaOutlet
    from shared.relay.publisher import Publisher
    from shared.relay.sealer import Sealer

    seal, send, publish = Sealer.seal, KafkaOutlet.send, Publisher._publish

    async def sealed(self: Any, *limit: int) -> int:
        count = await seal(self, *limit)
        if count:
            inside.reach("relay", 0, "sealed, not published")
        return count

    async def sent(self: Any, messages: Any) -> None:
        inside.reach("relay", 1, "about to publish")
        await send(self, messages)
        inside.reach("relay", 2, "published, checkpoint not advanced")

    async def published(self: Any) -> int:
        count = await publish(self)
        if count:
            inside.reach("relay", 3, "checkpoint advanced")
        return count

    Sealer.seal, KafkaOutlet.send, Publisher._publish = sealed, sent, published  # type: ignore[method-assign]


def _murex(inside: Inside) -> None:
    from aiokafka import AIOKafkaConsumer

    from murex.simulator.book import Book
    from shared.messaging.producer import Producer

    record, noted, send, commit = Book.record, Book.sent, Producer.send_all, AIOKafkaConsumer.commit

    def recorded(self: Any, *what: Any) -> None:
        inside.reach("murex", 0, "requests taken, book not written")
        record(self, *what)
        inside.reach("murex", 1, "book written, not answered")

    async def sent(self: Any, *what: Any) -> None:
        await send(self, *what)
        inside.reach("murex", 2, "answered, book does not know")

    def remembered(self: Any, *what: Any) -> None:
        noted(self, *what)
        inside.reach("murex", 3, "answers noted in the book")

    async def committed(self: Any, *what: Any) -> None:
        inside.reach("murex", 4, "about to commit offsets")
        await commit(self, *what)
        inside.reach("murex", 5, "offsets committed")

    Book.record, Book.sent, Producer.send_all = recorded, remembered, sent  # type: ignore[method-assign]
    AIOKafkaConsumer.commit = committed


@contextlib.contextmanager
def _during(turn: Turn | None) -> Iterator[None]:
    before = _turn.set(turn)
    try:
        yield
    finally:
        _turn.reset(before)


def _words(query: str) -> str:
    """The first words of a statement."""
    return " ".join(query.split()[:WORDS_SHOWN])
