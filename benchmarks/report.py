"""One table, the ratios, and what they were measured on."""

import asyncio
import dataclasses
import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from rich.table import Table

from benchmarks.figures import Figure, Section
from benchmarks.sizes import SEED, Sizes

SETTINGS = ("server_version", "fsync", "synchronous_commit", "shared_buffers")
"""Of PostgreSQL; the first three decide what a commit costs."""

Document = dict[str, Any]


def ratios(sections: Sequence[Section]) -> Section:
    """HAWK beside the yardsticks of the same run."""
    values = {figure.key: figure.value for section in sections for figure in section.figures}
    hawk, plan, copy = values["hawk_workflows_per_second"], values["plan_n_connections"], values["copy"]
    alone, plan_alone = values["hawk_completed_alone_p50_ms"], values["plan_p50_ms"]
    return Section(
        "Ratios",
        (
            _ratio("plan_to_hawk", "Workflows/s, plan's own design : HAWK", plan / hawk),
            _ratio("copy_to_hawk", "Workflows/s, raw COPY : HAWK", copy / hawk),
            _ratio("copy_to_plan", "Workflows/s, raw COPY : plan's own design", copy / plan),
            _ratio(
                "latency", "Approval to COMPLETED (HAWK) : transaction (plan's own design), p50", alone / plan_alone
            ),
        ),
    )


def _ratio(key: str, name: str, value: float) -> Figure:
    return Figure(f"ratio_{key}", name, value, ": 1", "")


async def surroundings(dsn: str, sizes: Sizes, load_before: float) -> dict[str, str]:
    """What the figures depend on: machine, load, versions, sizes. `load_before`: 1 minute mean before the run."""
    connection = await asyncpg.connect(dsn)
    try:
        settings = {name: str(await connection.fetchval(f"SHOW {name}")) for name in SETTINGS}
    finally:
        await connection.close()
    return {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {await asyncio.to_thread(_processor)}",
        "load_before": f"{load_before:.2f}",
        "python": platform.python_version(),
        "postgresql": ", ".join(f"{name} {value}" for name, value in settings.items()),
        "sizes": ", ".join(f"{field.name} {getattr(sizes, field.name)}" for field in dataclasses.fields(sizes)),
        "seed": str(SEED),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), "")
    except OSError:
        return platform.processor()


def table_of(sections: Sequence[Section]) -> Table:
    """The one table."""
    table = Table(box=None, pad_edge=False, title_justify="left")
    table.add_column("What")
    table.add_column("Figure", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("Measured on", style="dim")
    for section in sections:
        table.add_row(f"[bold]{section.title}[/]", "", "", "")
        for figure in section.figures:
            table.add_row(f"  {figure.name}", _shown(figure.value), figure.unit, figure.sample)
    return table


def document_of(sections: Sequence[Section], around: Mapping[str, str]) -> Document:
    """The same for programs; figures as text with the digits that are shown, as everywhere in HAWK's JSON."""
    return {
        "surroundings": dict(around),
        "sections": [
            {
                "title": section.title,
                "figures": [
                    {**dataclasses.asdict(figure), "value": _digits(figure.value)} for figure in section.figures
                ],
            }
            for section in sections
        ],
    }


def _shown(value: float) -> str:
    return f"{float(_digits(value)):,}" if value < 100 else f"{value:,.0f}"


def _digits(value: float) -> str:
    """Three figures and no more: the next one is noise."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"
