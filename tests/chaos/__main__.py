"""`python -m tests.chaos` (`make chaos`): a storm of faults over hundreds of workflows, then a crash at every step.

It starts a HAWK of its own in a temporary directory and stops it. Exit status 1 when anything is lost, doubled or
otherwise wrong; the seed it prints gives the same orders, answers of Murex and order of faults again.
"""

# ruff: noqa: T201 - it talks to a person at a terminal

import argparse
import json
import logging
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from cli.long_work import LongWork
from cli.output import say
from tests.support.crash.control import Control
from tests.support.crash.steps import SCRIPT, crashed_at, observed
from tests.support.hawk import Hawk
from tests.support.scratch import scratch_folder
from tests.support.storm import report
from tests.support.storm.faults import Faults
from tests.support.storm.invariants import checked
from tests.support.storm.orders import asked, script
from tests.support.storm.storm import Storm

WORKFLOWS = 500
FAULTS = 48
CLOSING_SHARE = 0.12
"""Of the workflows: rollovers and terminations of hedges that the same storm opened."""

REPLICAS = ("--replicas", "executor=2,approval=2,monitor=2,parser=2")
STEPS_SECONDS_MAX = 3_600.0
COLUMNS = 110


def main() -> int:
    """All of it once; 0 when everything is in order."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--workflows", type=int, default=WORKFLOWS, help="in the storm (%(default)s)")
    parser.add_argument("--faults", type=int, default=FAULTS, help="in the storm (%(default)s)")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="of an earlier run")
    parser.add_argument("--only", choices=("storm", "steps"), help="leave the other part out")
    parser.add_argument("--replicas", action="store_true", help="a storm over two members of each service instead")
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that the broker is away is what was asked for
    out = Console(highlight=False)
    out.width = max(out.width, COLUMNS)
    ok = True
    if chosen.only != "steps":
        ok = _storm(out, chosen.seed, chosen.workflows, chosen.faults, REPLICAS if chosen.replicas else ())
    if chosen.only != "storm" and not chosen.replicas:
        ok = _steps(out) and ok
    return 0 if ok else 1


def _storm(out: Console, seed: int, workflows: int, faults: int, replicas: Sequence[str]) -> bool:
    rng = random.Random(seed)  # noqa: S311 - nothing secret hangs on it
    orders = asked(rng, f"storm-{seed}", workflows, closing_share=CLOSING_SHARE)
    with scratch_folder() as folder:
        hawk, control = _hawk(folder, script(orders), *replicas, quick=False)
        try:
            possible = Faults(hawk, control, rng, str)
            kinds = _kinds(rng, faults, sorted(possible.of_members if replicas else possible.kinds))
            with LongWork() as work:
                outcome = Storm(hawk, control, rng, orders, kinds, tell=say, report=work.report).run()
            found = checked(hawk, outcome)
            out.print(f"{report.of_models(outcome)}; {len(kinds)} faults of {len(set(kinds))} kinds")
            for table in (report.of_faults(outcome), report.of_troubles(outcome), report.of_latencies(hawk, outcome)):
                out.print(table)
                out.print()
            if found.expired:
                out.print(f"{found.expired} workflows expired before they were approved, when the clock ran ahead")
            out.print(f"after {outcome.seconds:.0f} s: {report.verdict(found)}")
            return found.ok
        finally:
            hawk.down()


def _steps(out: Console) -> bool:
    with scratch_folder() as folder:
        hawk, control = _hawk(folder, SCRIPT, quick=True)
        began = time.monotonic()
        try:
            steps = observed(hawk, control, STEPS_SECONDS_MAX)
            out.print(f"killed before each of {steps.told()}")
            with LongWork() as work:
                workflows = crashed_at(hawk, control, steps, STEPS_SECONDS_MAX, work.report)
        except AssertionError as error:
            out.print(f"NOT in order: {error}", markup=False)
            return False
        else:
            seconds = time.monotonic() - began
            out.print(f"after {seconds:.0f} s: {len(steps)} kills, {len(workflows)} workflows, all invariants hold")
            return True
        finally:
            hawk.down()


def _hawk(folder: Path, rules: list[dict[str, object]], *options: str, quick: bool) -> tuple[Hawk, Control]:
    """A HAWK whose processes obey a control folder, with a Murex that keeps to these rules."""
    file = folder / "murex.json"
    file.write_text(json.dumps(rules), encoding="utf-8")
    control = Control(folder / "control")
    hawk = Hawk(folder / "data", control.environment(quick=quick))
    try:
        hawk.up("--murex-script", str(file), *options)
    except BaseException:
        hawk.down()
        raise
    return hawk, control


def _kinds(rng: random.Random, number: int, kinds: list[str]) -> list[str]:
    """So many faults: all kinds in a random order, then all again."""
    found: list[str] = []
    while len(found) < number:
        found += rng.sample(kinds, len(kinds))
    return found[:number]


if __name__ == "__main__":
    sys.exit(main())
