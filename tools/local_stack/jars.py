"""The jars of Apache Kafka: listed with their SHA-256 in kafka.lock, fetched once, verified, kept per user.

No dependency is ever resolved here: the list is the one Maven computed, and jgo's Python resolver is asked
for exactly these files (left to itself it picks another kafka-clients than Maven does).
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from tools.local_stack.errors import JarMismatch, StackError

DOWNLOADS_AT_ONCE = 8
"""Parallel downloads: more gain nothing for 46 files of 43 MB together."""

DOWNLOAD_TIMEOUT_SECONDS = 60
"""The time for one answer of the repository; a slow line still brings 20 MB in pieces within it."""

DOWNLOAD_ATTEMPTS = 3
"""A repository may drop one of 46 downloads, but not one of them three times."""

Progress = Callable[[int, int], None]
"""Called with (jars here, jars in all) after each jar."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The name of the file in the cache folder."""
        return f"{self.artifact}-{self.version}.jar"

    @property
    def coordinate(self) -> str:
        """The Maven coordinate, `group:artifact:version`."""
        return f"{self.group}:{self.artifact}:{self.version}"


def parse_lock(text: str) -> tuple[Jar, ...]:
    """Read a lock: lines of `group:artifact:version sha256:<64 hex>`; `#` starts a comment line.

    Raises:
        StackError: a line has another form, or a file name is there twice.
    """
    jars = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        coordinate, _, digest = line.partition(" sha256:")
        parts = coordinate.split(":")
        if len(parts) != 3 or len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise StackError(f"kafka.lock, line {number}: expected group:artifact:version sha256:HEX, found {line!r}.")
        jars.append(Jar(parts[0], parts[1], parts[2], digest))
    names = [jar.file_name for jar in jars]
    if len(set(names)) != len(names):
        raise StackError("kafka.lock names a jar twice. Keep one version of each.")
    return tuple(jars)


def locked_jars() -> tuple[Jar, ...]:
    """Return the jars from which this version of HAWK runs Kafka."""
    return parse_lock(resources.files("tools.local_stack").joinpath("kafka.lock").read_text(encoding="utf-8"))


def cache_folder() -> Path:
    """Return the folder of the jars: `$HAWK_CACHE`, else the user's cache directory; all data directories share it."""
    named = os.environ.get("HAWK_CACHE")
    if named:
        return Path(named).expanduser().resolve() / "jars"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "hawk" / "jars"


def sha256_of(path: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch_jars(jars: tuple[Jar, ...], folder: Path, progress: Progress | None = None) -> tuple[Path, ...]:
    """Fetch the jars that `folder` lacks, verify them, and return the paths of all in the order of the lock.

    A jar that is there and right is not fetched again. A file gets its final name only after its SHA-256 was
    checked, so an interrupted or falsified download leaves no bad file; two callers at once do no harm.

    Raises:
        JarMismatch: the repository gave another file than the lock names.
        StackError: the repository cannot be reached.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [jar for jar in jars if not _is_here(jar, folder)]
    report = progress or _tell_nobody
    report(len(jars) - len(missing), len(jars))
    if missing:
        with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
            fetches = [pool.submit(_fetch, jar, folder) for jar in missing]
            for done, fetch in enumerate(as_completed(fetches), start=1):
                fetch.result()
                report(len(jars) - len(missing) + done, len(jars))
    return tuple(folder / jar.file_name for jar in jars)


def _tell_nobody(_here: int, _of: int) -> None:
    """Do nothing, for callers that need no progress."""


def _is_here(jar: Jar, folder: Path) -> bool:
    path = folder / jar.file_name
    return path.is_file() and sha256_of(path) == jar.sha256


def _fetch(jar: Jar, folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
        fetched = download(jar, Path(scratch))
        found = sha256_of(fetched)
        if found != jar.sha256:
            raise JarMismatch(jar=jar.coordinate, expected=jar.sha256, found=found)
        os.replace(fetched, folder / jar.file_name)


def download(jar: Jar, scratch: Path) -> Path:
    """Fetch one jar into `scratch`, unverified.

    `HAWK_MAVEN_REPOSITORY` names a repository of one's own; else jgo's default is asked.

    Raises:
        StackError: every one of DOWNLOAD_ATTEMPTS attempts failed.
    """
    from jgo.maven import MavenContext  # noqa: PLC0415 - a third of a second of imports, needed once per machine

    mirror = os.environ.get("HAWK_MAVEN_REPOSITORY")
    failure: Exception | None = None
    for _ in range(DOWNLOAD_ATTEMPTS):
        context = MavenContext(
            repo_cache=scratch,
            remote_repos={"own": mirror.rstrip("/")} if mirror else None,
            timeout=DOWNLOAD_TIMEOUT_SECONDS,
        )
        try:
            return Path(context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve())
        except Exception as error:  # jgo does not catch the exceptions of its HTTP library
            failure = error
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(exist_ok=True)
    raise StackError(
        f"{jar.coordinate} could not be fetched ({failure}). Kafka's jars are fetched once per machine: "
        f"check the network, or set HAWK_MAVEN_REPOSITORY to a Maven repository, then start again."
    ) from failure
