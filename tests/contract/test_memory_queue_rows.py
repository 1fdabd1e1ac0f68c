"""The queue in memory keeps the promises of every queue."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.approval.console.queue.rows import Listed
from tests.contract.queue_rows_contract import QueueRowsContract
from tests.support.cards import short
from tests.support.queues import MemoryQueueRows


class _Stored:
    def __init__(self) -> None:
        self.kept: list[Listed] = []
        self.rows = MemoryQueueRows(self._everything)

    async def keep(self, listed: Sequence[Listed]) -> None:
        self.kept += listed

    async def _everything(self) -> Sequence[Listed]:
        reasons = {_id(each): each.card.approval.reason for each in self.kept}
        return [
            replace(each, card=short(each.card), before=reasons.get(each.card.plan.get("predecessor")))
            for each in self.kept
        ]


def _id(listed: Listed) -> str | None:
    request = listed.card.approval.request
    return None if request is None else request.workflow_id


class TestMemoryQueueRows(QueueRowsContract):
    @pytest.fixture
    def stored(self) -> _Stored:
        return _Stored()
