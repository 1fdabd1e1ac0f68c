"""How every process of HAWK runs: one loop with a pool, consumers, background tasks and an HTTP server.

A service's `app.py` builds a `Service` and its `__main__.py` runs it:

    service = Service("parser", settings, projector=project)
    service.subscribe(Subscription(topics.AI_RESPONSES, "hawk-parser", on_response))
    service.background("expire", expire_forever)
    run(service)
"""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

import structlog
import uvicorn
import uvloop
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response

from shared.collecting import spare_what_stays
from shared.errors import Defect
from shared.events.access import AccessRefused
from shared.messaging.batch import Job, run_together
from shared.messaging.cause import Cause, request_cause
from shared.messaging.consumer import Consumer
from shared.messaging.database import Database
from shared.messaging.faults import Backoff, passes_by_itself
from shared.messaging.gathering import Gathering
from shared.messaging.kafka import kafka_connection
from shared.messaging.partition import HandlerSlots
from shared.messaging.streams import StreamMemory
from shared.messaging.subscription import Subscription
from shared.messaging.unit_of_work import InboxEntry, Projector, Work, run_unit
from shared.settings import ServiceSettings
from shared.telemetry.health import Health, State
from shared.telemetry.logs import configure_logs
from shared.telemetry.metrics import READY, TASK_RESTARTS
from shared.telemetry.tracing import configure_tracing, stop_tracing
from shared.web.connections import BoundedConnection
from shared.web.plain_routes import serve_get
from shared.web.refusals import RefusalRecorder, append_refusals, security_stream

T = TypeVar("T")
Task = Callable[[], Awaitable[None]]

#: Seconds an orderly stop may take, all in all; a supervisor kills after this.
STOP_SECONDS_MAX = 10.0
#: Seconds of it for handlers in flight and offsets. The longest handler writes some 150 events: well below
#: one.
DRAIN_SECONDS_MAX = 5.0
#: Seconds of it for open HTTP requests. Event streams never end by themselves, so it is short.
HTTP_DRAIN_SECONDS = 2
#: Seconds of it for closing database connections.
POOL_CLOSE_SECONDS_MAX = 1.0
#: Seconds the readiness probe waits for the database. A probe must answer while a server hangs.
PROBE_SECONDS_MAX = 2.0
#: Seconds a background task must survive before its last failure is forgotten.
TASK_RECOVERED_SECONDS = 5.0
#: Waits before a failed step or task is started again.
RESTART_BACKOFF = Backoff(base_seconds=0.2, cap_seconds=10.0)

_log = structlog.get_logger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: one process, one reaction to SIGTERM."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Service:
    """One process: what it consumes, runs and serves.

    Args:
        name: the service's name, its schema, and `service:<name>` as an actor.
        settings: where the servers are.
        app: its HTTP routes; None serves health and metrics alone.
        projector: keeps its tables up to date inside each unit of work.
        database: False for a process without one (the Murex simulator).
    """

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        *,
        app: Starlette | None = None,
        projector: Projector | None = None,
        database: bool = True,
    ) -> None:
        self.name = name
        self.settings = settings
        self.app = app if app is not None else Starlette()
        self.projector = projector
        self.kafka = kafka_connection(settings)
        self.health = Health()
        self.http_port = settings.http_port
        self._database = Database(settings.postgres_dsn.get_secret_value(), application=name) if database else None
        self._subscriptions: list[Subscription] = []
        self._tasks: dict[str, Task] = {}
        self._first_steps: dict[str, Task] = {}
        self._slots = HandlerSlots()
        self._streams = StreamMemory()
        self._requests = Gathering(self._together, lambda job: self.unit(job.cause, job.work))
        self._stop = asyncio.Event()
        self._add_health_routes()

    @property
    def actor(self) -> str:
        """The actor of events that this service makes by itself."""
        return f"service:{self.name}"

    @property
    def database(self) -> Database:
        """The database of this process.

        Raises:
            Defect: it was built without one.
        """
        if self._database is None:
            raise Defect(f"Service {self.name} was built without a database.")
        return self._database

    def subscribe(self, *subscriptions: Subscription) -> None:
        """Consume topics. Subscriptions that share a group share one consumer."""
        self._subscriptions.extend(subscriptions)

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The subscriptions of this process."""
        return tuple(self._subscriptions)

    def background(self, name: str, task: Task) -> None:
        """Run a task for the life of the process; when it fails it is started again, with growing waits.

        It is cancelled at the stop. It starts after the first steps, when the database has answered once.
        """
        self._tasks[name] = task

    def first(self, name: str, step: Task) -> None:
        """Add a step to finish before anything is consumed, for example a check; a passing fault repeats it."""
        self._first_steps[name] = step

    @property
    def first_steps(self) -> tuple[Task, ...]:
        """The steps to finish before anything is consumed."""
        return tuple(self._first_steps.values())

    def cause(
        self, *, request_id: str, correlation_id: str, actor: str | None = None, traceparent: str | None = None
    ) -> Cause:
        """Return the cause of work that a request (`actor="person:<user>"`) or a timer of this service starts."""
        return request_cause(
            actor or self.actor, request_id=request_id, correlation_id=correlation_id, traceparent=traceparent
        )

    async def unit(self, cause: Cause, work: Work[T]) -> T:
        """Call `run_unit` on this service's pool with its projector."""
        return await run_unit(self.database.pool, cause, work, projector=self.projector, memory=self._streams)

    async def unit_of_request(self, cause: Cause, work: Work[T], streams: Sequence[str]) -> T:
        """Run a unit that a request asks for: those that are asked for meanwhile share the next transaction."""
        return await self._requests.run(cause, work, streams)

    async def units(self, jobs: Sequence[Job]) -> int:
        """Call `run_together` on this service's pool with its projector, while no consumer handles anything."""
        async with self._slots.all():
            return await self._together(jobs)

    async def _together(self, jobs: Sequence[Job]) -> int:
        return await run_together(self.database.pool, jobs, projector=self.projector, memory=self._streams)

    def record_refusals(self) -> None:
        """Record what this service refuses over HTTP and concerns security, in streams of its own."""
        recorder = RefusalRecorder(self.name, _now, self._append_refusals)
        self.app.state.refusals = recorder
        self.background("refusals", recorder.run)

    async def _append_refusals(self, events: Sequence[AccessRefused]) -> None:
        stream = security_stream(self.name, _now())
        cause = self.cause(request_id=str(uuid4()), correlation_id=stream)
        await self.unit(cause, lambda unit: append_refusals(unit, stream, events))

    async def unit_once(self, cause: Cause, work: Work[T], *, consumer: str, message_id: str) -> T | None:
        """Run a unit, unless the service's inbox knows it: then do nothing and return None."""
        inbox = InboxEntry(self.name, consumer, message_id)
        return await run_unit(
            self.database.pool, cause, work, projector=self.projector, inbox=inbox, memory=self._streams
        )

    def stop(self) -> None:
        """Begin the orderly stop; `run` returns when it is done."""
        self._stop.set()

    async def run(self) -> None:
        """Serve HTTP at once, then connect, do the first steps, consume; until `stop` or a signal.

        Raises:
            OSError: the HTTP address is taken.
        """
        listener = socket.create_server((self.settings.http_host, self.settings.http_port))
        self.http_port = int(listener.getsockname()[1])
        server = _Server(
            uvicorn.Config(
                self.app,
                http=BoundedConnection,
                ws="none",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=HTTP_DRAIN_SECONDS,
            )
        )
        with self._signals():
            serving = asyncio.create_task(server.serve(sockets=[listener]), name="http")
            working = asyncio.create_task(self._work(), name="work")
            stopping = asyncio.create_task(self._stop.wait(), name="stop")
            await asyncio.wait({serving, working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            await self._wind_down(server, serving, working)
            stopping.cancel()

    async def _wind_down(self, server: _Server, serving: asyncio.Task[None], working: asyncio.Task[None]) -> None:
        _log.info("stopping")
        self._stop.set()
        server.should_exit = True
        _, late = await asyncio.wait({serving, working}, timeout=STOP_SECONDS_MAX - POOL_CLOSE_SECONDS_MAX)
        for task in late:
            _log.warning("stop_takes_too_long", task=task.get_name())
            task.cancel()
        ended = await asyncio.gather(serving, working, return_exceptions=True)
        if self._database is not None:
            await self._database.close(POOL_CLOSE_SECONDS_MAX)
        for end in ended:
            if isinstance(end, Exception):
                raise end
        _log.info("stopped")

    async def _work(self) -> None:
        """Run everything but HTTP until the stop is asked for and what was in flight is done."""
        if not await self._start():
            return
        spare_what_stays()
        consumers = self._consumers()
        tasks = [asyncio.create_task(self._supervise(name, task), name=name) for name, task in self._tasks.items()]
        consuming = [asyncio.create_task(consumer.run(), name=consumer.group) for consumer in consumers]
        self.health.started()
        _log.info("started", http_port=self.http_port)
        try:
            await self._stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*(consumer.stop(DRAIN_SECONDS_MAX) for consumer in consumers))
            await asyncio.gather(*tasks, *consuming, return_exceptions=True)

    async def _start(self) -> bool:
        """Connect and do the first steps, however long servers are away. Return False when stopped meanwhile."""
        steps: dict[str, Task] = {}
        if self._database is not None:
            steps["database"] = self._database.open
        for name, step in (steps | self._first_steps).items():
            if not await self._until_done(name, step):
                return False
        return True

    async def _until_done(self, name: str, step: Task) -> bool:
        failures = 0
        while not self._stop.is_set():
            try:
                await step()
            except Exception as error:
                failures += 1
                passing = passes_by_itself(error) or isinstance(error, OSError)
                self.health.report(name, State.AWAY if passing else State.DEFECT, _describe(error))
                _log.warning("start_step_failed", step=name, failures=failures, exc_info=not passing, why=str(error))
                await self._pause(RESTART_BACKOFF.seconds(failures))
            else:
                self.health.report(name, State.FINISHED if name in self._first_steps else State.RUNNING)
                return True
        return False

    def _consumers(self) -> list[Consumer]:
        groups: dict[str, list[Subscription]] = {}
        for subscription in self._subscriptions:
            groups.setdefault(subscription.group, []).append(subscription)
        return [
            Consumer(
                service=self.name,
                group=group,
                subscriptions=subscriptions,
                connection=self.kafka,
                pool=lambda: self.database.pool,
                projector=self.projector,
                health=self.health,
                slots=self._slots,
                memory=self._streams,
            )
            for group, subscriptions in groups.items()
        ]

    async def _supervise(self, name: str, task: Task) -> None:
        """Run a background task again and again until the stop; its failures show in readiness."""
        failures = 0
        loop = asyncio.get_running_loop()
        self.health.report(name, State.RUNNING)
        while True:
            began = loop.time()
            recovered = loop.call_later(TASK_RECOVERED_SECONDS, self.health.report, name, State.RUNNING)
            try:
                await task()
                self.health.report(name, State.FINISHED)
                return
            except Exception as error:
                failures = 1 if loop.time() - began > TASK_RECOVERED_SECONDS else failures + 1
                passing = passes_by_itself(error)
                self.health.report(name, State.WAITING if passing else State.FAILED, _describe(error))
                TASK_RESTARTS.labels(service=self.name, task=name).inc()
                _log.error("task_failed", task=name, failures=failures, exc_info=not passing, why=str(error))
            finally:
                recovered.cancel()
            await asyncio.sleep(RESTART_BACKOFF.seconds(failures))

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        handled: list[signal.Signals] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(ValueError, NotImplementedError, RuntimeError):
                loop.add_signal_handler(number, self._stop.set)
                handled.append(number)
        try:
            yield
        finally:
            for number in handled:
                loop.remove_signal_handler(number)

    def _add_health_routes(self) -> None:
        async def live() -> dict[str, bool]:
            """Answer while the loop turns."""
            return {"live": True}

        async def ready() -> JSONResponse:
            """Answer 200 while the process can do its work, or waits for a broker it has worked with; else 503."""
            await self._probe_database()
            return JSONResponse(self.health.document(), status_code=200 if self.health.ready else 503)

        async def metrics() -> Response:
            """Return the metrics of this process in Prometheus' text format; its readiness is looked at for that."""
            await self._probe_database()
            READY.labels(service=self.name).set(int(self.health.ready))
            return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

        serve_get(self.app, "/health/live", live)
        serve_get(self.app, "/health/ready", ready)
        serve_get(self.app, "/metrics", metrics)

    async def _probe_database(self) -> None:
        if self._database is not None:
            await self._database.probe(self.health, PROBE_SECONDS_MAX)


def run(service: Service) -> None:
    """Run a service as this process's only work; returns after an orderly stop (exit status 0)."""
    configure_logs(service.name, service.settings.log_level)
    configure_tracing(service.name)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(service.run())
    except OSError as error:
        _log.error("cannot_start", why=str(error))
        sys.exit(1)
    finally:
        stop_tracing()


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
