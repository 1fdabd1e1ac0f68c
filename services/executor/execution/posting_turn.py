"""Stage 3 is due: load the books, let the saga decide, append; in a transaction of its own."""

import asyncpg

from services.executor import todo
from services.executor.approval_turns import load_journey, load_plan
from services.executor.due import Task
from services.executor.execution import saga
from services.executor.execution.posting import Books, Period
from services.executor.execution.state import Status, fold
from services.executor.execution.turns import write
from services.executor.ports import Ports
from shared.errors import Defect
from shared.events import identity
from shared.hedging.plan import HedgePlan
from shared.messaging.unit_of_work import UnitOfWork


async def post_journal(ports: Ports, uow: UnitOfWork, workflow_id: str) -> None:
    """Post a completed workflow's journal, or look again later; one that is posted already is left alone."""
    stream = await uow.load(identity.execution_stream(workflow_id))
    state = fold(stream.events)
    if state.status is not Status.COMPLETED:
        todo.settled(uow, workflow_id, Task.POST)
        return
    plan = (await load_plan(uow, workflow_id)).plan
    if plan is None:
        raise Defect(f"Workflow {workflow_id} is completed but has no plan.")
    books, journey = await _books(uow.connection, plan), await load_journey(uow, workflow_id)
    write(uow, workflow_id, saga.posting(state, stream.events, plan, books, journey, ports.clock()))


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
