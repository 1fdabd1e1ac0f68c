"""A superuser of the database who knows HAWK's code, and what `hawk verify` still says: alone, and as a client of the
broker besides. One executed workflow is planted once; each attack works on a copy.

`HAWK_TEST_FLOOD=200000` floods with as many records as an attacker would.
"""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from shared.eventstore.chain import Head
from shared.relay.anchors import Anchors, HeadsRead, Missing, read_heads
from shared.relay.heads import HeadPublisher, HeadRefused
from shared.security.keys import ensure_grant_keys, read_pem
from shared.security.message_signing import public_half
from tests.attacks.attack import Attacker, attack
from tests.integration.eventstore.support import RecordingOutlet, connected
from tests.support.anchoring import (
    Record,
    badly_signed,
    delete_topic,
    head_record,
    heads_of,
    make_topic,
    new_relay_key,
    send,
    unsigned,
)
from tests.support.forged_world import PUBLISHED, World, executed, planted_world
from tests.support.stack import Databases
from tests.support.superuser import resigning, rewrite
from tools.verification.checks import heads as judging
from tools.verification.switch import HistoryDamaged, rebuild
from tools.verification.verify import VerifyReport

pytestmark = pytest.mark.integration

#: Records of a flood.
FLOOD = int(os.environ.get("HAWK_TEST_FLOOD", "4000"))
AWAY = "127.0.0.1:1"


@pytest.fixture(scope="module")
async def world(
    databases: Databases, kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    async with planted_world(databases, kafka_bootstrap, tmp_path_factory.mktemp("keys")) as made:
        yield made


@pytest.fixture
async def topic(world: World) -> AsyncIterator[Anchors]:
    """A topic of heads of one's own, empty."""
    name = f"heads-{uuid4().hex}"
    await make_topic(world.bootstrap, name)
    yield Anchors({"bootstrap_servers": world.bootstrap}, (public_half(world.relay_key),), name)
    if await read_heads(Anchors({"bootstrap_servers": world.bootstrap}, (), name)) is not Missing.TOPIC:
        await delete_topic(world.bootstrap, name)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No relay runs here that could publish a head meanwhile."""
    monkeypatch.setattr(judging, "ARRIVAL_SECONDS_MAX", 0.2)


def flood(world: World, topic: str) -> list[Record]:
    """Junk of every kind: no head, heads that nobody signed, and signatures of the right key over other heads."""
    good = head_record(world.relay_key, topic, world.heads[0])
    kinds = [(b"head", [], b"junk"), unsigned(world.heads[-1]), badly_signed(good, 999)]
    return [kinds[number % len(kinds)] for number in range(FLOOD)]


def refused(report: VerifyReport, why: str) -> None:
    """`hawk verify` ends with status 1, and says why."""
    assert not report.ok
    assert any(why in finding for finding in report.findings), report.findings


async def test_true_history_verifies_with_its_heads_and_behind_a_flood(world: World, topic: Anchors) -> None:
    await send(world.bootstrap, topic.topic, world.signed(topic.topic))
    report = await world.verified(world.true, topic, signatures=True)
    assert report.ok, report.findings
    assert report.document()["heads"] == {"ok": True, "compared": 15, "reason": "", "junk": 0}
    await send(world.bootstrap, topic.topic, flood(world, topic.topic))
    report = await world.verified(world.true, topic, signatures=True)
    assert report.ok, report.findings
    assert report.heads.junk >= FLOOD - 1


FORGED = (
    "Puts another approver into the decision, the grant and its signed text, the execution, the audit rows and "
    "metadata, then computes the chain and the read tables anew"
)
CUTS = "Cuts off the last 20 events with their seals, sets the checkpoint back and derives the read tables anew"


@attack(
    by=Attacker.SUPERUSER,
    does=f"{FORGED}. The published heads are there.",
    before="hawk verify found it: the published heads disagreed.",
    cure="Heads are signed; the newest valid one is compared.",
)
async def test_forged_approver_contradicts_the_heads(world: World, topic: Anchors) -> None:
    await send(world.bootstrap, topic.topic, world.signed(topic.topic))
    refused(await world.verified(world.forged, topic), "it was cut or recomputed")


@attack(
    by=Attacker.SUPERUSER,
    does=f"{FORGED}, and floods the topic of heads with 200,000 records.",
    before="hawk verify: everything agrees, no head compared, exit 0.",
    cure="The topic is read back from its end until a head with the relay's signature is found.",
    remains="With a million records behind the newest head none is found; verify then ends with status 1 and says so.",
)
async def test_forged_approver_is_found_behind_a_flood(world: World, topic: Anchors) -> None:
    await send(world.bootstrap, topic.topic, world.signed(topic.topic))
    await send(world.bootstrap, topic.topic, flood(world, topic.topic))
    refused(await world.verified(world.forged, topic), "it was cut or recomputed")


@attack(
    by=Attacker.SUPERUSER,
    does=f"{FORGED}, and deletes the topic of heads.",
    before="hawk verify: everything agrees, 'broker away', exit 0.",
    cure="A topic that is gone is a finding of its own; exit 1.",
)
async def test_forged_approver_with_the_topic_deleted(world: World, topic: Anchors) -> None:
    await send(world.bootstrap, topic.topic, world.signed(topic.topic))
    await delete_topic(world.bootstrap, topic.topic)
    refused(await world.verified(world.forged, topic), f"topic {topic.topic} is not on the broker")


@attack(
    by=Attacker.SUPERUSER,
    does=f"{FORGED}, deletes the topic of heads and makes it anew, empty.",
    before="hawk verify: everything agrees, no head compared, exit 0.",
    cure="A chain without a valid head is a finding; exit 1.",
)
async def test_forged_approver_with_an_empty_topic(world: World, topic: Anchors) -> None:
    refused(await world.verified(world.forged, topic), "no valid head on topic")


@attack(
    by=Attacker.SUPERUSER,
    does=f"{FORGED}, while the broker is away.",
    before="hawk verify: everything agrees, 'broker away', exit 0.",
    cure="Without the broker nothing vouches for the chain: exit 1, unless --without-heads says so on purpose.",
)
async def test_forged_approver_with_the_broker_away(world: World, topic: Anchors) -> None:
    away = Anchors({"bootstrap_servers": AWAY}, topic.relay_keys, topic.topic)
    refused(await world.verified(world.forged, away), "the broker cannot be reached")


@attack(
    by=Attacker.SUPERUSER,
    does=f"{FORGED}; whoever verifies leaves the heads out.",
    before="Passed, and no line said that nothing was anchored; the grant's signature was not looked at.",
    cure="verify judges every grant's signature by public keys from files, and its first line says 'not anchored'.",
)
async def test_forged_approver_breaks_the_signature_of_the_grant(world: World) -> None:
    unjudged = await world.verified(world.forged, None)
    assert unjudged.ok, "what remains without heads and signatures: all events agree with each other"
    assert unjudged.heads.reason.startswith("not anchored")
    refused(await world.verified(world.forged, None, signatures=True), "its signature does not match its content")


@attack(
    by=Attacker.SUPERUSER,
    does="Forges the approver and signs the grant anew with a key of his own, as if the key had been replaced.",
    before="Passed: the claims were read without a judgement of the signature.",
    cure="Keys come from files of whoever verifies, by key id; one that is not among them is a finding.",
)
async def test_grant_signed_with_a_swapped_key(world: World, databases: Databases, tmp_path: Path) -> None:
    theirs = read_pem(ensure_grant_keys(tmp_path).private)
    copy = await databases.create(like=world.forged)
    await rewrite(copy.admin_dsn, resigning(theirs))
    refused(await world.verified(copy, None, signatures=True), "signed with a key that is not known here")
    await databases.drop(copy.name)


@attack(
    by=Attacker.SUPERUSER,
    does=f"{CUTS}. The published heads are there.",
    before="hawk verify found it: heads were published beyond the end of the chain.",
    cure="Heads are signed; the newest valid one is compared.",
)
async def test_cut_chain_contradicts_the_heads(world: World, topic: Anchors) -> None:
    await send(world.bootstrap, topic.topic, world.signed(topic.topic))
    refused(await world.verified(world.short, topic), "the chain has no such seal there")


@attack(
    by=Attacker.SUPERUSER,
    does=f"{CUTS}, and floods the topic of heads with 200,000 records.",
    before="hawk verify: everything agrees, no head compared, exit 0.",
    cure="The topic is read back from its end until a head with the relay's signature is found.",
)
async def test_cut_chain_is_found_behind_a_flood(world: World, topic: Anchors) -> None:
    await send(world.bootstrap, topic.topic, world.signed(topic.topic))
    await send(world.bootstrap, topic.topic, flood(world, topic.topic))
    refused(await world.verified(world.short, topic), "the chain has no such seal there")


@attack(
    by=Attacker.SUPERUSER,
    does=f"{CUTS}, and deletes the topic of heads.",
    before="hawk verify: everything agrees, 'broker away', exit 0.",
    cure="A topic that is gone is a finding of its own; exit 1.",
)
async def test_cut_chain_with_the_topic_deleted(world: World, topic: Anchors) -> None:
    await delete_topic(world.bootstrap, topic.topic)
    refused(await world.verified(world.short, topic), f"topic {topic.topic} is not on the broker")


@attack(
    by=Attacker.SUPERUSER,
    does=f"{CUTS}, while the broker is away.",
    before="hawk verify: everything agrees, 'broker away', exit 0.",
    cure="Without the broker nothing vouches for the chain: exit 1, unless --without-heads says so on purpose.",
)
async def test_cut_chain_with_the_broker_away(world: World, topic: Anchors) -> None:
    away = Anchors({"bootstrap_servers": AWAY}, topic.relay_keys, topic.topic)
    refused(await world.verified(world.short, away), "the broker cannot be reached")


@attack(
    by=Attacker.SUPERUSER,
    does=f"{CUTS}, makes the topic anew, and publishes a head of the cut chain himself.",
    before="hawk verify: everything agrees, his head compared, exit 0.",
    cure="Only what the relay's key signed is a head; his is counted as junk.",
)
async def test_cut_chain_with_a_head_of_his_own(world: World, topic: Anchors) -> None:
    end = (await heads_of(world.short.admin_dsn))[-1]
    own = [unsigned(end), head_record(new_relay_key(), topic.topic, end)]
    await send(world.bootstrap, topic.topic, own)
    report = await world.verified(world.short, topic)
    refused(report, "2 of the newest 2 records (of 2) are not signed by the relay")


@attack(
    by=Attacker.SUPERUSER,
    does=f"{CUTS}, makes the topic anew, publishes the relay's older heads again and dates all seals now.",
    before="hawk verify: everything agrees with the older heads, exit 0.",
    cure="The newest valid head must reach the end of the chain, or be younger than 60 s by the time that it signs.",
    remains="Who cuts exactly at a head that he copied, deletes all later ones and restarts the relay rolls back to "
    "it unseen: keep the last line of hawk verify elsewhere, and the rights to delete topics with nobody.",
)
async def test_cut_chain_with_older_heads_repeated(world: World, topic: Anchors, databases: Databases) -> None:
    copy = await databases.create(like=world.short)
    await executed(copy, "ALTER TABLE es.seals DISABLE TRIGGER ALL", "UPDATE es.seals SET sealed_at = now()")
    old = world.signed(topic.topic, upto=60, at=datetime.now(UTC) - timedelta(minutes=2))
    await send(world.bootstrap, topic.topic, old)
    refused(await world.verified(copy, topic), "and no head confirms the rest")
    await databases.drop(copy.name)


@attack(
    by=Attacker.SUPERUSER,
    does="Empties the topic of heads and sets the relay's checkpoint to 0, as if nothing had ever been published.",
    before="hawk verify: everything agrees, no head compared, exit 0.",
    cure="A chain that has events needs a head, whatever the checkpoint says.",
)
async def test_checkpoint_set_back_is_no_excuse_for_missing_heads(
    world: World, topic: Anchors, databases: Databases
) -> None:
    copy = await databases.create(like=world.forged)
    await executed(copy, "UPDATE es.checkpoints SET position = 0")
    refused(await world.verified(copy, topic), "no valid head on topic")
    await databases.drop(copy.name)


async def relay_that_signed(world: World, outlet: RecordingOutlet) -> HeadPublisher:
    """A relay that has published the head of the true chain."""
    publisher = HeadPublisher(outlet.open, outlet.read_heads)
    await executed(world.true, "UPDATE es.checkpoints SET position = 0")
    try:
        async with connected(world.true.dsn("hawk_relay")) as [connection]:
            await publisher.publish(connection)
    finally:
        await executed(world.true, PUBLISHED)
    assert outlet.heads[-1].value.startswith(b'{"position": %d,' % world.heads[-1].position)
    return publisher


@attack(
    by=Attacker.SUPERUSER,
    does=f"{CUTS}, deletes the topic of heads, makes it anew and lets the running relay anchor the cut chain.",
    before="The relay published the head of the cut chain, and hawk verify agreed with it.",
    cure="The relay remembers its newest head, and signs none for a chain that does not go on from it.",
)
async def test_running_relay_signs_no_head_of_a_cut_chain(world: World) -> None:
    outlet = RecordingOutlet()
    publisher = await relay_that_signed(world, outlet)
    outlet.heads.clear()
    async with connected(world.short.dsn("hawk_relay")) as [connection]:
        with pytest.raises(HeadRefused, match="it was cut or recomputed"):
            await publisher.publish(connection)
    assert outlet.heads == []


@attack(
    by=Attacker.SUPERUSER,
    does=f"{CUTS}, deletes the topic of heads, makes it anew and restarts the relay.",
    before="The relay published the head of the cut chain, and hawk verify agreed with it.",
    cure="A relay that finds no head of its key, though events were published, signs none; a person begins anew.",
    remains="With the checkpoint set to 0 besides, the relay publishes everything again and begins its heads anew.",
)
async def test_restarted_relay_signs_no_head_where_the_old_ones_are_gone(world: World) -> None:
    outlet = RecordingOutlet()
    async with connected(world.short.dsn("hawk_relay")) as [connection]:
        with pytest.raises(HeadRefused, match="the heads are gone"):
            await HeadPublisher(outlet.open, outlet.read_heads).publish(connection)
    assert outlet.heads == []


@attack(
    by=Attacker.SUPERUSER,
    does=f"{FORGED}, and restarts the relay while the heads are still there.",
    before="The relay published the head of the forged chain beside the true ones.",
    cure="A relay that starts reads its newest head from the topic, and signs none that does not go on from it.",
)
async def test_restarted_relay_reads_what_it_signed_before(world: World) -> None:
    outlet = RecordingOutlet()
    await relay_that_signed(world, outlet)
    async with connected(world.forged.dsn("hawk_relay")) as [connection]:
        with pytest.raises(HeadRefused, match="it was cut or recomputed"):
            await HeadPublisher(outlet.open, outlet.read_heads).publish(connection)


@attack(
    by=Attacker.SUPERUSER,
    does=f"{FORGED}, deletes the topic of heads, and has hawk rebuild write the forgery into the read tables.",
    before="hawk rebuild looked at no head and switched.",
    cure="hawk rebuild refuses without valid heads, with verify's sentence.",
)
async def test_rebuild_looks_at_the_heads_as_well(world: World, topic: Anchors) -> None:
    with pytest.raises(HistoryDamaged, match="no valid head on topic"):
        await rebuild(world.forged.admin_dsn, topic)
    await send(world.bootstrap, topic.topic, world.signed(topic.topic))
    with pytest.raises(HistoryDamaged, match="it was cut or recomputed"):
        await rebuild(world.forged.admin_dsn, topic)
    assert (await rebuild(world.true.admin_dsn, topic)).events == len(world.heads)


@attack(
    by=Attacker.BROKER,
    does="Publishes one head of his own, with another hash, on the topic of heads.",
    before="hawk verify was red for ever: 'the chain was computed anew'.",
    cure="What the relay did not sign is counted and shown, and changes nothing.",
)
async def test_stray_record_does_not_turn_verify_red(world: World, topic: Anchors) -> None:
    await send(world.bootstrap, topic.topic, world.signed(topic.topic))
    await send(world.bootstrap, topic.topic, [unsigned(Head(1, "ab" * 32)), unsigned(Head(10_000, "ab" * 32))])
    report = await world.verified(world.true, topic)
    assert report.ok, report.findings
    assert report.heads.junk == 2


async def test_head_of_a_moment_ago_may_be_behind_what_was_just_sealed(world: World, topic: Anchors) -> None:
    await send(world.bootstrap, topic.topic, world.signed(topic.topic, upto=60))
    report = await world.verified(world.true, topic)
    assert report.ok, report.findings
    found = await read_heads(topic)
    assert isinstance(found, HeadsRead)
    assert found.newest is not None
    assert found.newest.head.position < len(world.heads)
