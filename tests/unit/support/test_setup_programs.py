"""What the setup does about a browser and about promtool."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT
from tests.support import chromium, promtool

SETUP = ROOT / ".ci" / "setup_programs.py"


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the setup where nothing but the programs in this folder can be found."""
    given = {"PATH": str(folder), **environment}
    command = (sys.executable, str(SETUP), str(folder / "venv"))
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


def program(folder: Path, name: str, script: str = "exit 1") -> Path:
    made = folder / name
    made.write_text(f"#!/bin/sh\n{script}\n")
    made.chmod(0o755)
    return made


def test_without_a_program_the_setup_says_what_to_install_and_does_not_fail(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0
    assert "Install one: your system's package manager; or name one: HAWK_CHROMIUM=" in done.stderr
    assert "Install one: your system's package manager; or name one: HAWK_PROMTOOL=" in done.stderr


def test_a_package_manager_that_fails_leaves_its_command_as_advice(tmp_path: Path) -> None:
    program(tmp_path, "dnf")
    done = run(tmp_path)
    assert done.returncode == 0
    assert "Install one: dnf install --assumeyes --quiet chromium" in done.stderr
    assert ("Fetching Chromium and promtool with dnf" in done.stdout) == (os.geteuid() == 0)


def test_with_both_the_setup_is_silent(tmp_path: Path) -> None:
    named = program(tmp_path, "my-own-browser")
    checker = program(tmp_path, "my-own-promtool")
    assert run(tmp_path, HAWK_CHROMIUM=str(named), HAWK_PROMTOOL=str(checker)).stderr == ""
    program(tmp_path, "chromium")
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    program(tmp_path / "venv" / "bin", "promtool")
    done = run(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_only_what_is_missing_is_fetched(tmp_path: Path) -> None:
    program(tmp_path, "promtool")
    program(tmp_path, "apk", f'echo "$@" >> {tmp_path}/asked')
    done = run(tmp_path)
    assert "promtool" not in done.stderr
    if os.geteuid() == 0:
        assert (tmp_path / "asked").read_text() == "add --quiet chromium\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="the setup asks the package manager only as root")
def test_a_debian_package_gives_its_program_and_is_not_installed(tmp_path: Path) -> None:
    """The package prometheus would start a server on the machine of whoever works on HAWK."""
    program(tmp_path, "chromium-headless-shell")
    package = tmp_path / "package" / "usr" / "bin"
    package.mkdir(parents=True)
    program(package, "promtool", "echo here")
    program(tmp_path, "apt-get", f'echo "$@" >> {tmp_path}/asked; case $1 in download) : > prometheus_1_all.deb;; esac')
    program(tmp_path, "dpkg-deb", f"/bin/tar -c -C {tmp_path}/package ./usr")
    done = run(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    taken = tmp_path / "venv" / "bin" / "promtool"
    assert subprocess.run((str(taken),), capture_output=True, text=True, check=True).stdout == "here\n"
    assert (tmp_path / "asked").read_text() == "update --quiet\ndownload --quiet prometheus\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="the setup asks the package manager only as root")
@pytest.mark.parametrize("has_it", [True, False], ids=["the system has it", "the system has none"])
def test_the_browser_without_windows_is_fetched_beside_a_whole_one(tmp_path: Path, *, has_it: bool) -> None:
    program(tmp_path, "chromium")
    program(tmp_path, "promtool")
    program(tmp_path, "apt-get", f'echo "$@" >> {tmp_path}/asked; [ $1 = update ] || exit {0 if has_it else 100}')
    done = run(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == ["update --quiet", "install --yes --quiet --no-install-recommends chromium-headless-shell"]


@pytest.mark.skipif(os.geteuid() != 0, reason="the setup asks the package manager only as root")
def test_a_system_without_that_browser_gets_the_whole_one(tmp_path: Path) -> None:
    program(tmp_path, "promtool")
    whole = tmp_path / "chromium"
    brings = f'case "$*" in *shell) exit 100;; *chromium) echo >{whole}; /bin/chmod +x {whole};; esac'
    program(tmp_path, "apt-get", brings)
    done = run(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_setup_and_tests_look_for_the_same_programs() -> None:
    names = runpy.run_path(str(SETUP))
    assert (names["CHROMIUM"].names, names["CHROMIUM"].variable) == (chromium.NAMES, chromium.VARIABLE)
    assert (names["PROMTOOL"].names, names["PROMTOOL"].variable) == ((promtool.NAME,), promtool.VARIABLE)
