"""A grant is taken back: it can never be used, or it was used before. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from services.executor.execution.decider import Changes
from services.executor.execution.grant import Ending
from services.executor.planning.state import PlanState
from services.executor.progress.reporting import Progress
from services.executor.workflow.saga import Turn, close
from shared.events import identity
from shared.events.revocations import GrantRevoked, RevocationRequested
from shared.eventstore.port import NO_STREAM

#: State and code of a plan whose grant was taken back.
REVOKED: Final = "REVOKED"


def revoke(
    state: PlanState, executed: int, asked: RevocationRequested, progress: Progress, now: datetime
) -> Turn | None:
    """Take a grant back by creating the execution's stream, so that no grant of the workflow can begin it.

    Whoever creates the stream first has decided: the use of a grant appends its first event there too.

    Args:
        executed: version of the execution's stream.
    Returns:
        None where it is too late, or the plan has ended: nothing is left to take back.
    """
    if executed or state.granted is None or state.closed is not None:
        return None
    by = asked.by
    revoked = GrantRevoked(workflow_id=asked.workflow_id, jti=asked.jti, by=by, revoked_at=now)
    reason = f"Revoked by {by.person}" + (f": {by.reason}" if by.reason else "")
    turn = close(state, Ending(REVOKED, REVOKED, reason), progress, now)
    first = Changes(identity.execution_stream(asked.workflow_id), NO_STREAM, (revoked,))
    return replace(turn, changes=(first, *turn.changes))
