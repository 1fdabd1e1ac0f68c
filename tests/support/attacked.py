"""A HAWK under attack by a client of its broker, and what its people see of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from services.approval.app import KeySigner
from services.approval.handlers import act
from services.approval.projection import project
from services.approval.queries import PostgresDesk
from services.approval.requests.commands import RecordDecision
from services.approval.requests.state import Approval
from services.monitor.readmodel import PostgresReadModel
from shared.events import identity, topics
from shared.events.catalogue import decode
from shared.events.deadletters import MessageRefused
from shared.events.decisions import DecisionName, name_of
from shared.events.plans import PlanClosed, PlanDrawn
from shared.events.responses import Maker, Origin, ProposalMade
from shared.hedging.order import Order
from shared.messaging.unit_of_work import UnitOfWork, run_unit
from shared.security.keys import KeyPair, read_pem
from tests.support import hedges
from tests.support.rollout import stopped
from tests.support.units import CAUSE
from tests.support.without_broker import WithoutBroker

CURE = "Every consumer asks the store (`es.recorded`) before it believes a message; NOT_RECORDED, under its place."
REMAINS = "He can cause dead letters, which are bounded."


def usd(amount: str) -> Order:
    return hedges.order("USD", amount, entity_id="ENTITY0037", nav_type="COI")


@dataclass
class Target:
    """A HAWK, and what its people see of it."""

    hawk: WithoutBroker
    keys: KeyPair

    async def propose(self, order: Order) -> str:
        """The parser proposes an order; nobody is told of it yet. Gives the workflow id."""
        response = f"response-{uuid4()}"
        made = proposal(order, response)
        await self.hawk.record(identity.response_stream(response), made)
        return made.workflow_id

    async def planned(self, order: Order) -> str:
        workflow = await self.propose(order)
        await self.hawk.relay()
        return workflow

    async def plan(self, workflow: str) -> PlanDrawn:
        (drawn, *_) = await self.hawk.events(identity.plan_stream(workflow))
        event = decode(drawn)
        assert isinstance(event, PlanDrawn)
        return event

    async def approve(self, workflow: str, digest: str) -> None:
        """A person approves what is shown; nobody is told of it yet."""
        signer = KeySigner(read_pem(self.keys.private))
        command = RecordDecision("mira", ("TRADER",), "APPROVE", digest, "", datetime.now(UTC), timedelta(hours=1))

        async def work(unit: UnitOfWork) -> object:
            return await act(unit, workflow, command, signer)

        done = await run_unit(self.hawk.pools["approval"], CAUSE, work, projector=project)
        assert isinstance(done, Approval), done

    async def decide(self, workflow: str, digest: str) -> None:
        """The same; the relay publishes what follows."""
        await self.approve(workflow, digest)
        await self.hawk.relay()

    async def card(self, workflow: str) -> Any:
        return await PostgresDesk(lambda: self.hawk.pools["approval"]).card(workflow)

    async def shown(self, workflow: str) -> Any:
        return await PostgresReadModel(lambda: self.hawk.pools["monitor"]).workflow(workflow)

    async def executed(self, workflow: str) -> list[str]:
        return await self.hawk.types(identity.execution_stream(workflow))

    async def rollout(self) -> dict[str, Any]:
        row = await self.hawk.admin.fetchrow("SELECT version, terms::text, stopped, doubted FROM executor.rollout")
        return dict(row)

    async def decision(self) -> DecisionName:
        """The last decision on the rollout, as the one after it has to name it."""
        last = (await self.hawk.events(identity.ROLLOUT_STREAM))[-1]
        return name_of(last.version, last.type, last.schema_version, last.data)

    async def stop(self) -> None:
        """A person stops HAWK, and all learn of it."""
        await self.hawk.record(identity.ROLLOUT_STREAM, stopped(follows=await self.decision()))
        await self.hawk.relay()

    async def nothing_believed(self, *, letters: int) -> None:
        """So many dead letters, each because the message is not recorded, and known by its place."""
        found = await self.hawk.letters()
        assert [letter["code"] for letter in found] == ["NOT_RECORDED"] * letters
        assert all(letter["message_id"].startswith(f"{letter['topic']}:") for letter in found)


def proposal(order: Order, response: str, maker: str = "mira") -> ProposalMade:
    return ProposalMade(
        workflow_id=identity.workflow_id(response, 1, 1),
        response_id=response,
        origin=Origin(component=1, attempt=1, maker=Maker(name=maker)),
        order=order,
    )


def closing(drawn: PlanDrawn) -> PlanClosed:
    return PlanClosed.model_validate(
        {
            "workflow_id": drawn.workflow_id, "response_id": drawn.response_id, "state": "STALE_CONTEXT",
            "code": "STALE_CONTEXT", "reason": "The rate moved.", "successor": None, "closed_at": hedges.NOW,
        }
    )  # fmt: skip


def refused_letter(sent: Any, service: str, message_id: str) -> MessageRefused:
    return MessageRefused(
        service=service, group="hawk-monitor-views", topic=topics.PLANS, partition=0, offset=7, key="wf",
        message_id=message_id, code="EVENT_MALFORMED", reason="Call 555-0100 and give your password.",
        sha256="0" * 64, size_bytes=2, head=sent, headers={}, headers_kept=True,
        last_offset=7, count=1, error=None,
    )  # fmt: skip
