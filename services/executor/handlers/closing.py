"""A plan ends that is not applied: in its stream and in the progress, with its successor where it has one."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from services.executor.execution.grant import STALE, Ending
from services.executor.handlers.kinds import AnyKind
from services.executor.handlers.proposals import plan_again
from services.executor.handlers.streams import load_progress, write
from services.executor.planning.state import PlanState
from services.executor.rollout.checking import Standing
from services.executor.workflow import saga
from shared.errors import Defect
from shared.messaging.unit_of_work import UnitOfWork


async def close(uow: UnitOfWork, state: PlanState, ending: Ending, now: datetime) -> None:
    """End a workflow whose plan is not applied.

    Raises:
        Defect: there is no plan.
    """
    if state.granted is None:
        raise Defect("A workflow without a plan was to be closed.")
    workflow_id = state.granted.workflow_id
    write(uow, workflow_id, saga.close(state, ending, await load_progress(uow, workflow_id), now))


async def end(
    uow: UnitOfWork,
    kind: AnyKind,
    state: PlanState,
    ending: Ending,
    facts: Any,
    rollout: Standing,
    now: datetime,
) -> None:
    """End a workflow whose plan no longer does what was approved; where it went stale, plan its successor.

    Raises:
        Defect: there is no plan.
    """
    if ending.state == STALE:
        if state.granted is None:
            raise Defect("A workflow without a plan was to be planned again.")
        ending = replace(ending, successor=await plan_again(uow, kind, state.granted, facts, rollout, now))
    await close(uow, state, ending, now)
