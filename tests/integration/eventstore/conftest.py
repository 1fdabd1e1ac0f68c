"""Databases in which the roles may also append the events that only these tests know."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.eventstore.support import PREFIXES_OF_ROLE
from tests.support.rights import grant_events
from tests.support.stack import Databases, TestDatabase

TYPES = ("Happened", "Sized")


async def _made(databases: Databases) -> TestDatabase:
    made = await databases.create()
    for role, prefixes in PREFIXES_OF_ROLE.items():
        await grant_events(made, role, prefixes, TYPES)
    return made


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[TestDatabase]:
    made = await _made(databases)
    yield made
    await databases.drop(made.name)


@pytest.fixture(scope="module")
async def module_database(databases: Databases) -> AsyncIterator[TestDatabase]:
    made = await _made(databases)
    yield made
    await databases.drop(made.name)
