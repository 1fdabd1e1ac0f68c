"""A proposed configuration change arrives: read the row and what stands beside it, plan it. No row is written here."""

from services.executor.configuration import decider, narration
from services.executor.configuration.commands import DrawChange, RowFacts
from services.executor.handlers.configuration.facts import load_row
from services.executor.handlers.rollout.reading import look, policy_in_force
from services.executor.handlers.writing import open_plan
from services.executor.ports import Ports
from services.executor.rollout.checking import CONFIGURATION, bar_to_planning
from shared.errors import InvalidInput
from shared.events import identity
from shared.events.configuration import ConfigurationPlanned, ConfigurationProposed, ConfigurationRefused
from shared.messaging.message import Message, message_event
from shared.messaging.unit_of_work import UnitOfWork


async def on_configuration_proposed(ports: Ports, uow: UnitOfWork, message: Message) -> None:
    """Plan the change. A workflow that has a plan is not planned twice.

    Raises:
        InvalidInput: the message holds no such proposal, or one whose id is not that of its response and component.
    """
    proposal = message_event(message)
    if not isinstance(proposal, ConfigurationProposed):
        found = type(proposal).__name__
        raise InvalidInput(code="EVENT_MALFORMED", reason=f"Expected ConfigurationProposed, found {found}.")
    expected = identity.workflow_id(proposal.response_id, proposal.component, proposal.attempt)
    if proposal.workflow_id != expected:
        raise InvalidInput(
            code="WORKFLOW_ID_FORGED",
            reason=f"Workflow {proposal.workflow_id}: response {proposal.response_id}, component "
            f"{proposal.component}, attempt {proposal.attempt} give {expected}.",
        )
    if (await uow.load(identity.plan_stream(proposal.workflow_id))).version:
        return
    now = ports.clock()
    row = await load_row(uow, proposal.change, now)
    bar = bar_to_planning(await look(ports, uow), CONFIGURATION)
    append_plan(uow, decider.decide(DrawChange.of(ports.proven(proposal), row, now), await policy_in_force(uow), bar))


async def plan_again(
    ports: Ports, uow: UnitOfWork, stale: ConfigurationPlanned, row: RowFacts
) -> ConfigurationPlanned | ConfigurationRefused:
    """The successor of a stale plan, from the row of now; appended in the same transaction."""
    workflow_id = identity.workflow_id(stale.response_id, stale.component, stale.attempt + 1)
    successor = decider.decide(DrawChange.again(stale, workflow_id, row, ports.clock()), await policy_in_force(uow))
    append_plan(uow, successor)
    return successor


def append_plan(uow: UnitOfWork, event: ConfigurationPlanned | ConfigurationRefused) -> None:
    """The plan and the first messages of its progress."""
    journey = narration.planned(event) if isinstance(event, ConfigurationPlanned) else narration.refused(event)
    open_plan(uow, event, journey)
