"""The executor on a real PostgreSQL, without Kafka: messages are handed to its handlers as the consumer would."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import asyncpg

from demo.reference.load import demo_rows
from services.executor.execution.budget import RepeatBudget
from services.executor.execution.slots import SLOTS
from services.executor.handlers.grants import take_turn
from services.executor.handlers.murex import check_deadlines
from services.executor.handlers.posting import post_journal
from services.executor.handlers.registry import KINDS
from services.executor.handlers.subscriptions import HANDLERS
from services.executor.handlers.table_writer import project
from services.executor.ports import Ports
from services.executor.reference.reading import command_of
from services.executor.rollout.state import fold
from shared.errors import InvalidInput
from shared.events import identity, murex
from shared.events.approvals import Approver, GrantIssued
from shared.events.base import Event
from shared.events.plans import PlanDrawn
from shared.events.reference import ReferenceRowSet
from shared.events.responses import Maker, Origin, ProposalMade
from shared.events.reversals import ReversalPlanned, ReversalRefused, ReversalRequested
from shared.events.rollout import RolloutTakenIn
from shared.eventstore.postgres import PostgresEventStore
from shared.hedging.order import Order
from shared.messaging.batch import run_together
from shared.messaging.unit_of_work import InboxEntry, UnitOfWork, Work, run_unit
from shared.plans.digests import plan_of
from shared.plans.subjects import subject_of
from shared.policy.table import ANY_APPROVER, TRADER
from shared.security.grants import GrantClaims, sign_grant, verify_grant
from shared.security.keys import KeyPair, read_pem
from shared.security.maker_proof import proved_maker, sign_reversal_proof
from tests.support import executions, hedges, proofs
from tests.support import rollout as rollouts
from tests.support.recorder import Recorder
from tests.support.reference import any_feed
from tests.support.units import CAUSE, message_for

EPOCH = datetime.fromtimestamp(0, hedges.NOW.tzinfo)
PEOPLE = ("sam", "sue", "sol")
_numbers = count(1)


@cache
def reference_events(day: date = hedges.TODAY) -> tuple[tuple[str, ReferenceRowSet], ...]:
    """Every demo row of a day as the event that its message becomes, with its stream."""
    found = []
    for each in demo_rows(day):
        command = command_of({"table": each.table, "operation": "UPSERT", "row": dict(each.row)})
        found.append(
            (command.stream, ReferenceRowSet(table=command.table.name, key=command.key, row=dict(command.row)))
        )
    return tuple(found)


def approvers_of(required: Sequence[str], at: datetime) -> tuple[Approver, ...]:
    """A person for each place."""
    roles = (TRADER if place == ANY_APPROVER else place for place in required)
    return tuple(Approver(person=name, role=role, at=at) for name, role in zip(PEOPLE, roles, strict=False))


@dataclass
class Desk:
    """One executor. `now` is its clock."""

    pool: asyncpg.Pool
    keys: KeyPair
    now: datetime = hedges.NOW
    slots: int = SLOTS
    repeats: RepeatBudget = field(default_factory=RepeatBudget)
    recorder: Recorder | None = None
    """With it the messages that were handled are events of parser and approval service, as `hawk verify` asks for."""
    refused: list[str] = field(default_factory=list)
    """Codes of the dead letters so far."""

    @property
    def ports(self) -> Ports:
        public = read_pem(self.keys.public)
        return Ports(
            clock=lambda: self.now,
            read_grant=lambda token: verify_grant(token, public, EPOCH),
            prove_maker=lambda asked: proved_maker(asked, public),
            read_feed=any_feed,
            slots=self.slots,
            repeats=self.repeats,
        )

    def proved(self, response: str, name: str = "mira") -> Maker:
        """Who handed an answer in over HTTP, with the approval service's signature."""
        return proofs.proved(response, read_pem(self.keys.private), maker=name)

    async def load_reference(self, day: date = hedges.TODAY) -> None:
        """All demo rows, in one transaction."""

        async def work(uow: UnitOfWork) -> None:
            for stream, event in reference_events(day):
                uow.append(stream, 0, event)

        await self.unit(work)

    async def set_row(self, table: str, row: Mapping[str, Any]) -> None:
        """One row changes, as over hawk.reference."""
        command = command_of({"table": table, "operation": "UPSERT", "row": dict(row)})

        async def work(uow: UnitOfWork) -> None:
            version = (await uow.load(command.stream)).version
            uow.append(command.stream, version, ReferenceRowSet(table=table, key=command.key, row=dict(command.row)))

        await self.unit(work)

    async def unit(self, work: Callable[[UnitOfWork], Awaitable[None]], *, message_id: str | None = None) -> None:
        if message_id is None:
            await run_unit(self.pool, CAUSE, work, projector=project)
        else:
            entry = InboxEntry("executor", "test", message_id)
            cause = replace(CAUSE, causation_id=message_id)
            await run_unit(self.pool, cause, work, projector=project, inbox=entry)

    async def units(self, works: Sequence[Work[None]]) -> int:
        """Several works in one transaction; gives how many are done."""
        return await run_together(self.pool, [(CAUSE, work) for work in works], projector=project)

    async def take(
        self, event: Event, *, stream: str, message_id: str | None = None, topic: str, version: int = 1
    ) -> str | None:
        """Hand an event over as a message of a topic; gives the code when it is refused."""
        foretold = None if self.recorder is None else await self.recorder.foretell(event, stream)
        message = message_for(event, topic=topic, stream=stream, version=version)
        message_id = message_id or foretold or f"m-{next(_numbers)}"
        message = replace(message, headers={**message.headers, "ce_id": message_id})
        turn = HANDLERS[topic][type(event)]
        ports = self.ports

        async def work(uow: UnitOfWork) -> None:
            await turn(ports, uow, message)

        try:
            await self.unit(work, message_id=message.id)
        except InvalidInput as refusal:
            self.refused.append(refusal.code)
            return refusal.code
        if self.recorder is not None:
            await self.recorder.keep(event, stream)
        return None

    async def open(self) -> None:
        """HAWK begins in FULL with the policy `plan`; hawk.control and the answers are read to their ends, for good."""
        await self.control(rollouts.opened())
        assert await self.take(rollouts.policy_set(), stream=identity.POLICY_STREAM, topic="hawk.control") is None
        await self.read_control("infinity")
        await self.read_answers("infinity")

    async def read_control(self, as_of: str) -> None:
        """The consumer of hawk.control has read it to its end, as of a time in PostgreSQL's words."""
        await self.pool.execute("UPDATE executor.control_watermark SET caught_up_at = $1::text::timestamptz", as_of)

    async def read_answers(self, as_of: str) -> None:
        """The consumers of hawk.murex.answers have read it to its end, as of a time in PostgreSQL's words."""
        await self.pool.execute("DELETE FROM executor.answers_watermark")
        await self.pool.execute("INSERT INTO executor.answers_watermark VALUES (0, $1::text::timestamptz)", as_of)

    async def kept(self) -> RolloutTakenIn | None:
        """What the executor keeps to."""
        return fold(await self.events(identity.EXECUTOR_CONTROL_STREAM)).rollout

    async def control(
        self, event: Event, *, version: int | None = None, follow: bool = True, message_id: str | None = None
    ) -> str | None:
        """People decide on the rollout; gives the code when it is refused.

        Args:
            version: None: the next one.
            follow: let it name what the executor keeps to as the decision before it; else it is handed over as it is.
        """
        kept = await self.kept()
        if follow and kept is not None and "follows" in type(event).model_fields:
            event = event.model_copy(update={"follows": kept.decision})
        said = version or (1 if kept is None else kept.decision.version + 1)
        return await self.take(
            event, stream=identity.ROLLOUT_STREAM, topic="hawk.control", version=said, message_id=message_id
        )

    async def propose(self, order: Order, response_id: str = "") -> str:
        """A proposal arrives; gives its workflow id."""
        response = response_id or f"response-{next(_numbers)}"
        workflow_id = identity.workflow_id(response, 1, 1)
        await self.take(
            ProposalMade(
                workflow_id=workflow_id,
                response_id=response,
                origin=Origin(component=1, attempt=1, maker=Maker(name="mira")),
                order=order,
            ),
            stream=identity.response_stream(response),
            topic="hawk.proposals",
        )
        return workflow_id

    async def events(self, stream: str) -> list[Event]:
        async with self.pool.acquire() as connection, connection.transaction():
            unit = UnitOfWork(connection=connection, store=PostgresEventStore(connection), cause=CAUSE)
            return list((await unit.load(stream)).events)

    async def plan(self, workflow_id: str) -> PlanDrawn:
        (drawn, *_) = await self.events(identity.plan_stream(workflow_id))
        if not isinstance(drawn, PlanDrawn):
            raise AssertionError(f"no plan: {drawn}")
        return drawn

    async def state(self, workflow_id: str) -> str:
        """The state reported last."""
        return (await self.events(identity.progress_stream(workflow_id)))[-1].state

    def claims(self, drawn: Any, **changes: Any) -> GrantClaims:
        maker = proved_maker(drawn, read_pem(self.keys.public))
        said: dict[str, Any] = {
            "jti": f"jti-{drawn.workflow_id}",
            "workflow_id": drawn.workflow_id,
            "plan_digest": drawn.plan_digest,
            "effects_digest": drawn.effects_digest,
            "amount_usd": subject_of(plan_of(drawn), maker_verified=maker.verified).amount_usd,
            "tier": drawn.policy.tier,
            "policy_version": drawn.policy.version,
            "maker": maker.name,
            "maker_verified": maker.verified,
            "approvers": approvers_of(drawn.policy.required, self.now),
            "iat": self.now,
            "exp": self.now + timedelta(hours=24),
        }
        return GrantClaims.model_validate(said | changes)

    async def grant(
        self, drawn: Any, *, token: str | None = None, message_id: str | None = None, **changes: Any
    ) -> str | None:
        """A grant arrives; gives the code when it is refused."""
        event = self.granted(drawn, token=token, **changes)
        stream = identity.approval_stream(drawn.workflow_id)
        return await self.take(event, stream=stream, topic="hawk.approvals", message_id=message_id)

    def granted(self, drawn: Any, *, token: str | None = None, **changes: Any) -> GrantIssued:
        """The grant of a plan, as the approval service issues it."""
        claims = self.claims(drawn, **changes)
        return GrantIssued(
            workflow_id=drawn.workflow_id,
            jti=claims.jti,
            grant=token if token is not None else sign_grant(claims, read_pem(self.keys.private)),
            tier=claims.tier,
            plan_digest=claims.plan_digest,
            approvers=claims.approvers,
            issued_at=claims.iat,
            expires_at=claims.exp,
        )

    async def sent(self, workflow_id: str) -> list[murex.DealSent]:
        events = await self.events(identity.execution_stream(workflow_id))
        return [event for event in events if isinstance(event, murex.DealSent)]

    async def enquiry(self, deal: murex.DealSent) -> murex.DealStatusEnquired:
        """The latest enquiry about a deal."""
        return executions.latest_enquiry(await self.events(identity.execution_stream(deal.workflow_id)), deal)

    async def answer(self, event: Event, message_id: str | None = None) -> str | None:
        stream = f"murex-{next(_numbers)}"
        return await self.take(event, stream=stream, topic="hawk.murex.answers", message_id=message_id)

    async def acknowledge(self, workflow_id: str, sequences: Sequence[int] = ()) -> None:
        for sent in await self.sent(workflow_id):
            if not sequences or sent.deal_sequence in sequences:
                await self.answer(executions.answer_of(sent, "ACK"))

    async def post(self, workflow_id: str) -> None:
        await self.unit(lambda uow: post_journal(self.ports, uow, workflow_id))

    async def take_turns(self, workflow_ids: Sequence[str]) -> int:
        """The queue gives workflows their turns."""

        def turn_of(workflow_id: str) -> Work[None]:
            return lambda uow: take_turn(KINDS, self.ports, uow, workflow_id)

        return await self.units([turn_of(each) for each in workflow_ids])

    async def time_passes(self, workflow_id: str, seconds: float) -> None:
        since = self.now
        self.now += timedelta(seconds=seconds)
        await self.look(workflow_id, since)

    async def look(self, workflow_id: str, since: datetime) -> None:
        """The worker looks after silent deals; the executor has listened since then."""
        await self.unit(lambda uow: check_deadlines(self.ports, uow, workflow_id, since))

    async def run(self, order: Order) -> str:
        """From proposal to posted journal; gives the workflow id."""
        workflow_id = await self.propose(order)
        code = await self.grant(await self.plan(workflow_id))
        if code is not None:
            raise AssertionError(f"grant refused: {code}")
        await self.acknowledge(workflow_id)
        await self.post(workflow_id)
        return workflow_id

    # --- reversals

    async def ask_reversal(self, workflow_id: str, attempt: int = 1, person: str = "mira") -> str:
        """Somebody asks for the reversal of a workflow; gives the reversal's id."""
        reversal = identity.reversal_id(workflow_id, attempt)
        await self.request_reversal(reversal, workflow_id, attempt, person)
        return reversal

    async def request_reversal(
        self, reversal: str, workflow_id: str, attempt: int = 1, person: str = "mira"
    ) -> str | None:
        """The request as a message, under any id; gives the code when it is refused."""
        reason, private = "Booked twice by mistake", read_pem(self.keys.private)
        proof = sign_reversal_proof(reverses=workflow_id, maker=person, reason=reason, private_pem=private)
        request = ReversalRequested(
            workflow_id=reversal,
            response_id="",
            origin=Origin(attempt=attempt, maker=Maker(name=person, verified=True, proof=proof)),
            reverses=workflow_id,
            role="TRADER",
            reason=reason,
            requested_at=self.now,
        )
        return await self.take(request, stream=identity.approval_stream(reversal), topic="hawk.approvals")

    async def reversal_plan(self, reversal: str) -> ReversalPlanned | ReversalRefused:
        """What planning said to a reversal."""
        (planned, *_) = await self.events(identity.plan_stream(reversal))
        if not isinstance(planned, ReversalPlanned | ReversalRefused):
            raise AssertionError(f"no reversal: {planned}")
        return planned

    async def start_reversal(self, workflow_id: str, attempt: int = 1) -> str:
        """Asked for, planned, granted: the cancel messages have left. Gives the reversal's id."""
        reversal = await self.ask_reversal(workflow_id, attempt)
        code = await self.grant(await self.reversal_plan(reversal))
        if code is not None:
            raise AssertionError(f"grant refused: {code}")
        return reversal

    async def cancels(self, workflow_id: str) -> list[murex.DealCancelSent]:
        events = await self.events(identity.execution_stream(workflow_id))
        return [event for event in events if isinstance(event, murex.DealCancelSent)]

    async def confirm_cancels(self, workflow_id: str, outcome: str = "CANCELLED") -> None:
        """Murex answers every cancel message of a workflow."""
        for sent in await self.cancels(workflow_id):
            await self.answer(executions.cancelled(sent, outcome))

    async def reverse(self, workflow_id: str, attempt: int = 1) -> str:
        """From the request to the posted reversing journal; gives the reversal's id."""
        reversal = await self.start_reversal(workflow_id, attempt)
        await self.confirm_cancels(workflow_id)
        await self.post(reversal)
        return reversal

    async def rows(self, query: str, *arguments: object) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.pool.fetch(query, *arguments)]
