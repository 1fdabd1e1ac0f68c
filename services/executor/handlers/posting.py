"""Stage 3 is due: load the books, let the saga decide, append; in a transaction of its own."""

from services.executor.execution.state import Status
from services.executor.handlers import timers
from services.executor.handlers.books import books_for
from services.executor.handlers.reversal.posting import is_reversal, post_reversal
from services.executor.handlers.streams import execution_of, load_plan, load_progress, write
from services.executor.ports import Ports
from services.executor.workflow import saga
from services.executor.workflow.due import Task
from shared.errors import Defect
from shared.events import identity
from shared.messaging.unit_of_work import UnitOfWork


async def post_journal(ports: Ports, uow: UnitOfWork, workflow_id: str) -> None:
    """Post a completed workflow's journal, or look again later; one that is posted already is left alone.

    Raises:
        Defect: the workflow is completed but has no plan.
    """
    stream = await uow.load(identity.execution_stream(workflow_id))
    if is_reversal(stream):
        await post_reversal(ports, uow, stream)
        return
    state = execution_of(stream)
    if state.status is not Status.COMPLETED:
        timers.settled(uow, workflow_id, Task.POST)
        return
    plan = (await load_plan(uow, workflow_id)).plan
    if plan is None:
        raise Defect(f"Workflow {workflow_id} is completed but has no plan.")
    lines = tuple(line for child in plan.children for line in child.journal)
    books, progress = await books_for(uow, lines), await load_progress(uow, workflow_id)
    write(uow, workflow_id, saga.posting(state, stream.events, plan, books, progress, ports.clock()))
