"""The conversations about deals that are being cancelled, or were: the last group of the answer table."""

from tests.support.murex_talk import ATTEMPTS, CANCEL, DEAL, OTHERS, Conversation, row


@row("cancel-confirmed")
async def _(talk: Conversation) -> None:
    await talk.ack(1)
    await talk.nok()
    await talk.asked(CANCEL, deal=1)
    await talk.cancelled(1)
    await talk.cancelled(*OTHERS[1:], outcome="NOT_FOUND")
    await talk.ends("COMPENSATED", code="MX_BOOKING_ERROR")


@row("no-cancel")
async def _(talk: Conversation) -> None:
    await talk.nok()
    await talk.cancelled(*OTHERS[1:])
    await talk.cancelled(1, in_reply_to=1)
    await talk.cancelled(1, attempt=2)
    await talk.cancelled(1, outcome="REFUSED", in_reply_to=9)
    await talk.recorded("Answers no request", 3)
    await talk.asked(CANCEL, deal=1)
    await talk.cancelled(1)
    await talk.ends("COMPENSATED", code="MX_BOOKING_ERROR")


@row("cancel-refused")
async def _(talk: Conversation) -> None:
    await talk.nok()
    await talk.cancelled(*OTHERS[1:])
    await talk.cancelled(1, outcome="REFUSED")
    await talk.ends("NEEDS_INTERVENTION", code="MX_BOOKING_ERROR")
    await talk.happened("OperationCompensated", 0)


@row("cancel-never")
async def _(talk: Conversation) -> None:
    await talk.nok()
    await talk.cancelled(*OTHERS[1:])
    await talk.asked(CANCEL, ATTEMPTS, deal=1)
    await talk.ends("NEEDS_INTERVENTION", code="MX_BOOKING_ERROR")


@row("cancel-twice")
async def _(talk: Conversation) -> None:
    await talk.nok()
    await talk.cancelled(1)
    await talk.cancelled(1)
    await talk.recorded("No cancel message of this deal is open")
    await talk.cancelled(*OTHERS[1:])
    await talk.ends("COMPENSATED", code="MX_BOOKING_ERROR")


@row("late-cancelling")
async def _(talk: Conversation) -> None:
    await talk.nok()
    await talk.ack(1)
    await talk.recorded("Booked after the cancel message was sent")
    await talk.asked(CANCEL, 2, deal=1)
    await talk.cancelled(1, answering=1, outcome="NOT_FOUND")
    await talk.recorded("the last one counts")
    await talk.cancelled(1)
    await talk.cancelled(*OTHERS[1:])
    await talk.ends("COMPENSATED", code="MX_BOOKING_ERROR")


@row("late-undone")
async def _(talk: Conversation) -> None:
    await _undone_then_booked(talk)
    await talk.cancelled(DEAL)
    await talk.happened("CancelConfirmed")
    await talk.ends("COMPENSATED", code="MX_BOOKING_ERROR")


@row("late-no-request")
async def _(talk: Conversation) -> None:
    await _undone_then_booked(talk, in_reply_to=9)
    await talk.cancelled(DEAL)
    await talk.happened("CancelConfirmed")
    await talk.ends("COMPENSATED", code="MX_BOOKING_ERROR")


@row("late-stale-cancel")
async def _(talk: Conversation) -> None:
    await _undone_then_booked(talk)
    await talk.cancelled(DEAL)
    await talk.happened("CancelConfirmed")
    await talk.ack()
    await talk.asked(CANCEL, 2)
    await talk.cancelled(DEAL, answering=1)
    await talk.recorded("an earlier cancel message")
    await talk.cancelled(DEAL)
    await talk.happened("CancelConfirmed", 2)


@row("late-kept")
async def _(talk: Conversation) -> None:
    await _undone_then_booked(talk)
    await talk.cancelled(DEAL, outcome="REFUSED")
    await talk.ends("NEEDS_INTERVENTION", code="MX_BOOKING_ERROR")


async def _undone_then_booked(talk: Conversation, **fields: object) -> None:
    await talk.nok()
    await talk.cancelled()
    await talk.ends("COMPENSATED", code="MX_BOOKING_ERROR")
    await talk.ack(**fields)
    await talk.asked(CANCEL)
