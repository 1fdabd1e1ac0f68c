"""Sees to a Chromium for the tests of pages and a promtool for those of alerts. Standard library only: it runs before
anything is there.

`python .ci/setup_programs.py .venv` is silent where both are there. It asks the system's package manager, as root, else
it says what to install. It never fails a setup: without one of them its tests are skipped, and fail where CI=true.
"""

# ruff: noqa: S603, S607 - it talks to a person at a terminal and runs the system's package manager

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Command = tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """A program that tests need. `names` and `variable` say where it is looked for, as the tests do.

    Args:
        installed_by: package manager -> the command that brings it.
        better: package manager -> the command that brings the first of the names, where that is not what
            `installed_by` brings. It is done without where it cannot be had.
        taken_from: the Debian package whose only file of that name is taken, with nothing installed: the whole of it
            would start a server.
    """

    title: str
    names: tuple[str, ...]
    variable: str
    tests: str
    installed_by: Mapping[str, Command]
    taken_from: str = ""
    better: Mapping[str, Command] = field(default_factory=dict)


APT_INSTALL = ("apt-get", "install", "--yes", "--quiet", "--no-install-recommends")
APT_UPDATE = ("apt-get", "update", "--quiet")
MANAGERS = ("apt-get", "dnf", "apk")

CHROMIUM = Program(
    "Chromium",
    ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    "HAWK_CHROMIUM",
    "of pages",
    {
        "apt-get": (*APT_INSTALL, "chromium"),
        "dnf": ("dnf", "install", "--assumeyes", "--quiet", "chromium"),
        "apk": ("apk", "add", "--quiet", "chromium"),
    },
    better={"apt-get": (*APT_INSTALL, "chromium-headless-shell")},
)
PROMTOOL = Program(
    "promtool",
    ("promtool",),
    "HAWK_PROMTOOL",
    "of alerts",
    {
        "apt-get": (*APT_INSTALL, "prometheus"),
        "dnf": ("dnf", "install", "--assumeyes", "--quiet", "golang-github-prometheus"),
        "apk": ("apk", "add", "--quiet", "prometheus"),
    },
    taken_from="prometheus",
)

#: Seconds one command may take: some 300 MB on a slow line.
COMMAND_SECONDS_MAX = 900


def main() -> int:
    """Find each program, bring it, or say what is missing; 0 in any case."""
    own = Path(sys.argv[1] if len(sys.argv) > 1 else ".venv").absolute() / "bin"
    programs = (CHROMIUM, PROMTOOL)
    missing = [program for program in programs if not _found(program, own)]
    manager = next((name for name in MANAGERS if shutil.which(name)), None)
    wanted = [each for each in programs if each in missing or (manager in each.better and not _best(each))]
    if wanted and manager is not None and os.geteuid() == 0:
        titles = " and ".join(program.title for program in wanted)
        sys.stdout.write(f"Fetching {titles} with {manager}, for tests …\n")
        sys.stdout.flush()
        if manager != "apt-get" or _run(APT_UPDATE):
            for program in wanted:
                if not (manager in program.better and _run(program.better[manager])) and program in missing:
                    _bring(program, manager, own)
            missing = [program for program in missing if not _found(program, own)]
    for program in missing:
        command = " ".join(program.installed_by[manager]) if manager else "your system's package manager"
        sys.stderr.write(
            f"There is no {program.title}, so the tests {program.tests} are skipped (with CI=true they fail).\n"
            f"Install one: {command}; or name one: {program.variable}=/path/to/{program.names[0]}\n"
        )
    return 0


def _found(program: Program, own: Path) -> bool:
    named = os.environ.get(program.variable)
    if named and os.access(named, os.X_OK):
        return True
    return any(shutil.which(name) or shutil.which(name, path=str(own)) for name in program.names)


def _best(program: Program) -> bool:
    """Whether the best one is there, or one is named."""
    return bool(os.environ.get(program.variable) or shutil.which(program.names[0]))


def _bring(program: Program, manager: str, own: Path) -> None:
    if manager == "apt-get" and program.taken_from:
        try:
            _take(program, own)
        except (OSError, subprocess.SubprocessError, tarfile.TarError) as error:
            sys.stderr.write(f"{program.taken_from}: {error}\n")
    else:
        _run(program.installed_by[manager])


def _take(program: Program, own: Path) -> None:
    """Fetch the package, whose sums apt checks, and put its program beside Python."""
    with tempfile.TemporaryDirectory() as folder:
        if not _run(("apt-get", "download", "--quiet", program.taken_from), folder):
            return
        for package in Path(folder).glob("*.deb"):
            data = Path(folder, "data.tar")
            with data.open("wb") as file:
                subprocess.run(("dpkg-deb", "--fsys-tarfile", str(package)), stdout=file, check=True)
            with tarfile.open(data) as tar:
                for member in tar:
                    if member.isfile() and member.name.endswith(f"/bin/{program.names[0]}"):
                        _keep(tar, member, own / program.names[0])


def _keep(tar: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> None:
    content = tar.extractfile(member)
    if content is None:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    with content, place.open("wb") as file:
        shutil.copyfileobj(content, file)
    place.chmod(0o755)


def _run(command: Command, folder: str | None = None) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, check=False, env=environment, timeout=COMMAND_SECONDS_MAX, cwd=folder)
    except (OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"{command[0]}: {error}\n")
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
