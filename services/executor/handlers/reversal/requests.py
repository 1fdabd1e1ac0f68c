"""A person asks for a reversal: read the facts, draw the plan, append it. Nothing is taken back here."""

from services.executor.handlers.loading import load_plan
from services.executor.handlers.reversal.facts import load_reversal_facts
from services.executor.handlers.rollout.reading import policy_in_force
from services.executor.handlers.writing import open_plan
from services.executor.ports import Ports
from services.executor.reversal import narration, planning
from services.executor.reversal.commands import DrawReversal, ReversalFacts
from shared.errors import InvalidInput
from shared.events import identity
from shared.events.reversals import ReversalPlanned, ReversalRefused, ReversalRequested
from shared.messaging.message import Message, message_event
from shared.messaging.unit_of_work import UnitOfWork


async def on_reversal_requested(ports: Ports, uow: UnitOfWork, message: Message) -> None:
    """Draw the plan of a reversal. One that has a plan is not planned twice.

    Raises:
        InvalidInput: the message holds no request, or one whose id is not that of its workflow and attempt.
    """
    request = message_event(message)
    if not isinstance(request, ReversalRequested):
        found = type(request).__name__
        raise InvalidInput(code="EVENT_MALFORMED", reason=f"Expected ReversalRequested, found {found}.")
    expected = identity.reversal_id(request.reverses, request.attempt)
    if request.workflow_id != expected:
        raise InvalidInput(
            code="WORKFLOW_ID_FORGED",
            reason=f"Reversal {request.workflow_id}: workflow {request.reverses}, attempt {request.attempt} "
            f"give {expected}.",
        )
    if (await load_plan(uow, request.workflow_id)).version:
        return
    now = ports.clock()
    facts = await load_reversal_facts(uow, request.reverses, now)
    append_plan(
        uow, planning.decide(DrawReversal.of(ports.proven(request), facts, now), await policy_in_force(uow)), facts
    )


async def plan_again(ports: Ports, uow: UnitOfWork, stale: ReversalPlanned, facts: ReversalFacts) -> str:
    """The successor of a reversal whose effects are no longer those approved; gives its id."""
    successor = identity.reversal_id(stale.plan.reverses, stale.attempt + 1)
    command = DrawReversal.again(stale, facts, ports.clock(), successor=successor)
    append_plan(uow, planning.decide(command, await policy_in_force(uow)), facts)
    return successor


def append_plan(uow: UnitOfWork, event: ReversalPlanned | ReversalRefused, facts: ReversalFacts) -> None:
    """The plan or the refusal, and the first messages of its progress."""
    if isinstance(event, ReversalPlanned):
        journey = narration.planned(event)
    else:
        journey = narration.refused(event, None if facts.drawn is None else facts.drawn.plan.order.order_id)
    open_plan(uow, event, journey)
