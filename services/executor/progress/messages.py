"""The sentences of hawk.progress: what is reported at each turn of a workflow. Pure; see `progress.Progress`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from services.executor.progress.reporting import Progress, StageName
from shared.errors import Defect
from shared.events import booking, murex, overrides, undoing
from shared.events import execution as facts
from shared.events.approvals import Approver
from shared.events.base import Event
from shared.events.plans import PlanClosed, PlanDrawn, PlanRefused, TurnAwaited, WorkflowPlanned, WorkflowRefused
from shared.events.responses import Originated
from shared.hedging.operations import OperationCounts, Phase, Stage
from shared.hedging.plan import HedgePlan, PlanRefusal
from shared.plans.sentences import executed_operations
from shared.plans.turns import WAITING_FOR_TURN, waiting_sentence

BY_THE_AI: Final = "Proposed by the AI"


def planned(
    event: WorkflowPlanned, what: str, *, order_id: str | None = None, asked: str = BY_THE_AI, again: str = ""
) -> Progress:
    """Report PROPOSED, then PLANNED.

    Args:
        what: says what is planned, as the end of a sentence.
        asked: says who asked for it.
        again: added where the plan follows one that went stale.
    """
    total, predecessor = event.plan.counts.total, event.origin.predecessor
    progress = Progress(event.workflow_id, response_id=event.response_id, order_id=order_id, total_operations=total)
    origin = asked if predecessor is None else f"Planned again after {predecessor}{again}"
    return progress.report(origin, event.planned_at, state="PROPOSED").report(
        f"Planned: {what}", event.planned_at, state="PLANNED"
    )


def refused(event: WorkflowRefused, *, order_id: str | None = None, asked: str = BY_THE_AI) -> Progress:
    """Report PROPOSED, then REFUSED with the first reason; the event holds all of them."""
    first, more = event.refusals[0], len(event.refusals) - 1
    message = first.message + (f" And {more} more." if more else "")
    return (
        Progress(event.workflow_id, response_id=event.response_id, order_id=order_id)
        .report(asked, event.refused_at, state="PROPOSED")
        .report(f"Refused: {message}", event.refused_at, state="REFUSED", reason=f"{first.code}: {message}")
    )


def order_opening(event: Originated) -> Progress:
    """Report the plan of an order with its deals, or its refusal; a refused check that keeps its record is reported
    when that is written.

    Raises:
        Defect: the event is neither.
    """
    match event:
        case PlanDrawn(plan=plan):
            deals = sum(len(child.deals) for child in plan.children)
            return planned(event, f"{plan.counts.total} operations, {deals} deals", order_id=plan.order.order_id)
        case PlanRefused(recorded=True, refusal=PlanRefusal(record=HedgePlan() as record)):
            return (
                Progress(
                    event.workflow_id,
                    response_id=event.response_id,
                    order_id=record.order.order_id,
                    total_operations=record.counts.total,
                )
                .report(BY_THE_AI, event.refused_at, state="PROPOSED")
                .report("The check says no; recording it", event.refused_at, state="PLANNED")
            )
        case PlanRefused():
            return refused(event)
        case _:
            raise Defect(f"{type(event).__name__} opens no workflow of an order.")


def awaiting(progress: Progress, tier: str, at: datetime) -> Progress:
    """Report AWAITING_APPROVAL with the tier; AUTO asks no person."""
    if tier == "AUTO":
        return progress.report("Needs no person's approval", at, state="AWAITING_APPROVAL")
    return progress.report(f"Waiting for approval by {tier}", at, state="AWAITING_APPROVAL")


def decided(progress: Progress, person: str, role: str, decision: str, at: datetime) -> Progress:
    """Report the decision of one person; the state is AWAITING_APPROVAL, also where the request is reported later."""
    word = "approved" if decision == "APPROVE" else "rejected"
    # People decide only on a plan that waits: it waited, even if the request is reported after the decision.
    return progress.report(f"{person} ({role}) {word}", at, state="AWAITING_APPROVAL")


def escalated(progress: Progress, role: str, at: datetime) -> Progress:
    """Report that people with another role are asked too; who has to approve stays as it was."""
    return progress.report(f"Escalated to {role}: not enough people have decided yet", at, state="AWAITING_APPROVAL")


def closed(progress: Progress, event: PlanClosed) -> Progress:
    """Report the ending of a plan that is not applied."""
    return progress.report(
        event.reason, event.closed_at, state=event.state, reason=f"{event.code}: {event.reason}",
        successor=event.successor,
    )  # fmt: skip


def approved(progress: Progress, approvers: tuple[Approver, ...], at: datetime) -> Progress:
    """Report APPROVED with each approver and role; without approvers the policy is named."""
    people = ", ".join(f"{approver.person} ({approver.role})" for approver in approvers) or "the policy"
    return progress.report(f"Approved by {people}", at, state="APPROVED")


def applied_at_once(progress: Progress, counts: OperationCounts, reads: int, what: str, at: datetime) -> Progress:
    """Report stages 1A and 1B, then COMPLETED: nothing is to be booked or posted, so nothing follows."""
    total = counts.total
    return (
        progress.report("Starting Stage 1A", at, stage="1A", stage_status="IN_PROGRESS")
        .report("Stage 1A completed", at, stage="1A", stage_status="COMPLETED", done=reads, operation=reads)
        .report("Starting Stage 1B", at, stage="1B", stage_status="IN_PROGRESS")
        .report(
            f"{executed_operations(total)}: {what}",
            at,
            state="COMPLETED",
            stage="1B",
            stage_status="COMPLETED",
            done=total,
            operation=total,
            final=True,
        )
    )


def awaiting_turn(progress: Progress, event: TurnAwaited) -> Progress:
    """Report that the plan is approved, and begins when others have finished."""
    sentence = waiting_sentence(event.before, event.about_seconds)
    return progress.report(sentence, event.awaited_at, reason=f"{WAITING_FOR_TURN}: {sentence}")


def prepared(progress: Progress, plan: HedgePlan, approvers: tuple[Approver, ...], at: datetime) -> Progress:
    """Report APPROVED, the stages that the first transaction did, and PREPARED; with the warnings of planning now."""
    progress = progress if progress.state == "APPROVED" else approved(progress, approvers, at)
    done = 0
    for stage, name in ((Stage.CHECK, "Stage 1A"), (Stage.ALLOCATION, "Stage 1B")):
        count = sum(operation.stage is stage for operation in plan.operations)
        if not count:
            continue
        label: StageName = "1A" if stage is Stage.CHECK else "1B"
        progress = progress.report(f"Starting {name}", at, stage=label, stage_status="IN_PROGRESS")
        done += count
        progress = progress.report(
            f"{name} completed", at, stage=label, stage_status="COMPLETED", done=done, operation=done
        )
    if not plan.children:
        return progress.warned(plan.warnings)
    progress = progress.report("Starting Stage 2", at, stage="2", stage_status="IN_PROGRESS")
    done = sum(operation.phase is Phase.PREPARE for operation in plan.operations)
    progress = progress.report(
        "Prepared; deals sent to Murex", at, state="PREPARED", stage="2", done=done, operation=done
    )
    return progress.warned(plan.warnings)


def check_recorded(progress: Progress, code: str, message: str, at: datetime) -> Progress:
    """Report that the record of a refused check is written; the workflow ends."""
    return progress.report(f"Refused: {message}", at, state="REFUSED", reason=f"{code}: {message}")


def answered(progress: Progress, plan: HedgePlan, at: datetime) -> Progress:
    """Report the answer to a utilisation: nothing to book, nothing to post."""
    return progress.report("Answered", at, state="COMPLETED", done=plan.counts.total, final=True)


class _OfDeal(Protocol):
    """Any fact about one deal."""

    @property
    def event_id(self) -> str:
        """The event that the deal belongs to."""

    @property
    def deal_sequence(self) -> int:
        """The number of the deal within its event."""


def deal_named(event: _OfDeal, *, several: bool) -> str:
    """Return "Deal 5"; with several events "Deal 5 of event EVENT_…_02", since each begins at 1."""
    return f"Deal {event.deal_sequence} of event {event.event_id}" if several else f"Deal {event.deal_sequence}"


def murex_turn(
    progress: Progress, events: Iterable[Event], acknowledged: int, planned_deals: int, *, several: bool = False
) -> Progress:
    """Report each answered deal, and each step towards undoing.

    Args:
        acknowledged: counts the deals acknowledged before these events.
        several: the plan has several events, so a deal is named with its own.
    """
    for event in events:
        match event:
            case booking.DealAcknowledged():
                acknowledged += 1
                progress = progress.report(
                    f"{deal_named(event, several=several)} booked in Murex as {event.contract_id} "
                    f"({acknowledged} of {planned_deals})",
                    event.acknowledged_at,
                    state="BOOKING",
                    stage="2",
                )
            case booking.DealDeclined():
                progress = progress.report(
                    f"{deal_named(event, several=several)} not booked: {event.reason}",
                    event.declined_at,
                    state="FAILED",
                    stage="2",
                    reason=f"{event.code}: {event.reason}",
                )
            case overrides.DealBookedByHand() | overrides.DealCancelledByHand():
                progress = _overridden(progress, event, several=several)
            case murex.DealSent(attempt=attempt) if attempt > 1:
                progress = progress.report(
                    f"{deal_named(event, several=several)} sent again, attempt {attempt}", event.sent_at, stage="2"
                )
            case _:
                continue
    return progress


def _overridden(
    progress: Progress, event: overrides.DealBookedByHand | overrides.DealCancelledByHand, *, several: bool
) -> Progress:
    """Report that a person settled a deal. A workflow that is being booked goes on, or fails, by that."""
    booked = isinstance(event, overrides.DealBookedByHand)
    how = f"booked by hand as {event.external_reference}" if booked else "found not to be in Murex"
    people = " and ".join(approver.person for approver in event.approvers)
    waits = progress.state == "NEEDS_INTERVENTION"
    return progress.report(
        f"{deal_named(event, several=several)} {how}, approved by {people}",
        event.overridden_at,
        state=None if waits else ("BOOKING" if booked else "FAILED"),
        stage="2",
        reason=None if waits or booked else f"{murex.OVERRIDDEN}: {event.reason}",
    )


def settled(progress: Progress, event: overrides.InterventionSettled, *, journal_waits: bool) -> Progress:
    """Report that a person's question is settled; the workflow is what it was before.

    Args:
        journal_waits: it is reversed but for its journal, whose counterparts are to be posted.
    """
    state = "REVERSING" if journal_waits else event.outcome
    return progress.report(
        f"Settled: {event.reason}", event.settled_at, state=state, completed=False, reason=event.reason
    )


def completed(progress: Progress, event: facts.ExecutionCompleted) -> Progress:
    """Report COMPLETED: every operation of the plan took effect."""
    total = event.completed_operations
    return progress.report(
        executed_operations(total),
        event.completed_at,
        state="COMPLETED",
        stage="2",
        stage_status="COMPLETED",
        done=total,
        operation=total,
    )


def posted(progress: Progress, lines: int, at: datetime) -> Progress:
    """Report POSTED with the number of journal lines."""
    return progress.report(f"Journal posted: {lines} lines", at, state="POSTED", stage="3", stage_status="COMPLETED")


def posting_deferred(progress: Progress, event: booking.PostingDeferred) -> Progress:
    """Report why stage 3 waits; the state of the workflow does not change."""
    return progress.report(
        f"Posting waits: {event.reason}", event.deferred_at, stage="3", stage_status="IN_PROGRESS",
        reason=f"{event.code}: {event.reason}",
    )  # fmt: skip


def compensating(progress: Progress, event: undoing.CompensationStarted) -> Progress:
    """Report COMPENSATING; from now on no operation counts as done."""
    return progress.report(
        f"Undoing: {len(event.deals_to_cancel)} deals to cancel in Murex",
        event.started_at,
        state="COMPENSATING",
        done=0,
        reason=f"{event.code}: {event.reason}",
    )


def compensated(progress: Progress, event: undoing.WorkflowCompensated) -> Progress:
    """Report COMPENSATED, with the failure that led to it."""
    return progress.report(
        "Execution failed; everything was undone",
        event.compensated_at,
        state="COMPENSATED",
        done=0,
        reason=f"{event.code}: {event.reason}",
    )


def intervention(progress: Progress, event: undoing.InterventionRequired) -> Progress:
    """Report NEEDS_INTERVENTION; the sentence depends on whether the deals are in the ledger already."""
    booked = progress.state in {"COMPLETED", "POSTED"}
    why = "Murex does not confirm deals that are booked" if booked else "deals in Murex could not be cancelled"
    return progress.report(
        f"A person must act: {why}",
        event.required_at,
        state="NEEDS_INTERVENTION",
        reason=f"{event.code}: {event.reason}",
    )
