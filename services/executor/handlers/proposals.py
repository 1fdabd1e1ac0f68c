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
from shared.events import identity
from shared.events.catalogue import decode_message, draft_of
from shared.events.previews import PlanPreviewed, ProposalPreviewed
from shared.events.responses import Originated
from shared.eventstore.port import NO_STREAM
from shared.messaging.message import Message
from shared.messaging.unit_of_work import UnitOfWork


async def on_proposed(kinds: Kinds, ports: Ports, uow: UnitOfWork, message: Message[Originated]) -> None:
    """Draw the plan of a proposal. A workflow that has a plan is not planned twice.

    Raises:
        InvalidInput: its id is not that of what it is for and its attempt.
    """
    proposal = message.event
    kind = _kind_of(kinds, proposal)
    if (await load_plan(uow, proposal.workflow_id)).version:
        return
    event = await _drawn(ports, uow, kind, proposal)
    open_plan(uow, event, kind.opening(event))


async def on_proposal_previewed(
    kinds: Kinds, ports: Ports, uow: UnitOfWork, message: Message[ProposalPreviewed]
) -> None:
    """Draw the plan of a preview, once. It stays a document: there is no workflow, and nothing that a grant is for.

    Raises:
        InvalidInput: the draft is not a proposal, or its id is not that of what it is for.
    """
    event = message.event
    stream = await uow.load(identity.preview_plan_stream(event.response_id, event.component))
    if stream.version:
        return
    proposal = decode_message(event.draft.type, event.draft.schema_version, event.draft.data)
    if not isinstance(proposal, Originated) or not kinds.proposes(proposal):
        raise InvalidInput(
            code="EVENT_MALFORMED", reason=f"A preview holds a {event.draft.type}, which is not a proposal."
        )
    planned = await _drawn(ports, uow, _kind_of(kinds, proposal), proposal)
    previewed = PlanPreviewed(
        response_id=event.response_id, component=event.component, draft=draft_of(planned), drawn_at=ports.clock()
    )
    uow.append(stream.stream, NO_STREAM, previewed, correlation_id=event.response_id)


def _kind_of(kinds: Kinds, proposal: Originated) -> AnyKind:
    kind = kinds.of_proposal(proposal)
    expected = kind.workflow_id(proposal, proposal.origin.attempt)
    if proposal.workflow_id != expected:
        raise InvalidInput(
            code="WORKFLOW_ID_FORGED",
            reason=f"{type(proposal).__name__} of workflow {proposal.workflow_id}: what it is for and attempt "
            f"{proposal.origin.attempt} give workflow {expected}.",
        )
    return kind


async def _drawn(ports: Ports, uow: UnitOfWork, kind: AnyKind, proposal: Originated) -> Originated:
    """Return the plan of a proposal or its refusal, from the present facts."""
    now = ports.clock()
    facts = await kind.load(uow, proposal, now)
    proven, rollout = ports.proven(proposal), await look(ports, uow)
    return kind.draw(Workflow.of(proven), proven, facts, Circumstances(rollout, await policy_in_force(uow), now))


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
    circumstances = Circumstances(rollout, await policy_in_force(uow), now)
    event = kind.draw(Workflow.succeeding(stale, workflow_id), stale, facts, circumstances)
    open_plan(uow, event, kind.opening(event))
    return workflow_id
