"""The handler of a grant that people take back. It comes over hawk.control, so that it overtakes grants that wait."""

from services.executor.handlers.streams import load_execution, load_plan, load_progress, write
from services.executor.ports import Ports
from services.executor.workflow.revoking import revoke
from shared.events.revocations import RevocationRequested
from shared.messaging.message import Message
from shared.messaging.unit_of_work import UnitOfWork


async def on_revocation_requested(ports: Ports, uow: UnitOfWork, message: Message[RevocationRequested]) -> None:
    """Keep every grant of the workflow from being used, unless one was used: then do nothing, it is too late."""
    event = message.event
    state, execution = await load_plan(uow, event.workflow_id), await load_execution(uow, event.workflow_id)
    progress = await load_progress(uow, event.workflow_id)
    turn = revoke(state, execution.version, event, progress, ports.clock())
    if turn is not None:
        write(uow, event.workflow_id, turn)
