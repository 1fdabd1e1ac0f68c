"""What a HAWK has used so far: processor time of each process, and PostgreSQL's own counters.

Taken before and after a run, the difference over the number of workflows is what one of them costs.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import psutil

from benchmarks.figures import Figure
from cli.output import RunningHawk

QUIET_SECONDS = 1.5
"""After the last message: what follows it in the background is done, and sessions have reported their counters."""
FEEDS = ("murex",)
"""Processes whose time is shown and not part of the sum: they are not HAWK."""

_COUNTERS = """
    SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) AS commits,
           (SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables) AS rows_read,
           (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables) AS rows_written,
           (SELECT n_tup_ins FROM pg_stat_user_tables WHERE schemaname = 'es' AND relname = 'events') AS events"""

_STATEMENT = re.compile(rb"^@(?P<application>\S*)@LOG:  (?:execute [^:]+|statement): (?!ROLLBACK)", re.MULTILINE)
_LOGGED = {"log_line_prefix": "'@%a@'", "log_statement": "'all'"}


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of processor time by process, and counters of the database. `over`: how long was waited before."""

    seconds: Mapping[str, float]
    counters: Mapping[str, int]
    over: float


def seconds_of(hawk: RunningHawk) -> dict[str, float]:
    """Return the processor time so far of everything that this HAWK runs, but its supervisor."""
    pids = {name: each["pid"] for name, each in hawk.state["processes"].items()}
    pids |= {name: hawk.state[name]["pid"] for name in ("kafka", "postgres")}
    return {name: _of_tree(pid) for name, pid in pids.items()}


async def spent(hawk: RunningHawk, seconds: float = QUIET_SECONDS) -> Spent:
    """Return what was used so far, after so many seconds: by default once the processes are quiet."""
    await asyncio.sleep(seconds)
    connection = await asyncpg.connect(hawk.admin_dsn)
    try:
        (counters,) = await connection.fetch(_COUNTERS)
    finally:
        await connection.close()
    return Spent(seconds_of(hawk), {name: int(value) for name, value in counters.items()}, seconds)


def costs_of(before: Spent, after: Spent, workflows: int, key: str, sample: str) -> tuple[Figure, ...]:
    """Return what one workflow cost: processor time in all and by process, commits, rows and events."""
    used = {name: 1000 * (after.seconds[name] - before.seconds.get(name, 0.0)) / workflows for name in after.seconds}
    whole = sum(value for name, value in used.items() if name not in FEEDS)
    counted = {name: (after.counters[name] - before.counters[name]) / workflows for name in after.counters}
    return (
        Figure(f"cpu_{key}", "Processor time a workflow, all processes", whole, "ms", sample),
        *(
            Figure(f"cpu_{key}_{name}", f"  {name}", value, "ms", "not in the sum" if name in FEEDS else "")
            for name, value in sorted(used.items(), key=lambda each: -each[1])
        ),
        *(
            Figure(f"{name}_{key}", f"{name.replace('_', ' ').capitalize()} a workflow", value, "", sample)
            for name, value in counted.items()
        ),
    )


@asynccontextmanager
async def statements_counted(hawk: RunningHawk) -> AsyncIterator[Counter[str]]:
    """Count the statements that each service sends meanwhile, as PostgreSQL logs them; that costs time.

    The counter is filled at the end. What begins and ends a transaction counts too: it is a round trip.
    """
    found: Counter[str] = Counter()
    log = hawk.data.log("postgres")
    await _configure(hawk, {name: f"= {value}" for name, value in _LOGGED.items()})
    began = log.stat().st_size
    try:
        yield found
    finally:
        await asyncio.sleep(QUIET_SECONDS)
        await _configure(hawk, dict.fromkeys(_LOGGED, "= DEFAULT"))
        with log.open("rb") as file:
            file.seek(began)
            written = file.read()
        found.update(statements_in(written))


def statements_in(log: bytes) -> Counter[str]:
    """Return how many statements each application sent, by what PostgreSQL logged of them."""
    return Counter(match["application"].decode() for match in _STATEMENT.finditer(log))


def statement_figures(counted: Mapping[str, int], workflows: int, sample: str) -> tuple[Figure, ...]:
    """Return the statements a workflow, in all and by service. Those of the benchmark itself are left out."""
    of_hawk = {name: count for name, count in counted.items() if name.startswith("hawk-")}
    return (
        Figure("statements", "Statements a workflow", sum(of_hawk.values()) / workflows, "", sample),
        *(
            Figure(f"statements_{name}", f"  {name.removeprefix('hawk-')}", count / workflows, "", "")
            for name, count in sorted(of_hawk.items(), key=lambda each: -each[1])
        ),
    )


async def _configure(hawk: RunningHawk, settings: Mapping[str, str]) -> None:
    connection = await asyncpg.connect(hawk.admin_dsn)
    try:
        for name, value in settings.items():
            await connection.execute(f"ALTER SYSTEM SET {name} {value}")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


def _of_tree(pid: int) -> float:
    """Of a process and its children, also those that have ended."""
    try:
        process = psutil.Process(pid)
        own, children = process.cpu_times(), process.children(recursive=True)
    except psutil.Error:
        return 0.0
    return own.user + own.system + own.children_user + own.children_system + sum(map(_alone, children))


def _alone(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
