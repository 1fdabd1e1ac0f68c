"""An executor on a database of its own, with the demo reference data."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.messaging.database import open_pool
from shared.security.keys import ensure_grant_keys
from tests.support.desk import Desk
from tests.support.stack import TestDatabase


@pytest.fixture
async def desk(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Desk]:
    pool = await open_pool(database.dsn("hawk_executor"), application="desk")
    desk = Desk(pool, ensure_grant_keys(tmp_path))
    await desk.load_reference()
    yield desk
    await pool.close()
