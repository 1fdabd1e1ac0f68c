"""A HAWK without a broker, for attacks on topics."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.messaging.database import open_pool
from shared.security.keys import ensure_grant_keys
from tests.support.attacked import Target
from tests.support.desk import Desk
from tests.support.stack import Databases, TestDatabase
from tests.support.without_broker import without_broker


@pytest.fixture(scope="session")
async def reference_of_today(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[TestDatabase]:
    """Reference data of today, since the services have the clock of today."""
    made = await databases.create()
    pool = await open_pool(made.dsn("hawk_executor"), application="desk", min_size=1, max_size=1)
    await Desk(pool, ensure_grant_keys(tmp_path_factory.mktemp("keys"))).load_reference(datetime.now(UTC).date())
    await pool.close()
    yield made
    await databases.drop(made.name)


@pytest.fixture
async def target(databases: Databases, reference_of_today: TestDatabase, tmp_path: Path) -> AsyncIterator[Target]:
    database = await databases.create(like=reference_of_today)
    keys = ensure_grant_keys(tmp_path)
    async with without_broker(database, keys, tmp_path) as hawk:
        yield Target(hawk, keys)
    await databases.drop(database.name)
