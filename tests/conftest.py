"""Fixtures of all tests: the real servers, a database of one's own, a whole HAWK."""

import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that tests.support can be imported

from tests.support.demo_answers import publish_demo_answers
from tests.support.hawk import SHARED_SCRIPT, Hawk
from tests.support.scratch import scratch_folder
from tests.support.sharing_out import first_to_last, group_of
from tests.support.stack import Databases, Servers, TestDatabase, servers

# How long generating takes says something about the machine's load, and nothing about HAWK. Where a run decides whether
# a change lands, the same commit gets the same examples; runs at a desk look for new ones.
settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
    print_blob=True,
)
settings.load_profile("house")


class Sharing(LoadScopeScheduling):
    """Gives each process a whole group of tests at a time, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing:
    """`make test` runs the tests in several processes: each of these asks for more when it is nearly done."""
    config.option.loadscopereorder = False
    return Sharing(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long first, where several processes share the tests; a run in one process is left as it is."""
    if not hasattr(config, "workerinput"):
        return
    places = first_to_last(item.nodeid.partition("::")[0] for item in items)
    items.sort(key=lambda item: places[group_of(item.nodeid.partition("::")[0])])


@pytest.fixture(scope="session")
def stack() -> Iterator[Servers]:
    """Kafka and PostgreSQL for this run: of the environment, of Docker, else started here (and stopped)."""
    with servers() as found:
        yield found


@pytest.fixture(scope="session")
def kafka_bootstrap(stack: Servers) -> str:
    """host:port of a real Kafka. It is shared: use topics and groups of your own."""
    return stack.bootstrap


@pytest.fixture(scope="session")
def postgres_admin_dsn(stack: Servers) -> str:
    """An administrator's connection string. It is shared: take `database` for a database of your own."""
    return stack.dsn


@pytest.fixture(scope="session")
async def databases(postgres_admin_dsn: str) -> AsyncIterator[Databases]:
    """Makes migrated databases; those it made are dropped by whoever asked."""
    made = Databases(postgres_admin_dsn)
    yield made
    await made.close()


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[TestDatabase]:
    """A fresh migrated database for one test: `.admin_dsn`, `.dsn("hawk_executor")`, `.name`."""
    made = await databases.create()
    yield made
    await databases.drop(made.name)


@pytest.fixture(scope="module")
async def module_database(databases: Databases) -> AsyncIterator[TestDatabase]:
    """The same, shared by the tests of one module."""
    made = await databases.create()
    yield made
    await databases.drop(made.name)


@pytest.fixture(scope="session")
def hawk() -> Iterator[Hawk]:
    """A whole HAWK with the demo reference data, shared by all end-to-end tests of a run.

    It has planned the demo's answers before anything else: what their table says holds while nothing is booked yet.
    """
    with scratch_folder() as folder:
        running = Hawk(folder / "data")
        script = folder / "murex.json"
        script.write_text(json.dumps(SHARED_SCRIPT), encoding="utf-8")
        try:
            running.up("--murex-script", str(script))
            publish_demo_answers(running)
            yield running
        finally:
            running.down()


@pytest.fixture
def new_hawk() -> Iterator[Callable[..., Hawk]]:
    """Makes a HAWK of one's own, to kill or to start with options: `new_hawk("--murex-script", FILE)`."""
    made: list[Hawk] = []
    with scratch_folder() as folder:

        def start(*options: str, **environment: str) -> Hawk:
            one = Hawk(folder / f"hawk-{len(made)}", environment)
            made.append(one)
            one.up(*options)
            return one

        try:
            yield start
        finally:
            for one in made:
                one.down()
