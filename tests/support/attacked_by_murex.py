"""The executor under attack over hawk.murex.answers, as its process is built."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from uuid import uuid4

from services.executor.handlers.table_writer import project
from shared.events import identity, murex
from shared.messaging.handling import MessageHandling
from shared.messaging.message import Message
from shared.messaging.subscription import Subscription
from tests.support import executions, hedges
from tests.support.desk import Desk
from tests.support.signing import said, signer

MUREX = signer("murex")
PLACES = (("USD", "ENTITY0037"), ("HKD", "ENTITY0009"), ("AUD", "ENTITY0001"))
_numbers = count()


@dataclass
class Attacked:
    """The executor as its process is built: what arrives goes through the consumer's own handling."""

    desk: Desk
    answers: Subscription
    handling: MessageHandling = field(init=False)

    def consume(self) -> None:
        """Begin with a consumer that has refused nothing yet."""
        self.handling = MessageHandling(
            service="executor", group=self.answers.group, subscriptions=[self.answers], pool=lambda: self.desk.pool,
            projector=project,
        )  # fmt: skip

    async def booking(self) -> list[murex.DealSent]:
        """A workflow whose six deals are sent; Murex has said nothing yet."""
        currency, entity = PLACES[next(_numbers) % len(PLACES)]
        workflow = await self.desk.propose(hedges.order(currency, "100000", entity_id=entity), f"attacked-{uuid4()}")
        assert await self.desk.grant(await self.desk.plan(workflow)) is None
        return await self.desk.sent(workflow)

    async def cancelling(self) -> tuple[str, list[murex.DealCancelSent]]:
        """A workflow that Murex has declined; HAWK waits until its deals are cancelled."""
        first, *others = await self.booking()
        await self.take(*(said(ack(each), MUREX) for each in others), said(nok(first), MUREX))
        cancels = await self.desk.cancels(first.workflow_id)
        assert len(cancels) == 5
        return first.workflow_id, cancels

    async def take(self, *messages: Message) -> None:
        for message in messages:
            await self.handling.handle(message)

    async def executed(self, workflow: str, *, after: int = 0) -> list[str]:
        """What was recorded of an execution, by the names of the events."""
        events = await self.desk.events(identity.execution_stream(workflow))
        return [type(each).__name__ for each in events[after:]]

    async def version(self, workflow: str) -> int:
        return len(await self.executed(workflow))

    async def letter(self, message: Message) -> dict[str, object] | None:
        """The dead letter of a message, if there is one."""
        return await self.desk.pool.fetchval(
            "SELECT data FROM es.events WHERE type = 'MessageRefused' AND (data ->> 'offset')::int = $1 AND"
            " data ->> 'topic' = $2 ORDER BY id DESC LIMIT 1", message.offset, message.topic,
        )  # fmt: skip

    async def refused(self, *messages: Message) -> None:
        """Each of these became a dead letter for want of a signature."""
        for message in messages:
            letter = await self.letter(message)
            assert letter is not None, "it was believed"
            assert letter["code"] == "SIGNATURE_INVALID"

    async def refuses(self, workflow: str, *forged: Message) -> None:
        """These are taken, change nothing in the workflow, and became dead letters for want of a signature."""
        version = await self.version(workflow)
        await self.take(*forged)
        assert await self.executed(workflow, after=version) == []
        await self.refused(*forged)

    async def still_books(self, deals: Iterable[murex.DealSent]) -> None:
        """Murex's true replies count as ever."""
        first, *others = deals
        await self.take(*(said(ack(each), MUREX) for each in (first, *others)))
        assert "ExecutionCompleted" in await self.executed(first.workflow_id)


def ack(request: murex.DealSent, **fields: object) -> murex.MurexAnswered:
    return executions.answer_of(request, "ACK", **({"in_reply_to": request.message_sequence} | fields))


def nok(request: murex.DealSent, **fields: object) -> murex.MurexAnswered:
    return executions.answer_of(request, "NOK", **({"in_reply_to": request.message_sequence} | fields))
