"""A difficult Murex, and the exchange that leads to it.

Requests and replies may be lost, doubled, late and out of order; replies may contradict each other. HAWK can rely on
this: an external id is booked at most once, an ACK is true, an enquiry gets the state at the moment when it is read,
and Murex reports in the end when it booked a deal that it had declined or did not know.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from shared.events import murex
from shared.events.base import Event
from tools.simulation.world import ANSWERS, Message, Stored, World

Request = murex.DealSent | murex.DealStatusEnquired | murex.DealCancelSent


class Manner(StrEnum):
    """Murex's treatment of a deal when it first sees it."""

    ACK = "ACK"
    NOK = "NOK"
    LATE = "LATE"
    TECHNICAL = "TECHNICAL"
    TECHNICAL_BOOKED = "TECHNICAL_BOOKED"
    SILENT = "SILENT"
    SILENT_BOOKED = "SILENT_BOOKED"
    TWICE = "TWICE"
    ACK_THEN_NOK = "ACK_THEN_NOK"
    NOK_THEN_ACK = "NOK_THEN_ACK"
    TWO_CONTRACTS = "TWO_CONTRACTS"
    UNKNOWN_DEAL = "UNKNOWN_DEAL"
    UNASKED = "UNASKED"
    """Murex answers requests that were never made, and this one only when asked about the deal."""


_BOOKS = frozenset(Manner) - {Manner.NOK, Manner.TECHNICAL, Manner.SILENT}
#: Number of a request, and of an attempt, that HAWK never reaches.
_NEVER = 999
_ODD = tuple(manner for manner in Manner if manner is not Manner.ACK)


@dataclass
class Entry:
    """A deal in the book. `contract`: the live contract, if there is one."""

    manner: Manner
    status: str = "RECEIVED"
    contract: str | None = None
    cancel: str = "CANCELLED"
    denied: bool = False
    """Murex has said that it does not have the deal: if it books it after all, it says so for certain."""

    @property
    def settled(self) -> bool:
        """True when Murex has decided: a contract is live, or the deal is declined or cancelled."""
        return self.contract is not None or self.status in {"DECLINED", "CANCELLED"}


@dataclass
class Murex:
    """The book, and the messages on their way to it and back.

    Args:
        odd: chance that a deal is treated in another manner than an ACK.
        loss: chance that a message of the exchange is lost, once each way; `double` that it comes twice.
    """

    world: World
    random: Random
    odd: float
    loss: float
    double: float
    book: dict[str, Entry] = field(default_factory=dict)
    requests: list[tuple[datetime, Stored]] = field(default_factory=list)
    answers: list[tuple[datetime, Message]] = field(default_factory=list)
    calm: bool = False
    _said: int = 0

    def receive(self, stored: Stored) -> str:
        """Receive a request from the relay, and return what the exchange does with it."""
        copies = self._copies()
        for _ in range(copies):
            self.requests.append((self.world.now + self._delay(), stored))
        return ("lost", "sent on", "sent on twice")[copies]

    def act(self) -> str | None:
        """Read one request that has arrived, or send one answer that is due; any of them. None: nothing to do."""
        now = self.world.now
        due = [place for place, (at, _) in enumerate(self.answers) if at <= now]
        if due and self.world.broker and (self.random.random() < 0.5 or not self._arrived()):
            _, message = self.answers.pop(self.random.choice(due))
            self.world.publish(ANSWERS, message)
            return f"murex     says {described(message.event)} ({message.id})"
        arrived = self._arrived()
        if not arrived:
            return None
        _, stored = self.requests.pop(self.random.choice(arrived))
        request = stored.event
        if not isinstance(request, Request):
            return None
        before = len(self.answers)
        self._read(request)
        entry = self.book.get(request.deal_booking_id)
        state = "no such deal" if entry is None else f"{entry.manner}, {entry.status} {entry.contract or ''}".strip()
        return f"murex     reads {described(request)}: {state}, {len(self.answers) - before} answers under way"

    def next_at(self) -> datetime | None:
        """Return when the next request or answer arrives; None when nothing is on its way."""
        return min((at for at, _ in (*self.requests, *self.answers)), default=None)

    def contracts(self) -> dict[str, str]:
        """Return the contract of every deal that Murex holds, by booking id."""
        return {booking_id: entry.contract for booking_id, entry in self.book.items() if entry.contract is not None}

    def _arrived(self) -> list[int]:
        return [place for place, (at, _) in enumerate(self.requests) if at <= self.world.now]

    def _read(self, request: Request) -> None:
        entry = self.book.get(request.deal_booking_id)
        match request:
            case murex.DealSent():
                self._book(request, entry)
            case murex.DealStatusEnquired():
                self._report(request, entry)
            case murex.DealCancelSent():
                self._cancel(request, entry)

    def _book(self, request: murex.DealSent, entry: Entry | None) -> None:
        denied = entry is not None and entry.denied
        if entry is not None and (entry.settled or (entry.status == "RECEIVED" and not denied)):
            self._repeat(request, entry)
            return
        manner = Manner.ACK if denied else self._manner()
        entry = Entry(manner, cancel=self._cancel_manner(), denied=denied)
        self.book[request.deal_booking_id] = entry
        if manner in _BOOKS:
            entry.status, entry.contract = "BOOKED", f"MX-{request.deal_booking_id}"
        elif manner is Manner.NOK:
            entry.status = "DECLINED"
        elif manner is Manner.TECHNICAL:
            entry.status = "TECHNICAL"
        self._say(murex.MurexReceipted(**_base(request), received_at=self.world.now))
        self._answer(request, entry)

    def _answer(self, request: murex.DealSent, entry: Entry) -> None:
        ack = self._business(request, "ACK", entry.contract)
        nok = self._business(request, "NOK", None)
        match entry.manner:
            case Manner.ACK:
                self._say(ack, surely=entry.denied)
            case Manner.NOK:
                self._say(nok)
            case Manner.LATE:
                self._say(ack, after=timedelta(seconds=self.random.choice((20, 50, 120))))
            case Manner.TECHNICAL | Manner.TECHNICAL_BOOKED:
                self._say(nok.model_copy(update={"technical": True}))
            case Manner.TWICE:
                self._say(ack)
                self._say(ack)
            case Manner.ACK_THEN_NOK | Manner.NOK_THEN_ACK:
                # What is heard first is a matter of chance in any case.
                self._say(nok)
                later = self.random.choice((0, 0, 30, 300))
                self._say(ack, surely=True, after=timedelta(seconds=later))
            case Manner.TWO_CONTRACTS:
                self._say(ack)
                self._say(ack.model_copy(update={"contract_id": f"{entry.contract}-B"}))
            case Manner.UNASKED:
                self._say(nok.model_copy(update={"in_reply_to": _NEVER}))
                self._say(ack.model_copy(update={"attempt": _NEVER}))
                self._say(murex.MurexCancelled(**_base(request), outcome="CANCELLED", answered_at=self.world.now))
            case Manner.UNKNOWN_DEAL:
                self._say(ack.model_copy(update={"deal_booking_id": f"{request.deal_booking_id}-STRAY"}))
                self._say(ack)

    def _repeat(self, request: murex.DealSent, entry: Entry) -> None:
        """Reply to a known external id as before, for any attempt."""
        if entry.manner in {Manner.SILENT, Manner.SILENT_BOOKED}:
            return
        if entry.contract is not None:
            self._say(self._business(request, "ACK", entry.contract), surely=entry.denied)
        elif entry.status in {"DECLINED", "CANCELLED"}:
            self._say(self._business(request, "NOK", None))

    def _report(self, request: murex.DealStatusEnquired, entry: Entry | None) -> None:
        if entry is not None and entry.manner is Manner.SILENT_BOOKED and self.random.random() < 0.5:
            return
        status = "UNKNOWN" if entry is None or entry.status == "TECHNICAL" else entry.status
        if status == "UNKNOWN":
            self._deny(request)
        contract = entry.contract if entry is not None else None
        self._say(
            murex.MurexStatusReported(
                **_base(request), status=status, contract_id=contract, reported_at=self.world.now,
                reason="declined" if status == "DECLINED" else None,
            )
        )  # fmt: skip

    def _cancel(self, request: murex.DealCancelSent, entry: Entry | None) -> None:
        if entry is not None and entry.contract is not None:
            if entry.cancel == "SILENT" and not self.calm:
                return
            if entry.cancel != "REFUSED":
                entry.status, entry.contract = "CANCELLED", None
            outcome = "REFUSED" if entry.contract is not None else "CANCELLED"
        elif entry is not None and entry.status == "CANCELLED":
            outcome = "CANCELLED"
        else:
            outcome = "NOT_FOUND"
            # Whether a request that comes later is remembered to be void is a matter of chance.
            if self.random.random() < 0.5:
                self.book[request.deal_booking_id] = Entry(Manner.NOK, status="CANCELLED")
            else:
                self._deny(request)
        self._say(murex.MurexCancelled(**_base(request), outcome=outcome, answered_at=self.world.now))

    def _deny(self, request: Request) -> None:
        """Remember that Murex said there is no such deal."""
        known = self.book.get(request.deal_booking_id)
        if known is None:
            self.book[request.deal_booking_id] = Entry(Manner.TECHNICAL, status="TECHNICAL", denied=True)
        else:
            known.denied = True

    def _business(self, request: murex.DealSent, answer: str, contract: str | None) -> murex.MurexAnswered:
        return murex.MurexAnswered.model_validate(
            {
                **_base(request),
                "answer": answer,
                "level": "OK" if answer == "ACK" else "ABORT",
                "contract_id": contract if answer == "ACK" else None,
                "booking_reference": contract if answer == "ACK" else None,
                "reason": None if answer == "ACK" else "unknown portfolio",
                "answered_at": self.world.now,
            }
        )

    def _say(self, event: Event, *, surely: bool = False, after: timedelta = timedelta(0)) -> None:
        self._said += 1
        message = Message(f"m{self._said}", event)
        for _ in range(max(self._copies(), int(surely))):
            self.answers.append((self.world.now + after + self._delay(), message))

    def _copies(self) -> int:
        if self.calm:
            return 1
        chance = self.random.random()
        return 0 if chance < self.loss else 2 if chance < self.loss + self.double else 1

    def _delay(self) -> timedelta:
        if self.calm or self.random.random() < 0.7:
            return timedelta(0)
        return timedelta(seconds=self.random.choice((0.2, 1, 4, 20, 70)))

    def _manner(self) -> Manner:
        return self.random.choice(_ODD) if not self.calm and self.random.random() < self.odd else Manner.ACK

    def _cancel_manner(self) -> str:
        chance = self.random.random()
        return "CANCELLED" if chance > self.odd else self.random.choice(("CANCELLED", "REFUSED", "SILENT"))


def _base(request: Request) -> dict[str, object]:
    return {
        "workflow_id": request.workflow_id,
        "event_id": request.event_id,
        "deal_booking_id": request.deal_booking_id,
        "deal_sequence": request.deal_sequence,
        "attempt": request.attempt,
        "in_reply_to": request.message_sequence,
    }


def described(event: Event) -> str:
    """Return a message of the conversation in a few words."""
    name = type(event).__name__
    deal = f"deal {getattr(event, 'deal_sequence', '?')} of {getattr(event, 'workflow_id', '')[:8]}"
    match event:
        case murex.MurexAnswered():
            what = f"{event.answer}{' technical' if event.technical else ''} {event.contract_id or ''}".strip()
        case murex.MurexStatusReported():
            what = event.status
        case murex.MurexCancelled():
            what = event.outcome
        case _:
            what = ""
    return f"{name} {what} {deal} attempt {getattr(event, 'attempt', '')}".replace("  ", " ")
