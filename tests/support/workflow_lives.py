"""The life of a hedge as its page sees it: what the executor's own deciders make of a real plan, told step by step.

Times are invented: a Murex that answers in tenths of a second.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from services.executor.execution.commands import (
    MurexCommand,
    RecordAnswer,
    RecordCancel,
    RecordReceipt,
    RecordStatus,
    SettleByHand,
)
from services.executor.execution.posting import Books, Period
from services.executor.progress import messages
from services.executor.progress.reporting import Progress
from services.executor.reversal import messages as reversal_messages
from services.executor.reversal.commands import Reversing
from services.executor.workflow import saga
from services.executor.workflow.saga import Resources
from services.monitor.facts import changes_of
from services.monitor.memory import MemoryReadModel
from services.monitor.workflow.document import Page, page, sought
from services.monitor.workflow.history import Sought
from shared.events import identity, murex, reversals, topics
from shared.events.approvals import ApprovalRequested, Approver, DecisionRecorded, GrantIssued
from shared.events.base import Event
from shared.events.overrides import DealCancelledByHand
from shared.events.plans import PlanDrawn
from tests.support.executions import (
    NOW,
    WORKFLOW,
    Execution,
    all_heard,
    answer_of,
    cancelled,
    drawn,
    status_of,
)
from tests.support.histories import MemoryHistories
from tests.support.overview_lines import MemoryLines
from tests.support.reversing import REVERSAL, Executed, started
from tests.support.story import Told

Document = dict[str, Any]

SARA = Approver(person="sara <sara@bank.example>", role="TRADER", at=NOW)
CONSOLE = "http://localhost:8081"
#: Milliseconds after the approval.
PREPARED_MS = 260


class Life:
    """A hedge that was asked for seven minutes before it was approved."""

    def __init__(self, subject: PlanDrawn | None = None) -> None:
        self.subject = subject or drawn()
        self.histories, self.model, self.lines = MemoryHistories(), MemoryReadModel(), MemoryLines()
        self.told: list[Told] = []
        self.at = NOW - timedelta(minutes=7)
        self.progress: dict[str, Progress] = {}
        self.execution: Execution | None = None
        self.tell(topics.PLANS, identity.plan_stream(WORKFLOW), self.subject)
        self.report(WORKFLOW, messages.order_opening(self.subject))

    # What was recorded, and what the monitor was told of it.

    def tell(self, topic: str, stream: str, event: Event) -> None:
        kept = self.histories.tell(stream, event, self.at)
        told = Told(topic, stream, kept.recorded.version, event, self.at)
        self.told.append(told)
        self.at += timedelta(microseconds=200)
        if topic != topics.EXECUTIONS:
            self.model.write(changes_of(event, f"{stream}:{kept.recorded.version}"), told.at)
            self.lines.tell(told)

    def report(self, workflow: str, progress: Progress) -> None:
        """Tell what is new in a progress, as of now."""
        for each in progress.reports[len(self.progress[workflow].reports) if workflow in self.progress else 0 :]:
            self.tell(topics.PROGRESS, identity.progress_stream(workflow), each.model_copy(update={"at": self.at}))
        self.progress[workflow] = progress

    def executed(self, events: Sequence[Event], workflow: str = WORKFLOW) -> None:
        for event in events:
            self.tell(topics.EXECUTIONS, identity.execution_stream(workflow), event)

    def after(self, milliseconds: int) -> "Life":
        """So long after the approval."""
        self.at = NOW + timedelta(milliseconds=milliseconds)
        return self

    # The way of the workflow.

    def requested(self) -> "Life":
        workflow, subject = self.subject.workflow_id, self.subject
        request = ApprovalRequested(
            workflow_id=workflow, response_id=subject.response_id, plan_digest=subject.plan_digest,
            effects_digest=subject.effects_digest, maker=subject.origin.maker, amount_usd=subject.amount_usd,
            policy=subject.policy, expires_at=NOW + timedelta(hours=24), requested_at=self.at,
        )  # fmt: skip
        self.tell(topics.APPROVALS, identity.approval_stream(workflow), request)
        self.report(WORKFLOW, messages.awaiting(self.progress[WORKFLOW], "TRADER", self.at))
        return self

    def approved(self, workflow: str = WORKFLOW) -> "Life":
        subject, stream = self.subject, identity.approval_stream(workflow)
        if workflow == WORKFLOW:
            self.requested()
            self.at = NOW - timedelta(microseconds=200)
        decision = DecisionRecorded(
            workflow_id=workflow, plan_digest=subject.plan_digest, decision="APPROVE", person=SARA.person,
            role="TRADER", comment="fine", decided_at=self.at,
        )  # fmt: skip
        grant = GrantIssued(
            workflow_id=workflow, jti="5f0d71a2-grant", grant="secret.grant.text", tier="TRADER",
            plan_digest=subject.plan_digest, approvers=(SARA,), issued_at=self.at, expires_at=self.at,
        )  # fmt: skip
        self.tell(topics.APPROVALS, stream, decision)
        self.tell(topics.APPROVALS, stream, grant)
        return self

    def prepared(self) -> "Life":
        self.approved().after(PREPARED_MS)
        self.execution = Execution(self.subject)
        self.executed(self.execution.events)
        plan = self.subject.plan
        self.report(WORKFLOW, messages.prepared(self.progress[WORKFLOW], plan, (SARA,), self.at))
        return self

    def take(self, command: MurexCommand) -> "Life":
        """Let the executor decide, and tell all that follows."""
        execution = self.running
        resources = Resources(self.subject, execution.capacity, execution.usd, execution.reversing)
        turn = saga.advance(execution.state, command, self.progress[WORKFLOW], execution.now, resources)
        if turn is None:
            raise AssertionError("a decision stayed open with everything it needs")
        execution.apply(turn.changes)
        prefix = identity.execution_stream("")
        for change in turn.changes:
            if change.stream.startswith(prefix):
                self.executed(change.events, change.stream.removeprefix(prefix))
        if turn.progress is not None:
            self.report(WORKFLOW, turn.progress)
        return self

    @property
    def running(self) -> Execution:
        if self.execution is None:
            raise AssertionError("not prepared")
        return self.execution

    def sent(self, number: int) -> murex.DealSent:
        """The latest booking request of a deal, by its place in the plan."""
        requests = self.running.sent
        deal = list(dict.fromkeys(each.deal_booking_id for each in requests))[number - 1]
        return next(each for each in reversed(requests) if each.deal_booking_id == deal)

    def received(self, number: int) -> "Life":
        sent = self.sent(number)
        named = {name: getattr(sent, name) for name in ("workflow_id", "event_id", "deal_booking_id", "deal_sequence")}
        receipt = murex.MurexReceipted(
            **named, attempt=sent.attempt, in_reply_to=sent.message_sequence, received_at=self.at
        )
        return self.take(RecordReceipt(receipt))

    def booked(self, number: int) -> "Life":
        return self.take(RecordAnswer(answer_of(self.sent(number), "ACK", contract_id=f"MX{11_730 + number}"), NOW))

    def declined(self, number: int) -> "Life":
        return self.take(RecordAnswer(answer_of(self.sent(number), "NOK"), NOW))

    def silent(self) -> "Life":
        """Fifteen seconds without a word: Murex is asked about every deal that is open."""
        later = self.running.later(15)
        return self.take(all_heard(later, NOW - timedelta(hours=1)))

    def unknown(self, number: int) -> "Life":
        """Murex does not know a deal that HAWK asked about: it is sent again."""
        return self.take(RecordStatus(status_of(self.running.enquiry(self.sent(number)), "UNKNOWN"), self.running.now))

    def cancels(self, *outcomes: str) -> "Life":
        """Murex answers the cancel messages, one after another."""
        open_ = [event for event in self.running.events if isinstance(event, murex.DealCancelSent)]
        for sent, outcome in zip(open_, outcomes or ["CANCELLED"] * len(open_), strict=False):
            self.at += timedelta(milliseconds=40)
            self.take(RecordCancel(cancelled(sent, outcome), NOW))
        return self

    def posted(self, *, period_open: bool = True) -> "Life":
        plan = self.subject.plan
        lines = [line for child in plan.children for line in child.journal]
        period = Period("2026-11", date(2026, 11, 1), date(2026, 11, 30), period_open)
        known = Books({period.period_id: period}, frozenset(line.account_code for line in lines))
        turn = saga.posting(
            self.running.state, self.running.events, plan, known, self.progress[WORKFLOW], self.running.now
        )
        self.running.events += turn.changes[0].events
        self.executed(turn.changes[0].events)
        if turn.progress is not None:
            self.report(WORKFLOW, turn.progress)
        return self

    def all_booked(self, *, but: Sequence[int] = ()) -> "Life":
        count = len({each.deal_booking_id for each in self.running.sent})
        numbers = [number for number in range(1, count + 1) if number not in but]
        for number in numbers:
            self.after(PREPARED_MS + 60 + 2 * number).received(number)
        for number in numbers:
            self.after(PREPARED_MS + 210 + 30 * number).booked(number)
        return self

    def settled_by_hand(self, number: int) -> "Life":
        """Two persons found that Murex does not hold a deal."""
        sent = self.sent(number)
        return self.take(
            SettleByHand(
                DealCancelledByHand(
                    workflow_id=WORKFLOW,
                    override_workflow="wf-override",
                    event_id=sent.event_id,
                    deal_booking_id=sent.deal_booking_id,
                    deal_sequence=sent.deal_sequence,
                    external_reference=None,
                    reason="looked it up in Murex",
                    approvers=(SARA,),
                    overridden_at=NOW,
                )
            )
        )

    # The reversal of what was posted.

    def reversed(self, *, finished: bool = True) -> "Life":
        """A person reverses it an hour later; the reversal is a workflow of its own."""
        self.after(3_600_000)
        subject, changes = started(Executed(self.running))
        self.tell(topics.PLANS, identity.plan_stream(REVERSAL), subject)
        self.report(REVERSAL, reversal_messages.opening(subject))
        self.after(3_700_000).approved(REVERSAL)
        self.at += timedelta(milliseconds=200)
        own, original, *uses = changes
        self.executed(own.events, REVERSAL)
        progress = reversal_messages.prepared(self.progress[REVERSAL], subject.plan, (SARA,), self.at)
        self.report(REVERSAL, progress)
        self.executed(original.events)
        begun = next(each for each in original.events if isinstance(each, reversals.ReversalStarted))
        self.report(WORKFLOW, reversal_messages.reversing(self.progress[WORKFLOW], begun))
        self.running.apply((original, *uses))
        if not finished:
            return self
        prepared = own.events[0]
        if not isinstance(prepared, reversals.ReversalPrepared):
            raise TypeError(type(prepared).__name__)
        self._finished(subject, prepared)
        return self

    def _finished(self, subject: reversals.ReversalPlanned, prepared: reversals.ReversalPrepared) -> None:
        self.running.reversing = Reversing(subject, prepared, 1)
        self.cancels()
        completed = next(each.event for each in self.told if isinstance(each.event, reversals.ReversalCompleted))
        self.report(REVERSAL, reversal_messages.completed(self.progress[REVERSAL], completed))
        posted = reversals.ReversalPosted(workflow_id=REVERSAL, postings=subject.plan.journal, posted_at=NOW)
        self.executed([posted], REVERSAL)
        self.report(REVERSAL, reversal_messages.posted(self.progress[REVERSAL], 4, NOW))
        self.report(WORKFLOW, reversal_messages.reversed_(self.progress[WORKFLOW], REVERSAL, NOW))

    # What the page gets.

    @property
    def sought(self) -> Sought:
        """Whose history is read."""
        return Sought(WORKFLOW, self.subject.response_id)

    async def document(self, workflow: str = WORKFLOW, *, at: datetime | None = None, **more: Any) -> Document:
        """`GET /workflows/{id}/execution`."""
        row, line = await self.model.workflow(workflow), await self.lines.line(workflow)
        if row is None or line is None:
            raise AssertionError(f"nothing is known of {workflow}")
        history = await self.histories.events(sought(row))
        return page(replace(Page(row, line, history), **more), at or self.at, CONSOLE)


def late() -> Life:
    """Deal 6 was silent for fifteen seconds, and was sent again."""
    life = Life().prepared().all_booked(but=[6]).after(15_300).silent().after(15_400).unknown(6)
    return life.after(15_600).received(6).after(15_900).booked(6).after(16_210).posted()


def failing() -> Life:
    """Deal 2 is declined, so the five others are to be cancelled."""
    return Life().prepared().all_booked(but=[2]).after(900).declined(2).after(1_000)
