"""Stage 3: from the plan's journal to posted lines, or to a reason to wait (domain facts 7.1, 7.7). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from services.executor.execution.state import ExecutionState
from shared.errors import Defect
from shared.events.booking import EventPosting, JournalPosted, PostingDeferred
from shared.hedging.journal import JournalLine
from shared.hedging.plan import HedgePlan

#: Waits between attempts: a closed period is opened by people, so there is no hurry.
RETRY_SECONDS = 60
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Period:
    """A row of gl_periods."""

    period_id: str
    start_date: date
    end_date: date
    is_open: bool


@dataclass(frozen=True, slots=True)
class Books:
    """The periods and the active accounts that posting needs, read in the posting's own transaction."""

    periods: Mapping[str, Period]
    accounts: frozenset[str]


def post(state: ExecutionState, plan: HedgePlan, books: Books, now: datetime) -> JournalPosted | PostingDeferred:
    """Post the journal of every event, or say why it has to wait. Fails closed: what cannot be checked is not posted.

    Raises:
        Defect: the execution was never prepared.
    """
    if state.prepared is None:
        raise Defect("Posting was asked of an execution that was never prepared.")
    workflow_id = state.prepared.workflow_id
    problem = next((found for child in plan.children for found in problems(child.journal, books)), None)
    if problem is not None:
        code, reason = problem
        return PostingDeferred(
            workflow_id=workflow_id,
            event_ids=tuple(child.event.event_id for child in plan.children),
            code=code,
            reason=reason,
            attempts=state.posting_attempts + 1,
            retry_at=now + timedelta(seconds=RETRY_SECONDS),
            deferred_at=now,
        )
    return JournalPosted(
        workflow_id=workflow_id,
        postings=tuple(
            EventPosting(
                event_id=child.event.event_id,
                gl_package_id=child.ids.gl_package_id,
                entity_id=child.entity_id,
                lines=child.journal,
            )
            for child in plan.children
        ),
        posted_at=now,
    )


def problems(lines: tuple[JournalLine, ...], books: Books) -> list[tuple[str, str]]:
    """Return code and sentence of each thing that forbids posting, in the order of domain facts 7.7."""
    found: list[tuple[str, str]] = []
    for line in lines:
        period = books.periods.get(line.period_id)
        if period is None or not period.is_open or not period.start_date <= line.accounting_date <= period.end_date:
            found.append(
                (
                    "PERIOD_CLOSED",
                    f"Period {line.period_id} is not open for {line.accounting_date}; it is tried again.",
                )
            )
        if line.account_code not in books.accounts:
            found.append(("ACCOUNT_NOT_FOUND", f"Account {line.account_code} is not an active account of gl_coa."))
    totals: dict[tuple[str, str], Decimal] = {}
    for line in lines:
        key = (line.journal_id, line.ledger.value)
        totals[key] = totals.get(key, ZERO) + line.dr_amt - line.cr_amt
    found += [
        ("JOURNAL_IMBALANCE", f"Journal {journal} of ledger {ledger} is out of balance by {difference}.")
        for (journal, ledger), difference in totals.items()
        if difference != ZERO
    ]
    return found
