"""Several processes of one service: how they are asked for, named, told apart and found again."""

from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from cli.display import summary
from cli.stack import PROCESSES, Wanted, register
from tests.unit.cli.test_status import STATE
from tests.unit.local_stack.test_services import around
from tools.local_stack.leftovers import Identity
from tools.local_stack.paths import DataDir
from tools.local_stack.replicas import (
    REPLICAS_MAX,
    REPLICATED,
    BadReplicas,
    parse_replicas,
    process_names,
    process_said,
    service_of,
    shown_name,
    with_replicas,
)
from tools.local_stack.services import MODULES, environment_of, identities


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([], {}),
        (["executor=2"], {"executor": 2}),
        (["executor=2", "monitor=3"], {"executor": 2, "monitor": 3}),
        (["executor=2, approval=2,monitor=1", "parser=2"], {"executor": 2, "approval": 2, "monitor": 1, "parser": 2}),
    ],
)
def test_replicas_are_asked_for_one_by_one_or_in_a_list(given: list[str], wanted: dict[str, int]) -> None:
    assert parse_replicas(given) == wanted


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["relay=2"], "'relay=2' is not a service and a number"),
        (["executors=2"], "parser, approval, executor, monitor"),
        (["executor"], "is not a service and a number"),
        ([""], "is not a service and a number"),
        (["executor=2,executor=2"], "executor is named twice"),
        (["executor=0"], f"1 to {REPLICAS_MAX} processes"),
        ([f"executor={REPLICAS_MAX + 1}"], f"1 to {REPLICAS_MAX} processes"),
        (["executor=-1"], "out of range"),
        (["executor=two"], "out of range"),
        (["executor=²"], "out of range"),
        (["executor=" + "9" * 5_000], "out of range"),
    ],
)
def test_what_cannot_be_started_is_refused_with_what_can(given: list[str], why: str) -> None:
    with pytest.raises(BadReplicas, match=why):
        parse_replicas(given)


def test_first_process_keeps_the_name_of_its_service() -> None:
    assert process_names("executor", 3) == ("executor", "executor-2", "executor-3")
    assert {service_of(process) for process in process_names("executor", 3)} == {"executor"}
    assert with_replicas(MODULES, {}) == dict(MODULES)
    two = with_replicas(MODULES, {"executor": 2})
    assert two.keys() - MODULES.keys() == {"executor-2"}
    assert two["executor-2"] == MODULES["executor"]


def test_first_of_several_is_shown_and_may_be_called_by_a_number() -> None:
    one, two = process_names("executor", 1), process_names("executor", 2)
    assert [shown_name(each, one) for each in one] == ["executor"]
    assert [shown_name(each, two) for each in two] == ["executor-1", "executor-2"]
    assert [process_said(shown_name(each, two)) for each in two] == list(two)
    assert process_said("relay-1") == "relay-1"


@pytest.mark.parametrize("name", REPLICATED)
def test_replica_gets_what_its_service_gets_and_a_port_of_its_own(name: str) -> None:
    first, second = environment_of(name, 8080, around()), environment_of(f"{name}-2", 8081, around())
    assert {key for key in first if first[key] != second.get(key)} == {"HAWK_HTTP_PORT"}
    assert first.keys() == second.keys()


def test_leftovers_of_every_replica_are_found_whatever_runs_now(tmp_path: Path) -> None:
    data = DataDir.at(tmp_path)
    found = identities(data)
    for name in REPLICATED:
        for process in process_names(name, REPLICAS_MAX):
            assert Identity(folder=data.run(process), marker=MODULES[name]) in found
    assert len({identity.folder for identity in found}) == len(found)


def test_detached_start_asks_for_the_same() -> None:
    wanted = Wanted(None, None, "simulator", {"executor": 2, "monitor": 3})
    assert wanted.options() == ["--murex", "simulator", "--replicas", "executor=2", "--replicas", "monitor=3"]
    assert Wanted(None, None, None, {}).options() == []


def test_addresses_of_further_processes_are_shown() -> None:
    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        console.print(summary(STATE | {"replica_urls": {"monitor-2": "http://127.0.0.1:3"}}))
    assert "monitor-2" in capture.get()
    assert "http://127.0.0.1:3" in capture.get()


def test_names_that_no_process_can_have_are_wrong_usage() -> None:
    app = typer.Typer()
    register(app)
    answer = CliRunner().invoke(app, ["process", "stop", "executor-9"], env={"COLUMNS": "200"})
    assert answer.exit_code == 2
    assert "is not a process" in answer.output
    assert all(name in answer.output for name in PROCESSES)
    answer = CliRunner().invoke(app, ["up", "--replicas", "relay=2"], env={"COLUMNS": "200"})
    assert answer.exit_code == 2
    assert "is not a service and a number" in answer.output
