"""Loading says how far it is: rows that are published one by one are counted, a set is waited for as a whole."""

import json
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from tools.local_stack import reference_data, reference_load
from tools.long_work import Step
from tools.reference_files import ReferenceChange

ROWS = [
    ReferenceChange("currency_rates", "UPSERT", f"USD/SGD:{number}", {"rate_value": str(number)}) for number in range(3)
]


class Applying:
    """A database in which one row more is applied at each look, and a set at the third."""

    def __init__(self) -> None:
        self.looks = 0

    async def fetchval(self, query: str, *_: Any) -> int:
        self.looks += 1
        return self.looks

    async def fetch(self, query: str, *_: Any) -> list[Any]:
        return []

    async def fetchrow(self, query: str, *_: Any) -> dict[str, Any] | None:
        if query == reference_data.REFUSED:
            return None
        self.looks += 1
        return None if self.looks < 3 else {"type": "ReferenceSetLoaded", "data": json.dumps({"changed": {}})}

    async def close(self) -> None: ...


@pytest.fixture(autouse=True)
def _applying(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Applying()

    async def connect(_: str) -> Applying:
        return made

    async def published(_: Any, messages: Any, __: str) -> dict[str, Any]:
        return {f"hawk.reference:0:{place}": each for place, each in enumerate(messages)}

    async def sent(*_: Any) -> str:
        return "hawk.reference:0:7"

    monkeypatch.setattr(asyncpg, "connect", connect)
    monkeypatch.setattr(reference_data, "publish", published)
    monkeypatch.setattr(reference_load, "_publish", sent)
    for module in (reference_data, reference_load):
        monkeypatch.setattr(module, "POLL_SECONDS", 0.0)


async def test_rows_are_counted_as_they_are_applied() -> None:
    told: list[Step] = []
    applied = await reference_data.load_reference({}, "dsn", ROWS, datetime(2026, 11, 23, tzinfo=UTC), "pem",
                                                  report=told.append)  # fmt: skip
    assert applied == 3
    assert told == [Step("Applying rows", number, 3, "rows") for number in (1, 2, 3)]


async def test_set_is_waited_for_as_a_whole() -> None:
    told: list[Step] = []
    outcome = await reference_load.load_set({}, "dsn", ROWS, "load-1", "pem", report=told.append)
    assert outcome.loaded
    assert told == [Step("The executor checks 3 rows as a set", 0, None, "rows")] * 2
