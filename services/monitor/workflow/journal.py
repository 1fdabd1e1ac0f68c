"""The journal of a workflow line by line: what was posted, by which event; before that, what is planned. Pure."""

from collections.abc import Iterator, Sequence

from services.monitor.documents import BASE_CURRENCY, ledger_totals
from services.monitor.workflow.history import Document, Kept
from services.monitor.workflow.timed import Told
from shared.events import booking, reversals
from shared.events.plans import PlanDrawn
from shared.events.reversals import ReversalPlanned
from shared.hedging.journal import JournalLine
from shared.money.amounts import text_of

#: Of what a journal is made: the entity, a line, and the number of the event that posted it; None for a planned one.
Place = tuple[str, JournalLine, int | None]


def journal(history: Sequence[Kept], events: Told) -> Document:
    """Return the lines in their order, with the sum of each side by ledger. A reversal shows what it posts itself."""
    posted = list(_posted(events))
    shown = posted or list(_planned(history))
    return {
        "currency": BASE_CURRENCY,
        "posted": bool(posted),
        "totals": ledger_totals([line for _, line, _ in shown]),
        "lines": [_line(*each) for each in shown],
    }


def _posted(events: Told) -> Iterator[Place]:
    for timed in events.timed:
        if isinstance(timed.event, booking.JournalPosted | reversals.ReversalPosted):
            for posting in timed.event.postings:
                yield from ((posting.entity_id, line, timed.number) for line in posting.lines)


def _planned(history: Sequence[Kept]) -> Iterator[Place]:
    """Give what the newest plan would post. Its event is read only while nothing is posted."""
    kinds = {PlanDrawn.__name__, ReversalPlanned.__name__}
    kept = next((each for each in reversed(history) if each.recorded.type in kinds), None)
    match None if kept is None else kept.event:
        case PlanDrawn(plan=plan):
            yield from ((child.entity_id, line, None) for child in plan.children for line in child.journal)
        case ReversalPlanned(plan=plan):
            yield from ((each.entity_id, line, None) for each in plan.journal for line in each.lines)


def _line(entity_id: str, line: JournalLine, event: int | None) -> Document:
    return {
        "entity_id": entity_id,
        "journal_id": line.journal_id,
        "line": line.line_no,
        "ledger": line.ledger.value,
        "account": line.account_code,
        "dr": text_of(line.dr_amt, line.base_ccy),
        "cr": text_of(line.cr_amt, line.base_ccy),
        "period": line.period_id,
        "narrative": line.narrative,
        "event": event,
    }
