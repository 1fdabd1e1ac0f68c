"""The executor as a process: its handlers and its worker, with the real adapters."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from services.executor.configuration.turn import make_due_change
from services.executor.due import Task
from services.executor.execution.murex_turn import check_deadlines
from services.executor.execution.posting_turn import post_journal
from services.executor.handlers import handlers
from services.executor.listening import LOOK_SECONDS, Listening, relay_keeps_up
from services.executor.ports import Ports
from services.executor.projections.projector import project
from services.executor.rollout.watermark import LOOK_SECONDS as READING_SECONDS
from services.executor.rollout.watermark import ControlReading, Watermark
from services.executor.settings import ExecutorSettings
from services.executor.todo import Worker
from shared.events import topics
from shared.events.identity import ROLLOUT_STREAM
from shared.messaging.consumer import health_part
from shared.messaging.replays import replay_subscription
from shared.messaging.subscription import Subscription
from shared.messaging.unit_of_work import UnitOfWork, Work
from shared.security.grants import GrantClaims, verify_grant
from shared.security.keys import read_pem
from shared.service import Service
from shared.telemetry.health import Health, State

NAME = "executor"
#: One group per topic: a grant never waits behind a backlog of proposals or of reference rows.
GROUPS = {
    topics.PROPOSALS: "executor-proposals",
    topics.APPROVALS: "executor-approvals",
    topics.CONTROL: "executor-control",
    topics.MUREX_ANSWERS: "executor-murex",
    topics.REFERENCE: "executor-reference",
}
#: Topics whose handlers read the tables nearly always: their messages are handled one by one.
ONE_BY_ONE = frozenset({topics.PROPOSALS, topics.APPROVALS, topics.CONTROL})
#: Before every grant: its expiry is judged by the handler, which has to tell a lapsed grant from a forged one.
_ANY_TIME = datetime.fromtimestamp(0, UTC)


def now() -> datetime:
    """The present, UTC."""
    return datetime.now(UTC)


def build(settings: ExecutorSettings) -> Service:
    """The service, ready to run.

    Raises:
        Defect: the configured key cannot be read.
    """
    public_pem = read_pem(settings.grant_public_key_file)

    def read_grant(token: str) -> GrantClaims:
        return verify_grant(token, public_pem, _ANY_TIME)

    ports = Ports(clock=now, read_grant=read_grant)
    service = Service(NAME, settings, projector=project)
    listening, reading, watermark = _listening(service), _reading(service), Watermark(lambda: service.database.pool)

    async def perform(workflow_id: str, task: Task) -> None:
        async def work(uow: UnitOfWork) -> None:
            await do_task(ports, uow, workflow_id, task, listening.since)

        cause = service.cause(request_id=f"todo:{task}:{workflow_id}", correlation_id=workflow_id)
        await service.unit(cause, work)

    worker = Worker(lambda: service.database.pool, perform, now)
    ports.wake.append(worker.wake)
    for topic, handler in handlers(ports).items():
        # A reference row sent twice under one id is one row: an old rate must not come back over a newer one.
        by_id, together = topic == topics.REFERENCE, topic not in ONE_BY_ONE
        watch = watermark if topic == topics.CONTROL else None
        subscription = Subscription(topic, GROUPS[topic], handler, by_id=by_id, together=together, caught_up=watch)
        service.subscribe(subscription)
    service.subscribe(replay_subscription(NAME))
    service.background("todo", worker.run)
    service.background("listening", lambda: _look_forever(listening.look, LOOK_SECONDS))
    service.background("control-reading", lambda: _look_forever(reading.look, READING_SECONDS))
    return service


async def do_task(ports: Ports, uow: UnitOfWork, workflow_id: str, task: Task, listening_since: datetime) -> None:
    """What is due for a workflow, in a unit of work of its own."""
    if task is Task.POST:
        await post_journal(ports, uow, workflow_id)
    elif task is Task.CONFIGURE:
        await make_due_change(ports, uow, workflow_id)
    else:
        await check_deadlines(ports, uow, workflow_id, listening_since)


def answers_arrive(health: Health) -> bool:
    """Whether the consumer of Murex's answers is at work, neither starting nor waiting for the broker."""
    part = health.part(health_part(GROUPS[topics.MUREX_ANSWERS]))
    return part is not None and part.state is State.RUNNING


def _listening(service: Service) -> Listening:
    async def keeps_up() -> bool:
        return await relay_keeps_up(service.database.pool)

    return Listening(now, lambda: answers_arrive(service.health), keeps_up)


def _reading(service: Service) -> ControlReading:
    async def run(work: Work[None]) -> None:
        cause = service.cause(request_id=f"control-reading:{now().isoformat()}", correlation_id=ROLLOUT_STREAM)
        await service.unit(cause, work)

    return ControlReading(lambda: service.database.pool, service.health, run)


async def _look_forever(look: Callable[[], Awaitable[None]], seconds: float) -> None:
    while True:
        await look()
        await asyncio.sleep(seconds)
