"""All services of HAWK in one process: their own handlers on the real database, by the clock of a history."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self
from uuid import uuid4

import asyncpg

from benchmarks.driver import PERSON, ROLE
from benchmarks.grown.exchange import MemoryGateway
from benchmarks.grown.topics import Topics
from benchmarks.orders import Answer
from cli.output import RunningHawk
from murex.simulator.app import Exchange
from murex.simulator.book import Book
from services.approval.app import KeySigner
from services.approval.handlers import Dependencies, act
from services.approval.handlers import subscriptions as of_approval
from services.approval.projection import project as project_approvals
from services.approval.requests.commands import RecordDecision
from services.executor.app import GROUPS
from services.executor.handlers.posting import post_journal
from services.executor.handlers.reference.loading import LOAD_HEADER
from services.executor.handlers.reference.messages import feed_of
from services.executor.handlers.rollout.watermark import Watermark
from services.executor.handlers.streams import streams_of
from services.executor.handlers.subscriptions import handlers, needs
from services.executor.handlers.table_writer import project
from services.executor.ports import Ports
from services.executor.reference.tables import REFERENCE
from services.executor.workflow.due import Task
from services.monitor.handlers import subscriptions as of_monitor
from services.parser.app import GROUP as PARSER_GROUP
from services.parser.handlers import Parser
from services.parser.identity import ID_HEADER
from shared.events import topics as names
from shared.events.approvals import ApprovalRequested
from shared.events.identity import approval_stream
from shared.events.policy import PolicyTable
from shared.events.routing import messages as messages_of
from shared.messaging.batch import Job, run_together
from shared.messaging.cause import request_cause
from shared.messaging.database import open_pool
from shared.messaging.offsets import Partition
from shared.messaging.streams import StreamMemory
from shared.messaging.subscription import Subscription
from shared.messaging.unit_of_work import Projector, UnitOfWork
from shared.policy.recorded import policy_of
from shared.policy.table import Policy
from shared.relay.fresh import Fresh
from shared.relay.publisher import Publisher
from shared.relay.relay import LOCK_KEY
from shared.relay.sealer import Sealer
from shared.security.feeds import read_feeds
from shared.security.grants import verify_grant
from shared.security.keys import read_pem, read_private_pem
from shared.security.maker_proof import proved_maker
from tools.local_stack.keys import ensure_keys, read_feed_key
from tools.local_stack.reference_data import signed
from tools.local_stack.reference_load import set_value
from tools.reference_files import ReferenceChange

LIFETIME = timedelta(days=1)
"""Of requests and grants; they are decided and used within seconds."""
ANY_TIME = datetime.fromtimestamp(0, UTC)
ROLES = ("parser", "approval", "executor", "monitor")
JOBS_MAX = 100
"""Decisions or journals of one transaction."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A plan that people are asked about."""

    workflow_id: str
    plan_digest: str


class House:
    """HAWK and its Murex, driven by hand. Use as `async with`, while the processes of that HAWK do not run.

    Args:
        slots: workflows in flight at a time: as many as a day has, so that none waits for another.
        clock: the time in the history.
    """

    def __init__(self, hawk: RunningHawk, slots: int, clock: Callable[[], datetime]) -> None:
        self._hawk = hawk
        self._slots = slots
        self._clock = clock
        self._keys = ensure_keys(hawk.data, with_issuer=True)
        self._feed_pem = read_feed_key(hawk.data)
        self._signer = KeySigner(read_private_pem(self._keys.grant_private))
        self._topics = Topics(clock)
        self._memory = {name: StreamMemory() for name in ROLES}
        self._gateway = MemoryGateway(self._topics)
        self._topics.watch(names.APPROVALS)
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        data, dsn = self._hawk.data, self._hawk.dsn
        self._pools = {
            name: await self._open.enter_async_context(await open_pool(dsn(f"hawk_{name}"), application=name))
            for name in ROLES
        }
        relay, reading = await self._connection(), await self._connection()
        await relay.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
        fresh = Fresh()
        self._sealer = Sealer(relay, fresh)
        self._publisher = Publisher(reading, messages_of, self._outlet, fresh)
        book = Book(data.murex_book)
        self._open.callback(book.close)
        self._murex = Exchange(book, (), self._clock)
        self._watermark = Watermark(lambda: self._pools["executor"])
        self._subscribe(await self._policy())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def load(self, rows: Sequence[ReferenceChange], load_id: str) -> None:
        """A feed sends a set of reference rows, and it is in force."""
        key, value = f"load:{load_id}", set_value(rows)
        given = [(LOAD_HEADER, load_id.encode()), ("ce_id", load_id.encode())]
        self._topics.put(names.REFERENCE, key, value, signed(self._feed_pem, key.encode(), given, value))
        await self.settle()

    async def ask(self, answers: Iterable[Answer]) -> Sequence[Asked]:
        """Answers of the AI arrive and are planned; gives what people are asked about."""
        for answer in answers:
            headers = [(ID_HEADER, answer.response_id.encode())]
            self._topics.put(names.AI_RESPONSES, answer.response_id, answer.value, headers)
        await self.settle()
        events = [message.event for message in self._topics.take(names.APPROVALS)]
        return [Asked(event.workflow_id, event.plan_digest) for event in events if isinstance(event, ApprovalRequested)]

    async def approve(self, plans: Sequence[Asked]) -> None:
        """A person approves these plans; they are executed, booked and posted."""
        await self._together("approval", project_approvals, [self._decision(plan) for plan in plans])
        await self.settle()
        while due := await self._journals_due():
            await self._together("executor", project, [self._journal(workflow_id) for workflow_id in due])
            await self.settle()
        self._topics.take(names.APPROVALS)

    async def settle(self) -> None:
        """Seal, publish, handle and answer until nothing is left to do."""
        await self._watermark.caught_up({Partition(names.CONTROL, 0): datetime.now(UTC)}, frozenset({0}))
        busy = True
        while busy:
            while await self._sealer.seal():
                pass
            while await self._publisher.publish():
                pass
            if self._gateway.has_requests():
                await self._murex.turn(self._gateway)
            busy = await self._topics.work_off()

    def _subscribe(self, policy: Policy) -> None:
        grants = read_pem(self._keys.grant_public)
        feeds = read_feeds(self._keys.feeds, REFERENCE)
        self._ports = Ports(
            clock=self._clock,
            read_grant=lambda token: verify_grant(token, grants, ANY_TIME),
            prove_maker=lambda asked: proved_maker(asked, grants),
            read_feed=lambda message: feed_of(feeds, message),
            slots=self._slots,
        )
        of_executor = [
            Subscription(topic, GROUPS[topic], handler, by_id=topic == names.REFERENCE, needs=needs(topic))
            for topic, handler in handlers(self._ports).items()
            if topic != names.CONTROL  # nobody decides anything on the rollout meanwhile
        ]
        dependencies = Dependencies(
            signer=self._signer,
            policy=lambda: policy,
            request_lifetime=LIFETIME,
            grant_lifetime=LIFETIME,
            clock=self._clock,
            wake=_nobody,
        )
        of_parser = [Subscription(names.AI_RESPONSES, PARSER_GROUP, Parser(grants).on_response_published)]
        served: tuple[tuple[str, Iterable[Subscription], Projector | None], ...] = (
            ("parser", of_parser, None),
            ("approval", of_approval(dependencies), project_approvals),
            ("executor", of_executor, project),
            ("monitor", of_monitor(_nobody), None),
        )
        for service, subscriptions, projector in served:
            self._topics.subscribe(service, subscriptions, self._pool(service), projector, self._memory[service])

    def _pool(self, service: str) -> Callable[[], asyncpg.Pool]:
        return lambda: self._pools[service]

    async def _policy(self) -> Policy:
        """Return the policy that this HAWK began with."""
        found = await self._pools["executor"].fetchval("SELECT policy FROM executor.policy")
        return policy_of(PolicyTable.model_validate(found))

    async def _connection(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(self._hawk.dsn("hawk_relay"))
        self._open.push_async_callback(connection.close)
        return connection

    async def _outlet(self) -> Topics:
        return self._topics

    async def _together(self, service: str, projector: Projector, jobs: list[Job]) -> None:
        pool, memory = self._pools[service], self._memory[service]
        while jobs:
            del jobs[: await run_together(pool, jobs[:JOBS_MAX], projector=projector, memory=memory)]

    async def _journals_due(self) -> list[str]:
        rows = await self._pools["executor"].fetch(
            "SELECT workflow_id FROM executor.todo WHERE task = $1 AND due_at <= $2", Task.POST.value, self._clock()
        )
        return [row["workflow_id"] for row in rows]

    def _decision(self, plan: Asked) -> Job:
        cause = request_cause(f"person:{PERSON}", request_id=str(uuid4()), correlation_id=plan.workflow_id)
        decision = RecordDecision(
            person=PERSON,
            roles=(ROLE,),
            decision="APPROVE",
            plan_digest=plan.plan_digest,
            comment="",
            at=self._clock(),
            grant_lifetime=LIFETIME,
        )

        async def work(unit: UnitOfWork) -> None:
            await act(unit, plan.workflow_id, decision, self._signer)

        return Job(cause, work, [approval_stream(plan.workflow_id)])

    def _journal(self, workflow_id: str) -> Job:
        cause = request_cause(
            "service:executor", request_id=f"todo:{Task.POST}:{workflow_id}", correlation_id=workflow_id
        )
        return Job(cause, lambda uow: post_journal(self._ports, uow, workflow_id), streams_of(workflow_id))


def _nobody(*_: object) -> None:
    """Wake nobody: no page is open."""
