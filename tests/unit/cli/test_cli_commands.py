"""Exit statuses, usage and the split between stdout and stderr, without a running HAWK."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from cli import __main__ as entry
from cli.clients import Approvals, Refused
from shared.security.keys import ensure_issuer_keys
from tools.local_stack.paths import DataDir
from tools.local_stack.state import supervisor_identity, write_state

NEED_HAWK = [
    ("publish", "FILE"),
    ("list",),
    ("show", "x"),
    ("watch", "x"),
    ("token", "mira", "--role", "TRADER"),
    ("approve", "w", "--as", "mira", "--role", "TRADER"),
    ("reject", "w", "--as", "mira", "--role", "TRADER"),
    ("reverse", "w", "--as", "mira", "--role", "TRADER", "--reason", "x"),
    ("rollout",),
    ("policy", "show"),
    ("policy", "history"),
    ("policy", "approve", "--as", "rita", "--role", "RISK_MANAGER"),
    ("passkeys", "list"),
    ("passkeys", "register"),
    ("passkeys", "confirm", "rita", "--as", "sam", "--role", "SENIOR_TRADER"),
    ("rollout", "--mode", "FULL", "--as", "rita", "--role", "RISK_MANAGER"),
    ("stop", "--reason", "odd rates", "--as", "mira", "--role", "TRADER"),
    ("resume", "--as", "mira", "--role", "TRADER"),
    ("murex", "book"),
    ("verify",),
    ("rebuild",),
]


@pytest.fixture
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No HAWK runs here, whatever else runs on this machine."""
    monkeypatch.setenv("HAWK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("HAWK_TOKEN", raising=False)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["hawk", *arguments])
    with pytest.raises(SystemExit) as ended:
        entry.main()
    return int(ended.value.code or 0)


@pytest.mark.usefixtures("_nowhere")
@pytest.mark.parametrize("command", NEED_HAWK, ids=" ".join)
def test_command_exits_3_when_hawk_is_not_running(
    command: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "answer.json"
    file.write_text("{}")
    arguments = [str(file) if argument == "FILE" else argument for argument in command]
    assert run(monkeypatch, *arguments, "--json") == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert "hawk up" in told.err


@pytest.mark.usefixtures("_nowhere")
@pytest.mark.parametrize(
    "command",
    [
        ("publish", "no-such-file"),
        ("publish",),
        ("list", "--state", "NOWHERE"),
        ("approve", "w"),
        ("stop", "--as", "mira", "--role", "TRADER"),
        ("stop", "--reason", "odd rates"),
        ("resume",),
        ("rollout", "--mode", "SOMETIMES", "--as", "rita", "--role", "RISK_MANAGER"),
        ("rollout", "--mode", "LIMITED", "--as", "rita", "--role", "RISK_MANAGER"),
        ("rollout", "--mode", "FULL", "--day-cap", "1", "--as", "rita", "--role", "RISK_MANAGER"),
        ("rollout", "--mode", "FULL", "--confirm", "--as", "rita", "--role", "RISK_MANAGER"),
        ("rollout", "--confirm"),
        ("policy", "propose", "no-such-file", "--as", "rita", "--role", "RISK_MANAGER"),
        ("policy", "reject", "--as", "rita", "--role", "RISK_MANAGER"),
        ("approve", "w", "--as", "mira"),
        ("token", "mira"),
        ("reference", "publish", "no-such-file"),
        ("no-such-command",),
    ],
    ids=" ".join,
)
def test_command_exits_2_when_it_is_used_wrongly(command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, *command) == 2


@pytest.mark.usefixtures("_nowhere")
@pytest.mark.parametrize(
    "command", ["publish", "list", "show", "watch", "token", "approve", "reject", "rollout", "policy", "stop", "resume"]
)
def test_command_explains_itself(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, command, "--help") == 0
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize("module", entry.COMMANDS)
def test_module_adds_the_commands_it_is_loaded_for(module: str) -> None:
    first, *_ = names = entry.COMMANDS[module]
    app = entry.app_for([first, "--help"])
    assert set(typer.main.get_command(app).list_commands(None)) == set(names)  # type: ignore[attr-defined]


def test_every_command_is_there_when_none_is_meant() -> None:
    names = {name for commands in entry.COMMANDS.values() for name in commands}
    for arguments in ([], ["--help"], ["publsh"]):
        app = entry.app_for(arguments)
        assert set(typer.main.get_command(app).list_commands(None)) == names  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", ["status", "down", "token", "verify"])
def test_command_loads_no_client_it_does_not_need(command: str) -> None:
    """Loading is most of the time of a short command."""
    heavy = ("aiokafka", "asyncpg", "fastapi", "shared.hedging.plan", "tools.local_stack.supervisor")
    program = f"import sys; from cli.__main__ import app_for; app_for([{command!r}]); print(*sys.modules)"
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=True)
    assert not set(heavy).intersection(done.stdout.split())


def running(tmp_path: Path, profile: str) -> None:
    """A state file whose supervisor is this very process."""
    place = DataDir.at(tmp_path / "data")
    place.create()
    write_state(
        place,
        {
            "state": "running",
            "profile": profile,
            "kafka": {"bootstrap": "127.0.0.1:9"},
            "approval_url": "http://127.0.0.1:9",
            "monitor_url": "http://127.0.0.1:9",
            "supervisor": supervisor_identity(),
        },
    )


@pytest.mark.usefixtures("_nowhere")
def test_token_exits_1_when_people_come_from_another_issuer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running(tmp_path, "own")
    assert run(monkeypatch, "token", "mira", "--role", "TRADER") == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "hawk-demo-issuer" in told.err


@pytest.mark.usefixtures("_nowhere")
def test_book_is_an_empty_list_when_murex_holds_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running(tmp_path, "demo")
    assert run(monkeypatch, "murex", "book", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.usefixtures("_nowhere")
def test_token_exits_1_when_the_approval_service_does_not_take_the_demo_issuers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def unauthorized(_: Approvals) -> None:
        raise Refused(status=401, code="TOKEN_ISSUER_UNKNOWN", detail="It was not issued by bank.test.")

    running(tmp_path, "demo")
    ensure_issuer_keys(tmp_path / "data" / "keys")
    monkeypatch.setattr(Approvals, "rollout", unauthorized)
    assert run(monkeypatch, "token", "mira", "--role", "TRADER") == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "bank.test" in told.err
