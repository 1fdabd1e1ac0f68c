"""Changes in memory keep the promises of all."""

import pytest

from tests.contract.change_log_contract import ChangeLogContract
from tests.support.queues import MemoryChangeLog


class _Written:
    def __init__(self) -> None:
        self.log = MemoryChangeLog()

    async def begin(self, *workflow_ids: str) -> int:
        return self.log.begin(*workflow_ids)

    async def commit(self, name: int) -> None:
        self.log.commit(name)


class TestMemoryChangeLog(ChangeLogContract):
    @pytest.fixture
    def written(self) -> _Written:
        return _Written()
