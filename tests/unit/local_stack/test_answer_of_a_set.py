"""What became of a set is told as the executor told it, whenever one looks."""

import json
from typing import Any

import asyncpg
import pytest

from tools.local_stack import reference_load
from tools.local_stack.reference_data import REFUSED


class Meanwhile:
    """A database in which the executor commits its answer and the dead letter between two looks."""

    def __init__(self, looks_before: int) -> None:
        self._looks_before = looks_before

    async def fetchrow(self, query: str, *_: Any) -> dict[str, Any] | None:
        committed, self._looks_before = self._looks_before <= 0, self._looks_before - 1
        if not committed:
            return None
        if query == REFUSED:
            return {"code": "CONFIGURATION_CLOSED", "reason": "the sentence of the dead letter"}
        return {"type": "ReferenceSetRefused", "data": json.dumps({"code": "CONFIGURATION_CLOSED", "findings": []})}

    async def close(self) -> None: ...


@pytest.mark.parametrize("looks_before", range(4))
async def test_a_refused_set_is_answered_with_its_findings_whenever_that_was_committed(
    monkeypatch: pytest.MonkeyPatch, looks_before: int
) -> None:
    async def connect(_: str) -> Meanwhile:
        return Meanwhile(looks_before)

    async def published(*_: Any) -> str:
        return "hawk.reference:0:7"

    monkeypatch.setattr(asyncpg, "connect", connect)
    monkeypatch.setattr(reference_load, "_publish", published)
    answer = await reference_load.load_set({}, "dsn", [], "load-1", "pem")
    assert (answer.code, answer.loaded) == ("CONFIGURATION_CLOSED", False)
