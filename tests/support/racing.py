"""Two at the same moment, another way each time: connections that give way between their statements as a seeded die
says, so that the same test runs through many interleavings and tells which one it was."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import asyncpg

#: The longest pause between two statements, in seconds: some statements of the other fit in.
PAUSE_SECONDS_MAX = 0.003
#: How often a statement waits at all.
PAUSE_SHARE = 0.3
#: The longest wait of a whole decision before it begins, in seconds: about what one takes.
OFFSET_SECONDS_MAX = 0.03
#: What a connection is asked for that goes to the server.
STATEMENTS = frozenset({"fetch", "fetchrow", "fetchval", "execute", "executemany"})


def die_of(seed: float) -> random.Random:
    """A die that falls the same way in each run of a test."""
    return random.Random(seed)  # noqa: S311  a die, no secret


@dataclass
class Race:
    """One interleaving. `trace` is the order in which the runners' statements were sent."""

    die: random.Random
    trace: list[str] = field(default_factory=list)
    attempts: dict[str, int] = field(default_factory=dict)

    def runner(self, name: str, pool: asyncpg.Pool) -> "PacedPool":
        """A pool whose connections run as `name`."""
        return PacedPool(name, pool, self)

    async def run(self, *starts: Callable[[], Awaitable[Any]]) -> list[Any]:
        """All at once, each after a wait of its own; an error of one ends them all."""
        offsets = [self.die.uniform(0, OFFSET_SECONDS_MAX) * self.die.choice((0, 1)) for _ in starts]

        async def begin(offset: float, start: Callable[[], Awaitable[Any]]) -> Any:
            await asyncio.sleep(offset)
            return await start()

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(begin(*each)) for each in zip(offsets, starts, strict=True)]
        return [task.result() for task in tasks]

    async def step(self, name: str) -> None:
        """Before each statement of a runner."""
        if self.die.random() < PAUSE_SHARE:
            await asyncio.sleep(self.die.uniform(0, PAUSE_SECONDS_MAX))
        self.trace.append(name)

    @property
    def overlaps(self) -> bool:
        """Whether no runner was done before another one began."""
        changes = sum(1 for one, other in pairwise(self.trace) if one != other)
        return changes > len(self.attempts) - 1

    @property
    def conflicted(self) -> bool:
        """Whether somebody had to decide anew."""
        return any(attempts > 1 for attempts in self.attempts.values())


@dataclass
class PacedPool:
    """What `run_unit` needs of a pool. Each attempt acquires a connection once, so acquiring counts the attempts."""

    name: str
    pool: asyncpg.Pool
    race: Race

    async def acquire(self) -> "PacedConnection":
        self.race.attempts[self.name] = self.race.attempts.get(self.name, 0) + 1
        return PacedConnection(await self.pool.acquire(), self)

    async def release(self, connection: "PacedConnection") -> None:
        await self.pool.release(connection.inner)


class PacedConnection:
    """A connection whose statements wait for their step; everything else is the connection's own."""

    def __init__(self, inner: Any, pool: PacedPool) -> None:
        self.inner = inner
        self._pool = pool

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if name not in STATEMENTS:
            return found

        async def paced(*arguments: Any, **options: Any) -> Any:
            await self._pool.race.step(self._pool.name)
            return await found(*arguments, **options)

        return paced


@dataclass
class Series:
    """All races of a test: what they were like as a whole, so that a series that never met its danger fails."""

    races: list[Race] = field(default_factory=list)
    winners: list[str] = field(default_factory=list)

    def add(self, race: Race, winner: str) -> None:
        self.races.append(race)
        self.winners.append(winner)

    def share(self, holds: Callable[[Race], bool]) -> float:
        """How much of the series has a property."""
        return sum(1 for race in self.races if holds(race)) / len(self.races)

    @property
    def interleavings(self) -> int:
        """How many different ones there were."""
        return len({"".join(race.trace) for race in self.races})

    def won(self, name: str) -> int:
        """How often."""
        return self.winners.count(name)


def shuffled(die: random.Random, values: Sequence[Any]) -> list[Any]:
    """A copy in random order."""
    return die.sample(list(values), len(values))
