"""An override is proposed: read the deal and how its workflow stands, plan it. No row is written here."""

from services.executor.execution.state import fold
from services.executor.handlers.rollout.reading import policy_in_force
from services.executor.handlers.writing import open_plan
from services.executor.override import decider, narration
from services.executor.override.checking import Standing
from services.executor.override.decider import DrawOverride
from services.executor.ports import Ports
from shared.errors import InvalidInput
from shared.events import identity
from shared.events.overrides import OverridePlanned, OverrideProposed, OverrideRefused
from shared.hedging.changes.override import DealOverride
from shared.messaging.message import Message, message_event
from shared.messaging.unit_of_work import UnitOfWork


async def on_override_proposed(ports: Ports, uow: UnitOfWork, message: Message) -> None:
    """Plan it. A workflow that has a plan is not planned twice.

    Raises:
        InvalidInput: the message holds no such proposal, or one whose id is not that of its response and component.
    """
    proposal = message_event(message)
    if not isinstance(proposal, OverrideProposed):
        raise InvalidInput(
            code="EVENT_MALFORMED", reason=f"Expected OverrideProposed, found {type(proposal).__name__}."
        )
    expected = identity.workflow_id(proposal.response_id, proposal.component, proposal.attempt)
    if proposal.workflow_id != expected:
        raise InvalidInput(
            code="WORKFLOW_ID_FORGED",
            reason=f"Workflow {proposal.workflow_id}: response {proposal.response_id}, component "
            f"{proposal.component}, attempt {proposal.attempt} give {expected}.",
        )
    if (await uow.load(identity.plan_stream(proposal.workflow_id))).version:
        return
    standing = await load_standing(uow, proposal.override)
    command = DrawOverride.of(ports.proven(proposal), standing, ports.clock())
    append_plan(uow, decider.decide(command, await policy_in_force(uow)))


async def load_standing(uow: UnitOfWork, override: DealOverride) -> Standing:
    """The execution a deal belongs to, as its stream tells it."""
    workflow_id = await uow.connection.fetchval(
        "SELECT workflow_id FROM hawk.deal_bookings WHERE deal_booking_id = $1", override.deal_booking_id
    )
    if workflow_id is None:
        return Standing(override, None, None)
    return Standing(override, workflow_id, fold((await uow.load(identity.execution_stream(workflow_id))).events))


async def plan_again(ports: Ports, uow: UnitOfWork, stale: OverridePlanned, standing: Standing) -> str:
    """The successor of a plan whose deal moved; appended in the same transaction. Gives its workflow id."""
    attempt = stale.attempt + 1
    workflow_id = identity.workflow_id(stale.response_id, stale.component, attempt)
    command = DrawOverride.again(stale, workflow_id, attempt, standing, ports.clock())
    append_plan(uow, decider.decide(command, await policy_in_force(uow)))
    return workflow_id


def append_plan(uow: UnitOfWork, event: OverridePlanned | OverrideRefused) -> None:
    """The plan and the first messages of its progress."""
    journey = narration.planned(event) if isinstance(event, OverridePlanned) else narration.refused(event)
    open_plan(uow, event, journey)
