"""Fixtures of all tests: the real servers, a database of one's own. And how a run is shared out."""

import json
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that tests.support can be imported

from shared.events.base import Event
from shared.events.catalogue import decode_message
from shared.eventstore.port import NewEvent
from shared.messaging import batch, unit_of_work
from tests.support.sharing_out import first_to_last, group_of, may_take
from tests.support.stack import Databases, Servers, TestDatabase, restartable, servers

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


@pytest.fixture(scope="session", autouse=True)
def _what_is_appended_is_what_is_read() -> Iterator[None]:
    """An event that was just appended is handed on as it is: it must be what a later read of the store gives."""
    encode = unit_of_work.encode

    def checked(event: Event, metadata: Mapping[str, str] | None = None) -> NewEvent:
        new = encode(event, metadata)
        assert decode_message(new.type, new.schema_version, json.loads(json.dumps(new.data))) == event
        return new

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unit_of_work, "encode", checked)
        yield


@pytest.fixture(scope="session", autouse=True)
def _batches_end_by_what_they_hold() -> Iterator[None]:
    """How much a batch takes in half a second says something about the machine's load: here it has a minute. The
    processes that tests start end theirs as ever, and tests of that limit set it themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "BATCH_SECONDS_MAX", 60.0)
        yield


class Sharing(LoadScopeScheduling):
    """Gives each process a whole group of tests at a time, in the order in which they were collected; groups that need
    servers to `WITH_SERVERS_MAX` processes at a time, so that the others compute while those wait."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])

    def _reschedule(self, node: WorkerController) -> None:
        if self.workqueue and self._next_for(node) is None and not node.shutting_down:
            node.shutdown()
        else:
            super()._reschedule(node)

    def _assign_work_unit(self, node: WorkerController) -> None:
        # All that a process has is counted after each test: what is done would be counted thousands of times.
        mine = self.assigned_work[node]
        self.assigned_work[node] = {group: tests for group, tests in mine.items() if not all(tests.values())}
        self.workqueue.move_to_end(self._next_for(node) or next(iter(self.workqueue)), last=False)
        super()._assign_work_unit(node)

    def _next_for(self, node: WorkerController) -> str | None:
        """The first group that this process may take."""
        others = [
            {group for group, tests in work.items() if not all(tests.values())}
            for other, work in self.assigned_work.items()
            if other is not node
        ]
        return next((group for group in self.workqueue if may_take(group, others)), None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing:
    """`make test` runs the tests in several processes: each of these asks for more when it is nearly done."""
    config.option.loadscopereorder = False
    return Sharing(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make soak` asks for what a run of all tests leaves out."""
    parser.addoption("--soak", action="store_true", help="also the tests that take too long for every change")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long first, where several processes share the tests; a run in one process is left as it is."""
    if not config.getoption("--soak"):
        left_out = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if not item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=left_out)
    if not hasattr(config, "workerinput"):
        return
    places = first_to_last(item.nodeid.partition("::")[0] for item in items)
    items.sort(key=lambda item: places[group_of(item.nodeid.partition("::")[0])])


@pytest.fixture(scope="session")
def stack() -> Iterator[Servers]:
    """Kafka and PostgreSQL for this run: of the environment, of Docker, else started here (and stopped)."""
    with servers() as found:
        yield found


@pytest.fixture
def own_servers(stack: Servers) -> Iterator[Servers]:
    """Kafka and PostgreSQL of this process alone, to stop, damage and start; with `own_servers.data`."""
    with restartable(stack) as found:
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
