"""Requests on the rollout: load, decide, append."""

from services.approval.requests.decider import Refused
from services.approval.rollout.commands import RolloutCommand
from services.approval.rollout.decider import decide
from services.approval.rollout.state import NotOpened, Rollout, after_new, rollout_of
from shared.events.identity import ROLLOUT_STREAM
from shared.messaging.streams import LoadedStream
from shared.messaging.unit_of_work import UnitOfWork
from shared.policy.table import Policy


async def read(unit: UnitOfWork) -> Rollout:
    """Return the rollout as it is.

    Raises:
        NotOpened: the installation starts for the first time.
    """
    return _state(await unit.load(ROLLOUT_STREAM))


async def act(unit: UnitOfWork, command: RolloutCommand, policy: Policy) -> Rollout | Refused:
    """Decide on a command; gives the state after it. Raises NotOpened likewise."""
    loaded = await unit.load(ROLLOUT_STREAM)
    state = _state(loaded)
    events = decide(state, command, policy)
    if isinstance(events, Refused):
        return events
    unit.append(ROLLOUT_STREAM, loaded.version, *events, correlation_id=ROLLOUT_STREAM)
    for event in events:
        state = after_new(state, event)
    return state


def _state(loaded: LoadedStream) -> Rollout:
    state = rollout_of(zip(loaded.events, loaded.recorded, strict=True))
    if state is None:
        raise NotOpened(ROLLOUT_STREAM)
    return state
