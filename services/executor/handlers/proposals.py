"""A proposal arrives: read the facts, draw the plan, append it. Nothing financial is written here."""

from services.executor.handlers.loading import load_plan
from services.executor.handlers.planning_facts import Loaded, load_facts, msg_uid_taken
from services.executor.handlers.rollout.reading import look, policy_in_force
from services.executor.handlers.writing import open_plan
from services.executor.planning import decider
from services.executor.planning.commands import DrawPlan
from services.executor.ports import Ports
from services.executor.progress import narration
from services.executor.progress.journey import Journey
from services.executor.rollout.checking import Standing
from shared.errors import InvalidInput
from shared.events import identity
from shared.events.plans import PlanDrawn, PlanRefused
from shared.events.responses import ProposalMade
from shared.messaging.message import Message, message_event
from shared.messaging.unit_of_work import UnitOfWork


async def on_proposal_made(ports: Ports, uow: UnitOfWork, message: Message) -> None:
    """Draw the plan of a proposal. A workflow that has a plan is not planned twice.

    Raises:
        InvalidInput: the message holds no proposal, or one whose id is not that of its response and component.
    """
    proposal = message_event(message)
    if not isinstance(proposal, ProposalMade):
        raise InvalidInput(code="EVENT_MALFORMED", reason=f"Expected ProposalMade, found {type(proposal).__name__}.")
    expected = identity.workflow_id(proposal.response_id, proposal.component, proposal.attempt)
    if proposal.workflow_id != expected:
        raise InvalidInput(
            code="WORKFLOW_ID_FORGED",
            reason=f"Workflow {proposal.workflow_id}: response {proposal.response_id}, component "
            f"{proposal.component}, attempt {proposal.attempt} give {expected}.",
        )
    if (await load_plan(uow, proposal.workflow_id)).version:
        return
    now = ports.clock()
    loaded = await load_facts(uow.connection, proposal.order, now, proposal.workflow_id)
    taken = await msg_uid_taken(uow.connection, proposal.order.msg_uid)
    rollout = await look(ports, uow)
    command = DrawPlan.of(ports.proven(proposal), loaded.facts, now, rollout, msg_uid_taken=taken)
    append_plan(uow, decider.decide(command, await policy_in_force(uow)))


async def plan_again(
    ports: Ports,
    uow: UnitOfWork,
    stale: PlanDrawn | PlanRefused,
    loaded: Loaded,
    rollout: Standing,
    *,
    msg_uid_taken: bool,
) -> PlanDrawn | PlanRefused:
    """The successor of a stale plan, from today's rates and dates; appended in the same transaction."""
    workflow_id = identity.workflow_id(stale.response_id, stale.component, stale.attempt + 1)
    command = DrawPlan.again(stale, workflow_id, loaded.today, ports.clock(), rollout, msg_uid_taken=msg_uid_taken)
    successor = decider.decide(command, await policy_in_force(uow))
    append_plan(uow, successor)
    return successor


def append_plan(uow: UnitOfWork, planned: PlanDrawn | PlanRefused) -> None:
    """The plan and the first messages of its progress."""
    journey: Journey = narration.planned(planned) if isinstance(planned, PlanDrawn) else narration.refused(planned)
    open_plan(uow, planned, journey)
