"""One conversation with Murex for each row of the answer table, told once and held both with the pure decisions and on
the real topics. The test is Murex; every row is about deal 3 of six."""

from collections.abc import Mapping

from services.executor.execution.answer_table import ROWS
from tests.support import murex_rows_cancelling as _cancelling  # noqa: F401 - tells its rows
from tests.support.murex_talk import (
    ATTEMPTS,
    BOOKED,
    CANCEL,
    CONVERSATIONS,
    DEAL,
    ENQUIRED,
    OTHER,
    OTHERS,
    SENT,
    Conversation,
    Told,
    row,
)  # fmt: skip


@row("booked")
async def _(talk: Conversation) -> None:
    await talk.receipt()
    await talk.ack(*OTHERS)
    await talk.happened("DealReceipted")
    await talk.happened("DealAcknowledged", 0)
    await talk.ack()
    await talk.ends(*BOOKED)


@row("warning")
async def _(talk: Conversation) -> None:
    await talk.ack(*OTHERS)
    await talk.ack(level="WARNING", reason="Value date is a holiday in Singapore")
    await talk.ends(*BOOKED)


@row("declined")
async def _(talk: Conversation) -> None:
    await talk.nok(level="FATAL", reason_code="CLOSED_BOOK")
    await talk.asked(CANCEL, deal=1)
    await talk.cancelled()
    await talk.ends("COMPENSATED", code="MX_BOOKING_ERROR")
    await talk.asked(CANCEL, 0)
    await talk.asked(SENT, 1)


@row("technical")
async def _(talk: Conversation) -> None:
    await talk.ack(*OTHERS)
    await talk.nok(technical=True)
    await talk.recorded("Technical fault")
    await talk.asked(ENQUIRED)
    await talk.report("UNKNOWN")
    await talk.asked(SENT, 2)
    await talk.ack()
    await talk.ends(*BOOKED)


@row("no-contract")
async def _(talk: Conversation) -> None:
    await talk.ack(*OTHERS)
    await talk.ack(contract_id=None)
    await talk.recorded("without a contract id")
    await _book_says_booked(talk)


@row("grade-disagrees")
async def _(talk: Conversation) -> None:
    await talk.ack(*OTHERS)
    await talk.ack(level="FATAL")
    await talk.nok(level="OK")
    await talk.recorded("proves nothing", 2)
    await _book_says_booked(talk)


@row("out-of-order")
async def _(talk: Conversation) -> None:
    await talk.ack(6, 5, 4)
    await talk.ack()
    await talk.receipt()
    await talk.ack(2)
    await talk.ack(1)
    await talk.ends(*BOOKED)
    await talk.happened("DealReceipted", 0)


@row("answer-lost")
async def _(talk: Conversation) -> None:
    await talk.ack(*OTHERS)
    await _book_says_booked(talk)
    await talk.asked(SENT, 1)


@row("request-lost")
async def _(talk: Conversation) -> None:
    await talk.ack(*OTHERS)
    await talk.asked(ENQUIRED)
    await talk.asked(SENT, 1)
    await talk.report("UNKNOWN")
    await talk.asked(SENT, 2)
    await talk.ack()
    await talk.ends(*BOOKED)


@row("in-work")
async def _(talk: Conversation) -> None:
    await talk.ack(*OTHERS)
    await talk.asked(ENQUIRED)
    await talk.report("RECEIVED")
    await talk.recorded("Still in work")
    await talk.asked(SENT, 2)
    await talk.ack()
    await talk.ends(*BOOKED)


@row("never")
async def _(talk: Conversation) -> None:
    await talk.ack(*OTHERS)
    await _nothing_is_heard(talk)
    await talk.asked(SENT, ATTEMPTS)
    await talk.asked(ENQUIRED, ATTEMPTS)


@row("partly")
async def _(talk: Conversation) -> None:
    await talk.ack(*OTHERS)
    await talk.receipt()
    await _nothing_is_heard(talk)
    await talk.happened("DealsBooked", 0)
    for deal in OTHERS:
        await talk.asked(CANCEL, deal=deal, or_more=True)


@row("late")
async def _(talk: Conversation) -> None:
    await talk.ack(*OTHERS)
    await talk.asked(ENQUIRED)
    await talk.report("UNKNOWN")
    await talk.asked(SENT, 2)
    await talk.ack(attempt=1, in_reply_to=1)
    await talk.ends(*BOOKED)


@row("stale-report")
async def _(talk: Conversation) -> None:
    await talk.ack(*OTHERS)
    await talk.asked(ENQUIRED, 1)
    await talk.asked(ENQUIRED, 2)
    await talk.report("UNKNOWN", answering=1)
    await talk.recorded("before the deal was last sent")
    await talk.report("BOOKED")
    await talk.ends(*BOOKED)
    await talk.asked(SENT, 2)


@row("ack-twice")
async def _(talk: Conversation) -> None:
    await talk.ack(times=2)
    await talk.recorded("Duplicate")
    await talk.happened("DealAcknowledged")
    await talk.ack(*OTHERS)
    await talk.ends(*BOOKED)


@row("nok-twice")
async def _(talk: Conversation) -> None:
    await talk.nok()
    await talk.nok()
    await talk.recorded("the deal is DECLINED")
    await talk.cancelled()
    await talk.ends("COMPENSATED", code="MX_BOOKING_ERROR")


@row("ack-nok-stands")
async def _(talk: Conversation) -> None:
    await talk.ack()
    await talk.nok()
    await talk.recorded("Contradicts")
    await talk.ack(*OTHERS)
    await talk.asked(ENQUIRED)
    await talk.happened("DealsBooked", 0)
    await talk.report("BOOKED")
    await talk.ends(*BOOKED)
    await talk.happened("DealAcknowledged", 1)


@row("ack-nok-undone")
async def _(talk: Conversation) -> None:
    await talk.ack()
    await talk.nok()
    await talk.asked(ENQUIRED)
    await talk.ack()
    await talk.recorded("being asked about this deal")
    await talk.report("DECLINED")
    await _undone_as_a_contradiction(talk)


@row("nok-ack")
async def _(talk: Conversation) -> None:
    await talk.nok()
    await talk.asked(CANCEL, deal=1)
    await talk.ack()
    await talk.asked(CANCEL)
    await talk.cancelled()
    await talk.cancelled(DEAL)
    await talk.ends("COMPENSATED", code="MX_BOOKING_ERROR")


@row("two-contracts-first")
async def _(talk: Conversation) -> None:
    await talk.ack()
    await talk.ack(contract_id=OTHER)
    await talk.asked(ENQUIRED)
    await talk.ack(*OTHERS)
    await talk.report("BOOKED")
    await talk.ends(*BOOKED)


@row("two-contracts-second")
async def _(talk: Conversation) -> None:
    await talk.ack()
    await talk.ack(contract_id=OTHER)
    await talk.asked(ENQUIRED)
    await talk.report("BOOKED", contract_id=OTHER)
    await _undone_as_a_contradiction(talk)


@row("correction")
async def _(talk: Conversation) -> None:
    await talk.ack()
    await talk.nok(correction=True, reason="Booked by mistake")
    await talk.recorded("Corrects")
    await talk.asked(ENQUIRED)
    await talk.report("CANCELLED")
    await _undone_as_a_contradiction(talk)


@row("cancelled-unasked")
async def _(talk: Conversation) -> None:
    await talk.ack()
    await talk.cancelled_unasked()
    await talk.recorded("Nobody asked")
    await talk.asked(ENQUIRED)
    await talk.report("CANCELLED")
    await _undone_as_a_contradiction(talk)


@row("dispute-unanswered")
async def _(talk: Conversation) -> None:
    await talk.ack(DEAL, *OTHERS[:4])
    await talk.nok()
    await talk.ack(OTHERS[4])
    await talk.asked(ENQUIRED, ATTEMPTS)
    await _undone_as_a_contradiction(talk)


@row("booked-nok-stands")
async def _(talk: Conversation) -> None:
    await talk.ack(DEAL, *OTHERS)
    await talk.ends(*BOOKED)
    await talk.nok()
    await talk.asked(ENQUIRED)
    await talk.report("BOOKED")
    await talk.happened("DealConfirmed")
    await talk.ends(*BOOKED)


@row("booked-nok-person")
async def _(talk: Conversation) -> None:
    await talk.ack(DEAL, *OTHERS)
    await talk.ends(*BOOKED)
    await talk.nok()
    await talk.asked(ENQUIRED)
    await talk.report("UNKNOWN")
    await talk.ends("NEEDS_INTERVENTION", code="MX_CONTRADICTION")
    await talk.happened("OperationCompensated", 0)


@row("unknown-deal")
async def _(talk: Conversation) -> None:
    await talk.ack(deal_booking_id="DEAL_OF_ANOTHER_SYSTEM")
    await talk.recorded("Unknown deal")
    await talk.happened("DealAcknowledged", 0)
    await talk.ack(DEAL, *OTHERS)
    await talk.ends(*BOOKED)


@row("unknown-workflow")
async def _(talk: Conversation) -> None:
    await talk.refused("MUREX_ANSWER_UNKNOWN_WORKFLOW", workflow_id="00000000-0000-5000-8000-000000000000")
    await talk.ack(DEAL, *OTHERS)
    await talk.ends(*BOOKED)


@row("unsigned")
async def _(talk: Conversation) -> None:
    await talk.refused("SIGNATURE_INVALID", signed=False)
    await talk.ack(DEAL, *OTHERS)
    await talk.ends(*BOOKED)


@row("no-request")
async def _(talk: Conversation) -> None:
    await talk.ack(*OTHERS)
    await talk.ack(in_reply_to=7)
    await talk.ack(attempt=2)
    await talk.nok(in_reply_to=2, attempt=2)
    await talk.recorded("Answers no request", 3)
    await _book_says_booked(talk)


@row("no-enquiry")
async def _(talk: Conversation) -> None:
    await talk.ack(*OTHERS)
    await talk.asked(ENQUIRED)
    await talk.report("UNKNOWN", in_reply_to=1)
    await talk.report("DECLINED", in_reply_to=9)
    await talk.report("BOOKED", attempt=2)
    await talk.recorded("Answers no request", 3)
    await talk.asked(SENT, 1)
    await _book_says_booked(talk)


@row("no-request-contradicts")
async def _(talk: Conversation) -> None:
    await talk.ack()
    await talk.nok(in_reply_to=9)
    await talk.recorded("Contradicts")
    await talk.ack(*OTHERS)
    await talk.asked(ENQUIRED)
    await talk.happened("DealsBooked", 0)
    await talk.report("BOOKED")
    await talk.ends(*BOOKED)


@row("malformed")
async def _(talk: Conversation) -> None:
    await talk.refused("EVENT_MALFORMED", level="SEVERE")
    await talk.ack(*OTHERS)
    await _book_says_booked(talk)


async def _book_says_booked(talk: Conversation) -> None:
    await talk.asked(ENQUIRED)
    await talk.report("BOOKED")
    await talk.ends(*BOOKED)
    await talk.happened("DealAcknowledged")


async def _nothing_is_heard(talk: Conversation) -> None:
    # The interval is short here: a slow machine may have to cancel once more before the answer is in.
    await talk.asked(CANCEL, or_more=True)
    await talk.cancelled()
    await talk.ends("COMPENSATED", code="MX_NO_ANSWER")


async def _undone_as_a_contradiction(talk: Conversation) -> None:
    await talk.asked(CANCEL)
    await talk.cancelled()
    await talk.ends("COMPENSATED", code="MX_CONTRADICTION")
    await talk.asked(SENT, 1)


def told() -> Mapping[str, Told]:
    """Conversation by row, in the order of the table.

    Raises:
        AssertionError: a row without a conversation, or the reverse.
    """
    rows = [each.id for each in ROWS]
    if sorted(rows) != sorted(CONVERSATIONS):
        raise AssertionError(f"rows and conversations differ: {set(rows) ^ set(CONVERSATIONS)}")
    return {each: CONVERSATIONS[each] for each in rows}
