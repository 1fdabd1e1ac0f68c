"""The console with one card, which a test changes, and a stream of its progress."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.conftest import Opening
from tests.support import card_documents as documents
from tests.support.canned_progress import CannedProgress
from tests.support.executions import NOW
from tests.support.queue_documents import MINE, ROLLOUT, SESSION, queue_of

ADDRESS = f"/console/approvals/{documents.WORKFLOW}"
CARD = f"/approvals/{documents.WORKFLOW}"
DECISIONS = f"POST {CARD}/decisions"


@pytest.fixture
async def console() -> AsyncIterator[CannedProgress]:
    answers: dict[str, Any] = {
        "/session": SESSION,
        "/rollout": ROLLOUT,
        "/approvals": queue_of(MINE),
        CARD: documents.waiting(),
    }
    async with CannedProgress(answers, NOW).running() as running:
        yield running


@pytest.fixture
async def card(opened: Opening) -> Page:
    """The card of the plan over three entities, as SENIOR_TRADER."""
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Approve & Execute").wait_for()
    return page
