"""The processes of HAWK: how each is started and what it gets from its environment.

docker-compose.yml and deploy/ have equal entry commands; a test compares them.
"""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tools.local_stack import probes
from tools.local_stack.launch import Launch
from tools.local_stack.leftovers import Identity
from tools.local_stack.paths import DataDir
from tools.local_stack.replicas import REPLICAS_MAX, REPLICATED, service_of, with_replicas

RELAY = "relay"
MUREX = "murex"

MODULES: Mapping[str, str] = {
    RELAY: "shared.relay",
    "parser": "services.parser",
    "approval": "services.approval",
    "executor": "services.executor",
    "monitor": "services.monitor",
    MUREX: "murex.simulator",
}
"""Process name to the module that is run with `python -m`."""

ROLES: Mapping[str, str] = {
    "parser": "hawk_parser",
    "approval": "hawk_approval",
    "executor": "hawk_executor",
    "monitor": "hawk_monitor",
    RELAY: "hawk_relay",
}
"""Process name to its login role; Murex's simulator has no access to the database."""

READER_ROLE = "hawk_reader"


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """PEM files of the key pairs. The issuer's are None where another issuer makes the tokens.

    `feed_private` is of the demo's feed; no process gets it, only who publishes. `feeds` lists the feeds that count.
    """

    grant_private: Path
    grant_public: Path
    relay_private: Path
    relay_public: Path
    murex_private: Path
    murex_public: Path
    feed_private: Path
    feed_public: Path
    feeds: Path
    issuer_private: Path | None = None
    issuer_public: Path | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The addresses, files and settings that all processes of one installation share."""

    data: DataDir
    bootstrap: str
    dsn_by_role: Mapping[str, str]
    keys: KeyFiles
    profile: str
    approval_url: str | None = None
    monitor_url: str | None = None
    process_urls: Mapping[str, str] = field(default_factory=dict)
    murex_script: Path | None = None
    inherited: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


def environment_of(process: str, port: int, around: Surroundings) -> dict[str, str]:
    """Return the complete environment of a process: the caller's, overridden by what this process needs and may know.

    No process gets the connection string of another role, or a private key with which it does not sign.
    """
    name = service_of(process)
    environment = {key: value for key, value in around.inherited.items() if key not in _GIVEN}
    environment |= {
        "HAWK_KAFKA_BOOTSTRAP": around.bootstrap,
        "HAWK_HTTP_PORT": str(port),
        "HAWK_DATA_DIR": str(around.data.root),
        "HAWK_PROFILE": around.profile,
        "PYTHONUNBUFFERED": "1",
    }
    for url, key in ((around.approval_url, "HAWK_APPROVAL_URL"), (around.monitor_url, "HAWK_MONITOR_URL")):
        if url is not None:
            environment[key] = url  # for links from one service's pages to the other's
    if name in ROLES:
        environment["HAWK_POSTGRES_DSN"] = around.dsn_by_role[ROLES[name]]
    if name == "approval":
        environment["HAWK_GRANT_PRIVATE_KEY_FILE"] = str(around.keys.grant_private)
    if name in ("approval", "executor", "parser"):
        environment["HAWK_GRANT_PUBLIC_KEY_FILE"] = str(around.keys.grant_public)
    if name in ("approval", "monitor") and around.keys.issuer_public is not None:
        environment["HAWK_ISSUER_PUBLIC_KEY_FILE"] = str(around.keys.issuer_public)
    if name == "monitor" and around.process_urls:
        environment["HAWK_PROCESSES"] = ",".join(f"{each}={url}" for each, url in around.process_urls.items())
    if name == RELAY:
        environment["HAWK_RELAY_PRIVATE_KEY_FILE"] = str(around.keys.relay_private)
    environment["HAWK_RELAY_PUBLIC_KEY_FILE"] = _public(around, "HAWK_RELAY_PUBLIC_KEY_FILE", around.keys.relay_public)
    if name == "executor":
        environment["HAWK_MUREX_PUBLIC_KEY_FILE"] = _public(
            around, "HAWK_MUREX_PUBLIC_KEY_FILE", around.keys.murex_public
        )
        environment.setdefault("HAWK_FEED_KEYS_FILE", str(around.keys.feeds))
    if name == MUREX:
        environment["HAWK_MUREX_PRIVATE_KEY_FILE"] = str(around.keys.murex_private)
        environment["HAWK_MUREX_BOOK"] = str(around.data.murex_book)
        if around.murex_script is not None:
            environment["HAWK_MUREX_SCRIPT"] = str(around.murex_script)
    return environment


def _public(around: Surroundings, name: str, made_here: Path) -> str:
    """Return the public key files that verify signatures: the caller's, or those made here.

    A gateway to a real Murex has a pair of its own, and while a pair is replaced there are two. The demo takes its own.
    """
    return (around.inherited.get(name) if around.profile != "demo" else None) or str(made_here)


_GIVEN = (
    "HAWK_POSTGRES_DSN",
    "HAWK_GRANT_PRIVATE_KEY_FILE",
    "HAWK_ISSUER_PRIVATE_KEY_FILE",
    "HAWK_RELAY_PRIVATE_KEY_FILE",
    "HAWK_MUREX_PRIVATE_KEY_FILE",
    "HAWK_FEED_PRIVATE_KEY_FILE",
    "HAWK_MUREX_SCRIPT",
    "HAWK_MUREX_BOOK",
)
"""Variables not passed on from the caller: each goes to one process, or to none."""


def entry_command(module: str) -> tuple[str, ...]:
    """Return the command that starts a process."""
    return ("python", "-m", module)


class ServiceProcess:
    """One Python process of HAWK."""

    stop_signal = signal.SIGTERM
    stop_seconds_max = 15.0
    """A service finishes the message in hand and commits its offsets; that takes a second or two."""

    def __init__(self, name: str, module: str, port: int, around: Surroundings, client: httpx.AsyncClient) -> None:
        self.name = name
        self._module = module
        self._port = port
        self._around = around
        self._client = client
        self.identity = Identity(folder=around.data.run(name), marker=module)

    def prepare(self) -> Launch:
        """Compose command line and environment; a service needs nothing on disk in advance."""
        return Launch(
            command=(sys.executable, *entry_command(self._module)[1:]),
            environment=environment_of(self.name, self._port, self._around),
            folder=self._around.data.run(self.name),
        )

    async def is_ready(self) -> bool:
        """Ask /health/ready; see `launch.Runnable`."""
        return await probes.http_ready(self._client, self._port)

    async def defects(self) -> list[str]:
        """Return what the process reports for a person."""
        return await probes.http_defects(self._client, self._port)


def identities(data: DataDir, modules: Mapping[str, str] = MODULES) -> list[Identity]:
    """Return the identities of the service processes of a data directory, of all replicas that there may be.

    An earlier run may have had more of them than this one.
    """
    every = with_replicas(modules, dict.fromkeys(REPLICATED, REPLICAS_MAX))
    return [Identity(folder=data.run(name), marker=module) for name, module in every.items()]
