"""The conversations that are kept as golden recordings: what is ordered, and what Murex does with the deals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from murex.gateway.port import Reply
from murex.gateway.recorded import RecordedGateway, Tape
from murex.gateway.recording import Line, Recording
from murex.gateway.replay import Conversation, reply_as_recorded
from murex.simulator.app import Exchange
from murex.simulator.book import Book
from murex.simulator.script import Rule
from shared.hedging.order import InstructionType, NavType, Order
from tests.support.saga_hawk import SagaHawk, approved

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "murex"
#: Turns of one conversation, far above what any takes.
TURNS_MAX = 500
_MILLISECOND = timedelta(milliseconds=1)


class Hawk(Protocol):
    """HAWK's end of a tape, and its clock."""

    @property
    def tape(self) -> Tape: ...

    @property
    def state(self) -> str: ...

    async def publish(self) -> int:
        """Send what was asked of Murex since the last time; gives how many requests that were."""

    async def hear(self, answers: Sequence[Reply]) -> None: ...

    async def pass_time(self, span: timedelta) -> None:
        """The clock goes on, and what is due is done."""


@dataclass(frozen=True, slots=True)
class Told:
    """A conversation by its name. `ends`: the state the workflow reaches."""

    name: str
    amount: str
    script: tuple[dict[str, Any], ...]
    ends: str

    @property
    def path(self) -> Path:
        return GOLDEN / f"{self.name}.jsonl"

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(Rule.model_validate(each) for each in self.script)

    @property
    def response(self) -> str:
        """The workflow, and with it every id, is a function of it."""
        return f"golden-{self.name}"

    def order(self, amount: str = "") -> Order:
        """What is ordered, or the same with another amount."""
        ordered = Decimal(amount or self.amount)
        return Order(InstructionType.I, "USD", ordered, nav_type=NavType.COI, entity_id="ENTITY0037")

    def hawk(self, amount: str = "") -> SagaHawk:
        """The order, approved."""
        return approved(self.order(amount), self.response)


BOOKED = Told(
    "usd_25m_booked",
    "25000000",
    (
        {"match": {"deal_sequence": 2, "attempt": 1}, "answer": "SILENT"},
        {"match": {"deal_sequence": 3}, "answer": "REORDER"},
        {"match": {"deal_sequence": 4}, "answer": "DUPLICATE", "after_seconds": 0.25},
        {
            "match": {"deal_sequence": 5},
            "answer": "ACK",
            "level": "WARNING",
            "reason": "Value date is a holiday in New York",
        },
        {"match": {"deal_sequence": 6}, "answer": "LATE", "after_seconds": 16.0},
    ),
    "POSTED",
)
DECLINED = Told(
    "usd_25m_declined",
    "25000000",
    (
        {"match": {"deal_sequence": 1}, "answer": "ACK", "after_seconds": 0.5},
        {
            "match": {"deal_sequence": 3},
            "answer": "NOK",
            "level": "FATAL",
            "after_seconds": 2.0,
            "reason": "Credit line exhausted",
        },
        {"match": {"deal_sequence": 5}, "answer": "SILENT", "booked": True},
        {"match": {"deal_sequence": 6}, "answer": "SILENT"},
    ),
    "COMPENSATED",
)
CONVERSATIONS = (BOOKED, DECLINED)


async def held(told: Told, folder: Path) -> Recording:
    """The conversation of the pure saga with the demo's simulator, in time that passes by itself; recorded."""
    hawk = told.hawk()
    book = Book(folder / f"{told.name}.sqlite3")
    exchange = Exchange(book, told.rules, clock=lambda: hawk.world.now)
    gateway = RecordedGateway(hawk.tape)
    try:
        for _ in range(TURNS_MAX):
            asked = await hawk.publish()
            await exchange.turn(gateway)
            heard = await hawk.hear_new()
            if not asked + heard and not await _wait(hawk, book):
                return _without_traces(hawk.tape.recording)
    finally:
        book.close()
    raise AssertionError(f"{told.name} does not end; the workflow is {hawk.state}")


async def replayed(hawk: Hawk, recording: Recording) -> None:
    """Murex's half of a recording for a HAWK, with the recorded time between the messages.

    Raises:
        RequestDiffers: HAWK asks something else.
        AssertionError: HAWK does not ask what it asked then.
    """
    replay, gateway = Conversation(recording), RecordedGateway(hawk.tape)
    while not replay.over:
        asked = await hawk.publish()
        due = await reply_as_recorded(gateway, replay, 0)
        for each in due:
            await hawk.pass_time(each.after_ms * _MILLISECOND)
            await hawk.hear([each.reply])
        if not asked and not due:
            raise AssertionError(f"HAWK is {hawk.state} and does not ask: {', '.join(replay.missing)}")
        if replay.silence_ms:
            await hawk.pass_time(replay.silence_ms * _MILLISECOND)
    if await hawk.publish():
        raise AssertionError(f"HAWK is {hawk.state} and asks more than was recorded.")


async def _wait(hawk: SagaHawk, book: Book) -> bool:
    """Let time pass until something is due. False: nothing ever is."""
    moments = [moment for moment in (hawk.next_due, book.next_due()) if moment is not None]
    if not moments:
        return False
    await hawk.pass_time(max(min(moments) - hawk.world.now, _MILLISECOND))
    return True


def _without_traces(recording: Recording) -> Recording:
    """Trace contexts are drawn by lot, and say nothing about the conversation."""
    return Recording(tuple(Line(line.after_ms, replace(line.message, traceparent="")) for line in recording.lines))
