"""A page of another site with HAWK's elements, and the canned console that they ask."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.async_api import Page

from tests.browser.conftest import Opening
from tests.support import card_documents as documents
from tests.support.canned_embedding import CannedEmbedding
from tests.support.host_site import HostSite
from tests.support.queue_documents import ROLLOUT

CARD = f"/approvals/{documents.WORKFLOW}"
DECISIONS = f"POST {CARD}/decisions"
CARD_ELEMENT = "hawk-approval-card"
PROGRESS_ELEMENT = "hawk-execution-progress"

Embedding = Callable[..., Awaitable[Page]]


@pytest.fixture
async def host() -> AsyncIterator[HostSite]:
    async with HostSite().running() as running:
        yield running


@pytest.fixture
async def console(host: HostSite) -> AsyncIterator[CannedEmbedding]:
    answers: dict[str, Any] = {"/rollout": ROLLOUT, CARD: documents.waiting()}
    async with CannedEmbedding(answers, host.origin).running() as running:
        host.hawk = running.origin
        yield running  # type: ignore[misc]


@pytest.fixture
def embedded(opened: Opening, console: CannedEmbedding, host: HostSite) -> Embedding:
    """Open the other site's page with an element: `await embedded(CARD_ELEMENT)`."""

    async def embed(element: str = CARD_ELEMENT, *, attributes: dict[str, str] | None = None, **more: Any) -> Page:
        given = {"workflow-id": documents.WORKFLOW} if attributes is None else attributes
        return await opened(f"{host.origin}/?{urlencode({'element': element, **given})}", **more)

    return embed
