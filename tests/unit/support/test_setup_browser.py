"""What the setup does about a browser."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

from tests.house.source import ROOT
from tests.support import chromium

SETUP = ROOT / ".ci" / "setup_browser.py"


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the setup where nothing but the programs in this folder can be found."""
    given = {"PATH": str(folder), **environment}
    return subprocess.run((sys.executable, str(SETUP)), env=given, capture_output=True, text=True, check=False)


def program(folder: Path, name: str) -> Path:
    made = folder / name
    made.write_text("#!/bin/sh\nexit 1\n")
    made.chmod(0o755)
    return made


def test_without_a_browser_the_setup_says_what_to_install_and_does_not_fail(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0
    assert "Install one: your system's package manager; or name one: HAWK_CHROMIUM=" in done.stderr


def test_a_package_manager_that_fails_leaves_its_command_as_advice(tmp_path: Path) -> None:
    program(tmp_path, "dnf")
    done = run(tmp_path)
    assert done.returncode == 0
    assert "Install one: dnf install --assumeyes --quiet chromium" in done.stderr
    assert ("Installing Chromium with dnf" in done.stdout) == (os.geteuid() == 0)


def test_with_a_browser_the_setup_is_silent(tmp_path: Path) -> None:
    named = program(tmp_path, "my-own-browser")
    assert run(tmp_path, HAWK_CHROMIUM=str(named)).stderr == ""
    program(tmp_path, "chromium")
    done = run(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_setup_and_tests_look_for_the_same_browsers() -> None:
    names = runpy.run_path(str(SETUP))
    assert (names["NAMES"], names["VARIABLE"]) == (chromium.NAMES, chromium.VARIABLE)
