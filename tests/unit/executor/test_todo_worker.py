"""One task that fails must not take the others with it."""

import asyncio
from datetime import datetime
from typing import Any, cast

import asyncpg
import pytest

from services.executor.due import Task
from services.executor.todo import Worker
from shared.errors import Defect
from tests.support.executions import NOW


class Due:
    """A pool with these workflows due."""

    def __init__(self, *workflows: str) -> None:
        self._rows = [{"workflow_id": workflow, "task": "POST"} for workflow in workflows]

    async def fetch(self, _query: str, _now: datetime, _limit: int) -> list[dict[str, Any]]:
        return self._rows


async def test_the_other_work_is_done_when_one_task_is_a_defect() -> None:
    done: list[str] = []

    async def perform(workflow_id: str, _task: Task) -> None:
        if workflow_id == "broken":
            raise Defect("no plan")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        done.append(workflow_id)

    worker = Worker(lambda: cast(asyncpg.Pool, Due("broken", "one", "two")), perform, lambda: NOW)
    with pytest.raises(Defect):
        await worker.run()
    assert done == ["one", "two"]
