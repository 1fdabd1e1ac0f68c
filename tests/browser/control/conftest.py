"""The console with canned documents of its further pages, as a RISK_MANAGER; a test changes them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support import control_documents as documents
from tests.support.canned_progress import CannedProgress
from tests.support.queue_documents import MINE, NOW, SESSION, queue_of

RITA = {**SESSION, "person": "rita", "name": "rita", "roles": ["RISK_MANAGER"]}


@pytest.fixture
async def console() -> AsyncIterator[CannedProgress]:
    answers: dict[str, Any] = {
        "/session": RITA,
        "/rollout": documents.rollout(),
        "/approvals": queue_of(MINE),
        "/reference/held": {"held": [documents.held()]},
        "/letters": documents.letters(documents.letter(1), documents.letter(2)),
        "/deadletters/set-aside": documents.set_asides(documents.set_aside()),
        "/events/unpublishable": documents.events(documents.event()),
    }
    async with CannedProgress(answers, NOW).running() as running:
        yield running
