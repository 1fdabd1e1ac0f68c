"""An executor on a database of its own, with the demo reference data."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.messaging.database import open_pool
from shared.security.keys import ensure_grant_keys
from tests.support.desk import Desk
from tests.support.poison import Poisoned, poisoned
from tests.support.recorder import Recorder
from tests.support.stack import Databases, TestDatabase


@pytest.fixture(scope="session")
async def reference_database(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[TestDatabase]:
    """A database with the demo reference data, loaded once; tests work on copies."""
    made = await databases.create()
    pool = await open_pool(made.dsn("hawk_executor"), application="desk", min_size=1, max_size=1)
    others = await open_pool(made.admin_dsn, application="others", min_size=1, max_size=1)
    desk = Desk(pool, ensure_grant_keys(tmp_path_factory.mktemp("keys")), recorder=Recorder(others))
    await desk.load_reference()
    await desk.open()
    await others.close()
    await pool.close()
    yield made
    await databases.drop(made.name)


@pytest.fixture
async def desk_database(databases: Databases, reference_database: TestDatabase) -> AsyncIterator[TestDatabase]:
    made = await databases.create(like=reference_database)
    yield made
    await databases.drop(made.name)


@pytest.fixture
async def desk(desk_database: TestDatabase, tmp_path: Path) -> AsyncIterator[Desk]:
    pool = await open_pool(desk_database.dsn("hawk_executor"), application="desk")
    others = await open_pool(desk_database.admin_dsn, application="others", min_size=1, max_size=1)
    yield Desk(pool, ensure_grant_keys(tmp_path), recorder=Recorder(others))
    await others.close()
    await pool.close()


@pytest.fixture
async def other_desk(databases: Databases, reference_database: TestDatabase, tmp_path: Path) -> AsyncIterator[Desk]:
    """A second executor with the keys of the first, on a database of its own."""
    made = await databases.create(like=reference_database)
    pool = await open_pool(made.dsn("hawk_executor"), application="desk")
    yield Desk(pool, ensure_grant_keys(tmp_path))
    await pool.close()
    await databases.drop(made.name)


@pytest.fixture
async def hawk_at_work(
    kafka_bootstrap: str, desk: Desk, desk_database: TestDatabase, tmp_path: Path
) -> AsyncIterator[Poisoned]:
    """The consumers of all services, at work on topics of the test."""
    async with poisoned(kafka_bootstrap, desk_database, desk.keys, tmp_path) as running:
        yield running
