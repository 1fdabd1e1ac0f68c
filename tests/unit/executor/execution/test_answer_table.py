"""Every row of the answer table does what it says, with the pure decisions."""

import pytest
from pydantic import ValidationError

from services.executor.execution.answer_table import ROWS
from services.executor.execution.commands import RecordAnswer, RecordCancel, RecordReceipt, RecordStatus
from services.executor.execution.state import Status
from shared.events import booking, murex, undoing
from shared.events.base import Event
from tests.support import murex_rows, murex_talk
from tests.support.executions import NOW, WORKFLOW, Execution, all_heard, answer_of, cancelled, drawn, status_of

CONVERSATIONS = murex_rows.told()
SUBJECT = drawn()
STATES = {
    Status.COMPLETED: "COMPLETED",
    Status.COMPENSATED: "COMPENSATED",
    Status.NEEDS_INTERVENTION: "NEEDS_INTERVENTION",
}


class PureConversation:
    """Murex's side of one execution without a database; time passes as far as the next message."""

    def __init__(self) -> None:
        self.execution = Execution(SUBJECT)
        self.sent = {event.deal_sequence: event for event in self.execution.sent}

    async def ack(self, *deals: int, times: int = 1, **fields: object) -> None:
        for deal in (deals or (murex_talk.DEAL,)) * times:
            self.execution.take(RecordAnswer(answer_of(self.sent[deal], "ACK", **fields), self.execution.now))

    async def nok(self, deal: int = murex_talk.DEAL, **fields: object) -> None:
        self.execution.take(RecordAnswer(answer_of(self.sent[deal], "NOK", **fields), self.execution.now))

    async def receipt(self, deal: int = murex_talk.DEAL) -> None:
        sent = self.sent[deal]
        self.execution.take(RecordReceipt(murex.MurexReceipted(
            workflow_id=WORKFLOW, event_id=sent.event_id, deal_booking_id=sent.deal_booking_id,
            deal_sequence=deal, attempt=1, in_reply_to=1, received_at=NOW,
        )))  # fmt: skip

    async def report(self, status: str, *, answering: int = 0, **fields: object) -> None:
        enquiry = self._of("DealStatusEnquired", murex_talk.DEAL)[answering - 1]
        self.execution.take(RecordStatus(status_of(enquiry, status, **fields), self.execution.now))

    async def cancelled(self, *deals: int, outcome: str = "CANCELLED", answering: int = 0, **fields: object) -> None:
        for deal in deals or self.sent:
            messages = self._of("DealCancelSent", deal)
            if messages:
                said = cancelled(messages[answering - 1], outcome, **fields)
                self.execution.take(RecordCancel(said, self.execution.now))

    async def cancelled_unasked(self) -> None:
        self.execution.take(RecordCancel(cancelled(murex_talk.unasked(self.sent[murex_talk.DEAL])), self.execution.now))

    async def asked(self, kind: str, number: int = 1, deal: int = murex_talk.DEAL, *, or_more: bool = False) -> None:
        for _ in range(4 * murex_talk.ATTEMPTS):
            if len(self._of(kind, deal)) >= number:
                break
            self.execution.take(all_heard(self.execution.later(15), NOW))
        assert or_more or len(self._of(kind, deal)) == number

    async def recorded(self, text: str, number: int = 1) -> None:
        ignored = [event.why for event in self.execution.events if isinstance(event, booking.AnswerIgnored)]
        assert len([why for why in ignored if text in why]) == number, ignored

    async def happened(self, event: str, number: int = 1) -> None:
        deal = self.sent[murex_talk.DEAL].deal_booking_id
        found = [each for each in self.execution.events if type(each).__name__ == event]
        of_deal = [each for each in found if getattr(each, "deal_booking_id", deal) == deal]
        assert len(of_deal) == number

    async def ends(self, *states: str, code: str = "") -> None:
        for _ in range(4 * murex_talk.ATTEMPTS):
            if STATES.get(self.execution.state.status) in states:
                break
            self.execution.take(all_heard(self.execution.later(15), NOW))
        assert STATES.get(self.execution.state.status) in states
        endings = (undoing.WorkflowCompensated, undoing.InterventionRequired)
        codes = [event.code for event in self.execution.events if isinstance(event, endings)]
        assert code in {*codes, ""}

    async def refused(self, code: str, *, workflow_id: str = "", signed: bool = True, **fields: object) -> None:
        """Before any decision: what the catalogue or the turn refuses has no pure part but its shape."""
        if code == "EVENT_MALFORMED":
            with pytest.raises(ValidationError):
                answer_of(self.sent[murex_talk.DEAL], "ACK", **fields)

    def _of(self, kind: str, deal: int) -> list[Event]:
        found = [event for event in self.execution.events if type(event).__name__ == kind]
        return [event for event in found if event.deal_sequence == deal]


@pytest.mark.parametrize("row_id", CONVERSATIONS)
async def test_row_of_the_answer_table(row_id: str) -> None:
    talk = PureConversation()
    await CONVERSATIONS[row_id](talk)
    numbers: dict[int, list[int]] = {}
    for event in talk.execution.events:
        if isinstance(event, murex.DealSent | murex.DealStatusEnquired | murex.DealCancelSent):
            numbers.setdefault(event.deal_sequence, []).append(event.message_sequence)
    # The requests about one deal are numbered without a gap, whatever kind they are of.
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


def test_rows_have_ids_of_their_own_and_say_something() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)
    assert all(row.situation and row.says and row.effect for row in ROWS)
