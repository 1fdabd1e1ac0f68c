"""A proposal of any kind arrives: read the facts, draw the plan, append it. No business row is written here."""

from datetime import datetime
from typing import Any

from services.executor.handlers.kinds import AnyKind, Circumstances, Kinds
from services.executor.handlers.rollout.reading import look, policy_in_force
from services.executor.handlers.streams import load_plan, open_plan
from services.executor.planning.workflow import Workflow
from services.executor.ports import Ports
from services.executor.rollout.checking import Standing
from shared.errors import InvalidInput
from shared.events.responses import Originated
from shared.messaging.message import Message
from shared.messaging.unit_of_work import UnitOfWork


async def on_proposed(kinds: Kinds, ports: Ports, uow: UnitOfWork, message: Message[Originated]) -> None:
    """Draw the plan of a proposal. A workflow that has a plan is not planned twice.

    Raises:
        InvalidInput: its id is not that of what it is for and its attempt.
    """
    proposal = message.event
    kind = kinds.of_proposal(proposal)
    expected = kind.workflow_id(proposal, proposal.origin.attempt)
    if proposal.workflow_id != expected:
        raise InvalidInput(
            code="WORKFLOW_ID_FORGED",
            reason=f"{type(proposal).__name__} of workflow {proposal.workflow_id}: what it is for and attempt "
            f"{proposal.origin.attempt} give workflow {expected}.",
        )
    if (await load_plan(uow, proposal.workflow_id)).version:
        return
    now = ports.clock()
    facts = await kind.load(uow, proposal, now)
    proven, rollout = ports.proven(proposal), await look(ports, uow)
    await _draw(uow, kind, Workflow.of(proven), proven, facts, rollout, now)


async def plan_again(
    uow: UnitOfWork,
    kind: AnyKind,
    stale: Originated,
    facts: Any,
    rollout: Standing,
    now: datetime,
) -> str:
    """Plan the successor of a stale plan from the present facts, in the same transaction; return its workflow id."""
    workflow_id = kind.workflow_id(stale, stale.origin.attempt + 1)
    await _draw(uow, kind, Workflow.succeeding(stale, workflow_id), stale, facts, rollout, now)
    return workflow_id


async def _draw(
    uow: UnitOfWork,
    kind: AnyKind,
    workflow: Workflow,
    asked: Originated,
    facts: Any,
    rollout: Standing,
    now: datetime,
) -> None:
    event = kind.draw(workflow, asked, facts, Circumstances(rollout, await policy_in_force(uow), now))
    open_plan(uow, event, kind.opening(event))
