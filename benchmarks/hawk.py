"""HAWK end to end: workflows a second, from the decision to COMPLETED, and what a workflow costs."""

from collections.abc import Sequence

from benchmarks.costs import costs_of, spent, statement_figures, statements_counted
from benchmarks.driver import Driver, Run
from benchmarks.figures import Figure, Section, milliseconds
from benchmarks.orders import EXPOSURES, Answers
from benchmarks.sizes import Sizes
from cli.output import RunningHawk


async def measure_workflows(hawk: RunningHawk, sizes: Sizes) -> tuple[tuple[Section, Section], tuple[str, ...]]:
    """The figures, and the workflows that were posted under load: what the yardsticks write again.

    Raises:
        BenchmarkFailed: a workflow ended otherwise than POSTED.
    """
    answers = Answers()
    async with Driver(hawk) as driver:
        await driver.all_at_once(answers.take(sizes.warm_up))
        alone = await driver.one_at_a_time(answers.take(sizes.alone))
        before = await spent(hawk)
        loaded = await driver.all_at_once(answers.take(sizes.loaded))
        after = await spent(hawk)
        async with statements_counted(hawk) as counted:
            await driver.all_at_once(answers.take(sizes.counted))
    took = max(run.posted or 0.0 for run in loaded) - min(run.published for run in loaded)
    hot = f"{len(loaded)} at once on {EXPOSURES} exposures"
    figures = (
        Figure("hawk_workflows_per_second", "Workflows, answer to POSTED", len(loaded) / took, "per s", hot),
        *_latencies("alone", "one at a time", alone, f"{len(alone)} workflows"),
        *_latencies("loaded", "under load", loaded, hot),
    )
    costs = (
        *costs_of(before, after, len(loaded), "loaded", hot),
        *statement_figures(counted, sizes.counted, f"{sizes.counted} at once"),
    )
    sections = Section("HAWK, end to end", figures), Section("What a workflow costs", costs)
    return sections, tuple(run.workflow_id for run in loaded)


async def measure_rate(hawk: RunningHawk, sizes: Sizes, per_second: float) -> list[Section]:
    """The figures of an open loop: answers come at a fixed rate for a while, whatever HAWK does; and of an idle HAWK.

    Raises:
        BenchmarkFailed: a workflow ended otherwise than POSTED.
    """
    answers, count = Answers(), int(per_second * sizes.rate_seconds)
    async with Driver(hawk) as driver:
        await driver.all_at_once(answers.take(sizes.warm_up))
        before = await spent(hawk)
        runs = await driver.at_rate(answers.take(count), per_second)
        after = await spent(hawk)
        rested = await spent(hawk, seconds=sizes.idle_seconds)
    sample = f"{per_second:g} a second for {sizes.rate_seconds:g} s"
    asked = [run.seconds_to_completed_since_asked for run in runs]
    posted = [run.seconds_to_posted for run in runs]
    idle = sum(rested.seconds.values()) - sum(after.seconds.values())
    return [
        Section(
            f"HAWK at a rate: {sample}",
            (
                *milliseconds("rate_completed", "Approval to COMPLETED", asked, sample),
                *milliseconds("rate_posted", "Answer to POSTED, from when it was meant to come", posted, sample),
                *costs_of(before, after, count, "rate", sample),
                Figure("idle", "Nothing to do: of one core", 100 * idle / rested.over, "%", f"{rested.over:.0f} s"),
            ),
        )
    ]


def _latencies(key: str, name: str, runs: Sequence[Run], sample: str) -> tuple[Figure, ...]:
    done = [run.seconds_to_completed for run in runs]
    told = [run.seconds_to_told for run in runs]
    return (
        *milliseconds(f"hawk_completed_{key}", f"Approval to COMPLETED, {name}", done, sample),
        *milliseconds(f"hawk_told_{key}", f"Approval to its message, {name}", told, sample),
    )
