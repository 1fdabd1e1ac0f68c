"""Whatever Murex says, in whatever order, however often: all or nothing, and no capacity is lost or doubled."""

from decimal import Decimal
from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.executor.execution.commands import RecordAnswer, RecordCancel, RecordStatus
from services.executor.execution.state import DealStatus, Status
from shared.events import undoing
from shared.events.booking import DealAcknowledged, DealDeclined
from shared.events.murex import DealCancelSent, DealSent, DealStatusEnquired
from tests.support.examples import examples
from tests.support.executions import NOW, Execution, all_heard, answer_of, cancelled, drawn, status_of

SUBJECT = drawn()
AMOUNT = Decimal(25_000_000)
ENDINGS = ("InterventionSettled", "WorkflowCompensated", "ExecutionCompleted")


class MurexConversation(RuleBasedStateMachine):
    """Answers, contradictions, enquiries, silence and cancels in any order, repeated at will."""

    def __init__(self) -> None:
        super().__init__()
        self.execution = Execution(SUBJECT)

    @rule(number=st.integers(0, 5), answer=st.sampled_from(["ACK", "NOK"]), data=st.data())
    def murex_answers(self, number: int, answer: str, data: st.DataObject) -> None:
        sent = self.execution.sent[number]
        contract = data.draw(st.sampled_from([f"MX-{sent.deal_booking_id}", "MX-OTHER", None]))
        said = answer_of(
            sent, answer, technical=data.draw(st.booleans()) and answer == "NOK",
            contract_id=contract if answer == "ACK" else None,
        )  # fmt: skip
        self.execution.take(RecordAnswer(said, self.execution.now))

    @rule(
        number=st.integers(0, 5), status=st.sampled_from(["UNKNOWN", "RECEIVED", "BOOKED", "DECLINED", "CANCELLED"]),
        sequence=st.integers(1, 8), attempt=st.integers(1, 3),
    )  # fmt: skip
    def murex_reports(self, number: int, status: str, sequence: int, attempt: int) -> None:
        """In reply to an enquiry that HAWK has made, or to none."""
        sent = self.execution.sent[number]
        enquiry = DealStatusEnquired(
            workflow_id=sent.workflow_id, event_id=sent.event_id, deal_booking_id=sent.deal_booking_id,
            deal_sequence=sent.deal_sequence, attempt=attempt, message_sequence=sequence, enquired_at=NOW,
        )  # fmt: skip
        self.execution.take(RecordStatus(status_of(enquiry, status), self.execution.now))

    @rule(number=st.integers(0, 5), answer=st.sampled_from(["ACK", "NOK"]), sequence=st.integers(1, 8))
    def murex_answers_what_may_not_be_asked(self, number: int, answer: str, sequence: int) -> None:
        said = answer_of(self.execution.sent[number], answer, in_reply_to=sequence)
        self.execution.take(RecordAnswer(said, self.execution.now))

    @rule(seconds=st.integers(1, 40))
    def time_passes(self, seconds: int) -> None:
        self.execution.take(all_heard(self.execution.later(seconds), NOW))

    @precondition(lambda self: any(isinstance(event, DealCancelSent) for event in self.execution.events))
    @rule(data=st.data(), outcome=st.sampled_from(["CANCELLED", "NOT_FOUND", "REFUSED"]))
    def murex_cancels(self, data: st.DataObject, outcome: str) -> None:
        cancels = [event for event in self.execution.events if isinstance(event, DealCancelSent)]
        sent = data.draw(st.sampled_from(cancels))
        self.execution.take(RecordCancel(cancelled(sent, outcome), self.execution.now))

    @property
    def acknowledged(self) -> list[str]:
        events = self.execution.events
        return [event.deal_booking_id for event in events if isinstance(event, DealAcknowledged)]

    @invariant()
    def it_is_all_or_nothing(self) -> None:
        names = [type(event).__name__ for event in self.execution.events]
        assert names.count("ExecutionCompleted") + names.count("WorkflowCompensated") <= 1
        if "InterventionRequired" in names and "ExecutionCompleted" in names:
            assert "DealContradicted" in names
        assert ("DealsBooked" in names) == ("ExecutionCompleted" in names)
        if self.execution.state.status is Status.COMPLETED:
            assert len(self.acknowledged) == len(set(self.acknowledged)) == 6
            assert "DealDeclined" not in names

    @invariant()
    def a_person_is_asked_once_for_each_trouble(self) -> None:
        told = [type(event).__name__ for event in self.execution.events]
        told = [name for name in told if name in {"InterventionRequired", *ENDINGS}]
        assert ("InterventionRequired", "InterventionRequired") not in pairwise(told)

    @invariant()
    def capacity_is_neither_lost_nor_doubled(self) -> None:
        reserved, hedged = self.execution.reserved, self.execution.hedged
        match self.execution.state.status:
            case Status.COMPLETED:
                assert (reserved, hedged) == (0, AMOUNT)
            case Status.NEEDS_INTERVENTION if hedged:
                assert (reserved, hedged) == (0, AMOUNT)
                assert self.execution.state.contradicted
            case Status.COMPENSATED:
                assert (reserved, hedged) == (0, 0)
            case Status.NEEDS_INTERVENTION if self.execution.state.undone:
                # Murex booked a deal after everything was undone, and keeps it.
                assert (reserved, hedged) == (0, 0)
                assert not self.execution.state.nothing_held
            case _:
                assert (reserved, hedged) == (AMOUNT, 0)

    @invariant()
    def whatever_settles_a_deal_answers_a_message_of_hawks(self) -> None:
        made: dict[tuple[str, int], type] = {}
        for event in self.execution.events:
            match event:
                case DealSent() | DealStatusEnquired() | DealCancelSent():
                    made[event.deal_booking_id, event.message_sequence] = type(event)
                case DealAcknowledged() | DealDeclined() if event.in_reply_to is not None:
                    assert made.get((event.deal_booking_id, event.in_reply_to)) in {DealSent, DealStatusEnquired}
                case undoing.CancelConfirmed():
                    assert made.get((event.deal_booking_id, event.in_reply_to)) is DealCancelSent

    @invariant()
    def attempts_stay_within_their_limit(self) -> None:
        attempts = [event.attempt for event in self.execution.events if isinstance(event, DealSent)]
        assert max(attempts) <= self.execution.attempts_max

    @invariant()
    def nothing_that_murex_may_hold_is_forgotten(self) -> None:
        """A compensated workflow leaves no acknowledged deal without a cancel message."""
        state = self.execution.state
        if state.status is Status.COMPENSATED:
            held = {DealStatus.SENT, DealStatus.ACKNOWLEDGED, DealStatus.DISPUTED}
            assert not [deal for deal in state.deals.values() if deal.status in held]

    @invariant()
    def operations_are_undone_once(self) -> None:
        undone = [event.operation for event in self.execution.events if isinstance(event, undoing.OperationCompensated)]
        assert len(undone) == len(set(undone))


MurexConversation.TestCase.settings = examples(30, stateful_step_count=20)
TestMurexConversation = MurexConversation.TestCase
