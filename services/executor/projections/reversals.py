"""Reversed workflows: their rows stay, carry their reversed status and point to the event; counterparts stand beside.

A pair and its counterpart leave the views of schema public together, so the sums asked there stay right.
"""

from collections.abc import Iterator
from uuid import UUID

from services.executor.projections import audit, ledger, undo
from services.executor.tables.changes import Change, Insert, Update
from shared.events import reversals as facts
from shared.hedging.changes.reversing import PREFIX
from shared.hedging.facts import SINGAPORE
from shared.hedging.operations import OperationKind
from shared.hedging.reversal import KEEP


def approvals(event: facts.ReversalPrepared, _: UUID) -> Iterator[Change]:
    """Insert one row per approver; see `audit.approved`."""
    yield from audit.approved(event)


def started(event: facts.ReversalStarted, _: UUID) -> Iterator[Change]:
    """Nothing may build on the events any more: they are not open from now on."""
    for event_id in event.event_ids:
        yield Update(
            "hedge_business_events",
            {"event_id": event_id},
            {"event_status": "Reversing", "modified_by": "HAWK_AGENT", "modified_date": event.started_at},
        )


def operation_reversed(event: facts.OperationReversed, origin: UUID) -> Iterator[Change]:
    """An INSERT taken back marks its rows; an UPDATE was of a row that its INSERT marks; the trail keeps all."""
    if event.kind is OperationKind.INSERT and event.action != KEEP:
        yield from undo.marked(event.table, event.keys, origin)


def execution_reversed(event: facts.ExecutionReversed, origin: UUID) -> Iterator[Change]:
    """What lies outside the operations: the package, the messages to and from Murex, failures that were settled."""
    yield Insert("audit_trail", audit.reversal_record(event, origin))
    workflow = {"workflow_id": event.workflow_id}
    yield Update("gl_packages", workflow, {"status": "REVERSED", "reversed_by_event": origin}, rows=None)
    yield Update("h_stg_mrx_ext", workflow, {"reversed_by_event": origin}, rows=None)
    for log in ("stage2_error_log", "stage3_error_log"):
        yield Update(
            log,
            workflow,
            {
                "resolution_status": "RESOLVED",
                "resolution_notes": "The workflow was reversed.",
                "resolved_date": event.reversed_at,
                "reversed_by_event": origin,
            },
            rows=None,
        )


def journal_reversed(event: facts.JournalReversed, origin: UUID) -> Iterator[Change]:
    """Mark every journal line of the workflow as reversed."""
    yield Update("gl_journal_lines", {"workflow_id": event.workflow_id}, {"reversed_by_event": origin}, rows=None)


def entry_mirrored(event: facts.EntryMirrored, origin: UUID) -> Iterator[Change]:
    """Insert the counterpart of a pair, with a reference to the pair it reverses."""
    row = ledger.entry_row(event.entry, event.event_id, event.entity_id, event.instruction_id, event.gl_package_id)
    yield Insert(
        "gl_entries",
        {
            **row,
            "entry_status": "Reversal",
            "reversal_flag": True,
            "reversal_of": event.mirrors,
            "created_date": event.mirrored_at,
            "workflow_id": event.workflow_id,
            "reversed_by_event": origin,
        },
    )


def details_mirrored(event: facts.DetailsMirrored, origin: UUID) -> Iterator[Change]:
    """Insert the counterparts of the sides of the pairs of one hedge event."""
    for detail in event.details:
        yield Insert(
            "gl_entries_detail",
            {
                **ledger.detail_row(detail, event.event_id),
                "detail_status": "Reversal",
                "created_date": event.mirrored_at,
                "workflow_id": event.workflow_id,
                "reversed_by_event": origin,
            },
        )


def lineage_ended(event: facts.LineageEnded, origin: UUID) -> Iterator[Change]:
    """Insert the end of the history of a hedge, dated in Singapore."""
    end = event.end
    yield Insert(
        "hedge_event_history",
        {
            "event_sequence_id": end.event_sequence_id,
            "original_hedge_id": end.original_hedge_id,
            "event_id": end.event_id,
            "event_type": "Reversal",
            "event_date": event.ended_at.astimezone(SINGAPORE).date(),
            "notional_amount": end.amount,
            "history_status": "Reversal",
            "created_date": event.ended_at,
            "workflow_id": event.workflow_id,
            "reversed_by_event": origin,
        },
    )


def recorded(event: facts.ReversalRecorded, _: UUID) -> Iterator[Change]:
    """Insert the audit row that reverses an earlier one, which is kept."""
    yield Insert(
        "audit_trail",
        {
            **audit.audit_record(event.audit_id, event.workflow_id, event.recorded_at),
            "stage": "UNDO",
            "process_step": f"operation {event.operation}",
            "action": "REVERSE",
            "operation_type": "INSERT",
            "record_id": event.record_id,
            "entity_id": event.entity_id,
            "currency_code": event.currency,
            "message": event.message,
            "status": "Recorded",
            "approved_by": ", ".join(approver.person for approver in event.approvers) or None,
            "authorization_level": ", ".join(approver.role for approver in event.approvers) or None,
            "approval_timestamp": max((approver.at for approver in event.approvers), default=None),
        },
    )


def refused(event: facts.ReversalRefused, origin: UUID) -> Iterator[Change]:
    """Insert the refusal; the record id names the workflow that was to be reversed."""
    yield Insert(
        "audit_trail",
        {
            **audit.audit_record(f"AUD-{origin}", event.workflow_id, event.refused_at),
            "stage": "PLAN",
            "action": "REFUSE",
            "user_id": event.origin.maker.name,
            "record_id": event.reverses,
            "message": event.refusals[0].message,
            "error_code": event.refusals[0].code,
            "error_message": event.refusals[0].message,
            "status": "Refused",
        },
    )


def posted(event: facts.ReversalPosted, origin: UUID) -> Iterator[Change]:
    """Insert the counterparts of the journal lines, and resolve the posting errors of the reversal."""
    for posting in event.postings:
        for line in posting.lines:
            row = ledger.journal_row(line, posting.event_id, posting.gl_package_id, posting.entity_id)
            yield Insert(
                "gl_journal_lines",
                {
                    **row,
                    "reversal_flag": True,
                    "reversal_of": line.journal_id.removeprefix(PREFIX),
                    "posted_at": event.posted_at,
                    "created_date": event.posted_at,
                    "workflow_id": event.workflow_id,
                    "reversed_by_event": origin,
                },
            )
    # What it waited for has come; most never waited.
    yield Update(
        "stage3_error_log",
        {"workflow_id": event.workflow_id},
        {
            "resolution_status": "RESOLVED",
            "resolution_notes": "The reversing journal was posted.",
            "resolved_date": event.posted_at,
        },
        rows=None,
    )


def posting_deferred(event: facts.ReversalPostingDeferred, _: UUID) -> Iterator[Change]:
    """Insert one error row per attempt; no hedge event changes."""
    yield Insert(
        "stage3_error_log",
        {
            "error_id": f"ERR3-{event.workflow_id}-{event.attempts}",
            "error_code": event.code,
            "error_message": event.reason,
            "system_component": "HAWK",
            "retry_count": event.attempts,
            "retry_eligible": True,
            "resolution_status": "OPEN",
            "created_date": event.deferred_at,
            "workflow_id": event.workflow_id,
        },
    )
