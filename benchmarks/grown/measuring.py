"""`python -m benchmarks --grown N`: everything on a store with a history of N workflows, beside a fresh store."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from benchmarks.figures import Figure, Section
from benchmarks.grown.days import days_of, first_rows
from shared.hedging.facts import SINGAPORE

SHOWN = ("cpu_loaded", "rows_read_loaded", "statements", "cpu_loaded_postgres")
"""Keys of what must not grow, by section `What a workflow costs`."""


def write_first_rows(folder: Path, count: int) -> None:
    """Write the reference data with which the history begins, for `hawk up --reference`."""
    today = datetime.now(SINGAPORE).date()
    first = days_of(count, today)[0]
    rows = ({"table": row.table, "operation": row.operation, "row": row.row} for row in first_rows(first, today))
    (folder / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


def beside_fresh(fresh: Sequence[Section], grown: Sequence[Section]) -> Section:
    """Return how many times as much each cost is as on the fresh store."""
    before, after = (
        {figure.key: figure for section in sections for figure in section.figures} for sections in (fresh, grown)
    )
    return Section(
        "A long history : a fresh store",
        tuple(
            Figure(
                f"grown_{key}", before[key].name.strip(), after[key].value / before[key].value, ": 1",
                f"{after[key].value:,.0f} : {before[key].value:,.0f}",
            )
            for key in SHOWN
        ),
    )  # fmt: skip
