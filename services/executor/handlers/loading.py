"""The state of a workflow's plan and of its progress, which a handler loads first."""

from services.executor.planning.state import PlanState, fold
from services.executor.progress.reporting import Progress, progress_of
from shared.events import identity
from shared.messaging.unit_of_work import UnitOfWork


async def load_progress(uow: UnitOfWork, workflow_id: str) -> Progress:
    """Fold the progress stream of a workflow; without reports it is a new progress in state PROPOSED."""
    return progress_of(workflow_id, (await uow.load(identity.progress_stream(workflow_id))).events)


async def load_plan(uow: UnitOfWork, workflow_id: str) -> PlanState:
    """Fold the plan stream of a workflow; version 0 where no plan is known."""
    return fold((await uow.load(identity.plan_stream(workflow_id))).events)
