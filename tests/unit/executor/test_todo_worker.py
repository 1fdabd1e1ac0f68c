"""One task that fails must not take the others with it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import asyncpg
import pytest

from services.executor.handlers.timers import Worker
from services.executor.workflow.due import Task
from shared.errors import Conflict, Defect
from tests.support.executions import NOW


class Due:
    """A pool with these workflows due."""

    def __init__(self, *workflows: str, task: Task = Task.POST) -> None:
        self._rows = [{"workflow_id": workflow, "task": task.value} for workflow in workflows]

    async def fetch(self, _query: str, _now: datetime, _limit: int) -> list[dict[str, Any]]:
        return self._rows


async def test_the_other_work_is_done_when_one_task_is_a_defect() -> None:
    done: list[str] = []

    async def perform(workflow_ids: Sequence[str], _task: Task) -> int:
        if "broken" in workflow_ids:
            raise Defect("no plan")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        done.extend(workflow_ids)
        return len(workflow_ids)

    worker = Worker(lambda: cast(asyncpg.Pool, Due("broken", "one", "two")), perform, lambda: NOW)
    with pytest.raises(Defect):
        await worker.run()
    assert done == ["one", "two"]


async def test_changes_of_the_configuration_never_overtake_each_other() -> None:
    began: list[str] = []
    done: list[str] = []
    looks = 0

    async def perform(workflow_ids: Sequence[str], _task: Task) -> int:
        nonlocal looks
        (workflow_id,) = workflow_ids
        assert began == done
        began.append(workflow_id)
        await asyncio.sleep(0)
        done.append(workflow_id)
        looks += workflow_id == "day 1"
        if workflow_id == "day 2" and looks == 1:
            raise Conflict("another was faster")
        if workflow_id == "day 3":
            raise Defect("enough")
        return 1

    due = Due("day 1", "day 2", "day 3", task=Task.CONFIGURE)
    worker = Worker(lambda: cast(asyncpg.Pool, due), perform, lambda: NOW)
    with pytest.raises(Defect):
        await worker.run()
    assert done == ["day 1", "day 2", "day 1", "day 2", "day 3"]
