"""`python -m tests.chaos.burst`: orders all at once, far more than are carried out at a time, and what goes with it.

It starts a HAWK of its own, whose positions are scaled so that no order is refused, has all orders planned and asked
for, approves them as fast as it can, and waits. Exit status 1 unless every order was POSTED, nothing was sent again,
undone or handed to a person, Murex's book equals the ledger and `hawk verify` finds nothing.
"""

# ruff: noqa: T201 - it talks to a person at a terminal

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.driver import Driver, Run
from benchmarks.orders import Answers
from cli.output import RunningHawk
from demo.reference.load import demo_rows
from shared.events import topics
from shared.hedging.facts import SINGAPORE
from tests.support.eventually import eventually_async
from tests.support.hawk import Hawk
from tests.support.scratch import scratch_folder
from tests.support.storm.foreign import publish_foreign
from tests.support.storm.invariants import Findings, checked
from tests.support.storm.orders import Asked
from tests.support.storm.storm import Outcome
from tools.local_stack.paths import DataDir
from tools.local_stack.state import running_state

SCALE = 100
"""Positions and limits are so many times the demo's."""
SCALED = {
    "position_nav_master": (
        "current_position", "coi_amount", "re_amount", "buffer_amount", "optimal_car_amount", "computed_total_nav",
    ),
    "threshold_configuration": ("warning_level", "critical_level", "maximum_limit"),
}  # fmt: skip
TOLD_SECONDS = 10.0
RUN_SECONDS_MAX = 3_600.0
STILL_SECONDS_MAX = 300.0
"""Nothing ends for so long: something hangs."""
COUNTED = {
    "begun": "type = 'ExecutionPrepared'",
    "posted": "type = 'JournalPosted'",
    "enquired": "type = 'DealStatusEnquired'",
    "sent again": "type = 'DealSent' AND (data->>'attempt')::int > 1",
    "cancels": "type = 'DealCancelSent'",
    "undone": "type = 'CompensationStarted'",
    "with a person": "type = 'InterventionRequired'",
    "waited": "type = 'TurnAwaited'",
}
MUST_BE_NONE = ("sent again", "cancels", "undone", "with a person")
COUNTS = "SELECT " + ", ".join(f'count(*) FILTER (WHERE {of}) AS "{name}"' for name, of in COUNTED.items())
STATES = """
    SELECT DISTINCT ON (stream) data->>'workflow_id' AS workflow_id, data->>'state' AS state, recorded_at
    FROM es.events WHERE type = 'ProgressReported' ORDER BY stream, version DESC
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the command line asks for."""

    orders: int
    rate: int
    foreign: int
    kill: bool


def main() -> int:
    """Run it once; 0 when everything is in order."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.burst", description=__doc__)
    parser.add_argument("--orders", type=int, default=1_500, help="in all (%(default)s)")
    parser.add_argument("--rate", type=int, default=0, help="orders a second; 0: all at once")
    parser.add_argument("--murex-seconds", type=int, default=0, help="until Murex answers")
    parser.add_argument("--foreign", type=int, default=0, help="records of others on hawk.murex.answers, as it begins")
    parser.add_argument("--kill", action="store_true", help="kill the executor when half are posted")
    given = parser.parse_args()
    with scratch_folder() as folder:
        hawk = Hawk(folder / "data")
        try:
            hawk.up("--reference", str(_reference(folder)), "--murex-script", str(_script(folder, given.murex_seconds)))
            print(f"HAWK is up; {vars(given)}", flush=True)
            found = asyncio.run(_run(hawk, Chosen(given.orders, given.rate, given.foreign, given.kill)))
        finally:
            hawk.down()
    for sentence in (*found.lost, *found.doubled, *found.wrong):
        print(f"NOT in order: {sentence}")
    print("in order" if found.ok else "NOT in order")
    return 0 if found.ok else 1


def _reference(folder: Path) -> Path:
    """The demo's rows, with larger positions."""
    place = folder / "reference"
    place.mkdir()
    lines = []
    for each in demo_rows(datetime.now(SINGAPORE).date()):
        row = dict(each.row)
        scaled = [name for name in SCALED.get(each.table, ()) if row.get(name) is not None]
        row |= {name: f"{Decimal(row[name]) * SCALE:f}" for name in scaled}
        lines.append(json.dumps({"table": each.table, "operation": "UPSERT", "row": row}))
    (place / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return place


def _script(folder: Path, seconds: int) -> Path:
    file = folder / "murex.json"
    file.write_text(json.dumps([{"answer": "LATE", "after_seconds": seconds}] if seconds else []), encoding="utf-8")
    return file


async def _run(hawk: Hawk, chosen: Chosen) -> Findings:
    place = DataDir.at(hawk.data)
    async with Driver(RunningHawk(place, running_state(place))) as driver:
        began = time.monotonic()
        runs = await _asked_for(driver, chosen)
        print(f"{len(runs)} asked for after {time.monotonic() - began:.0f} s", flush=True)
        if chosen.foreign:
            await publish_foreign(hawk.known["kafka"]["bootstrap"], chosen.foreign)
            print(f"{chosen.foreign} records of others are on {topics.MUREX_ANSWERS}", flush=True)
        began = time.monotonic()
        async with _helped(hawk, chosen):
            if not chosen.rate:
                await asyncio.gather(*(_approved(driver, each) for each in runs))
                print(f"all approved after {time.monotonic() - began:.0f} s", flush=True)
            counts = await _until_nothing_moves(hawk, len(runs))
        print(f"after {time.monotonic() - began:.0f} s: {counts}", flush=True)
    return await asyncio.to_thread(_judged, hawk, runs, counts)


async def _asked_for(driver: Driver, chosen: Chosen) -> list[Run]:
    """All orders, planned and waiting for people; with a rate each is approved as soon as it may be."""
    answers = Answers().take(chosen.orders)
    if not chosen.rate:
        runs = await driver._publish(answers)
        await asyncio.gather(*(driver._until(each.asked, each) for each in runs))
        return runs
    runs, approvals, began = [], [], time.monotonic()
    for number, answer in enumerate(answers):
        await asyncio.sleep(max(0.0, began + number / chosen.rate - time.monotonic()))
        (run,) = await driver._publish([answer])
        runs.append(run)
        approvals.append(asyncio.create_task(_approved(driver, run)))
    await asyncio.gather(*approvals)
    return runs


async def _approved(driver: Driver, run: Run) -> None:
    await driver._until(run.asked, run)
    async with driver._decisions:
        await driver._approve(run)


@asynccontextmanager
async def _helped(hawk: Hawk, chosen: Chosen) -> AsyncIterator[None]:
    """What happens to HAWK meanwhile."""
    task = asyncio.create_task(_kill_half_way(hawk, chosen.orders)) if chosen.kill else None
    yield
    if task is not None:
        await task


async def _kill_half_way(hawk: Hawk, orders: int) -> None:
    await eventually_async(
        lambda: _counted(hawk), RUN_SECONDS_MAX, until=lambda counts: counts["posted"] >= orders // 2
    )
    pid = json.loads((hawk.data / "state.json").read_text())["processes"]["executor"]["pid"]
    os.kill(pid, signal.SIGKILL)
    print("the executor was killed", flush=True)


async def _until_nothing_moves(hawk: Hawk, orders: int) -> dict[str, Any]:
    before, since, last_told = {}, time.monotonic(), 0.0
    while True:
        counts = await _counted(hawk)
        if counts["posted"] + counts["undone"] + counts["with a person"] >= orders:
            return counts
        if counts != before:
            before, since = counts, time.monotonic()
        if time.monotonic() - since > STILL_SECONDS_MAX:
            return counts
        if time.monotonic() - last_told > TOLD_SECONDS:
            last_told = time.monotonic()
            print({name: count for name, count in counts.items() if count}, flush=True)
        await asyncio.sleep(1.0)


async def _counted(hawk: Hawk) -> dict[str, Any]:
    (row,) = await asyncio.to_thread(hawk.query, f"{COUNTS} FROM es.events")
    return dict(row)


def _judged(hawk: Hawk, runs: Sequence[Run], counts: dict[str, Any]) -> Findings:
    hawk.settled(STILL_SECONDS_MAX)
    ended = {row["workflow_id"]: (row["state"], row["recorded_at"]) for row in hawk.query(STATES)}
    print(f"states: {dict(Counter(state for state, _ in ended.values()))}", flush=True)
    asked = [Asked(each.response_id, each.workflow_id, "A-COI") for each in runs]
    found = checked(hawk, Outcome(asked=asked, ended=ended))
    found.wrong += [f"{counts[name]} {name}" for name in MUST_BE_NONE if counts[name]]
    return found


if __name__ == "__main__":
    sys.exit(main())
