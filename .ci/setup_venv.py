"""Builds the virtual environment from the hash-pinned lock. Standard library only: it runs before anything is there.

`python .ci/setup_venv.py .venv`
"""

# ruff: noqa: T201, S603 - it talks to a person at a terminal and runs pip

import subprocess
import sys
import venv
from pathlib import Path

PYTHON_MIN = (3, 11)
ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Make or bring up to date; 1 with a sentence when it cannot be done."""
    if sys.version_info < PYTHON_MIN:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.stderr.write(
            f"HAWK needs Python 3.11 or newer; {sys.executable} is {found}.\n"
            f"Name another one: make PYTHON=/path/to/python3.12 …\n"
        )
        return 1
    place = Path(sys.argv[1] if len(sys.argv) > 1 else ".venv").absolute()
    python = place / "bin" / "python"
    if not _works(python):
        print(f"Making {place.name} with Python {sys.version.split()[0]} …", flush=True)
        venv.create(place, with_pip=True, clear=place.exists())
    print("Installing what requirements/dev.lock names …", flush=True)
    pip = (str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-input")
    lock = ROOT / "requirements" / "dev.lock"
    try:
        subprocess.run((*pip, "--require-hashes", "-r", str(lock)), check=True)
        subprocess.run((*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)), check=True)
    except subprocess.CalledProcessError as error:
        sys.stderr.write("The packages could not be installed; pip says why above. Run `make setup` again.\n")
        return error.returncode
    return 0


def _works(python: Path) -> bool:
    """Whether there is an environment whose interpreter still runs (its base may have been removed)."""
    try:
        return subprocess.run((str(python), "-c", ""), check=False, capture_output=True).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
