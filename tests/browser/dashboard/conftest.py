"""The dashboard in place of the console."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.canned_dashboard import CannedDashboard
from tests.support.overview_documents import document
from tests.support.queue_documents import NOW, SESSION

OLGA: dict[str, Any] = {**SESSION, "person": "olga", "name": "olga", "roles": ["OPERATIONS"]}


@pytest.fixture
async def console() -> AsyncIterator[CannedDashboard]:
    answers: dict[str, Any] = {"/session": OLGA, "/overview": document()}
    async with CannedDashboard(answers, NOW).running() as running:
        yield running
