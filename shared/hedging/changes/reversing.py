"""The plan of a reversal: what an executed workflow left behind, and what takes it back, last step first. Pure.

Nothing is deleted. Murex cancels the deals, every pair and every journal line gets a counterpart with its sides changed
over, capacity goes back by the same amount. Original and reversal add up to zero, account by account.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from shared.hedging.deals import Deal
from shared.hedging.effects import json_value
from shared.hedging.gl_entries import GL_ENTRY_COUNT, GlEntry, GlEntryDetail
from shared.hedging.journal import JournalLine
from shared.hedging.operations import Operation, OperationCounts, OperationKind, Phase, count_operations
from shared.hedging.plan import ChildPlan, HedgePlan, PlanIdentity
from shared.hedging.refusals import Reason
from shared.hedging.reversal import CANCEL, KEEP, MIRRORED, ReversalStep
from shared.hedging.typed_rows import GlPeriod
from shared.money.amounts import ZERO, text_of

#: What the id of a counterpart begins with.
PREFIX: Final = "REV-"
_OTHER_SIDE: Final = MappingProxyType({"DR": "CR", "CR": "DR"})


class ReversalCode(Reason):
    """Reasons why a workflow cannot be reversed, in the order of the checks."""

    # fmt: off
    NOT_EXECUTED = ("NOT_EXECUTED",
        "The workflow is not executed: nothing of it is in effect, or it is still under way.",
        "Wait until it is COMPLETED or POSTED; reject or withdraw one that waits for approval.")
    NOT_REVERSIBLE = ("NOT_REVERSIBLE",
        "The workflow hedged nothing: a check, a question, a change of the configuration, or itself a reversal.",
        "Ask for the opposite change, or publish the order again.")
    ALREADY_REVERSED = ("ALREADY_REVERSED",
        "Another workflow has reversed it, or is doing so: a workflow is reversed once.",
        "Look at the reversal that is named.")
    HAS_DEPENDANTS = ("HAS_DEPENDANTS",
        "Later workflows that are in effect took something off its hedges.",
        "Reverse the workflows that are named first, the last one before the others.")
    USD_PB_LIMIT_EXCEEDED = ("USD_PB_LIMIT_EXCEEDED",
        "The hedge that would be open again is more than is left of the currency's USD limit.",
        "Close or reverse hedges of the currency first.")
    CAPACITY_EXHAUSTED = ("CAPACITY_EXHAUSTED",
        "The hedge that would be open again has no room any more: others have used it since.",
        "Close or reverse the hedges of the exposure that were opened since.")
    PERIOD_CLOSED = ("PERIOD_CLOSED",
        "No accounting period is open or to come that the reversing entries could be posted in.",
        "Open a period in gl_periods, then ask again.")
    # fmt: on


@dataclass(frozen=True, slots=True)
class DealCancel:
    """A booked deal that Murex is to cancel; `contract_id` is Murex's."""

    event_id: str
    entity_id: str
    contract_id: str
    deal: Deal


@dataclass(frozen=True, slots=True)
class MirroredEntries:
    """The counterparts of one event's pairs and of their sides. `entries[i]` reverses the event's i-th pair."""

    event_id: str
    entity_id: str
    instruction_id: str
    gl_package_id: str
    entries: tuple[GlEntry, ...]
    details: tuple[GlEntryDetail, ...]


@dataclass(frozen=True, slots=True)
class MirroredJournal:
    """The counterparts of one event's posted journal lines."""

    event_id: str
    entity_id: str
    gl_package_id: str
    lines: tuple[JournalLine, ...]


@dataclass(frozen=True, slots=True)
class LineageEnd:
    """The event of a hedge that ends with the reversal, as the history of the hedge shows it."""

    event_sequence_id: str
    original_hedge_id: str
    event_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ExposureChange:
    """The change of one exposure's hedged amount by the reversal: signed, in its currency and in USD.

    Below zero gives capacity back; above zero a hedge that had been closed is open again.
    """

    stream: str
    entity_id: str
    nav_type: str
    amount: Decimal
    amount_usd: Decimal


@dataclass(frozen=True, slots=True)
class ReversalPlan:
    """All that people approve: one operation per step that the original plan showed, and what they do.

    `amount_usd` and `largest_deal_usd` are those of the original at its pinned rate; the policy judges by them.
    `journal` is empty where nothing was posted yet. `usd` is the signed change of the currency's USD limit.
    """

    identity: PlanIdentity
    reverses: str
    order_id: str
    instruction_type: str
    exposure_currency: str
    nav_type: str
    amount: Decimal
    allocated: Decimal
    model: str | None
    amount_usd: Decimal
    largest_deal_usd: Decimal
    trade_date: date
    accounting_date: date
    period_id: str
    steps: tuple[ReversalStep, ...]
    operations: tuple[Operation, ...]
    counts: OperationCounts
    cancels: tuple[DealCancel, ...]
    entries: tuple[MirroredEntries, ...]
    journal: tuple[MirroredJournal, ...]
    lineage: tuple[LineageEnd, ...]
    exposures: tuple[ExposureChange, ...]
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Executed:
    """The effects of a workflow: its plan, Murex's contract of each deal by booking id, and whether its journal was
    posted."""

    plan: HedgePlan
    contracts: Mapping[str, str]
    posted: bool


def draw_reversal_plan(
    executed: Executed, identity: PlanIdentity, today: date, period: tuple[date, str]
) -> ReversalPlan:
    """Draw the reversal of what was executed.

    Args:
        today: in Singapore; capacity goes back on the later of it and the original's trade date, so that a snapshot
            knows both movements or neither.
        period: accounting date and period of the counterparts (see `accounting_day`).
    """
    plan, (day, period_id) = executed.plan, period
    operations = _operations(plan, identity.workflow_id)
    return ReversalPlan(
        identity=identity,
        reverses=plan.identity.workflow_id,
        order_id=plan.order.order_id,
        instruction_type=plan.order.instruction_type.value,
        exposure_currency=plan.order.exposure_currency,
        nav_type=plan.order.nav_type.value,
        amount=plan.order.amount,
        allocated=plan.capacity.allocated,
        model=plan.model,
        amount_usd=plan.usd_equivalent,
        largest_deal_usd=plan.deal_usd_max,
        trade_date=max(today, plan.dates.trade_date),
        accounting_date=day,
        period_id=period_id,
        steps=plan.reversal,
        operations=operations,
        counts=count_operations(operations),
        cancels=tuple(_cancels(executed)),
        entries=tuple(_entries(child, day) for child in plan.children),
        journal=tuple(_journal(child, day, period_id) for child in plan.children if child.journal)
        if executed.posted
        else (),
        lineage=tuple(_lineage(child) for child in plan.children),
        exposures=_exposures(plan),
        usd=-plan.net_usd,
    )


def accounting_day(periods: Sequence[GlPeriod], today: date, pinned: date | None = None) -> tuple[date, str] | None:
    """Date and period of the reversing entries: the pinned day while its period is open, else today, else the first day
    of the next period that is open; None when there is none."""
    wanted = [day for day in (pinned, today) if day is not None]
    for day in wanted:
        for period in periods:
            if period.is_open and period.start <= day <= period.end:
                return day, period.period_id
    later = sorted(
        (period for period in periods if period.is_open and period.start > today), key=lambda each: each.start
    )
    return (later[0].start, later[0].period_id) if later else None


def reversal_effects(plan: ReversalPlan, tier: str) -> dict[str, Any]:
    """Return what apply has to reproduce: deals, counterparts with accounts, amounts and dates, capacity, tier."""
    currency = plan.exposure_currency
    return {
        "reverses": plan.reverses,
        "tier": tier,
        "steps": [json_value(step) for step in plan.steps],
        "cancels": [json_value(cancel) for cancel in plan.cancels],
        "accounting_date": plan.accounting_date.isoformat(),
        "period_id": plan.period_id,
        "entries": [json_value(each) for each in plan.entries],
        "journal": [json_value(each) for each in plan.journal],
        "exposures": [
            {
                "stream": each.stream,
                "amount": text_of(each.amount, currency),
                "amount_usd": text_of(each.amount_usd, "USD"),
            }
            for each in plan.exposures
        ],
        "usd": text_of(plan.usd, "USD"),
    }


def _operations(plan: HedgePlan, workflow_id: str) -> tuple[Operation, ...]:
    """Return one operation per step of the shown reversal, under that step's number."""
    undone = {operation.number: operation for operation in plan.operations}
    return tuple(
        Operation(
            number=step.number,
            operation_id=f"{workflow_id}:{step.number:04d}",
            stage=undone[step.undoes].stage,
            phase=Phase.PREPARE if step.action == CANCEL else Phase.COMPLETE,
            step=f"undo {step.undoes}",
            kind=OperationKind.INSERT if step.action == KEEP or step.table in MIRRORED else OperationKind.UPDATE,
            table=step.table,
            purpose=step.action,
            entity_id=step.entity_id,
            rows=undone[step.undoes].rows,
            part=undone[step.undoes].part,
        )
        for step in plan.reversal
    )


def _cancels(executed: Executed) -> list[DealCancel]:
    return [
        DealCancel(
            event_id=child.event.event_id,
            entity_id=child.entity_id,
            contract_id=executed.contracts[deal.deal_booking_id],
            deal=deal,
        )
        for child in executed.plan.children
        for deal in child.deals
    ]


def _entries(child: ChildPlan, day: date) -> MirroredEntries:
    return MirroredEntries(
        event_id=child.event.event_id,
        entity_id=child.entity_id,
        instruction_id=child.ids.instruction_id,
        gl_package_id=child.ids.gl_package_id,
        entries=tuple(_entry(entry, day) for entry in child.gl_entries),
        details=tuple(_detail(detail) for detail in child.gl_details),
    )


def _entry(entry: GlEntry, day: date) -> GlEntry:
    """Return the pair with its accounts exchanged: the amount stays above zero."""
    return replace(
        entry,
        gl_entry_id=f"{PREFIX}{entry.gl_entry_id}",
        entry_sequence=entry.entry_sequence + GL_ENTRY_COUNT,
        debit_account=entry.credit_account,
        credit_account=entry.debit_account,
        swapped=not entry.swapped,
        posting_date=day,
        narrative=f"Reversal of {entry.gl_entry_id}: {entry.narrative}",
    )


def _detail(detail: GlEntryDetail) -> GlEntryDetail:
    return replace(
        detail,
        detail_id=f"{PREFIX}{detail.detail_id}",
        gl_entry_id=f"{PREFIX}{detail.gl_entry_id}",
        side=_OTHER_SIDE[detail.side],
        posting_rationale=f"Reversal of {detail.detail_id}: {detail.posting_rationale}",
    )


def _journal(child: ChildPlan, day: date, period_id: str) -> MirroredJournal:
    return MirroredJournal(
        event_id=child.event.event_id,
        entity_id=child.entity_id,
        gl_package_id=child.ids.gl_package_id,
        lines=tuple(
            replace(
                line,
                journal_id=f"{PREFIX}{line.journal_id}",
                dr_amt=line.cr_amt,
                cr_amt=line.dr_amt,
                narrative=f"Reversal of {line.journal_id} line {line.line_no}: {line.narrative}",
                accounting_date=day,
                period_id=period_id,
            )
            for line in child.journal
        ),
    )


def _lineage(child: ChildPlan) -> LineageEnd:
    original = child.lineage.original_event_id if child.lineage is not None else None
    return LineageEnd(
        event_sequence_id=f"{PREFIX}{child.ids.history_id}",
        original_hedge_id=original or child.event.event_id,
        event_id=child.event.event_id,
        amount=-child.allocated,
    )


def _exposures(plan: HedgePlan) -> tuple[ExposureChange, ...]:
    """Return the net change of each exposure over all events of the plan, with its sign reversed."""
    changes: dict[str, ExposureChange] = {}
    for child in plan.children:
        stream = child.assessment.stream
        before = changes.get(stream)
        changes[stream] = ExposureChange(
            stream=stream,
            entity_id=child.entity_id,
            nav_type=child.event.nav_type.value,
            amount=(before.amount if before else ZERO) - child.net,
            amount_usd=(before.amount_usd if before else ZERO) - child.net_usd,
        )
    return tuple(changes.values())
