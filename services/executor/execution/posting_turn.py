"""Stage 3 is due: post the journal in a transaction of its own, or note why it has to wait."""

from collections.abc import Sequence

import asyncpg

from services.executor import narration, todo
from services.executor.approval_turns import load_journey, load_plan, report
from services.executor.execution.posting import Books, Period, post
from services.executor.execution.state import Status, fold
from services.executor.ports import Ports
from shared.errors import Defect
from shared.events import identity
from shared.events.base import Event
from shared.events.execution import JournalPosted, PostingDeferred
from shared.hedging.plan import HedgePlan
from shared.messaging.unit_of_work import UnitOfWork


async def post_journal(ports: Ports, uow: UnitOfWork, workflow_id: str) -> None:
    """Post a completed workflow's journal, or look again later; one that is posted already is left alone."""
    stream = await uow.load(identity.execution_stream(workflow_id))
    state = fold(stream.events)
    if state.status is not Status.COMPLETED:
        todo.settled(uow, workflow_id, todo.Task.POST)
        return
    plan = (await load_plan(uow, workflow_id)).plan
    if plan is None:
        raise Defect(f"Workflow {workflow_id} is completed but has no plan.")
    event = post(state, plan, await _books(uow.connection, plan), ports.clock())
    if isinstance(event, PostingDeferred):
        todo.due(uow, workflow_id, todo.Task.POST, event.retry_at)
        if _told_before(event, stream.events):
            return
    uow.append(stream.stream, stream.version, event, correlation_id=workflow_id)
    journey = await load_journey(uow, workflow_id)
    if isinstance(event, JournalPosted):
        lines = sum(len(posting.lines) for posting in event.postings)
        report(uow, narration.posted(journey, lines, event.posted_at))
        todo.settled(uow, workflow_id, todo.Task.POST)
    else:
        report(uow, narration.posting_deferred(journey, event))


def _told_before(event: PostingDeferred, events: Sequence[Event]) -> bool:
    """Whether it waits for the same reason still: a period may stay closed for days, and is asked after each minute."""
    last = next((each for each in reversed(events) if isinstance(each, PostingDeferred)), None)
    return last is not None and (last.code, last.reason) == (event.code, event.reason)


async def _books(connection: asyncpg.Connection, plan: HedgePlan) -> Books:
    """The periods and accounts the journal needs, as they are now."""
    periods = {line.period_id for child in plan.children for line in child.journal}
    accounts = {line.account_code for child in plan.children for line in child.journal}
    period_rows = await connection.fetch(
        "SELECT period_id, start_date, end_date, is_open FROM hawk.gl_periods WHERE period_id = ANY($1::text[])",
        sorted(periods),
    )
    account_rows = await connection.fetch(
        "SELECT account_code FROM hawk.gl_coa WHERE account_code = ANY($1::text[]) AND active_flag",
        sorted(accounts),
    )
    return Books(
        periods={
            row["period_id"]: Period(row["period_id"], row["start_date"], row["end_date"], row["is_open"])
            for row in period_rows
        },
        accounts=frozenset(row["account_code"] for row in account_rows),
    )
