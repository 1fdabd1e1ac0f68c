"""The state file: who is meant, who still lives, what may be shown."""

import json
import os
from pathlib import Path

import pytest

from tools.local_stack import registry
from tools.local_stack.errors import NotRunning, StackError
from tools.local_stack.paths import DataDir
from tools.local_stack.shutdown import take_down, wipe
from tools.local_stack.state import is_alive, public, read_state, running_state, supervisor_identity, write_state


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    place = DataDir.at(tmp_path / "data")
    place.create()
    return place


def test_supervisor_is_not_taken_for_a_later_process_with_its_number() -> None:
    ours = supervisor_identity()
    assert is_alive(ours)
    assert not is_alive({**ours, "started": ours["started"] - 60})
    assert not is_alive({})


def test_state_of_a_dead_supervisor_is_not_running(data: DataDir) -> None:
    write_state(data, {"state": "running", "supervisor": {"pid": os.getpid(), "started": 1.0}})
    with pytest.raises(NotRunning, match="hawk up"):
        running_state(data)


def test_state_is_read_as_none_when_the_file_is_damaged(data: DataDir) -> None:
    data.state_file.write_text('{"state": ')
    assert read_state(data) is None


def test_token_is_neither_shown_nor_readable_by_others(data: DataDir) -> None:
    write_state(data, {"state": "running", "control": {"token": "secret"}, "supervisor": supervisor_identity()})
    assert "secret" not in json.dumps(public(running_state(data)))
    assert data.state_file.stat().st_mode & 0o777 == 0o600


def test_take_down_says_so_when_nothing_runs(data: DataDir) -> None:
    assert take_down(data) is False
    assert take_down(DataDir(data.root / "nowhere")) is False


def test_wipe_leaves_files_that_are_not_hawks(data: DataDir) -> None:
    mine = data.root / "notes.txt"
    mine.write_text("mine")
    (data.kafka / "data").mkdir(parents=True)
    wipe(data)
    assert [entry.name for entry in data.root.iterdir()] == ["notes.txt"]


def test_wipe_removes_the_folder_when_all_in_it_was_hawks(data: DataDir) -> None:
    wipe(data)
    assert not data.root.exists()


def test_registry_finds_running_ones_alone(data: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    registry.remember(data)
    registry.remember(DataDir.at(tmp_path / "gone"))
    assert registry.running() == []
    write_state(data, {"state": "running", "supervisor": supervisor_identity()})
    assert registry.running() == [data]
    registry.forget(data)
    assert registry.running() == []


def test_not_running_is_a_stack_error_with_its_folder(tmp_path: Path) -> None:
    error = NotRunning(root=tmp_path)
    assert isinstance(error, StackError)
    assert error.root == tmp_path
