"""The effect of every answer of Murex, and of its silence: the table of docs/execution.md, as data.

`answers.decide` acts; this table says what it does in words. Each row has a test of the pure decisions and one on the
real topics, both driven by its id, so a row without a test, or a test without a row, fails.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Row:
    """One case. `situation`: the status of the deal; `says`: what Murex sends then; `effect`: what HAWK does."""

    id: str
    situation: str
    says: str
    effect: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together, under a heading."""

    heading: str
    rows: tuple[Row, ...]


_ASKED = "recorded; Murex's book is asked (status enquiry) before anything else happens with the deal"
_UNDONE = "workflow undone, code `MX_CONTRADICTION`; this deal is cancelled too, since Murex may hold it"

TABLE: Final[tuple[Group, ...]] = (
    Group(
        "The deal waits for its answer",
        (
            Row(
                "booked",
                "sent",
                "receipt, later ACK with a contract",
                "acknowledged; the workflow completes when the acknowledged deals are exactly the planned ones",
            ),
            Row(
                "warning",
                "sent",
                "ACK graded WARNING",
                "books like any ACK; the grade is recorded",
            ),
            Row(
                "declined",
                "sent",
                "NOK graded ABORT or FATAL",
                "final, never sent again: the workflow is undone and every deal Murex holds or may hold is cancelled",
            ),
            Row(
                "technical",
                "sent",
                "NOK marked technical",
                "no decline: recorded, asked about at the deadline, sent again if Murex does not have it",
            ),
            Row(
                "no-contract",
                "sent",
                "ACK without a contract id",
                "proves nothing: recorded, asked about at the deadline",
            ),
            Row(
                "grade-disagrees",
                "sent",
                "ACK graded ABORT or FATAL, NOK graded OK or WARNING",
                "proves nothing: recorded, asked about at the deadline",
            ),
            Row(
                "out-of-order",
                "sent",
                "ACKs in any order, before their receipts",
                "each counts when it comes; a receipt after the answer changes nothing",
            ),
        ),
    ),
    Group(
        "Murex is silent",
        (
            Row(
                "answer-lost",
                "no answer for one interval",
                "enquiry: BOOKED",
                "acknowledged from the report; never sent again",
            ),
            Row(
                "request-lost",
                "no answer for one interval",
                "enquiry: UNKNOWN",
                "sent again under the same id, as the next attempt",
            ),
            Row(
                "in-work",
                "no answer for one interval",
                "enquiry: RECEIVED",
                "recorded; one interval more, then sent again under the same id (which Murex books once)",
            ),
            Row(
                "never",
                "no answer to any attempt or enquiry",
                "nothing",
                "given up after the last attempt, code `MX_NO_ANSWER`: the workflow is undone, the "
                "silent deal is cancelled like the others",
            ),
            Row(
                "late",
                "sent again already",
                "the ACK of an earlier attempt",
                "counts: it is the same deal",
            ),
            Row(
                "stale-report",
                "sent again since the enquiry",
                "UNKNOWN, answering the earlier enquiry",
                "recorded, ignored: no attempt is used up",
            ),
            Row(
                "partly",
                "five of six deals booked",
                "nothing about the sixth",
                "never completed with five: undone as after silence, all six are cancelled",
            ),
        ),
    ),
    Group(
        "Murex repeats or contradicts itself",
        (
            Row(
                "ack-twice",
                "acknowledged",
                "the same ACK again",
                "recorded, ignored",
            ),
            Row(
                "nok-twice",
                "declined",
                "the same NOK again",
                "recorded, ignored",
            ),
            Row(
                "ack-nok-stands",
                "acknowledged",
                "NOK; its book: BOOKED, the same contract",
                f"{_ASKED}; the deal remains booked",
            ),
            Row(
                "ack-nok-undone",
                "acknowledged",
                "NOK; its book: anything else",
                f"{_ASKED}; {_UNDONE}",
            ),
            Row(
                "nok-ack",
                "declined",
                "ACK",
                "recorded; the NOK counts, and what Murex booked after all is cancelled",
            ),
            Row(
                "two-contracts-first",
                "acknowledged",
                "ACK with another contract; its book: the first one",
                f"{_ASKED}; the deal remains booked",
            ),
            Row(
                "two-contracts-second",
                "acknowledged",
                "ACK with another contract; its book: the other one",
                f"{_ASKED}; {_UNDONE}",
            ),
            Row(
                "correction",
                "acknowledged",
                "an answer marked as a correction that differs",
                "like a contradiction: its book has the last word",
            ),
            Row(
                "cancelled-unasked",
                "acknowledged",
                "CANCELLED, though no cancel message is open",
                f"{_ASKED}; its book has the last word",
            ),
            Row(
                "dispute-unanswered",
                "acknowledged, contradicted",
                "nothing to the enquiries",
                f"asked as often as there are attempts; then {_UNDONE}",
            ),
            Row(
                "booked-nok-stands",
                "workflow completed",
                "NOK; its book: BOOKED, the same contract",
                f"{_ASKED}; nothing changes",
            ),
            Row(
                "booked-nok-person",
                "workflow completed",
                "NOK; its book: anything else, or nothing",
                f"{_ASKED}; nothing is undone: NEEDS_INTERVENTION, code `MX_CONTRADICTION`",
            ),
        ),
    ),
    Group(
        "Nobody asked",
        (
            Row(
                "unknown-deal",
                "a workflow of HAWK",
                "an answer about a deal that it never sent",
                "recorded in the workflow; nothing changes",
            ),
            Row(
                "unknown-workflow",
                "no such workflow",
                "any answer",
                "dead letter `MUREX_ANSWER_UNKNOWN_WORKFLOW`: a person asks Murex what it booked",
            ),
            Row(
                "unsigned",
                "any",
                "an answer that the gateway's key did not sign",
                "dead letter `SIGNATURE_INVALID`, by its place and time; the deal is asked about at its deadline",
            ),
            Row(
                "no-request",
                "sent",
                "ACK or NOK that names no booking request of ours (`in_reply_to`, `attempt`)",
                "recorded, settles nothing: the deal is asked about at its deadline",
            ),
            Row(
                "no-enquiry",
                "sent",
                "a report that names no enquiry of ours",
                "recorded, settles nothing: no attempt is used up, and the deal is asked about at its deadline",
            ),
            Row(
                "no-request-contradicts",
                "acknowledged",
                "NOK that names no request of ours; its book: BOOKED, the same contract",
                f"{_ASKED}; the deal remains booked",
            ),
            Row(
                "malformed",
                "any",
                "not an answer of the agreed shape",
                "dead letter with the reason; the deal is asked about at its deadline",
            ),
        ),
    ),
    Group(
        "Deals are being cancelled, or were",
        (
            Row(
                "cancel-confirmed",
                "cancel message open",
                "CANCELLED or NOT_FOUND",
                "confirmed; when all are, everything is undone in reverse order and the capacity is free again",
            ),
            Row(
                "no-cancel",
                "cancel message open",
                "a confirmation or a refusal that names no cancel message of ours",
                "recorded, settles nothing; the deal waits for the answer to its own cancel message",
            ),
            Row(
                "cancel-refused",
                "cancel message open",
                "REFUSED",
                "NEEDS_INTERVENTION, naming the deal; the capacity stays reserved",
            ),
            Row(
                "cancel-never",
                "cancel message open",
                "nothing",
                "sent as often as there are attempts, then as refused",
            ),
            Row(
                "cancel-twice",
                "cancelled",
                "the same confirmation again",
                "recorded, ignored",
            ),
            Row(
                "late-cancelling",
                "cancel message open",
                "ACK with a contract HAWK did not know",
                "recorded; cancelled again by the contract, and NOT_FOUND for the earlier cancel message is ignored",
            ),
            Row(
                "late-undone",
                "workflow compensated",
                "ACK, for a deal that was cancelled or given up",
                "recorded; cancelled again, the workflow stays COMPENSATED",
            ),
            Row(
                "late-no-request",
                "workflow compensated",
                "ACK that names no request of ours",
                "cancelled again like any late ACK: what Murex says it holds is given up, no matter who asked",
            ),
            Row(
                "late-stale-cancel",
                "cancelled again after a late ACK",
                "the confirmation of the earlier cancel message",
                "recorded, ignored: it was given before Murex booked",
            ),
            Row(
                "late-kept",
                "workflow compensated",
                "ACK; then the cancel is REFUSED",
                "NEEDS_INTERVENTION",
            ),
        ),
    ),
)

ROWS: Final[tuple[Row, ...]] = tuple(row for group in TABLE for row in group.rows)
