"""The executor as a process: its handlers and its worker, with the real adapters."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from services.executor.handlers.availability import LOOK_SECONDS, Listening, relay_keeps_up
from services.executor.handlers.caught_up import LOOK_SECONDS as ANSWERS_SECONDS
from services.executor.handlers.caught_up import AnswersReading, AnswersWatermark
from services.executor.handlers.configuration.kind import make_due_change
from services.executor.handlers.grants import take_turn
from services.executor.handlers.murex import check_deadlines
from services.executor.handlers.posting import post_journal
from services.executor.handlers.reference.messages import feed_of
from services.executor.handlers.registry import KINDS
from services.executor.handlers.rollout.watermark import LOOK_SECONDS as READING_SECONDS
from services.executor.handlers.rollout.watermark import ControlReading, Watermark
from services.executor.handlers.streams import streams_of
from services.executor.handlers.subscriptions import handlers, needs, pressing
from services.executor.handlers.table_writer import project
from services.executor.handlers.timers import Worker
from services.executor.handlers.turn_queue import TurnQueue
from services.executor.ports import Ports
from services.executor.reference.tables import REFERENCE
from services.executor.settings import ExecutorSettings
from services.executor.workflow.due import Task
from shared.events import identity, topics
from shared.events.identity import ROLLOUT_STREAM
from shared.events.responses import Maker, Originated
from shared.messaging.batch import Job
from shared.messaging.caught_up import CaughtUpWatch
from shared.messaging.member_health import health_part
from shared.messaging.message import Message
from shared.messaging.replays import replay_subscription
from shared.messaging.signatures import signed_by
from shared.messaging.subscription import Proof, Subscription
from shared.messaging.unit_of_work import UnitOfWork, Work
from shared.security.feeds import Feed, read_feeds
from shared.security.grants import GrantClaims, verify_grant
from shared.security.keys import read_pem, read_pems
from shared.security.maker_proof import proved_maker
from shared.service import Service
from shared.telemetry.health import Health, State

NAME = "executor"
#: One group per topic: a grant never waits behind a backlog of proposals or of reference rows.
GROUPS = {
    topics.PROPOSALS: "hawk-executor-proposals",
    topics.APPROVALS: "hawk-executor-approvals",
    topics.CONTROL: "hawk-executor-control",
    topics.MUREX_ANSWERS: "hawk-executor-murex",
    topics.REFERENCE: "hawk-executor-reference",
}
#: Topics whose handlers read the tables nearly always: their messages are handled one by one.
ONE_BY_ONE = frozenset({topics.CONTROL})
#: Before every grant: its expiry is judged by the handler, which has to distinguish a lapsed grant from a forged one.
_ANY_TIME = datetime.fromtimestamp(0, UTC)


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


def build(settings: ExecutorSettings) -> Service:
    """Build the service, ready to run.

    Raises:
        Defect: a configured key, or the list of feeds, cannot be used.
    """
    public_pem = read_pem(settings.grant_public_key_file)

    def read_grant(token: str) -> GrantClaims:
        return verify_grant(token, public_pem, _ANY_TIME)

    def prove_maker(asked: Originated) -> Maker:
        return proved_maker(asked, public_pem)

    feeds = read_feeds(settings.feed_keys_file, REFERENCE)

    def read_feed(message: Message) -> Feed:
        return feed_of(feeds, message)

    def prove_feed(message: Message) -> None:
        read_feed(message)

    proofs: dict[str, Proof] = {
        topics.MUREX_ANSWERS: signed_by(read_pems(settings.murex_public_key_file)),
        topics.REFERENCE: prove_feed,
    }
    ports = Ports(
        clock=now,
        read_grant=read_grant,
        prove_maker=prove_maker,
        read_feed=read_feed,
        slots=settings.workflows_in_flight,
    )
    service = Service(NAME, settings, projector=project)
    listening, reading = _listening(service), _reading(service)
    answers = AnswersReading(lambda: service.database.pool, service.health)
    watches: dict[str, CaughtUpWatch] = {
        topics.CONTROL: Watermark(lambda: service.database.pool),
        topics.MUREX_ANSWERS: AnswersWatermark(lambda: service.database.pool),
    }

    turns, worker = _turns(service, ports, settings.workflows_in_flight), _worker(service, ports, listening)
    ports.wake.append(worker.wake)
    for topic, handler in handlers(ports).items():
        # A reference row sent twice under one id is one row: an old rate must not come back over a newer one.
        by_id, together = topic == topics.REFERENCE, topic not in ONE_BY_ONE
        watch, proof = watches.get(topic), proofs.get(topic)
        service.subscribe(
            Subscription(
                topic,
                GROUPS[topic],
                handler,
                by_id=by_id,
                together=together,
                needs=needs(topic),
                pressing=pressing(topic, proof),
                proof=proof,
                caught_up=watch,
            )
        )
    service.subscribe(replay_subscription(NAME))
    service.background("todo", worker.run)
    service.background("turns", turns.run)
    service.background("listening", lambda: _look_forever(listening.look, LOOK_SECONDS))
    service.background("answers-reading", lambda: _look_forever(answers.look, ANSWERS_SECONDS))
    service.background("control-reading", lambda: _look_forever(reading.look, READING_SECONDS))
    return service


def _turns(service: Service, ports: Ports, slots: int) -> TurnQueue:
    def turn_of(workflow_id: str) -> Job:
        cause = service.cause(request_id=f"turn:{workflow_id}", correlation_id=workflow_id)
        return Job(cause, lambda uow: take_turn(KINDS, ports, uow, workflow_id), streams_of(workflow_id))

    async def take_turns(workflow_ids: Sequence[str]) -> int:
        return await service.units([turn_of(workflow_id) for workflow_id in workflow_ids])

    return TurnQueue(lambda: service.database.pool, take_turns, service.health, slots)


def _worker(service: Service, ports: Ports, listening: Listening) -> Worker:
    def task_of(workflow_id: str, task: Task) -> Job:
        cause = service.cause(request_id=f"todo:{task}:{workflow_id}", correlation_id=workflow_id)
        work: Work[None] = lambda uow: do_task(ports, uow, workflow_id, task, listening.since)  # noqa: E731
        return Job(cause, work, streams_of(workflow_id))

    async def perform(workflow_ids: Sequence[str], task: Task) -> int:
        return await service.units([task_of(workflow_id, task) for workflow_id in workflow_ids])

    return Worker(lambda: service.database.pool, perform, now)


async def do_task(ports: Ports, uow: UnitOfWork, workflow_id: str, task: Task, listening_since: datetime) -> None:
    """Do a task that is due for a workflow, in a unit of work of its own and in the workflow's trace."""
    stream = identity.plan_stream if task is Task.CONFIGURE else identity.execution_stream
    for last in (await uow.load(stream(workflow_id))).recorded[-1:]:
        uow.continues(last)
    if task is Task.POST:
        await post_journal(ports, uow, workflow_id)
    elif task is Task.CONFIGURE:
        await make_due_change(ports, uow, workflow_id)
    else:
        await check_deadlines(ports, uow, workflow_id, listening_since)


def answers_arrive(health: Health) -> bool:
    """Return True if the consumer of Murex's answers is at work, neither starting nor waiting for the broker."""
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
