"""Requests on the rollout: load, decide, append."""

from services.approval.decider import Refused
from services.approval.rollout.commands import RolloutCommand
from services.approval.rollout.decider import decide
from services.approval.rollout.state import Rollout, evolve, rollout_of
from shared.events.identity import ROLLOUT_STREAM
from shared.events.rollout import RolloutTerms
from shared.messaging.unit_of_work import UnitOfWork
from shared.policy.table import Policy


async def read(unit: UnitOfWork, starting: RolloutTerms) -> Rollout:
    """The rollout as it is."""
    return rollout_of((await unit.load(ROLLOUT_STREAM)).events, starting)


async def act(unit: UnitOfWork, command: RolloutCommand, policy: Policy, starting: RolloutTerms) -> Rollout | Refused:
    """Decide on a command; gives the state after it."""
    loaded = await unit.load(ROLLOUT_STREAM)
    state = rollout_of(loaded.events, starting)
    events = decide(state, command, policy)
    if isinstance(events, Refused):
        return events
    unit.append(ROLLOUT_STREAM, loaded.version, *events, correlation_id=ROLLOUT_STREAM)
    for event in events:
        state = evolve(state, event)
    return state
