"""The approval service without servers, and a client on the same machine. A module may have others of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.approvals import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    yield world
    await world.feed.close()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client() as client:
        yield client
