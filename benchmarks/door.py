"""`python -m benchmarks.door`: processor time a workflow with the check at the door and without it.

One HAWK of its own, in whose services the check can be left out while it runs (`benchmarks.unchecked`): so both ways
take turns on warm processes, several times within each pair, and what else the machine does falls on both. The
processor time is that of all processes of HAWK, of PostgreSQL and of Kafka.
"""

import argparse
import asyncio
import logging
import os
import statistics
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import structlog

from benchmarks.__main__ import KEPT_VARIABLES, start
from benchmarks.costs import seconds_of
from benchmarks.driver import BenchmarkFailed, Driver
from benchmarks.orders import Answers
from benchmarks.unchecked import write_site
from cli.output import RunningHawk
from shared.errors import HawkError
from tools.local_stack import registry
from tools.local_stack.paths import DataDir
from tools.local_stack.shutdown import take_down
from tools.local_stack.state import running_state

ROOT = Path(__file__).resolve().parent.parent
PAIRS = 9
"""So many that chance, which moves one ratio by 5 %, moves the median by less than 2 %."""
WORKFLOWS = 64
"""In each half of a pair: with 24, halves without any difference lay up to 8 % apart. The driver's own time is not
counted."""
TURNS = (True, False, False, True, True, False, False, True)
"""Who takes the next part of a pair, with the check or without it: a machine that grows slower or faster meanwhile, by
a half within minutes where others share it, does so for both alike."""
WARM_UP = 12
RATIO_MAX = 1.05
"""What the check may cost: the median of all pairs."""
QUIET_SECONDS = 1.0
"""After the last message, for what follows it in the background."""


async def measure(hawk: RunningHawk, switch: Path, pairs: int, workflows: int) -> list[tuple[float, float]]:
    """Milliseconds a workflow, with the check and without it, for each pair."""
    answers = Answers()
    found: list[tuple[float, float]] = []

    async def part(driver: Driver, *, checked: bool) -> float:
        _set(switch, checked=checked)
        before = _seconds(hawk)
        await driver.all_at_once(answers.take(workflows * 2 // len(TURNS)))
        await asyncio.sleep(QUIET_SECONDS)
        return 1000 * (_seconds(hawk) - before) / workflows

    async with Driver(hawk) as driver:
        await driver.all_at_once(answers.take(WARM_UP))
        for number in range(pairs):
            spent = [(checked, await part(driver, checked=checked)) for checked in TURNS]
            with_check = sum(each for checked, each in spent if checked)
            without = sum(each for checked, each in spent if not checked)
            found.append((with_check, without))
            sys.stderr.write(f"pair {number + 1}: {with_check:.0f} ms with, {without:.0f} ms without the check\n")
    return found


def _seconds(hawk: RunningHawk) -> float:
    return sum(seconds_of(hawk).values())


def _set(switch: Path, *, checked: bool) -> None:
    if checked:
        switch.unlink(missing_ok=True)
    else:
        switch.touch()


def told(pairs: Iterable[tuple[float, float]]) -> tuple[str, bool]:
    """What the pairs say, and whether the check costs no more than it may."""
    both = list(pairs)
    ratio = statistics.median(with_check / without for with_check, without in both)
    with_check, without = (statistics.median(each) for each in zip(*both, strict=True))
    sentence = (
        f"{with_check:.0f} ms of processor time a workflow with the check at the door, {without:.0f} ms without it "
        f"(medians of {len(both)} pairs); median ratio {ratio:.3f}, at most {RATIO_MAX} is asked for."
    )
    return sentence, ratio <= RATIO_MAX


def main() -> int:
    """Run all of it once."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.door", description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--workflows", type=int, default=WORKFLOWS, help="of each half of a pair (%(default)s)")
    chosen = parser.parse_args()
    if chosen.workflows < 1 or chosen.workflows * 2 % len(TURNS):
        parser.error(f"--workflows must be a multiple of {len(TURNS) // 2}; {chosen.workflows} is none.")
    for name in [name for name in os.environ if name.startswith("HAWK_") and name not in KEPT_VARIABLES]:
        del os.environ[name]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(prefix="hawk-bench-", ignore_cleanup_errors=True) as folder:
        place, switch, site = DataDir.at(Path(folder) / "data"), Path(folder) / "unchecked", Path(folder) / "site"
        write_site(site, switch)
        os.environ["PYTHONPATH"] = os.pathsep.join((str(site), str(ROOT), os.environ.get("PYTHONPATH", "")))
        try:
            start(place)
            hawk = RunningHawk(place, running_state(place))
            sentence, well = told(asyncio.run(measure(hawk, switch, chosen.pairs, chosen.workflows)))
        except (HawkError, BenchmarkFailed) as error:
            sys.stderr.write(f"The benchmark failed. {error}\n")
            return 1
        finally:
            take_down(place)
            registry.forget(place)
    sys.stdout.write(sentence + "\n")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
