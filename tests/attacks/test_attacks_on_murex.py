"""Attacks on what Murex tells HAWK: the topic hawk.murex.answers."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from pydantic import SecretStr

from services.executor import app as executor
from services.executor.settings import ExecutorSettings
from shared.events import murex, topics
from shared.events.routing import REPLAY_HEADER
from shared.hedging.facts import SINGAPORE
from shared.messaging.database import open_pool
from shared.messaging.message import Message
from shared.security.keys import ensure_grant_keys
from shared.security.message_signing import SIGNATURE_HEADER
from tests.attacks.attack import Attacker, attack
from tests.support import executions
from tests.support.attacked_by_murex import MUREX, Attacked, ack, nok
from tests.support.desk import Desk
from tests.support.feeds import feeds_in
from tests.support.signing import delivered, said, signer
from tests.support.stack import Databases

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

RELAY, STRANGER = signer("relay"), signer("stranger")


@pytest.fixture(scope="module")
async def at_work(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Attacked]:
    database = await databases.create()
    folder = tmp_path_factory.mktemp("keys")
    keys = ensure_grant_keys(folder)
    pool: asyncpg.Pool = await open_pool(database.dsn("hawk_executor"), application="attacked")
    service = executor.build(ExecutorSettings(
        postgres_dsn=SecretStr(database.dsn("hawk_executor")), grant_public_key_file=keys.public,
        murex_public_key_file=(MUREX.public_file(folder),), feed_keys_file=feeds_in(folder).file,
    ))  # fmt: skip
    (answers,) = [each for each in service.subscriptions if each.topic == topics.MUREX_ANSWERS]
    desk = Desk(pool, keys, now=datetime.now(UTC))
    await desk.load_reference(desk.now.astimezone(SINGAPORE).date())
    await desk.open()
    yield Attacked(desk, answers)
    await pool.close()
    await databases.drop(database.name)


@pytest.fixture
def attacked(at_work: Attacked) -> Attacked:
    """With a consumer of its own: the refusals of all tests together are a flood, which gets one letter for many."""
    at_work.consume()
    return at_work


def confirmed(request: murex.DealCancelSent, **fields: object) -> murex.MurexCancelled:
    told = executions.cancelled(request).model_dump() | {"in_reply_to": request.message_sequence} | fields
    return murex.MurexCancelled.model_validate(told)


def reported(request: murex.DealSent, status: str, in_reply_to: int) -> murex.MurexStatusReported:
    return executions.status_of(request, status, in_reply_to=in_reply_to)


def moved(message: Message, **changes: object) -> Message:
    """The same signed bytes with something else changed."""
    parts = {"topic": message.topic, "key": message.key, "headers": message.raw_headers, "value": message.value}
    return delivered(**(parts | changes))  # type: ignore[arg-type]


# --- replies that Murex never gave


@attack(
    by=Attacker.BROKER,
    does="Publishes six ACKs on hawk.murex.answers for deals that Murex never booked.",
    before="Six deals acknowledged; the workflow was completed and stood in the ledger. Murex had no deal.",
    cure="The gateway signs its replies; an unsigned one is a dead letter, SIGNATURE_INVALID.",
)
async def test_forged_acks_do_not_complete_a_workflow(attacked: Attacked) -> None:
    deals = await attacked.booking()
    forged = [said(ack(each), None) for each in deals]
    await attacked.refuses(deals[0].workflow_id, *forged)
    await attacked.still_books(deals)


@attack(
    by=Attacker.BROKER,
    does="Publishes a NOK for one deal of a workflow that Murex is booking.",
    before="DealDeclined: the workflow was undone and five deals were cancelled in Murex.",
    cure="As above: an unsigned reply is a dead letter.",
)
async def test_a_forged_nok_does_not_undo_a_workflow(attacked: Attacked) -> None:
    deals = await attacked.booking()
    forged = said(nok(deals[2]), None)
    await attacked.refuses(deals[0].workflow_id, forged)
    await attacked.still_books(deals)


@attack(
    by=Attacker.BROKER,
    does="Confirms the cancellation of deals that Murex still holds.",
    before="Five CancelConfirmed: the workflow was COMPENSATED and its capacity free, with five deals in Murex.",
    cure="As above: an unsigned reply is a dead letter.",
)
async def test_forged_confirmations_do_not_end_a_compensation(attacked: Attacked) -> None:
    workflow, cancels = await attacked.cancelling()
    forged = [said(confirmed(each), None) for each in cancels]
    await attacked.refuses(workflow, *forged)
    await attacked.take(*(said(confirmed(each), MUREX) for each in cancels))
    assert (await attacked.executed(workflow))[-1] == "WorkflowCompensated"


@attack(
    by=Attacker.BROKER,
    does="Answers no enquiry and reports from Murex's book that the deals are booked.",
    before="Six deals acknowledged from reports to no enquiry; the workflow was completed.",
    cure="As above: an unsigned reply is a dead letter.",
)
async def test_forged_status_reports_do_not_book_deals(attacked: Attacked) -> None:
    deals = await attacked.booking()
    forged = [said(reported(each, "BOOKED", 1), None) for each in deals]
    await attacked.refuses(deals[0].workflow_id, *forged)
    await attacked.still_books(deals)


@attack(
    by=Attacker.BROKER,
    does="Publishes technical receipts for deals that never reached Murex.",
    before="Six DealReceipted were recorded.",
    cure="As above: an unsigned reply is a dead letter.",
)
async def test_forged_receipts_are_not_recorded(attacked: Attacked) -> None:
    deals = await attacked.booking()
    forged = [said(receipt(each), None) for each in deals]
    await attacked.refuses(deals[0].workflow_id, *forged)


@attack(
    by=Attacker.BROKER,
    does="Publishes junk under the message id that Murex's true reply will bear.",
    before="The junk used the id up: the true ACK was dropped as a repeat.",
    cure="The signature is checked before the id is looked at; what fails stands under its place and time.",
)
async def test_junk_under_the_id_of_a_true_reply_does_not_take_its_place(attacked: Attacked) -> None:
    deals = await attacked.booking()
    true = said(ack(deals[0]), MUREX, message_id=f"true-{uuid4()}")
    junk = said(ack(deals[0], contract_id=None), None, message_id=true.id)
    await attacked.take(junk, true)
    assert "DealAcknowledged" in await attacked.executed(deals[0].workflow_id)
    await attacked.refused(junk)
    assert await attacked.letter(true) is None


@attack(
    by=Attacker.BROKER,
    does="Publishes an unsigned NOK with 60,000 characters of reason, which ends in several events.",
    before="DealDeclined and the undoing of the workflow, each with 60,000 characters of reason.",
    cure="Unsigned: a dead letter that keeps its beginning and its SHA-256.",
)
async def test_a_large_forged_answer_leaves_one_bounded_dead_letter(attacked: Attacked) -> None:
    deals = await attacked.booking()
    forged = said(nok(deals[0], reason="x" * 60_000), None)
    await attacked.refuses(deals[0].workflow_id, forged)


# --- signed by somebody else


@attack(
    by=Attacker.BROKER,
    does="Signs an ACK with a key of his own.",
    before="No signature was looked at: DealAcknowledged.",
    cure="Only the public keys that the executor was given by file are believed.",
)
async def test_an_answer_signed_by_a_stranger_is_refused(attacked: Attacked) -> None:
    deals = await attacked.booking()
    forged = said(ack(deals[0]), STRANGER)
    await attacked.refuses(deals[0].workflow_id, forged)


@attack(
    by=Attacker.ROLE,
    does="Holds the relay's private key and signs an ACK with it (key confusion).",
    before="No signature was looked at: DealAcknowledged.",
    cure="Each direction has a key pair of its own: the executor believes the gateway's alone.",
)
async def test_an_answer_signed_with_the_key_of_the_relay_is_refused(attacked: Attacked) -> None:
    deals = await attacked.booking()
    forged = said(ack(deals[0]), RELAY)
    await attacked.refuses(deals[0].workflow_id, forged)


@attack(
    by=Attacker.BROKER,
    does="Copies a true reply with one thing changed: its message id, key, contract, workflow, or a header more.",
    before="The copy for the other workflow was recorded there; the first copy took the id of the true reply.",
    cure="The signature covers topic, key, all headers and the value.",
)
async def test_a_true_reply_with_anything_changed_is_refused(attacked: Attacked) -> None:
    deals, others = await attacked.booking(), await attacked.booking()
    version = await attacked.version(others[0].workflow_id)
    true = said(ack(deals[0]), MUREX)
    to_other = true.value.replace(deals[0].workflow_id.encode(), others[0].workflow_id.encode())
    new_id = tuple((name, b"new-id" if name == "ce_id" else value) for name, value in true.raw_headers)
    copies = [
        moved(true, value=to_other, key=others[0].workflow_id),
        moved(true, key=others[0].workflow_id),
        moved(true, headers=new_id),
        moved(true, value=true.value.replace(b'"MX-', b'"MY-')),
        moved(true, headers=(*true.raw_headers, ("ce_traceparent", b"00-1"))),
        moved(true, headers=(*true.raw_headers, (SIGNATURE_HEADER, b"x.y"))),
        moved(true, headers=tuple(each for each in true.raw_headers if each[0] != SIGNATURE_HEADER)),
    ]
    assert to_other != true.value
    await attacked.take(*copies)
    assert await attacked.executed(others[0].workflow_id, after=version) == []
    assert "DealAcknowledged" not in await attacked.executed(deals[0].workflow_id)
    await attacked.refused(*copies)
    await attacked.still_books(deals)


@attack(
    by=Attacker.BROKER,
    does="Copies true replies, byte for byte, onto the topic again.",
    before="Nothing: the inbox knew their ids.",
    cure="The id is covered by the signature, and the inbox knows it.",
)
async def test_true_replies_copied_byte_for_byte_change_nothing(attacked: Attacked) -> None:
    deals = await attacked.booking()
    true = [said(ack(each), MUREX) for each in deals]
    await attacked.take(*true)
    version = await attacked.version(deals[0].workflow_id)
    await attacked.take(*(moved(each) for each in true))
    assert await attacked.executed(deals[0].workflow_id, after=version) == []


# --- signed by Murex's gateway, and answering nothing


@attack(
    by=Attacker.BROKER,
    does="Gets a gateway to sign replies that answer no request: to one never made, or to another attempt.",
    before="DealAcknowledged for replies to requests never made; a NOK to none undid the workflow.",
    cure="Number and attempt must be those of a request of ours; else the reply is recorded and no more.",
)
async def test_a_signed_reply_to_no_request_of_ours_books_nothing(attacked: Attacked) -> None:
    deals = await attacked.booking()
    version = await attacked.version(deals[0].workflow_id)
    await attacked.take(
        said(ack(deals[0], in_reply_to=99), MUREX),
        said(ack(deals[1], in_reply_to=2, attempt=2), MUREX),
        said(ack(deals[2], attempt=2), MUREX),
        said(nok(deals[3], in_reply_to=7), MUREX),
        said(reported(deals[4], "BOOKED", 1), MUREX),
        said(reported(deals[5], "DECLINED", 2), MUREX),
    )
    assert await attacked.executed(deals[0].workflow_id, after=version) == ["AnswerIgnored"] * 6
    await attacked.still_books(deals)


@attack(
    by=Attacker.BROKER,
    does="Has a gateway sign confirmations of cancel messages that HAWK never sent.",
    before="A confirmation that named cancel message 50 was CancelConfirmed.",
    cure="Number and attempt must be those of a cancel message of ours; else it is recorded and no more.",
)
async def test_a_signed_confirmation_of_no_cancel_message_frees_nothing(attacked: Attacked) -> None:
    workflow, cancels = await attacked.cancelling()
    version = await attacked.version(workflow)
    await attacked.take(
        said(confirmed(cancels[0], in_reply_to=1), MUREX),
        said(confirmed(cancels[1], in_reply_to=50), MUREX),
        said(confirmed(cancels[2], attempt=2), MUREX),
        said(confirmed(cancels[3], outcome="NOT_FOUND", in_reply_to=1), MUREX),
        said(confirmed(cancels[4], outcome="REFUSED", in_reply_to=1), MUREX),
    )
    assert await attacked.executed(workflow, after=version) == ["AnswerIgnored"] * 5
    await attacked.take(*(said(confirmed(each), MUREX) for each in cancels))
    assert (await attacked.executed(workflow))[-1] == "WorkflowCompensated"


# --- dead letters


@attack(
    by=Attacker.BROKER,
    does="Publishes a forged reply and waits for somebody to replay its dead letter in good faith.",
    before="DealAcknowledged, at the first delivery already.",
    cure="The relay never signs what a person replays: the copy is refused like the original.",
)
async def test_a_forged_reply_that_a_person_replays_is_refused_again(attacked: Attacked) -> None:
    deals = await attacked.booking()
    version = await attacked.version(deals[0].workflow_id)
    forged = said(ack(deals[0]), None)
    await attacked.take(forged)
    copy = moved(forged, headers=(*forged.raw_headers, (REPLAY_HEADER, b"executor-" + b"0" * 32 + b"@2")))
    await attacked.take(copy)
    assert await attacked.executed(deals[0].workflow_id, after=version) == []
    await attacked.refused(forged, copy)


def receipt(request: murex.DealSent) -> murex.MurexReceipted:
    return murex.MurexReceipted(
        workflow_id=request.workflow_id, event_id=request.event_id, deal_booking_id=request.deal_booking_id,
        deal_sequence=request.deal_sequence, attempt=1, in_reply_to=1, received_at=executions.NOW,
    )  # fmt: skip
