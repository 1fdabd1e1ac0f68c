"""Reversed workflows: their rows stay, carry their reversed status and point to the event; counterparts are added.

A pair and its counterpart leave the views of schema public together, so the sums asked there stay right.
"""

from collections.abc import Iterator
from uuid import UUID

from services.executor.projections import audit, ledger, undo
from services.executor.projections.rows import modified, resolved, written
from services.executor.tables.changes import Change, Insert, Row, Update
from shared.events import reversals as facts
from shared.hedging.changes.reversing import PREFIX
from shared.hedging.facts import SINGAPORE
from shared.hedging.operations import OperationKind
from shared.hedging.reversal import KEEP


def started(event: facts.ReversalStarted, _: UUID) -> Iterator[Change]:
    """Set the hedge events to Reversing: they are not open any more, and nothing may build on them."""
    for event_id in event.event_ids:
        yield Update(
            "hedge_business_events",
            {"event_id": event_id},
            {"event_status": "Reversing", **modified(event.started_at)},
        )


def operation_reversed(event: facts.OperationReversed, origin: UUID) -> Iterator[Change]:
    """Mark the rows of an INSERT. An UPDATE was of a row that its INSERT marks; the trail keeps all."""
    if event.kind is OperationKind.INSERT and event.action != KEEP:
        yield from undo.marked(event.table, event.keys, origin)


def execution_reversed(event: facts.ExecutionReversed, origin: UUID) -> Iterator[Change]:
    """Take back rows of no operation: the package, the messages to and from Murex, failures, which are settled."""
    yield from audit.execution_reversed(event, origin)
    package: Row = {"status": "REVERSED", "reversed_by_event": origin}
    yield Update("gl_packages", {"workflow_id": event.workflow_id}, package, rows=None)
    settled = resolved("The workflow was reversed.", event.reversed_at)
    yield from undo.beside_operations(event, origin, settled, "stage2_error_log", "stage3_error_log")


def journal_reversed(event: facts.JournalReversed, origin: UUID) -> Iterator[Change]:
    """Mark every journal line of the workflow as reversed."""
    yield Update("gl_journal_lines", {"workflow_id": event.workflow_id}, {"reversed_by_event": origin}, rows=None)


def entry_mirrored(event: facts.EntryMirrored, origin: UUID) -> Iterator[Change]:
    """Insert the counterpart of a pair, with a reference to the pair it reverses."""
    yield Insert(
        "gl_entries",
        {
            **ledger.entry_row(event),
            "entry_status": "Reversal",
            "reversal_flag": True,
            "reversal_of": event.mirrors,
            **written(event, event.mirrored_at),
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
                **written(event, event.mirrored_at),
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
            **written(event, event.ended_at),
            "reversed_by_event": origin,
        },
    )


def posted(event: facts.ReversalPosted, origin: UUID) -> Iterator[Change]:
    """Insert the counterparts of the journal lines, and resolve the posting errors of the reversal."""
    for posting in event.postings:
        for line in posting.lines:
            yield Insert(
                "gl_journal_lines",
                {
                    **ledger.journal_row(event, posting, line),
                    "reversal_flag": True,
                    "reversal_of": line.journal_id.removeprefix(PREFIX),
                    "reversed_by_event": origin,
                },
            )
    # Most journals never waited.
    notes = resolved("The reversing journal was posted.", event.posted_at)
    yield Update("stage3_error_log", {"workflow_id": event.workflow_id}, notes, rows=None)


def posting_deferred(event: facts.ReversalPostingDeferred, _: UUID) -> Iterator[Change]:
    """Insert one error row per attempt; no hedge event changes."""
    yield Insert("stage3_error_log", ledger.posting_error(event, event.workflow_id))
