"""Ports that stay, files that are whole."""

import json
import socket
from pathlib import Path

import pytest

from tools.local_stack.files import write_private
from tools.local_stack.paths import allow_traversal
from tools.local_stack.ports import HOST, PORT_MAX, PORT_MIN, free_port, is_free, keep_ports


def test_ports_are_the_same_when_asked_again(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = keep_ports(file, ("kafka", "postgres"))
    assert keep_ports(file, ("kafka", "postgres")) == first
    assert len(set(first.values())) == 2


def test_port_is_replaced_when_another_program_took_it(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = keep_ports(file, ("kafka", "postgres"))
    with socket.socket() as other:
        other.bind((HOST, first["kafka"]))
        other.listen()
        second = keep_ports(file, ("kafka", "postgres"))
    assert second["kafka"] != first["kafka"]
    assert second["postgres"] == first["postgres"]


@pytest.mark.parametrize("content", ["", "no json", "[1, 2]", '{"kafka": "none"}'])
def test_ports_are_chosen_anew_when_the_file_is_damaged(tmp_path: Path, content: str) -> None:
    file = tmp_path / "ports.json"
    file.write_text(content)
    assert set(keep_ports(file, ("kafka",))) == {"kafka"}
    assert json.loads(file.read_text()).keys() == {"kafka"}


def test_free_port_lies_below_the_range_of_outgoing_connections() -> None:
    port = free_port()
    assert PORT_MIN <= port <= PORT_MAX < 32768
    assert is_free(port)


def test_private_file_is_readable_by_its_owner_alone_and_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    write_private(file, "old")
    write_private(file, "new")
    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


def test_traversal_adds_the_right_to_pass_and_no_other(tmp_path: Path) -> None:
    closed = tmp_path / "home"
    inner = closed / "data"
    inner.mkdir(parents=True)
    closed.chmod(0o700)
    assert closed in allow_traversal(inner)
    assert closed.stat().st_mode & 0o777 == 0o701
    assert closed not in allow_traversal(inner)
