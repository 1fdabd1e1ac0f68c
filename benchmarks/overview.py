"""The monitor's overview over a hundred thousand workflows: each filter through HTTP, until the answer is there."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import httpx
from fastapi import FastAPI

from benchmarks.driver import BenchmarkFailed
from benchmarks.figures import Figure, Section, percentile
from benchmarks.scratch import Scratch
from benchmarks.sizes import Sizes
from services.monitor.overview.http import overview_routes
from services.monitor.overview.lines import Attention, subject_of
from services.monitor.overview.store import PostgresLines
from shared.errors import Defect
from shared.messaging.database import open_pool

ROLE: Final = "hawk_monitor"
WORKFLOWS: Final = 100_000
START: Final = datetime(2026, 11, 1, tzinfo=UTC)
STATES: Final = (
    ("POSTED",) * 90 + ("COMPENSATED",) * 4 + ("AWAITING_APPROVAL",) * 3 + ("BOOKING", "REFUSED", "COMPLETED")
)
RARE: Final = 10_000
"""One workflow of so many is unlike all others: it needs a person, and has a model, a currency, a maker of its own."""
CURRENCIES: Final = ("USD", "HKD", "CNY", "KRW", "JPY")

FILTERS: Final[Sequence[dict[str, str]]] = (
    {},
    {"group": "failed"},
    {"group": "waiting"},
    {"state": "NEEDS_INTERVENTION"},
    {"state": "POSTED", "maker": "maker-7"},
    {"model": "R-RE"},
    {"model": "A-COI"},
    {"currency": "VND"},
    {"currency": "HKD"},
    {"maker": "rita"},
    {"entity": "ENTITY9999"},
    {"entity": "ENTITY0007"},
    {"since": "2026-11-03T00:00:00Z", "until": "2026-11-04T00:00:00Z"},
    {"q": "ord-"},
    {"q": "mx0000500001"},
    {"q": "nobody's"},
    {"group": "failed", "model": "B-COI", "currency": "CNY", "entity": "ENTITY0007", "maker": "maker-7"},
    {"before": f"{WORKFLOWS // 2:08x}-workflow"},
)


async def measure_overview(scratch: Scratch, sizes: Sizes) -> Section:
    """Ask for the overview with each filter in turn, one question at a time.

    Raises:
        BenchmarkFailed: it was not answered.
    """
    await fill_overview(scratch.dsn(ROLE), scratch.admin_dsn)
    pool = await open_pool(scratch.dsn(ROLE), application="bench", min_size=1, max_size=2)
    app = FastAPI()
    app.include_router(overview_routes(PostgresLines(lambda: pool), lambda: datetime.now(UTC), ""))
    took: dict[str, list[float]] = {}
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://monitor") as client:
            for _ in range(sizes.overview_rounds):
                for wanted in FILTERS:
                    took.setdefault(str(wanted), []).append(await _asked(client, wanted))
    finally:
        await pool.close()
    every = [seconds for each in took.values() for seconds in each]
    slowest = max(took, key=lambda wanted: percentile(took[wanted], 50))
    sample = f"{WORKFLOWS:,} workflows, {len(FILTERS)} filters, {sizes.overview_rounds} times each"
    return Section(
        "The monitor's overview",
        (
            Figure("overview_p50_ms", "A page, p50", 1000 * percentile(every, 50), "ms", sample),
            Figure("overview_p99_ms", "A page, p99", 1000 * percentile(every, 99), "ms", sample),
            Figure(
                "overview_slowest_ms", "The slowest filter, p50", 1000 * percentile(took[slowest], 50), "ms", slowest
            ),
        ),
    )


async def _asked(client: httpx.AsyncClient, wanted: dict[str, str]) -> float:
    began = time.perf_counter()
    answer = await client.get("/overview", params=wanted)
    took = time.perf_counter() - began
    if answer.status_code != httpx.codes.OK:
        raise BenchmarkFailed(f"The overview with {wanted}: {answer.status_code} {answer.text[:300]}")
    return took


async def fill_overview(dsn: str, admin_dsn: str) -> None:
    """Write a hundred thousand workflows, one every ten seconds, with their last messages and their names.

    Args:
        dsn: of the monitor's role.
        admin_dsn: of the owner, who brings the statistics up to date.
    """
    workflows, messages, names = [], [], []
    for number in range(WORKFLOWS):
        at, state = START + timedelta(seconds=10 * number), STATES[number % len(STATES)]
        state = "NEEDS_INTERVENTION" if number % RARE == 0 else state
        workflow, response = f"{number:08x}-workflow", f"response-{number}"
        attention = Attention.MUREX if state == "BOOKING" and number > WORKFLOWS - 1_000 else None
        text = json.dumps(_subject(number))
        workflows.append((workflow, response, state, 9, at, text, 3, 0, at, attention))
        message = {"state": state, "status": "Booking", "at": at.isoformat(), "stage": "2", "stages": {}}
        messages.append((workflow, response, 9, json.dumps(message), number + 1))
        names += [(workflow, workflow), (response, workflow), (f"ord-{number:08x}", workflow)]
        names += [(f"mx{number:09}{deal}", workflow) for deal in range(6)]
    connection = await asyncpg.connect(dsn)
    try:
        for table, rows, columns in (
            ("workflows", workflows, (
                "workflow_id", "response_id", "state", "sequence", "created_at", "subject", "told", "acknowledged",
                "changed_at", "attention",
            )),
            ("progress", messages, ("workflow_id", "response_id", "sequence", "message", "feed_id")),
            ("names", names, ("name", "workflow_id")),
        ):  # fmt: skip
            await connection.copy_records_to_table(table, schema_name="monitor", records=rows, columns=columns)
    finally:
        await connection.close()
    owner = await asyncpg.connect(admin_dsn)
    try:
        await owner.execute("VACUUM ANALYZE monitor.workflows, monitor.names, monitor.progress")
    finally:
        await owner.close()


def _subject(number: int) -> dict[str, Any]:
    rare = number % RARE == 0
    document: dict[str, Any] = {
        "instruction_type": "I",
        "nav_type": "COI",
        "model": "R-RE" if rare else f"{'ABC'[number % 3]}-COI",
        "exposure_currency": "VND" if rare else CURRENCIES[number % 5],
        "amount": "25000000.00",
        "order_id": f"ORD-{number:08X}",
        "maker": {"name": "rita" if rare else f"maker-{number % 50}", "verified": True},
        "entities": [{"entity_id": "ENTITY9999" if rare else f"ENTITY{number % 40:04}", "entity_name": "An Entity"}],
        "deals": [{}] * 6,
    }
    found = subject_of("plan", document)
    if found is None:
        raise Defect("A plan has no subject.")
    return dict(found)
