"""What a storm was like, as tables for people."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from rich.table import Table

from tests.support.hawk import Hawk
from tests.support.storm.invariants import Findings
from tests.support.storm.storm import Outcome

APPROVED = "SELECT data->>'workflow_id' AS workflow_id, recorded_at FROM es.events WHERE type = 'GrantIssued'"
PERCENTS = (50, 90, 99, 100)
FINDINGS_SHOWN = 20


def of_faults(outcome: Outcome) -> Table:
    """Kind, how often, and how long until HAWK was whole and until it posted again."""
    table = _table("fault", "count", "all ready again, s", "next workflow posted, s", title="Faults (median / longest)")
    kinds: dict[str, list[tuple[float, float | None]]] = {}
    for one in outcome.recovered:
        kinds.setdefault(one.blow.kind, []).append((one.ready_seconds, one.posted_seconds))
    for kind, times in sorted(kinds.items()):
        posted = [seconds for _, seconds in times if seconds is not None]
        table.add_row(kind, str(len(times)), _middle_and_longest([ready for ready, _ in times]),
                      _middle_and_longest(posted))  # fmt: skip
    table.add_row("in all", str(len(outcome.recovered)), "", "", end_section=True)
    return table


def of_troubles(outcome: Outcome) -> Table:
    """What Murex did, and how the workflows ended."""
    table = _table("Murex", "workflows", "ended", title="Answers of Murex")
    kinds: dict[str, Counter[str]] = {}
    for one in outcome.asked:
        state = outcome.ended.get(one.workflow_id, ("nothing",))[0]
        kinds.setdefault(one.trouble or "acknowledges all", Counter())[state] += 1
    for kind, states in sorted(kinds.items()):
        ends = ", ".join(f"{state} {number}" for state, number in states.most_common())
        table.add_row(kind, str(states.total()), ends)
    return table


def of_latencies(hawk: Hawk, outcome: Outcome) -> Table:
    """From the approval to POSTED, as the event store recorded both."""
    table = _table("approval to POSTED, s", "workflows", *(f"p{each}" for each in PERCENTS[:-1]), "longest",
                   title="Latency during the faults")  # fmt: skip
    approved: dict[str, datetime] = {row["workflow_id"]: row["recorded_at"] for row in hawk.query(APPROVED)}
    by_trouble: dict[bool, list[float]] = {False: [], True: []}
    for one in outcome.asked:
        state, at = outcome.ended.get(one.workflow_id, ("", None))
        if state == "POSTED" and at is not None and one.workflow_id in approved:
            by_trouble[one.trouble is not None].append((at - approved[one.workflow_id]).total_seconds())
    for name, seconds in (("Murex acknowledges all", by_trouble[False]), ("Murex does not", by_trouble[True])):
        figures = [f"{_percentile(seconds, each):.1f}" if seconds else "–" for each in PERCENTS]
        table.add_row(name, str(len(seconds)), *figures)
    return table


def of_models(outcome: Outcome) -> str:
    """How many workflows of which model."""
    models = Counter(one.model for one in outcome.asked)
    return f"{len(outcome.asked)} workflows: " + ", ".join(f"{model} {models[model]}" for model in sorted(models))


def verdict(found: Findings) -> str:
    """One line that says it, and what is wrong below it."""
    wrong = [*found.lost, *found.doubled, *found.wrong]
    shown = "".join(f"\n  {each}" for each in wrong[:FINDINGS_SHOWN])
    more = f"\n  and {len(wrong) - FINDINGS_SHOWN} more" if len(wrong) > FINDINGS_SHOWN else ""
    held = "all invariants hold" if found.ok else "NOT in order"
    return (
        f"{len(found.lost)} lost, {len(found.doubled)} doubled, {len(found.wrong)} otherwise wrong: {held}{shown}{more}"
    )


def _table(*columns: str, title: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", title=title, title_justify="left")
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number == 0 else "right", no_wrap=number == 0)
    return table


def _middle_and_longest(seconds: Sequence[float]) -> str:
    return f"{_percentile(seconds, 50):.1f} / {max(seconds):.1f}" if seconds else "–"


def _percentile(values: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]
