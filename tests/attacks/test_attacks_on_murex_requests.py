"""Attacks on what HAWK tells Murex: the topic hawk.murex.requests, as the demo's simulator reads it."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from murex.gateway.port import MurexGateway, Taken
from murex.simulator.app import Exchange as Simulator
from murex.simulator.book import Book, read_book
from murex.simulator.script import Rule
from shared.events.routing import OutMessage
from tests.attacks.attack import Attacker, attack
from tests.support.murex_exchange import TopicsExchange, cancel, published, sent
from tests.support.signing import Signer, signer

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

MUREX, RELAY, STRANGER = signer("murex"), signer("relay"), signer("stranger")
LIMIT_SECONDS = 30.0


@dataclass
class Simulated:
    """The demo's simulator on topics of its own, with a book."""

    exchange: TopicsExchange
    folder: Path

    async def takes(self, *messages: OutMessage, rules: tuple[Rule, ...] = ()) -> list[str]:
        """The simulator deals with messages as they stand on the topic; gives the codes of those it left aside."""
        await self.exchange.deliver(*messages)
        book, codes = Book(self._path), list[str]()
        simulator, left = Simulator(book, rules), len(messages)
        try:
            async with self.exchange.gateway() as gateway, asyncio.timeout(LIMIT_SECONDS):
                while left:
                    seen = _Seen(gateway)
                    await simulator.turn(seen)
                    left -= len(seen.taken.requests) + len(seen.taken.unreadable)
                    codes += [each.code for each in seen.taken.unreadable]
        finally:
            book.close()
        return codes

    def signed(self, message: OutMessage, by: Signer = RELAY, **changes: object) -> OutMessage:
        """A request as the relay publishes it (or somebody else does); `changes` come after the signature."""
        headers = by.sign(self.exchange.requests, message.key, message.headers, message.value)
        return replace(message, **({"headers": headers} | changes))  # type: ignore[arg-type]

    @property
    def book(self) -> dict[int, str]:
        return {row.deal_sequence: row.status for row in read_book(self._path)}

    @property
    def _path(self) -> Path:
        return self.folder / "book.sqlite3"


class _Seen:
    """A gateway that keeps what it gave last."""

    def __init__(self, gateway: MurexGateway) -> None:
        self._gateway = gateway
        self.taken = Taken()
        self.reply, self.acknowledge = gateway.reply, gateway.acknowledge

    async def take(self, wait_ms: int) -> Taken:
        self.taken = await self._gateway.take(wait_ms)
        return self.taken


@pytest.fixture
async def simulated(kafka_bootstrap: str, tmp_path: Path) -> Simulated:
    made = TopicsExchange(kafka_bootstrap)
    await made.create()
    return Simulated(made, tmp_path)


@attack(
    by=Attacker.BROKER,
    does="Publishes a booking request on hawk.murex.requests that HAWK never made.",
    before="The simulator's book had the deal as BOOKED.",
    cure="The relay signs its requests; the gateway gives an unsigned one as unreadable, never as a request.",
)
async def test_a_deal_that_nobody_planned_is_not_booked_in_murex(simulated: Simulated) -> None:
    forged = published(sent("wf-1"), 1)
    codes = await simulated.takes(forged)
    assert simulated.book == {}
    assert codes == ["SIGNATURE_INVALID"]
    assert await simulated.takes(simulated.signed(forged)) == []
    assert simulated.book == {1: "BOOKED"}


@attack(
    by=Attacker.BROKER,
    does="Publishes a cancel message for a booked deal that HAWK never wanted cancelled.",
    before="The simulator's book had the deal as CANCELLED.",
    cure="As above: an unsigned request is unreadable.",
)
async def test_a_deal_that_nobody_cancelled_is_not_cancelled_in_murex(simulated: Simulated) -> None:
    assert await simulated.takes(simulated.signed(published(sent("wf-1"), 1))) == []
    forged = published(cancel("wf-1", sequence=2), 2)
    codes = await simulated.takes(forged)
    assert simulated.book == {1: "BOOKED"}
    assert codes == ["SIGNATURE_INVALID"]
    assert await simulated.takes(simulated.signed(forged)) == []
    assert simulated.book == {1: "CANCELLED"}


@attack(
    by=Attacker.BROKER,
    does="Copies a true request with other terms, under another key, message id or topic.",
    before="The first of the copies was BOOKED.",
    cure="The signature covers topic, key, all headers and the value.",
)
async def test_a_true_request_with_anything_changed_is_not_booked(simulated: Simulated) -> None:
    true = published(sent("wf-1"), 1)
    signed = simulated.signed(true)
    new_id = tuple((name, b"new-id" if name == "ce_id" else value) for name, value in signed.headers)
    elsewhere = STRANGER.sign("hawk.executions", true.key, true.headers, true.value)
    codes = await simulated.takes(
        simulated.signed(true, value=true.value.replace(b"ENTITY0037", b"ENTITY0038")),
        simulated.signed(true, key="wf-2"),
        simulated.signed(true, headers=new_id),
        simulated.signed(true, headers=RELAY.sign("hawk.executions", true.key, true.headers, true.value)),
        simulated.signed(true, headers=elsewhere),
    )
    assert simulated.book == {}
    assert codes == ["SIGNATURE_INVALID"] * 5


@attack(
    by=Attacker.PUBLISHER,
    does="Holds the private key of Murex's gateway, or a key of his own, and signs a booking request with it.",
    before="No signature was looked at: BOOKED.",
    cure="Each direction has a key pair of its own: the gateway believes the relay's alone.",
)
async def test_a_request_signed_with_another_key_is_not_booked(simulated: Simulated) -> None:
    true = published(sent("wf-1"), 1)
    codes = await simulated.takes(simulated.signed(true, MUREX), simulated.signed(true, STRANGER))
    assert simulated.book == {}
    assert codes == ["SIGNATURE_INVALID"] * 2


@attack(
    by=Attacker.BROKER,
    does="Copies a true booking request, byte for byte, after HAWK has cancelled the deal.",
    before="Nothing: the simulator's book keeps a cancelled external id and declines it.",
    cure="As before; and each message id is dealt with once. A real gateway is asked for both.",
    remains="A gateway that forgets which messages it has dealt with would book the deal.",
)
async def test_a_true_booking_request_copied_after_its_cancel_books_nothing(simulated: Simulated) -> None:
    request = simulated.signed(published(sent("wf-1"), 1))
    stop = simulated.signed(published(cancel("wf-1", sequence=2), 2))
    assert await simulated.takes(request, stop, request, request) == []
    assert simulated.book == {1: "CANCELLED"}


@attack(
    by=Attacker.BROKER,
    does="Copies a true booking request that Murex once left without an answer, when HAWK has long given the deal up.",
    before="The simulator's book decided it anew: BOOKED.",
    cure="The book knows each message by its id and decides it once.",
    remains="A real gateway has to do so too: docs/decisions/murex-gateway.md.",
)
async def test_a_true_booking_request_copied_after_it_was_given_up_books_nothing(simulated: Simulated) -> None:
    request = simulated.signed(published(sent("wf-1"), 1))
    assert await simulated.takes(request, rules=(Rule(answer="SILENT"),)) == []
    assert simulated.book == {}
    assert await simulated.takes(request) == []
    assert simulated.book == {}


@attack(
    by=Attacker.BROKER,
    does="Publishes 1,000 forged booking requests before a true one.",
    before="Both deals were BOOKED, the forged one too.",
    cure="A forged request is counted and logged, and holds nothing up.",
)
async def test_a_thousand_forged_requests_hold_no_true_one_up(simulated: Simulated) -> None:
    forged = published(sent("wf-1", 2), 1)
    true = simulated.signed(published(sent("wf-1"), 1))
    codes = await simulated.takes(*([forged] * 1_000), true)
    assert simulated.book == {1: "BOOKED"}
    assert codes == ["SIGNATURE_INVALID"] * 1_000
