"""Planning, without writing anything: how long the pure part takes, and how long what it is drawn from takes to read.

The targets are 5 ms for an A-COI and 20 ms for an order over three entities, and two seconds for `hawk plan`, the whole
command with the start of Python (issue: the whole hedge domain).
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import asyncpg

from benchmarks.driver import BenchmarkFailed
from benchmarks.figures import Figure, Section, milliseconds
from benchmarks.sizes import Sizes
from services.executor.handlers.hedge.facts import load_facts
from services.executor.handlers.reading import TablesAlone
from shared.hedging.facts import Facts
from shared.hedging.order import InstructionType, NavType, Order
from shared.hedging.plan import HedgePlan, PlanIdentity
from shared.hedging.planning.drawing import draw_plan

IDENTITY: Final = PlanIdentity("0f8fad5b-d9cb-469f-a165-70867728950e", "benchmark", 1)
ROOT: Final = Path(__file__).resolve().parent.parent
ANSWER: Final = ROOT / "demo" / "answers" / "07-hkd-400m-waterfall.json"
WARM_UP: Final = 10
"""Plans before anything is measured: byte code, and what is made once."""


@dataclass(frozen=True, slots=True)
class Case:
    """An order of the demo reference data, and over how many entities its plan must go."""

    key: str
    name: str
    order: Order
    entities: int


CASES: Final = (
    Case(
        "a_coi",
        "A-COI",
        Order(InstructionType.I, "USD", Decimal(25_000_000), "ENTITY0037", NavType.COI),
        1,
    ),
    # More than the two largest have room for, less than three have: also after a run of the other benchmarks.
    Case(
        "three_entities",
        "three entities",
        Order(InstructionType.I, "HKD", Decimal(350_000_000), None, NavType.COI),
        3,
    ),
)


async def measure_planning(dsn: str, sizes: Sizes) -> Section:
    """Facts are read as the executor reads them, from the tables of the HAWK that runs.

    Raises:
        BenchmarkFailed: an order was refused, or went over another number of entities.
    """
    figures: list[Figure] = []
    connection = await asyncpg.connect(dsn)
    try:
        for case in CASES:
            reading: list[float] = []
            for _ in range(sizes.plans_read):
                began = time.perf_counter()
                loaded = await load_facts(TablesAlone(connection), case.order, datetime.now(UTC), IDENTITY.workflow_id)
                reading.append(time.perf_counter() - began)
            figures += plan_figures(case, loaded.facts, sizes.plans)
            key, name = f"facts_{case.key}", f"Its facts from the tables, {case.name}"
            figures += milliseconds(key, name, reading, f"{len(reading)} times, one connection")
    finally:
        await connection.close()
    figures += await asyncio.to_thread(command_figures, sizes.commands)
    return Section("Planning, nothing written", tuple(figures))


def plan_figures(case: Case, facts: Facts, plans: int) -> Sequence[Figure]:
    """Measure the pure part: facts and an order in, the whole plan out.

    Raises:
        BenchmarkFailed: the order is refused, or the plan goes over another number of entities.
    """
    drawn = draw_plan(case.order, (), facts, IDENTITY)
    if not isinstance(drawn, HedgePlan):
        raise BenchmarkFailed(f"Planning {case.name}: refused as {drawn.code}. {drawn.message}")
    if len(drawn.children) != case.entities:
        raise BenchmarkFailed(f"Planning {case.name}: {len(drawn.children)} entities, expected {case.entities}.")
    seconds = _durations(lambda: draw_plan(case.order, (), facts, IDENTITY), plans)
    sample = f"{len(seconds)} plans of {drawn.counts.total} operations"
    return milliseconds(f"plan_{case.key}", f"Plan from facts, {case.name}", seconds, sample)


def command_figures(runs: int) -> Sequence[Figure]:
    """`hawk plan` of the order over three entities, from the start of the process to its end, no server asked.

    Raises:
        BenchmarkFailed: it ended otherwise than in success.
    """
    command = (sys.executable, "-m", "cli", "plan", str(ANSWER))
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  our own command
        seconds.append(time.perf_counter() - began)
        if done.returncode != 0:
            raise BenchmarkFailed(f"hawk plan {ANSWER.name}: exit status {done.returncode}. {done.stderr}")
    return milliseconds("command_plan", "hawk plan, three entities, the whole command", seconds, f"{runs} runs")


def _durations(act: Callable[[], object], times: int) -> list[float]:
    for _ in range(WARM_UP):
        act()
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
    return seconds
