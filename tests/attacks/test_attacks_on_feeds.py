"""Who publishes reference data, or reaches its topic, and wants prices, positions or periods that are not so."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.events.held import HeldPerson, HeldReferenceReleased
from shared.events.identity import confirmation_stream
from shared.events.topics import CONTROL
from tests.attacks.attack import Attacker, attack
from tests.support import hedges, recorded
from tests.support.feeds import Feeds, delivered, feeds_in
from tests.support.held import HeldDesk, bootstrapped_database, held_desk
from tests.support.stack import Databases, TestDatabase
from tests.support.without_broker import forged, next_id

pytestmark = pytest.mark.integration

TRUE = Decimal("1.3500")
BOUND = (
    "Held until a person confirms: a rate moves by at most feeds.rate_move_bp (10%) by itself, within a day as well."
)
SIGNED = "Each feed signs with a key of its own; anything else is a dead letter, SIGNATURE_INVALID."


@pytest.fixture
def feeds(tmp_path: Path) -> Feeds:
    return feeds_in(
        tmp_path,
        rates=["currency_rates", "currency_rate_pairs"],
        books=["position_nav_master"],
        ledger=["gl_periods", "holiday_calendar"],
    )


@pytest.fixture(scope="session")
async def bootstrapped(databases: Databases) -> AsyncIterator[TestDatabase]:
    async with bootstrapped_database(databases) as made:
        yield made


@pytest.fixture
async def desk(databases: Databases, bootstrapped: TestDatabase, feeds: Feeds) -> AsyncIterator[HeldDesk]:
    """With the demo's rows in force, and three feeds."""
    async with held_desk(databases, bootstrapped, feeds.read, feeds.prove) as made:
        yield made


def usd(value: str, day: str = "2026-11-23", **more: str) -> dict[str, str]:
    return {"currency_pair": "USD/SGD", "rate_type": "prevailing", "rate_value": value, "effective_date": day, **more}


def period(*, is_open: bool) -> dict[str, Any]:
    row = hedges.row_of(hedges.demo_tables(), "gl_periods", period_id="2025-12")
    return {**row, "is_open": is_open}


@attack(
    by=Attacker.PUBLISHER,
    does="publishes USD/SGD 1,350 for 1.350, so that HKD 400M are a trader's own order",
    before="in force at once: the next plan counted a thousandth of the USD",
    cure=BOUND,
    remains="whoever holds the key of the rates moves one by 10% a day",
)
async def test_a_rate_a_thousand_times_too_high_waits_for_a_person(desk: HeldDesk, feeds: Feeds) -> None:
    await desk.take(feeds.row("rates", "currency_rates", usd("1350")))
    assert await desk.rate() == TRUE
    held = await desk.one()
    (doubt,) = held.document["doubts"]
    assert (doubt["column"], doubt["before"], doubt["after"]) == ("rate_value", "1.3500", "1350")
    assert "at most 1000 basis points" in doubt["message"]
    await desk.take(feeds.row("rates", "currency_rates", usd("1.3620")))
    assert await desk.rate() == Decimal("1.3620"), "a plausible one is taken at once"
    assert await desk.decide(held, "olga") == "ALREADY_DECIDED"
    assert (await desk.ended(held.held_id)).reason.startswith("HELD_SUPERSEDED")
    assert await desk.rate() == Decimal("1.3620")


@attack(
    by=Attacker.PUBLISHER,
    does="moves USD/SGD to 1,350 in steps of 9%, each of them within the bound",
    before="five steps of 9% made 2.0771 of 1.3500 within a second, and any rate was in force at once without steps",
    cure="A rate is measured against the one of a day ago too, or the last that people confirmed since.",
    remains="10% a day, which the stale-rate warnings and people see",
)
async def test_many_small_steps_of_a_rate_do_not_add_up_to_a_large_one(desk: HeldDesk, feeds: Feeds) -> None:
    value = TRUE
    for _ in range(5):
        value = (value * Decimal("1.09")).quantize(Decimal("0.0001"))
        await desk.take(feeds.row("rates", "currency_rates", usd(str(value))))
    assert await desk.rate() == (TRUE * Decimal("1.09")).quantize(Decimal("0.0001"))
    assert len(await desk.waiting()) == 1, "one row of a key waits at a time"
    assert set(await desk.refusals()) == {"FEED_IMPLAUSIBLE"}


@attack(
    by=Attacker.PUBLISHER,
    does="publishes the true rate dated 2099, so that no later one replaces it",
    before="in force, and the true rate of the next day was refused as REFERENCE_OUTDATED",
    cure="Held: a rate is dated at most on the business day in Singapore (feeds.rate_days_ahead).",
)
async def test_a_rate_of_the_year_2099_waits_and_the_true_one_goes_on(desk: HeldDesk, feeds: Feeds) -> None:
    await desk.take(feeds.row("rates", "currency_rates", usd("1.3500", "2099-01-01")))
    assert (await desk.one()).document["doubts"][0]["column"] == "effective_date"
    await desk.take(feeds.row("rates", "currency_rates", usd("1.3600")))
    assert await desk.rate() == Decimal("1.3600")
    assert await desk.refusals() == []
    assert await desk.waiting() == [], "what came later superseded it"


@attack(
    by=Attacker.BROKER,
    does="writes a rate on hawk.reference without being a feed, under the id of the true one that comes next",
    before="taken at once, as a row of any publisher",
    cure=SIGNED,
)
async def test_an_unsigned_row_changes_nothing_and_uses_up_no_id(desk: HeldDesk, feeds: Feeds) -> None:
    true = feeds.row("rates", "currency_rates", usd("1.3600"), ce_id="tick-1")
    unsigned = delivered(true.value, [header for header in true.raw_headers if header[0] != "hawksignature"])
    altered = delivered(true.value.replace(b"1.3600", b"1.4000"), true.raw_headers)
    await desk.take(unsigned, altered)
    assert await desk.refusals() == ["SIGNATURE_INVALID"] * 2
    assert await desk.rate() == TRUE
    await desk.take(true)
    assert await desk.rate() == Decimal("1.3600")


@attack(
    by=Attacker.PUBLISHER,
    does="opens a closed period with the key of the rates, alone and in a set of rates",
    before="open at once: the topic knew no publishers",
    cure="The key of a feed names its tables; another one's is a dead letter, FEED_NOT_ALLOWED.",
)
async def test_the_key_of_the_rates_opens_no_period(desk: HeldDesk, feeds: Feeds) -> None:
    await desk.take(feeds.row("ledger", "gl_periods", period(is_open=False)))
    await desk.take(
        feeds.row("rates", "gl_periods", period(is_open=True)),
        feeds.set("rates", [("currency_rates", usd("1.3600")), ("gl_periods", period(is_open=True))], "load-1"),
    )
    assert await desk.refusals() == ["FEED_NOT_ALLOWED"] * 2
    assert await desk.value("SELECT is_open FROM gl_periods WHERE period_id = '2025-12'") is False
    assert await desk.rate() == TRUE
    assert await desk.waiting() == []


@attack(
    by=Attacker.PUBLISHER,
    does="opens a closed period again with the ledger's own key",
    before="open at once: journals went into a year that was closed",
    cure="Held until two different persons confirm; closing a period is taken at once.",
)
async def test_a_closed_period_opens_when_two_persons_say_so(desk: HeldDesk, feeds: Feeds) -> None:
    query = "SELECT is_open FROM gl_periods WHERE period_id = '2025-12'"
    await desk.take(feeds.row("ledger", "gl_periods", period(is_open=False)))
    assert await desk.value(query) is False
    await desk.take(feeds.row("ledger", "gl_periods", period(is_open=True)))
    held = await desk.one()
    assert held.persons == 2
    assert await desk.decide(held, "tom", role="TRADER") == "ROLE_INSUFFICIENT"
    assert await desk.decide(held, "olga") is None
    assert await desk.value(query) is False
    assert await desk.decide(held, "raj", role="RISK_MANAGER") is None
    assert await desk.value(query) is True
    assert (await desk.ended(held.held_id)).state == "APPLIED"


@attack(
    by=Attacker.PUBLISHER,
    does="opens the days of a closed period by moving the borders of an open one over them, in a set",
    before="open at once: a set that leaves no gap was good",
    cure="Held: what counts is whether days that were closed become open, whatever row says so.",
)
async def test_a_period_that_widens_over_closed_days_waits(desk: HeldDesk, feeds: Feeds) -> None:
    await desk.take(feeds.row("ledger", "gl_periods", period(is_open=False)))
    january = hedges.row_of(hedges.demo_tables(), "gl_periods", period_id="2026-01")
    rows = [
        ("gl_periods", period(is_open=False) | {"end_date": "2025-12-15"}),
        ("gl_periods", {**january, "start_date": "2025-12-16"}),
    ]
    await desk.take(feeds.set("ledger", rows, "load-1"))
    held = await desk.one()
    assert (held.persons, held.document["doubts"][0]["key"]) == (2, "2026-01")
    assert await desk.value("SELECT start_date::text FROM gl_periods WHERE period_id = '2026-01'") == "2026-01-01"


@attack(
    by=Attacker.PERSON,
    does="confirms a period that is opened again twice, once under the name in capitals",
    before="nobody was asked",
    cure="Two different persons: the approval service counts names without their case, and so does the executor.",
)
async def test_one_person_is_not_two_for_a_period(desk: HeldDesk, feeds: Feeds) -> None:
    await desk.take(feeds.row("ledger", "gl_periods", period(is_open=False)))
    await desk.take(feeds.row("ledger", "gl_periods", period(is_open=True)))
    held = await desk.one()
    assert await desk.decide(held, "olga") is None
    assert await desk.decide(held, "olga") == "SAME_PERSON"
    assert await desk.decide(held, "OLGA", role="RISK_MANAGER") == "SAME_PERSON"
    assert await desk.value("SELECT is_open FROM gl_periods WHERE period_id = '2025-12'") is False


@attack(
    by=Attacker.ROLE,
    does="releases a held period for one person, by the approval service's own role",
    before="nobody was asked",
    cure="The executor counts the persons and their roles itself: a dead letter, HELD_PERSONS_MISSING.",
    remains="who has that role can name two persons who said nothing; the trail then says that they did",
)
async def test_the_executor_counts_persons_itself(desk: HeldDesk, feeds: Feeds) -> None:
    await desk.take(feeds.row("ledger", "gl_periods", period(is_open=False)))
    await desk.take(feeds.row("ledger", "gl_periods", period(is_open=True)))
    held = await desk.one()
    trader = [HeldPerson(person=name, role="TRADER", comment="", at=desk.now) for name in ("tom", "mira")]
    alone = [HeldPerson(person=name, role="OPERATIONS", comment="", at=desk.now) for name in ("olga", "Olga")]
    for persons in (trader, alone, alone[:1]):
        released = HeldReferenceReleased(
            held_id=held.held_id, held_stream=held.stream, digest=held.digest, by=tuple(persons)
        )
        await recorded.record(desk.database, confirmation_stream(held.held_id), released)
    await desk.relay()
    assert await desk.refusals() == ["HELD_PERSONS_MISSING"] * 3
    assert await desk.value("SELECT is_open FROM gl_periods WHERE period_id = '2025-12'") is False


@attack(
    by=Attacker.PUBLISHER,
    does="multiplies a position by a thousand",
    before="in force at once: the entity could be hedged a thousand times over",
    cure="Held until a person confirms: by itself a position changes by at most feeds.position_factor (3).",
    remains="a factor of three for each snapshot date",
)
async def test_a_position_times_a_thousand_waits_under_any_id(desk: HeldDesk, feeds: Feeds) -> None:
    row = hedges.row_of(
        hedges.demo_tables(), "position_nav_master", entity_id="ENTITY0001", nav_type="COI", position_type="NET"
    )
    large = row | {"current_position": str(Decimal(row["current_position"]) * 1000)}
    newer = large | {"nav_id": "PNM_NEW", "as_of_date": "2026-11-23"}
    overlay = row | {"nav_id": "PNM_NEWER", "as_of_date": "2026-11-22", "manual_overlay_amount": "-900000000000"}
    for given in (large, newer, overlay):
        await desk.take(feeds.row("books", "position_nav_master", given))
    assert [held.document["doubts"][0]["column"] for held in await desk.waiting()] == [
        "current_position", "current_position", "manual_overlay_amount",
    ]  # fmt: skip
    query = "SELECT max(current_position) FROM position_nav_master WHERE entity_id = 'ENTITY0001' AND nav_type = 'COI'"
    assert await desk.value(query) == Decimal(row["current_position"])
    half = row | {"current_position": str(Decimal(row["current_position"]) / 2)}
    await desk.take(feeds.row("books", "position_nav_master", half))
    assert await desk.value(query) == Decimal(row["current_position"]) / 2


@attack(
    by=Attacker.PUBLISHER,
    does="deletes a rate, and publishes a forged one where nothing is in force any more",
    before="gone at once, orders ended as RATE_MISSING; then the forged rate was the first of its key",
    cure="Held: no row in force goes away by itself, and one that was removed is still measured against.",
)
async def test_a_rate_is_not_deleted_by_its_feed_alone_and_leaves_no_free_hand(desk: HeldDesk, feeds: Feeds) -> None:
    key = {"currency_pair": "USD/SGD", "rate_type": "prevailing"}
    await desk.take(feeds.row("rates", "currency_rates", key, "DELETE"))
    assert await desk.rate() == TRUE
    assert await desk.decide(await desk.one(), "olga") is None
    assert await desk.rate() is None
    await desk.take(feeds.row("rates", "currency_rates", usd("1350")))
    assert await desk.rate() is None
    await desk.decide(await desk.one(), "olga", "REJECT")
    await desk.take(feeds.row("rates", "currency_rates", usd("1.3600")))
    assert await desk.rate() == Decimal("1.3600")


@attack(
    by=Attacker.PUBLISHER,
    does="publishes the first rate of a key that nothing is in force for: USD/SGD 1,350 of the LOCAL ledger",
    before="in force at once for the LOCAL ledger, whose entries were a thousand times too large",
    cure="The first rate of a key is measured against that of IFRS, the pair's other spots, or the pair inverted.",
    remains="the first rate of a pair that HAWK knows nothing about is taken as it comes",
)
async def test_the_first_rate_of_a_key_is_measured_against_its_neighbours(desk: HeldDesk, feeds: Feeds) -> None:
    row = usd("1350", ledger="LOCAL")
    await desk.take(feeds.row("rates", "currency_rates", row))
    await desk.take(feeds.row("rates", "currency_rates", {**usd("1350"), "currency_pair": "SGD/USD"}))
    assert len(await desk.waiting()) == 2
    assert await desk.rate(ledger="LOCAL") is None
    assert await desk.rate("SGD/USD") is None


@attack(
    by=Attacker.PUBLISHER,
    does="hides one forged rate among true ones in a set",
    before="in force with the others, at once",
    cure="The set is held as a whole, naming each row that is not plausible: all of it comes into force, or nothing.",
)
async def test_a_set_with_one_forged_row_waits_as_a_whole(desk: HeldDesk, feeds: Feeds) -> None:
    aud = {**usd("0.9600"), "currency_pair": "AUD/SGD"}
    await desk.take(feeds.set("rates", [("currency_rates", aud), ("currency_rates", usd("1350"))], "load-1"))
    assert (await desk.rate("AUD/SGD"), await desk.rate()) == (Decimal("0.9500"), TRUE)
    held = await desk.one()
    assert [doubt["key"] for doubt in held.document["doubts"]] == ["USD/SGD:prevailing"]
    assert await desk.decide(held, "olga", "REJECT") is None
    types = [
        row["type"]
        for row in await desk.pool.fetch(
            "SELECT type FROM es.events WHERE stream = 'reference-load-load-1' ORDER BY version"
        )
    ]
    assert types == ["ReferenceSetHeld", "ReferenceSetRefused"]
    await desk.take(feeds.set("rates", [("currency_rates", aud), ("currency_rates", usd("1.6000"))], "load-2"))
    assert await desk.decide(await desk.one(), "olga") is None
    assert (await desk.rate("AUD/SGD"), await desk.rate()) == (Decimal("0.9600"), Decimal("1.6000"))


@attack(
    by=Attacker.PERSON,
    does="confirms what waits under the digest of something else, or what was superseded meanwhile",
    before="nobody was asked",
    cure="A decision names the digest of what was shown; the approval service and the executor compare it, and the "
    "executor takes a row only over the version it was judged beside.",
)
async def test_a_confirmation_counts_for_what_was_shown_and_for_nothing_else(desk: HeldDesk, feeds: Feeds) -> None:
    await desk.take(feeds.row("rates", "currency_rates", usd("1.6000")))
    held = await desk.one()
    assert await desk.decide(held, "olga", digest="sha256:" + "0" * 64) == "DIGEST_MISMATCH"
    person = HeldPerson(person="olga", role="OPERATIONS", comment="", at=desk.now)
    other = HeldReferenceReleased(held_id=held.held_id, held_stream=held.stream, digest="sha256:0", by=(person,))
    stream = confirmation_stream(held.held_id)
    await desk.control.handle(recorded.delivered(forged(other, stream, CONTROL, identity=next_id(stream, 1))))
    assert await desk.refusals() == ["NOT_RECORDED"], "the door refuses what nobody recorded"
    # Between the person's look and the click a newer rate comes by a set, which leaves what waits alone.
    await desk.take(feeds.set("rates", [("currency_rates", usd("1.3600"))], "newer"))
    assert await desk.decide(held, "olga") is None
    assert await desk.rate() == Decimal("1.3600")
    assert (await desk.ended(held.held_id)).reason.startswith("HELD_SUPERSEDED")
    # And the executor compares the digest of what the approval service did record.
    await desk.take(feeds.row("rates", "currency_rates", usd("1.6000")))
    again = await desk.one()
    told = other.model_copy(update={"held_id": again.held_id, "held_stream": again.stream})
    await recorded.record(desk.database, confirmation_stream(again.held_id), told)
    await desk.relay()
    assert await desk.refusals() == ["NOT_RECORDED", "HELD_DIGEST_MISMATCH"]
    assert await desk.rate() == Decimal("1.3600")


@attack(
    by=Attacker.BROKER,
    does="copies a true signed rate of the morning onto the topic again, over the newer one of the afternoon",
    before="a rate without an id of the same day came back into force",
    cure="The signature covers the ce_id, without which a row is refused; a second delivery under it is a repeat.",
)
async def test_a_copy_of_a_true_rate_does_not_come_back_over_a_newer_one(desk: HeldDesk, feeds: Feeds) -> None:
    morning = feeds.row("rates", "currency_rates", usd("1.3600"), ce_id="morning")
    yesterday = feeds.row("rates", "currency_rates", usd("1.3580", "2026-11-22"), ce_id="yesterday")
    no_id = feeds.message("rates", morning.value, [])
    await desk.take(yesterday, morning, feeds.row("rates", "currency_rates", usd("1.3700"), ce_id="afternoon"))
    desk.now += timedelta(hours=1)
    for copied in (morning, yesterday, no_id):
        await desk.take(delivered(copied.value, copied.raw_headers))
    # The same signature written another way is the same signature.
    name, signature = morning.raw_headers[-1]
    await desk.take(delivered(morning.value, [*morning.raw_headers[:-1], (name, (signature or b"") + b"==")]))
    renamed = [header if header[0] != "ce_id" else ("ce_id", b"other") for header in morning.raw_headers]
    await desk.take(delivered(morning.value, renamed))
    assert await desk.rate() == Decimal("1.3700")
    assert await desk.refusals() == ["REFERENCE_ID_MISSING", "SIGNATURE_INVALID"]


@attack(
    by=Attacker.PUBLISHER,
    does="uses up, with the key of the rates, the id that the ledger's next row will have",
    before="the ledger's true row was a dead letter, REFERENCE_ID_REUSED",
    cure="Ids are a feed's own: another feed's use of one says nothing.",
)
async def test_a_feed_cannot_use_up_the_id_of_another_feeds_row(desk: HeldDesk, feeds: Feeds) -> None:
    await desk.take(feeds.row("rates", "currency_rates", usd("1.3600"), ce_id="close-2025-12"))
    await desk.take(feeds.row("ledger", "gl_periods", period(is_open=False), ce_id="close-2025-12"))
    assert await desk.refusals() == []
    assert await desk.value("SELECT is_open FROM gl_periods WHERE period_id = '2025-12'") is False
    await desk.take(feeds.row("rates", "currency_rates", usd("1.3700"), ce_id="close-2025-12"))
    assert await desk.refusals() == ["REFERENCE_ID_REUSED"]


@attack(
    by=Attacker.PUBLISHER,
    does="publishes the ledger's next row, id and content, with the key of the rates before the ledger does",
    before="the first delivery counted, whoever it came from; as a dead letter it made the true row a repeat",
    cure="The inbox knows a signed message by id, content and key: another feed's delivery is another message.",
)
async def test_a_feed_cannot_make_another_feeds_row_a_repeat(desk: HeldDesk, feeds: Feeds) -> None:
    for feed in ("rates", "ledger"):
        await desk.take(feeds.row(feed, "gl_periods", period(is_open=False), ce_id="close-2025-12"))
    assert await desk.refusals() == ["FEED_NOT_ALLOWED"]
    assert await desk.value("SELECT is_open FROM gl_periods WHERE period_id = '2025-12'") is False
