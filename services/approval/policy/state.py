"""The policy, as the events of its stream tell it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.events import policy as facts
from shared.events.approvals import Approver
from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.decisions import DecisionName, name_of
from shared.eventstore.port import NewEvent, RecordedEvent
from shared.policy.recorded import policy_of
from shared.policy.table import Policy


@dataclass(frozen=True, slots=True)
class PolicyState:
    """State of the stream `policy`.

    Args:
        name: of the decision that set the table in force.
        version: of the stream.
        history: every table that was in force, the present one last.
        proposal: what waits for people, and `approved_by` who has agreed to it.
    """

    in_force: facts.PolicySet
    policy: Policy
    name: DecisionName
    version: int
    history: tuple[facts.PolicySet, ...]
    proposal: facts.PolicyChangeProposed | None = None
    approved_by: tuple[Approver, ...] = ()

    @property
    def next_version(self) -> str:
        """The version that a table gets which is proposed now."""
        return f"policy-{len(self.history) + 1}"


def policy_state_of(events: Iterable[tuple[Event, RecordedEvent | NewEvent]]) -> PolicyState | None:
    """Return the state after these events; None before the first."""
    state: PolicyState | None = None
    for event, recorded in events:
        state = evolve(state, event, recorded)
    return state


def evolve(state: PolicyState | None, event: Event, recorded: RecordedEvent | NewEvent) -> PolicyState | None:
    """Return the state after one more event; refuses nothing. `recorded` is the event as the store has it."""
    version = 1 if state is None else state.version + 1
    if isinstance(event, facts.PolicySet):
        name = name_of(version, recorded.type, recorded.schema_version, recorded.data)
        history = () if state is None else state.history
        return PolicyState(event, policy_of(event.table), name, version, (*history, event))
    if state is None:
        return None
    state = replace(state, version=version)
    match event:
        case facts.PolicyChangeProposed():
            return replace(state, proposal=event, approved_by=())
        case facts.PolicyChangeApproved():
            return replace(state, approved_by=(*state.approved_by, event.approved_by))
        case facts.PolicyChangeRejected():
            return replace(state, proposal=None, approved_by=())
        case _:
            return state


def after_new(state: PolicyState, event: Event) -> PolicyState:
    """Return the state after an event that is about to be appended."""
    return evolve(state, event, encode(event)) or state
