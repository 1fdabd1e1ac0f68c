"""`python -m benchmarks` (`make bench`): one table of what HAWK costs in time, and the yardsticks beside it.

It starts a HAWK of its own in a temporary directory, measures, and stops it. Exit status 1 when something that was
to be measured did not happen.
"""

import argparse
import asyncio
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

import structlog
from rich.console import Console

from benchmarks.driver import BenchmarkFailed
from benchmarks.figures import Section
from benchmarks.grown.audit import measure_audit
from benchmarks.grown.fill import fill
from benchmarks.grown.measuring import beside_fresh, write_first_rows
from benchmarks.hawk import measure_rate, measure_workflows
from benchmarks.overview import measure_overview
from benchmarks.parsing import measure_parsing
from benchmarks.planning import measure_planning
from benchmarks.relay import measure_relay
from benchmarks.report import document_of, ratios, surroundings, table_of
from benchmarks.scratch import scratch_database
from benchmarks.sizes import Sizes
from benchmarks.store import events_of, measure_appends
from benchmarks.yardsticks import measure_yardsticks
from cli.long_work import LongWork
from cli.output import RunningHawk, say
from shared.errors import HawkError
from tools.local_stack import registry
from tools.local_stack.paths import DataDir
from tools.local_stack.servers import keep_passwords
from tools.local_stack.shutdown import take_down
from tools.local_stack.state import running_state
from tools.long_work import Report, Step

SCRATCH = "hawk_bench"
KEPT_VARIABLES = frozenset({"HAWK_CACHE", "HAWK_MAVEN_REPOSITORY"})
"""Where jars come from; every other setting of the user's is about another HAWK."""

RATE_MAX = 30
"""Answers a second: of more, a run of a minute would need more orders than the demo's exposures have room for."""

GROWN_MAX = 30_000
"""Workflows of a history: its days must not begin before the demo's reference data do."""

PARTS = 6
"""Of a run: what `measure` goes through."""

TABLE_COLUMNS = 120
"""A file or a pipe has no width; a narrower terminal breaks the lines itself."""


async def measure(hawk: RunningHawk, sizes: Sizes, report: Report) -> list[Section]:
    """All sections, in the order of the table. HAWK first: the others take their rows and events from its run."""
    parts = count()

    def _next(what: str) -> None:
        report(Step(f"Benchmark: {what}", next(parts), PARTS, "parts"))

    _next(f"{sizes.warm_up} + {sizes.alone} + {sizes.loaded} workflows through HAWK")
    (workflows, costs), done = await measure_workflows(hawk, sizes)
    _next("planning")
    planning = await measure_planning(hawk.dsn("hawk_reader"), sizes)
    _next("the same rows as the plan would write them, and by COPY")
    yardsticks = await measure_yardsticks(hawk.admin_dsn, done, sizes)
    events = await events_of(hawk.dsn("hawk_reader"), done[0])
    passwords = keep_passwords(hawk.data.role_passwords)
    async with scratch_database(hawk.admin_dsn, SCRATCH, passwords) as scratch:
        _next("appends")
        appends = await measure_appends(scratch, events, sizes)
        _next("the relay")
        relay = await measure_relay(scratch, hawk.bootstrap, events, sizes)
        _next("the parser")
        parsing = await measure_parsing(scratch, hawk.bootstrap, sizes)
        _say("the overview")
        seen = await measure_overview(scratch, sizes)
    return [parsing, planning, appends, relay, workflows, costs, seen, yardsticks, ratios([workflows, yardsticks])]


async def measure_grown(
    place: DataDir, sizes: Sizes, workflows: int, report: Report
) -> tuple[RunningHawk, list[Section]]:
    """All sections on a store that was filled first, and what has grown beside a fresh one."""
    fresh_place = DataDir.at(place.root.with_name("fresh"))
    try:
        start(fresh_place)
        _say("first a fresh store")
        fresh, _ = await measure_workflows(RunningHawk(fresh_place, running_state(fresh_place)), sizes)
    finally:
        take_down(fresh_place)
        registry.forget(fresh_place)
    with tempfile.TemporaryDirectory(prefix="hawk-bench-") as rows:
        write_first_rows(Path(rows), workflows)
        start(place, "--reference", rows)
    hawk = await fill(RunningHawk(place, running_state(place)), workflows, report)
    _say("the whole history again")
    audit = measure_audit(place)
    sections = await measure(hawk, sizes, report)
    return hawk, [*sections, audit, beside_fresh(fresh, sections)]


def main() -> int:
    """Run all of it once."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--workflows", type=int, default=Sizes().loaded, help="workflows under load (%(default)s)")
    parser.add_argument("--rate", type=float, help="only this: answers at so many a second, whatever HAWK does")
    parser.add_argument("--grown", type=int, help="first fill the store with so many executed workflows")
    chosen = parser.parse_args()
    if chosen.workflows < 1:
        parser.error("--workflows: at least one.")
    if chosen.rate is not None and not 0 < chosen.rate <= RATE_MAX:
        parser.error(f"--rate: above 0, at most {RATE_MAX}.")
    if chosen.grown is not None and not 1 <= chosen.grown <= GROWN_MAX:
        parser.error(f"--grown: at least one, at most {GROWN_MAX:,}.")
    sizes = Sizes(loaded=chosen.workflows)
    for name in [name for name in os.environ if name.startswith("HAWK_") and name not in KEPT_VARIABLES]:
        del os.environ[name]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    began, load = time.monotonic(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="hawk-bench-", ignore_cleanup_errors=True) as folder:
        place = DataDir.at(Path(folder) / "data")
        try:
            with LongWork() as work:
                hawk, sections = asyncio.run(_chosen(place, sizes, chosen, work.report))
            around = asyncio.run(surroundings(hawk.dsn("hawk_reader"), sizes, load))
        except HawkError as error:
            say(("The benchmark failed. ", "red"), str(error))
            return 1
        finally:
            take_down(place)
            registry.forget(place)
    around["seconds"] = f"{time.monotonic() - began:.0f}"
    if chosen.json:
        sys.stdout.write(json.dumps(document_of(sections, around), indent=2, ensure_ascii=False) + "\n")
        return 0
    out = Console(highlight=False)
    out.width = max(out.width, TABLE_COLUMNS)
    out.print(table_of(sections))
    for name, value in around.items():
        out.print(f"[dim]{name}: {value}[/]", soft_wrap=True)
    return 0


async def _chosen(
    place: DataDir, sizes: Sizes, chosen: argparse.Namespace, report: Report
) -> tuple[RunningHawk, list[Section]]:
    if chosen.grown:
        return await measure_grown(place, sizes, chosen.grown, report)
    start(place)
    hawk = RunningHawk(place, running_state(place))
    return hawk, await (measure_rate(hawk, sizes, chosen.rate) if chosen.rate else measure(hawk, sizes, report))


def start(place: DataDir, *options: str) -> None:
    """Start a HAWK in a directory, with the demo's data where no option names others.

    Raises:
        BenchmarkFailed: it did not start.
    """
    _say("starting a HAWK of its own")
    command = (sys.executable, "-m", "cli", "up", "--detach", "--data", str(place.root), *options)
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BenchmarkFailed(f"HAWK did not start: {done.stderr.strip()}")


def _say(what: str) -> None:
    say((f"Benchmark: {what} …", "dim"))


if __name__ == "__main__":
    sys.exit(main())
