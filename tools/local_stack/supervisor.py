"""The supervisor: starts one installation, keeps it running, stops it.

Order up: the two servers (each prepared as soon as it answers: database, migrations, topics), then all
services. Order down: services first, then the servers. Between them a process that dies is restarted by
its `ManagedProcess`.
"""

import asyncio
import contextlib
import os
import secrets
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from shared.errors import HawkError
from shared.messaging.kafka import kafka_connection
from shared.migrations import migrate
from shared.security.issuers import DEMO_PROFILE
from shared.settings import ServiceSettings
from tools.local_stack import leftovers, servers
from tools.local_stack.control import ControlServer
from tools.local_stack.errors import CommandRefused
from tools.local_stack.jars import cache_folder, fetch_jars, locked_jars
from tools.local_stack.kafka import KafkaNode
from tools.local_stack.keys import ensure_keys
from tools.local_stack.launch import Runnable
from tools.local_stack.layout import keep_layout
from tools.local_stack.locking import locked
from tools.local_stack.paths import DataDir
from tools.local_stack.ports import HOST, keep_ports
from tools.local_stack.postgres import DATABASE, PostgresNode
from tools.local_stack.process import ManagedProcess
from tools.local_stack.replicas import service_of, with_replicas
from tools.local_stack.services import MODULES, ServiceProcess, Surroundings, identities
from tools.local_stack.state import State, is_alive, public, supervisor_identity, write_state
from tools.local_stack.topics import ensure_topics

START_SECONDS_MAX = 120.0
"""The time for one process to become ready. It takes about three seconds; a loaded machine gets forty times that."""

OWNER_CHECK_SECONDS = 0.5
"""The interval at which the stack of a test run checks whether the run still lives."""

TOKEN_BYTES = 24
"""192 random bits open the control channel."""

SERVERS = ("kafka", "postgres")

ANSWERING = ("approval", "monitor")
"""The services that people and their programs ask over HTTP."""

PRIVATE_UMASK = 0o077
"""Files that HAWK and its servers write are readable by their owner alone."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A description of an installation.

    `replicas`: how many processes of a service run, where it is not one. `owner`: stop when this process (see
    `state.supervisor_identity`) is gone.
    """

    data: DataDir
    own: servers.OwnServers = field(default_factory=servers.OwnServers)
    modules: Mapping[str, str] = field(default_factory=lambda: MODULES)
    replicas: Mapping[str, int] = field(default_factory=dict)
    murex_script: Path | None = None
    owner: dict[str, float | int] | None = None

    @property
    def profile(self) -> str:
        """`demo` (demo issuer, rollout FULL) on servers of HAWK's own, `own` as soon as one is the user's."""
        return DEMO_PROFILE if self.own.all_local else "own"

    @property
    def processes(self) -> Mapping[str, str]:
        """The module of every service process, by its name."""
        return with_replicas(self.modules, self.replicas)


class Supervisor:
    """One run of one installation.

    Args:
        on_change: gets the state document after every change, on the event loop.
        when_ready: runs once all is ready and before the state becomes `running`; gets the state document.
        What it raises ends the run.
    """

    def __init__(
        self,
        installation: Installation,
        on_change: Callable[[State], None] | None = None,
        when_ready: Callable[[State], Awaitable[None]] | None = None,
    ) -> None:
        self._installation = installation
        self._data = installation.data
        self._notify = on_change
        self._when_ready = when_ready
        self._processes: dict[str, ManagedProcess] = {}
        self._phase = "starting"
        self._detail = ""
        self._problem: str | None = None
        self._token = secrets.token_urlsafe(TOKEN_BYTES)
        self._ports: dict[str, int] = {}
        self._stop = asyncio.Event()
        self._closing = False
        self._commands: set[asyncio.Task[dict[str, Any]]] = set()

    async def run(self) -> None:
        """Start the installation, keep it running until it is stopped (SIGINT, SIGTERM, `hawk down`), and stop it.

        Raises:
            AlreadyRunning: another supervisor holds the data directory; nothing was touched.
            LayoutDiffers: its data are of another layout; they were left alone.
            HawkError: it could not be brought up; everything was stopped again.
        """
        os.umask(PRIVATE_UMASK)  # for the servers too: segments, tables and logs are private
        self._data.create()
        with locked(self._data):
            keep_layout(self._data)
            self._watch_signals()
            await asyncio.to_thread(leftovers.end, self._identities())
            self._ports = keep_ports(
                self._data.ports_file, (*SERVERS, "kafka-controller", "control", *self._installation.processes)
            )
            control = ControlServer(self._ports["control"], self._token, self._act)
            await control.start()
            try:
                async with httpx.AsyncClient(trust_env=False) as client:
                    await self._run_until_stopped(client)
            finally:
                self._changed("stopping", "Stopping")
                await self._take_down()
                await control.stop()
                self._changed("failed" if self._problem else "stopped", "")

    def stop(self) -> None:
        """Ask for the end; `run` returns when all is down."""
        self._stop.set()

    def state(self) -> State:
        """Return the document of interfaces section 2 with the private fields (see `state.public`)."""
        kafka, postgres = self._processes.get("kafka"), self._processes.get("postgres")
        admin = self._admin_dsn()
        return {
            "state": self._phase,
            "detail": self._detail,
            "problem": self._problem,
            "profile": self._installation.profile,
            "data_dir": str(self._data.root),
            "kafka": {"bootstrap": self._bootstrap(), "pid": kafka.pid if kafka else None},
            "postgres": {
                "dsn": admin,
                "pid": postgres.pid if postgres else None,
                "dsn_by_role": self._dsn_by_role() if self._installation.modules else {},
            },
            "approval_url": self._url("approval"),
            "monitor_url": self._url("monitor"),
            "console_url": self._console_url(),
            "processes": {
                name: {"pid": process.pid, "ready": process.ready, "stopped": not process.wanted}
                for name, process in self._processes.items()
            },
            **self._replica_urls(),
            "supervisor": supervisor_identity(),
            "control": {"port": self._ports.get("control"), "token": self._token},
        }

    async def _run_until_stopped(self, client: httpx.AsyncClient) -> None:
        stopping = asyncio.create_task(self._stop.wait())
        rising = asyncio.create_task(self._bring_up(client))
        watching = asyncio.create_task(self._watch_owner())
        try:
            await asyncio.wait({rising, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if rising.done():
                rising.result()
                await stopping
        except HawkError as error:
            self._problem = str(error)
            raise
        finally:
            for task in (rising, stopping, watching):
                task.cancel()
            await asyncio.gather(rising, stopping, watching, return_exceptions=True)

    async def _bring_up(self, client: httpx.AsyncClient) -> None:
        self._changed("starting", "Starting Kafka and PostgreSQL")
        async with _together() as together:
            together.create_task(self._raise_kafka())
            together.create_task(self._raise_postgres())
        if self._installation.modules:
            around = self._surroundings()
            self._changed("starting", "Starting the services")
            async with _together() as together:
                for name, module in self._installation.processes.items():
                    process = self._manage(ServiceProcess(name, module, self._ports[name], around, client))
                    together.create_task(process.start(START_SECONDS_MAX))
            if self._when_ready is not None:
                self._changed("starting", "Loading the reference data")
                await self._when_ready(self.state())
        self._changed("running", "")

    async def _raise_kafka(self) -> None:
        if self._installation.own.bootstrap is None:
            await asyncio.to_thread(fetch_jars, locked_jars(), cache_folder(), self._fetched_from_thread())
            node = KafkaNode(self._data, self._ports["kafka"], self._ports["kafka-controller"])
            await self._manage(node).start(START_SECONDS_MAX)
        if self._installation.modules:
            settings = ServiceSettings(kafka_bootstrap=self._bootstrap())
            await ensure_topics(kafka_connection(settings).options())

    async def _raise_postgres(self) -> None:
        if self._installation.own.dsn is None:
            node = PostgresNode(self._data, self._ports["postgres"])
            await self._manage(node).start(START_SECONDS_MAX)
            await servers.ensure_database(node.dsn("postgres"), DATABASE)
        if self._installation.modules:
            await migrate(self._admin_dsn())
            await servers.set_passwords(self._admin_dsn(), servers.keep_passwords(self._data.role_passwords))

    async def _take_down(self) -> None:
        self._closing = True
        for command in list(self._commands):
            command.cancel()
        await asyncio.gather(*self._commands, return_exceptions=True)
        services = [process for name, process in self._processes.items() if name not in SERVERS]
        own = [process for name, process in self._processes.items() if name in SERVERS]
        for layer in (services, own):
            await asyncio.gather(*(process.stop() for process in layer))
        await asyncio.to_thread(leftovers.end, self._identities())

    def _manage(self, runnable: Runnable) -> ManagedProcess:
        process = ManagedProcess(runnable, self._data.log(runnable.name), self._process_changed)
        self._processes[runnable.name] = process
        return process

    async def _act(self, verb: str, name: str | None) -> dict[str, Any]:
        """Execute one command of the control channel."""
        if verb == "status":
            return await self._live_status()
        if self._closing:
            raise CommandRefused("HAWK is stopping; the command was not executed. Start HAWK again first.")
        if verb == "down":
            self.stop()
            return {"ok": True}
        task = asyncio.create_task(self._act_on_process(verb, name))
        self._commands.add(task)
        task.add_done_callback(self._commands.discard)
        return await task

    async def _act_on_process(self, verb: str, name: str | None) -> dict[str, Any]:
        process = self._processes.get(name or "")
        if process is None:
            known = ", ".join(self._processes)
            raise CommandRefused(f"Process {name!r} does not exist here. Use one of {known}.")
        if verb == "stop":
            await process.stop()
        elif verb == "start":
            await process.start(START_SECONDS_MAX)
        elif verb == "restart":
            await process.restart(START_SECONDS_MAX)
        else:
            raise CommandRefused(f"{verb!r} is not a command of the supervisor. Use the CLI of this release.")
        return {"name": process.name, "pid": process.pid, "ready": process.ready}

    async def _live_status(self) -> dict[str, Any]:
        """Return the state with the current readiness of every process."""
        names = [name for name, process in self._processes.items() if process.pid is not None]
        answers = await asyncio.gather(*(self._processes[name].runnable.is_ready() for name in names))
        state = public(self.state())
        for name, ready in zip(names, answers, strict=True):
            state["processes"][name]["ready"] = ready
            runnable = self._processes[name].runnable
            if not ready and isinstance(runnable, ServiceProcess):
                state["processes"][name]["defects"] = await runnable.defects()
        return state

    def _surroundings(self) -> Surroundings:
        installation = self._installation
        return Surroundings(
            data=self._data,
            bootstrap=self._bootstrap(),
            dsn_by_role=self._dsn_by_role(),
            keys=ensure_keys(self._data, with_issuer=installation.profile == "demo"),
            profile=installation.profile,
            approval_url=self._url("approval"),
            monitor_url=self._url("monitor"),
            process_urls={name: f"http://{HOST}:{self._ports[name]}" for name in installation.processes},
            murex_script=installation.murex_script,
        )

    def _identities(self) -> list[leftovers.Identity]:
        kafka = KafkaNode(self._data, 0, 0).identity
        postgres = PostgresNode(self._data, 0).identity
        return [*identities(self._data, self._installation.modules), kafka, postgres]

    def _bootstrap(self) -> str:
        return self._installation.own.bootstrap or f"{HOST}:{self._ports['kafka']}"

    def _admin_dsn(self) -> str:
        return self._installation.own.dsn or PostgresNode(self._data, self._ports["postgres"]).dsn()

    def _dsn_by_role(self) -> dict[str, str]:
        return servers.dsn_by_role(self._admin_dsn(), servers.keep_passwords(self._data.role_passwords))

    def _console_url(self) -> str | None:
        """Return the console's address for browsers: by name, since cookies and passkeys want no address in numbers."""
        if "approval" not in self._installation.modules:
            return None
        return os.environ.get("HAWK_PUBLIC_URL") or f"http://localhost:{self._ports['approval']}"

    def _url(self, name: str) -> str | None:
        return f"http://{HOST}:{self._ports[name]}" if name in self._installation.modules else None

    def _replica_urls(self) -> dict[str, dict[str, str]]:
        """Return the addresses of further processes that answer people, for the state; nothing where there are none."""
        further = {
            process: f"http://{HOST}:{self._ports[process]}"
            for process in self._installation.processes
            if service_of(process) in ANSWERING and service_of(process) != process
        }
        return {"replica_urls": further} if further else {}

    def _fetched_from_thread(self) -> Callable[[int, int], None]:
        loop = asyncio.get_running_loop()

        def fetched(here: int, of: int) -> None:
            if here < of:
                loop.call_soon_threadsafe(self._changed, "starting", f"Fetching Kafka: {here} of {of} jars")
            else:
                loop.call_soon_threadsafe(self._changed, "starting", "Starting Kafka and PostgreSQL")

        return fetched

    def _changed(self, phase: str, detail: str) -> None:
        self._phase, self._detail = phase, detail
        self._process_changed()

    def _process_changed(self) -> None:
        state = self.state()
        write_state(self._data, state)
        if self._notify is not None:
            self._notify(state)

    def _watch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.stop)

    async def _watch_owner(self) -> None:
        while self._installation.owner is not None:
            if not is_alive(self._installation.owner):
                self.stop()
                return
            await asyncio.sleep(OWNER_CHECK_SECONDS)


@contextlib.asynccontextmanager
async def _together() -> Any:
    """Run a task group whose first HawkError is raised as itself, not inside a group."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        ours, _ = failures.split(HawkError)
        raise (_first(ours) if ours else _first(failures)) from failures


def _first(failure: BaseException) -> BaseException:
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure
