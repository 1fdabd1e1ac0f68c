"""`hawk simulate`: thousands of runs with faults, in virtual time and without a server."""

import gc
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import Annotated, Any

import typer

from cli.long_work import LongWork
from cli.output import NOT_SO, JsonOption, print_json, say, tell
from tools.long_work import Step
from tools.simulation.desk import Desk
from tools.simulation.run import START, Outcome, Run

SEEDS = 1_000
PROCESSES = 2
#: Seeds that a process takes at a time; a failure is reported when its portion is complete.
PORTION = 50
#: Failures that are printed in full; the others are counted and listed.
DETAILED_MAX = 3


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(simulate)


def simulate(
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, max=10_000_000, help="The number of runs, each with its own seed.")
    ] = SEEDS,
    first: Annotated[int, typer.Option("--first", min=0, help="The first seed.")] = 1,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Only the run with this seed, to replay a failure.")
    ] = None,
    trace: Annotated[bool, typer.Option("--trace", help="With --seed: print every step and its virtual time.")] = False,
    processes: Annotated[
        int, typer.Option("--processes", min=1, max=64, help="The number of parallel processes.")
    ] = PROCESSES,
    as_json: JsonOption = False,
) -> None:
    """Run workflows through crashes, lost messages and contradictory replies of Murex, and check the invariants.

    HAWK's own decisions run over an event store, topics and a clock in memory. A run depends on its seed alone, so it
    can be repeated. Exit status 1 when an invariant fails in one of the runs.
    \f

    Raises:
        typer.BadParameter: --trace is given without --seed.
        typer.Exit: status 1, an invariant failed in one of the runs.
    """
    if trace and seed is None:
        raise typer.BadParameter("--trace prints one run. Choose it with --seed.")
    began = time.monotonic()
    numbers = range(first, first + seeds) if seed is None else range(seed, seed + 1)
    failed: list[Outcome] = []
    endings: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    steps = 0
    with LongWork() as work:
        work.report(Step("Simulating", 0, len(numbers), "runs"))
        for done, outcome in enumerate(_outcomes(numbers, processes, trace=trace), start=1):
            steps += outcome.steps
            endings.update(outcome.endings)
            faults.update(outcome.faults)
            if outcome.invariant is not None:
                failed.append(outcome)
            if not as_json:
                _print(outcome, trace=trace, detailed=trace or len(failed) <= DETAILED_MAX)
            work.report(Step("Simulating", done, len(numbers), "runs"))
    seconds = time.monotonic() - began
    if as_json:
        print_json(_document(numbers, failed, steps, endings, faults, seconds))
    else:
        tell(
            f"{len(numbers)} runs, {steps} steps, {faults.total()} faults, {endings.total()} workflows "
            f"({_counted(endings)}) in {seconds:.1f} s: "
            + (f"{len(failed)} failed, seeds {_listed(failed)}" if failed else "every invariant held"),
        )
    if failed:
        raise typer.Exit(NOT_SO)


def demo_desk() -> Desk:
    """Return the planning of the simulation over the demo's reference rows."""
    from demo.reference.load import demo_rows

    rows: dict[str, list[dict[str, Any]]] = {}
    for each in demo_rows(START.date()):
        rows.setdefault(each.table, []).append(each.row)
    return Desk(rows)


def _outcomes(numbers: Sequence[int], processes: int, *, trace: bool) -> Iterator[Outcome]:
    """Yield the outcomes in the order of the seeds, from all processes."""
    if processes == 1 or len(numbers) <= PORTION:
        yield from _portion(numbers, trace=trace)
        return
    portions = [numbers[start : start + PORTION] for start in range(0, len(numbers), PORTION)]
    with ProcessPoolExecutor(processes) as pool:
        for outcomes in pool.map(_portion, portions):
            yield from outcomes


def _portion(numbers: Sequence[int], *, trace: bool = False) -> list[Outcome]:
    """Return the outcomes of runs, one after another. Garbage is collected between portions: the kept plans are so many
    objects that collections during the runs would take a quarter of the time."""
    gc.disable()
    try:
        return [Run(number, _desk(), all_lines=trace).outcome() for number in numbers]
    finally:
        gc.enable()
        gc.collect()


@cache
def _desk() -> Desk:
    """Return the one planning of this process, which keeps its plans."""
    return demo_desk()


def _print(outcome: Outcome, *, trace: bool, detailed: bool) -> None:
    if trace:
        for line in outcome.lines:
            tell(line)
    if outcome.invariant is None:
        return
    say((f"seed {outcome.seed}: {outcome.invariant} failed: {outcome.what}", "red"))
    if detailed and not trace:
        for line in outcome.lines:
            say(line)
        say(f"Replay it with: {_replay(outcome)}")


def _document(
    numbers: Sequence[int],
    failed: Sequence[Outcome],
    steps: int,
    endings: Counter[str],
    faults: Counter[str],
    seconds: float,
) -> dict[str, Any]:
    return {
        "runs": len(numbers),
        "first_seed": numbers[0],
        "steps": steps,
        "seconds": f"{seconds:.1f}",
        "workflows": dict(sorted(endings.items())),
        "faults": dict(sorted(faults.items())),
        "failed": [
            {"seed": each.seed, "invariant": each.invariant, "what": each.what, "replay": _replay(each)}
            for each in failed
        ],
    }


def _replay(outcome: Outcome) -> str:
    return f"hawk simulate --seed {outcome.seed} --trace"


def _counted(endings: Counter[str]) -> str:
    return ", ".join(f"{count} {state}" for state, count in endings.most_common())


def _listed(failed: Sequence[Outcome]) -> str:
    shown = ", ".join(str(outcome.seed) for outcome in failed[:10])
    return shown + (", …" if len(failed) > 10 else "")
