"""The supervisor over the real Kafka and the real PostgreSQL; the services are stand-ins."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from shared.events.rollout import mode_at_start
from shared.security.issuers import DEMO_PROFILE
from tests.support.eventually import eventually
from tests.support.hawk import SERVER_VARIABLES
from tests.support.scratch import scratch_folder
from tests.support.stack import ROLE_PASSWORD, TestDatabase
from tools.local_stack.control import command
from tools.local_stack.errors import CommandRefused, NotRunning
from tools.local_stack.leftovers import find
from tools.local_stack.paths import DataDir
from tools.local_stack.servers import ALL_ROLES, set_passwords
from tools.local_stack.services import MODULES, identities
from tools.local_stack.shutdown import all_identities, take_down
from tools.local_stack.state import State, read_state

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

ROOT = Path(__file__).resolve().parents[3]
UP_SECONDS = 180
BACK_SECONDS = 60
"""On a loaded machine. The promise of 5 s is for the start of the process; the benchmark measures readiness."""
STARTED_SECONDS = 5

STANDINS = dict.fromkeys(MODULES, "tests.support.standin")


class Supervised:
    """A supervisor in a process of its own."""

    def __init__(self, data: DataDir, *replicas: str) -> None:
        self.data = data
        self.replicas = replicas
        self.process: subprocess.Popen[str] | None = None

    def up(self, **environment: str) -> State:
        self.process = self.launch(**environment)
        return eventually(self.running, UP_SECONDS, what="the stack is up")

    def launch(self, **environment: str) -> subprocess.Popen[str]:
        inherited = {key: value for key, value in os.environ.items() if key not in SERVER_VARIABLES}
        return subprocess.Popen(
            (sys.executable, "-m", "tests.support.supervised", str(self.data.root), *self.replicas),
            env={**inherited, "PYTHONPATH": str(ROOT), **environment},
            stderr=subprocess.PIPE,
            text=True,
        )

    def running(self) -> State | None:
        state = read_state(self.data)
        if self.process is None or self.process.poll() is not None:
            raise RuntimeError(f"the supervisor has ended: {self.process and self.process.communicate()[1]}")
        ours = state is not None and state["supervisor"]["pid"] == self.process.pid
        return state if state is not None and ours and state["state"] == "running" else None

    def process_state(self, name: str) -> dict[str, Any]:
        state = read_state(self.data) or {"processes": {}}
        found: dict[str, Any] = state["processes"][name]
        return found

    def everything(self) -> list[psutil.Process]:
        return find([*all_identities(self.data), *identities(self.data, STANDINS)])

    def end(self) -> None:
        take_down(self.data)
        for process in self.everything():
            process.kill()
        if self.process is not None:
            self.process.kill()
            self.process.communicate()


@pytest.fixture(scope="module")
def of_the_module() -> Iterator[Supervised]:
    with scratch_folder() as folder:
        stack = Supervised(DataDir.at(folder))
        try:
            yield stack
        finally:
            stack.end()


@pytest.fixture
def supervised(of_the_module: Supervised) -> Supervised:
    """The stack of all these tests, up also when another test took it down."""
    if of_the_module.process is None or of_the_module.process.poll() is not None:
        of_the_module.up()
    return of_the_module


@pytest.fixture
def unstarted() -> Iterator[Supervised]:
    with scratch_folder() as folder:
        stack = Supervised(DataDir.at(folder / "data"))
        try:
            yield stack
        finally:
            stack.end()


@pytest.mark.parametrize("name", ["parser", "postgres", "kafka"])
def test_process_is_back_on_its_port_when_it_was_killed(supervised: Supervised, name: str) -> None:
    ports = supervised.data.ports_file.read_text()
    before = supervised.process_state(name)["pid"]
    os.kill(before, signal.SIGKILL)
    eventually(
        lambda: supervised.process_state(name)["pid"], STARTED_SECONDS, until=lambda pid: pid not in (None, before)
    )
    eventually(lambda: supervised.process_state(name)["ready"], BACK_SECONDS, what=f"{name} is ready again")
    assert supervised.data.ports_file.read_text() == ports


def test_stopped_process_stays_stopped_until_it_is_started(supervised: Supervised) -> None:
    stopped = command(supervised.data, "stop", "executor")
    assert stopped == {"name": "executor", "pid": None, "ready": False}
    status = command(supervised.data, "status")
    assert status["processes"]["executor"] == {"pid": None, "ready": False, "stopped": True}
    assert status["processes"]["kafka"]["ready"]
    assert command(supervised.data, "start", "executor")["ready"]


def test_command_is_refused_when_the_name_or_the_token_is_wrong(supervised: Supervised) -> None:
    with pytest.raises(CommandRefused, match="Use one of "):
        command(supervised.data, "stop", "nobody")
    text = supervised.data.state_file.read_text()
    state = json.loads(text)
    state["control"]["token"] = "wrong"  # noqa: S105
    try:
        supervised.data.state_file.write_text(json.dumps(state))
        with pytest.raises(CommandRefused, match="token"):
            command(supervised.data, "down")
    finally:
        supervised.data.state_file.write_text(text)


def test_services_get_their_environment_and_no_secret_of_another(supervised: Supervised) -> None:
    state = read_state(supervised.data)
    if state is None:
        raise LookupError("no state")
    with urllib.request.urlopen(f"{state['monitor_url']}/environment") as answer:  # noqa: S310 - our own
        environment = json.load(answer)
    assert environment["HAWK_POSTGRES_DSN"] == state["postgres"]["dsn_by_role"]["hawk_monitor"]
    assert environment["HAWK_KAFKA_BOOTSTRAP"] == state["kafka"]["bootstrap"]
    assert environment["HAWK_PROFILE"] == "demo"
    assert "HAWK_GRANT_PRIVATE_KEY_FILE" not in environment


def test_second_supervisor_refuses_when_the_first_still_runs(supervised: Supervised) -> None:
    second = supervised.launch()
    _, said = second.communicate(timeout=UP_SECONDS)
    assert second.returncode == 1
    assert "already running" in said
    assert supervised.running()


@pytest.fixture
async def own_database(database: TestDatabase) -> AsyncIterator[TestDatabase]:
    """HAWK gives the login roles passwords of its own on such a server; the other tests get theirs back."""
    yield database
    await set_passwords(database.admin_dsn, dict.fromkeys(ALL_ROLES, ROLE_PASSWORD))


def test_servers_of_the_users_own_are_used_and_left_alone(
    unstarted: Supervised, kafka_bootstrap: str, own_database: TestDatabase
) -> None:
    state = unstarted.up(HAWK_KAFKA_BOOTSTRAP=kafka_bootstrap, HAWK_POSTGRES_DSN=own_database.admin_dsn)
    assert state["profile"] == "own"
    assert state["kafka"] == {"bootstrap": kafka_bootstrap, "pid": None}
    assert state["postgres"]["pid"] is None
    assert set(state["processes"]) == set(MODULES)
    with urllib.request.urlopen(f"{state['approval_url']}/environment") as answer:  # noqa: S310 - our own
        environment = json.load(answer)
    assert environment["HAWK_PROFILE"] == "own"
    mode = mode_at_start(environment.get("HAWK_ROLLOUT_MODE"), demo=environment["HAWK_PROFILE"] == DEMO_PROFILE)
    assert mode == "OBSERVE"
    assert environment["HAWK_POSTGRES_DSN"] == state["postgres"]["dsn_by_role"]["hawk_approval"]
    assert "HAWK_ISSUER_PUBLIC_KEY_FILE" not in environment
    assert not (unstarted.data.keys / "issuer_private.pem").exists()


def environment_at(url: str) -> dict[str, str]:
    with urllib.request.urlopen(f"{url}/environment") as answer:  # noqa: S310 - our own
        environment: dict[str, str] = json.load(answer)
    return environment


def test_replicas_are_processes_of_their_own_and_one_is_killed_without_the_other(
    unstarted: Supervised, kafka_bootstrap: str, own_database: TestDatabase
) -> None:
    servers = {"HAWK_KAFKA_BOOTSTRAP": kafka_bootstrap, "HAWK_POSTGRES_DSN": own_database.admin_dsn}
    unstarted.replicas = ("executor=2,approval=2", "monitor=3")
    state = unstarted.up(**servers)
    further = {"executor-2", "approval-2", "monitor-2", "monitor-3"}
    assert set(state["processes"]) == {*MODULES, *further}
    assert len({process["pid"] for process in state["processes"].values()}) == len(state["processes"])
    assert set(state["replica_urls"]) == further - {"executor-2"}
    assert {unstarted.data.log(name).exists() for name in further} == {True}
    second = environment_at(state["replica_urls"]["approval-2"])
    first = environment_at(state["approval_url"])
    assert {name for name in first if first[name] != second[name]} == {"HAWK_HTTP_PORT"}
    assert second["HAWK_APPROVAL_URL"] == state["approval_url"]

    before = {name: process["pid"] for name, process in state["processes"].items()}
    os.kill(before["executor-2"], signal.SIGKILL)
    eventually(
        lambda: unstarted.process_state("executor-2"),
        BACK_SECONDS,
        until=lambda process: process["ready"] and process["pid"] not in (None, before["executor-2"]),
    )
    assert unstarted.process_state("executor")["pid"] == before["executor"]
    assert command(unstarted.data, "stop", "monitor-3")["pid"] is None
    assert unstarted.process_state("monitor")["ready"]

    assert unstarted.process is not None
    unstarted.process.kill()  # what it leaves behind is ended by one that has no replicas
    unstarted.process.communicate()
    unstarted.replicas = ()
    alone = unstarted.up(**servers)
    assert set(alone["processes"]) == set(MODULES)
    assert "replica_urls" not in alone
    assert alone["approval_url"] == state["approval_url"]
    left = [process.cwd() for process in unstarted.everything()]
    assert [folder for folder in left if any(name in folder for name in further)] == []


def test_start_fails_with_the_reason_and_leaves_nothing_when_a_service_cannot_start(unstarted: Supervised) -> None:
    failing = unstarted.launch(STANDIN_DIES="1")
    _, said = failing.communicate(timeout=UP_SECONDS)
    assert failing.returncode == 1
    assert "told to die" in said
    assert unstarted.everything() == []


def test_everything_recovers_when_all_was_killed_and_nothing_is_left_after_the_end(supervised: Supervised) -> None:
    first = supervised.running()
    if supervised.process is None or first is None:
        raise LookupError("no supervisor")
    supervised.process.kill()  # its children are left alone, and are ended by the next one
    supervised.process.communicate()
    with pytest.raises(NotRunning):
        command(supervised.data, "status")
    assert len(supervised.everything()) > len(MODULES)
    second = supervised.up()
    assert second["postgres"]["dsn"] == first["postgres"]["dsn"]
    assert second["kafka"]["bootstrap"] == first["kafka"]["bootstrap"]
    assert take_down(supervised.data)
    assert supervised.everything() == []
    assert not take_down(supervised.data)
