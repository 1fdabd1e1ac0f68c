"""HAWK end to end: workflows a second, and from the decision to COMPLETED."""

from collections.abc import Sequence

from benchmarks.driver import Driver, Run
from benchmarks.figures import Figure, Section, milliseconds
from benchmarks.orders import EXPOSURES, Answers
from benchmarks.sizes import Sizes
from cli.output import RunningHawk


async def measure_workflows(hawk: RunningHawk, sizes: Sizes) -> tuple[Section, tuple[str, ...]]:
    """The figures, and the workflows that were posted under load: what the yardsticks write again.

    Raises:
        BenchmarkFailed: a workflow ended otherwise than POSTED.
    """
    answers = Answers()
    async with Driver(hawk) as driver:
        await driver.all_at_once(answers.take(sizes.warm_up))
        alone = await driver.one_at_a_time(answers.take(sizes.alone))
        loaded = await driver.all_at_once(answers.take(sizes.loaded))
    took = max(run.posted or 0.0 for run in loaded) - min(run.published for run in loaded)
    hot = f"{len(loaded)} at once on {EXPOSURES} exposures"
    figures = (
        Figure("hawk_workflows_per_second", "Workflows, answer to POSTED", len(loaded) / took, "per s", hot),
        *_latencies("alone", "one at a time", alone, f"{len(alone)} workflows"),
        *_latencies("loaded", "under load", loaded, hot),
    )
    return Section("HAWK, end to end", figures), tuple(run.workflow_id for run in loaded)


def _latencies(key: str, name: str, runs: Sequence[Run], sample: str) -> tuple[Figure, ...]:
    done = [run.seconds_to_completed for run in runs]
    told = [run.seconds_to_told for run in runs]
    return (
        *milliseconds(f"hawk_completed_{key}", f"Approval to COMPLETED, {name}", done, sample),
        *milliseconds(f"hawk_told_{key}", f"Approval to its message, {name}", told, sample),
    )
