"""What is done to a HAWK: processes and servers die, freeze and restart, connections break, clocks run ahead."""

import asyncio
import json
import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import asyncpg
from aiokafka.errors import KafkaError

from tests.support.crash.control import Control
from tests.support.eventually import eventually
from tests.support.hawk import Hawk
from tests.support.storm.foreign import publish_foreign
from tools.local_stack.replicas import service_of

SERVICES = ("parser", "approval", "executor", "monitor", "relay", "murex")
SERVERS = ("kafka", "postgres")

FROZEN_SECONDS = (2.0, 13.0)
"""Shorter and longer than the ten seconds after which the broker gives the partitions of a silent consumer away."""

AHEAD_SECONDS = 20
"""More than HAWK waits for Murex: a clock that was put right, or a machine that slept."""

EXPIRED_SECONDS = 26 * 3600
"""More than a request for approval lives."""

AWAY_SECONDS = (0.5, 4.0)
"""For how long a member stays away that was stopped in good order: less and more than a rebalance takes."""

READY_SECONDS_MAX = 180.0

FOREIGN = 20_000
"""Records of others on the topic of Murex's answers: some seconds of reading."""

CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name LIKE 'hawk-%' AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Blow:
    """One fault that was done: its kind, when it began and when it was over (not yet what came of it)."""

    kind: str
    began: datetime
    over: datetime


class Faults:
    """Does them, one at a time.

    Args:
        let_one_expire: puts an order that nobody decides on, and gives its workflow.
        burst: lets many orders come in at once.
    """

    def __init__(
        self,
        hawk: Hawk,
        control: Control,
        rng: random.Random,
        let_one_expire: Callable[[], str],
        burst: Callable[[], None] = lambda: None,
    ) -> None:
        self._hawk = hawk
        self._control = control
        self._rng = rng
        self._let_one_expire = let_one_expire
        self._burst = burst
        self._ahead = 0

    @property
    def kinds(self) -> Mapping[str, Callable[[], None]]:
        """Name to what does it."""
        return {
            **{f"kill -9 {name}": partial(self._kill, name) for name in (*SERVICES, *SERVERS)},
            **self.of_members,
            "freeze a service": partial(self._freeze, SERVICES),
            "freeze the executor": partial(self._freeze, ("executor",)),
            "freeze kafka": partial(self._freeze, ("kafka",)),
            "restart kafka": partial(self._restart, "kafka"),
            "restart postgres": partial(self._restart, "postgres"),
            "cut all connections to postgres": self._cut,
            "executor's clock 20 s ahead": self._hurry,
            "deadlines' clock 26 h ahead": self._expire,
            "a burst of orders": self._burst,
            "records of others before Murex's answers": self._pile_up,
        }

    @property
    def of_members(self) -> Mapping[str, Callable[[], None]]:
        """What is done to the processes of services that have several: they die, leave, join and freeze."""
        replicas = [name for name in self._hawk.known["processes"] if service_of(name) != name]
        members = sorted({*replicas, *map(service_of, replicas)})
        return {
            **{f"kill -9 {name}": partial(self._kill, name) for name in members},
            **{f"{name} leaves and joins again": partial(self._leave, name) for name in members},
            **{f"freeze {name}": partial(self._freeze, (name,)) for name in replicas},
        }

    def do(self, kind: str) -> Blow:
        began = datetime.now(UTC)
        self.kinds[kind]()
        return Blow(kind, began, datetime.now(UTC))

    def ready_again(self) -> None:
        """Every process runs and says so."""
        eventually(self._all_ready, READY_SECONDS_MAX, what="all processes ready", every_seconds=0.1)

    def _all_ready(self) -> bool:
        return all(process["ready"] for process in self._processes().values())

    def _processes(self) -> dict[str, dict[str, int]]:
        """As the supervisor keeps them in its file: asking it by a command takes a second."""
        found: dict[str, dict[str, int]] = json.loads((self._hawk.data / "state.json").read_text())["processes"]
        return found

    def _pid(self, name: str) -> int:
        return eventually(lambda: self._processes()[name]["pid"], READY_SECONDS_MAX, what=f"{name} runs")

    def _kill(self, name: str) -> None:
        pid = self._pid(name)
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: self._processes()[name]["pid"] != pid, READY_SECONDS_MAX, what=f"{name} is seen to be dead")

    def _freeze(self, names: tuple[str, ...]) -> None:
        pid = self._pid(self._rng.choice(names))
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(self._rng.uniform(*FROZEN_SECONDS))
        finally:
            os.kill(pid, signal.SIGCONT)

    def _leave(self, name: str) -> None:
        self._hawk.run("process", "stop", name)
        time.sleep(self._rng.uniform(*AWAY_SECONDS))
        self._hawk.run("process", "start", name)

    def _restart(self, name: str) -> None:
        self._hawk.run("process", "restart", name)

    def _cut(self) -> None:
        admin = self._hawk.known["postgres"]["dsn"]
        eventually(partial(_executed, admin, CUT), READY_SECONDS_MAX, what="connections cut")

    def _pile_up(self) -> None:
        """The consumer of Murex's answers is healthy, and has much to read before it comes to them."""

        def piled_up() -> bool:
            try:
                asyncio.run(publish_foreign(self._hawk.known["kafka"]["bootstrap"], FOREIGN))
            except (KafkaError, OSError, TimeoutError) as error:
                raise AssertionError(f"The broker did not take the records: {error!r}") from error
            return True

        eventually(piled_up, READY_SECONDS_MAX, what="records of others on the answers' topic")

    def _hurry(self) -> None:
        self._ahead += AHEAD_SECONDS
        self._control.advance("executor", self._ahead)

    def _expire(self) -> None:
        workflow = self._let_one_expire()
        self._control.advance("approval-deadlines", EXPIRED_SECONDS)
        try:
            self._hawk.in_state(workflow, "EXPIRED", seconds_max=READY_SECONDS_MAX)
        finally:
            self._control.advance("approval-deadlines", 0)


def _executed(dsn: str, statement: str) -> bool:
    async def execute() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await connection.fetch(statement)
        finally:
            await connection.close()

    try:
        asyncio.run(execute())
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise AssertionError(f"PostgreSQL does not answer: {error!r}") from error
    return True
