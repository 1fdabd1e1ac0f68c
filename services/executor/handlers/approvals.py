"""Handlers of the approval service's messages except grants: reported on hawk.progress, ends recorded in the plan."""

from datetime import datetime

from services.executor.execution.grant import Ending
from services.executor.handlers.closing import close
from services.executor.handlers.streams import load_plan, load_progress, report
from services.executor.ports import Ports
from services.executor.progress import messages
from shared.events import approvals, identity
from shared.messaging.message import Message
from shared.messaging.unit_of_work import UnitOfWork

#: States in which people decide on a plan.
WAITING = frozenset({"PLANNED", "AWAITING_APPROVAL"})


async def on_approval_requested(_: Ports, uow: UnitOfWork, message: Message[approvals.ApprovalRequested]) -> None:
    """Report that the plan waits for people."""
    event = message.event
    progress = await load_progress(uow, event.workflow_id)
    if progress.state == "PLANNED" and not progress.over:
        report(uow, messages.awaiting(progress, event.policy.tier, event.requested_at))


async def on_decision_recorded(_: Ports, uow: UnitOfWork, message: Message[approvals.DecisionRecorded]) -> None:
    """Report a person's decision while the plan waits; the approval service judges whether it is enough."""
    event = message.event
    progress = await load_progress(uow, event.workflow_id)
    if progress.state in WAITING and not progress.over:
        report(uow, messages.decided(progress, event.person, event.role, event.decision, event.decided_at))


async def on_request_escalated(_: Ports, uow: UnitOfWork, message: Message[approvals.RequestEscalated]) -> None:
    """Report while the plan waits that people with another role are asked too."""
    event = message.event
    progress = await load_progress(uow, event.workflow_id)
    if progress.state in WAITING and not progress.over:
        report(uow, messages.escalated(progress, event.role, event.escalated_at))


async def on_approval_rejected(ports: Ports, uow: UnitOfWork, message: Message[approvals.ApprovalRejected]) -> None:
    """Close the plan as REJECTED, with the person and the reason."""
    event = message.event
    reason = f"Rejected by {event.person}" + (f": {event.reason}" if event.reason else "")
    await _end(uow, event.workflow_id, Ending("REJECTED", "REJECTED", reason), ports.clock())


async def on_approval_withdrawn(ports: Ports, uow: UnitOfWork, message: Message[approvals.ApprovalWithdrawn]) -> None:
    """Close the plan as WITHDRAWN, with the person and the reason."""
    event = message.event
    reason = f"Withdrawn by {event.person}" + (f": {event.reason}" if event.reason else "")
    await _end(uow, event.workflow_id, Ending("WITHDRAWN", "WITHDRAWN", reason), ports.clock())


async def on_approval_amended(ports: Ports, uow: UnitOfWork, message: Message[approvals.ApprovalAmended]) -> None:
    """Close the plan as SUPERSEDED by that of the changed order."""
    event = message.event
    reason = f"Amended by {event.person}: {event.reason}"
    ending = Ending("SUPERSEDED", "SUPERSEDED", reason, successor=event.successor)
    await _end(uow, event.workflow_id, ending, ports.clock())


async def on_approval_expired(ports: Ports, uow: UnitOfWork, message: Message[approvals.ApprovalExpired]) -> None:
    """Close the plan as EXPIRED: no person decided in time."""
    event = message.event
    reason = "Nobody decided in time; silence is refusal"
    await _end(uow, event.workflow_id, Ending("EXPIRED", "APPROVAL_EXPIRED", reason), ports.clock())


async def on_grant_lapsed(ports: Ports, uow: UnitOfWork, message: Message[approvals.GrantLapsed]) -> None:
    """Close a plan whose grant was not used in time. An execution stream shows that it was used: then do nothing."""
    event = message.event
    if (await uow.load(identity.execution_stream(event.workflow_id))).version:
        return
    reason = "The grant was not used within its lifetime; ask for approval again"
    await _end(uow, event.workflow_id, Ending("EXPIRED", "GRANT_EXPIRED", reason), ports.clock())


async def _end(uow: UnitOfWork, workflow_id: str, ending: Ending, now: datetime) -> None:
    """Close the plan unless it is closed already, or nothing is known of it."""
    state = await load_plan(uow, workflow_id)
    if state.granted is not None and state.closed is None and not (await load_progress(uow, workflow_id)).over:
        await close(uow, state, ending, now)
