"""Requests on the policy, and the policy in force inside a transaction: load, decide, append."""

from services.approval.policy.commands import PolicyCommand
from services.approval.policy.decider import decide
from services.approval.policy.state import PolicyState, after_new, policy_state_of
from services.approval.requests.decider import Refused
from services.approval.rollout.state import NotOpened
from shared.events.identity import POLICY_STREAM
from shared.events.policy import PolicySet
from shared.messaging.streams import LoadedStream
from shared.messaging.unit_of_work import UnitOfWork
from shared.policy.recorded import policy_of
from shared.policy.table import Policy


async def read(unit: UnitOfWork) -> PolicyState:
    """Return the policy as it is.

    Raises:
        NotOpened: the installation starts for the first time.
    """
    return _state(await unit.load(POLICY_STREAM))


async def in_force(unit: UnitOfWork) -> Policy | None:
    """Return the policy in force in this transaction; None before the first was set."""
    loaded = await unit.load(POLICY_STREAM)
    last = next((event for event in reversed(loaded.events) if isinstance(event, PolicySet)), None)
    return None if last is None else policy_of(last.table)


async def act(unit: UnitOfWork, command: PolicyCommand) -> PolicyState | Refused:
    """Decide on a command; gives the state after it. Raises NotOpened likewise."""
    loaded = await unit.load(POLICY_STREAM)
    state = _state(loaded)
    events = decide(state, command)
    if isinstance(events, Refused):
        return events
    unit.append(POLICY_STREAM, loaded.version, *events, correlation_id=POLICY_STREAM)
    for event in events:
        state = after_new(state, event)
    return state


def _state(loaded: LoadedStream) -> PolicyState:
    state = policy_state_of(zip(loaded.events, loaded.recorded, strict=True))
    if state is None:
        raise NotOpened(POLICY_STREAM)
    return state
