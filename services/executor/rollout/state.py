"""The rollout and policy that the executor keeps to after one more decision. Pure.

A decision is accepted when it follows the kept one. A later one that does not follow it is refused, and what came
between is unknown: until that is settled the executor begins nothing (`doubted`). A stop needs no predecessor: a later
one names the terms in force with it, so that a loss before it does not matter any more, and one older than what is kept
stops too. Only a later decision lets HAWK go on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from shared.events.base import Event
from shared.events.decisions import DecisionName
from shared.events.policy import PolicySet, PolicyTable, PolicyTakenIn
from shared.events.rollout import (
    ControlCaughtUp,
    ControlFellBehind,
    ExecutionResumed,
    ExecutionStopped,
    RolloutOpened,
    RolloutTakenIn,
    RolloutTermsSet,
)
from shared.policy.changing import shortage
from shared.policy.recorded import policy_of

#: The decisions that can be accepted.
Decision = RolloutOpened | RolloutTermsSet | ExecutionStopped | ExecutionResumed


@dataclass(frozen=True, slots=True)
class Kept:
    """State of the stream `control-executor`.

    Args:
        policies: every policy that was ever taken in, by its version.
        taken: every decision on the rollout that was ever accepted: a second copy is a repeat.
        behind: hawk.control was not read to its end when that was last noted.
    """

    rollout: RolloutTakenIn | None = None
    policy: PolicyTakenIn | None = None
    policies: Mapping[str, PolicyTable] = field(default_factory=dict)
    taken: frozenset[tuple[int, str]] = frozenset()
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Taking:
    """The result of a decision: what is recorded, and why it becomes a dead letter. Both None: a repeat."""

    note: RolloutTakenIn | PolicyTakenIn | None = None
    refusal: str | None = None


#: The state before the first decision.
_NOTHING: Final = RolloutTakenIn(
    decision=None, terms=None, stopped=False, reason="", doubted=None, taken_in_at=datetime.min.replace(tzinfo=UTC)
)


def fold(events: Iterable[Event]) -> Kept:
    """Return the state after these events."""
    kept = Kept()
    for event in events:
        match event:
            case RolloutTakenIn():
                taken = frozenset() if event.decision is None else frozenset({_key(event.decision)})
                kept = replace(kept, rollout=event, taken=kept.taken | taken)
            case PolicyTakenIn():
                kept = replace(kept, policy=event, policies={**kept.policies, event.table.version: event.table})
            case ControlFellBehind() | ControlCaughtUp():
                kept = replace(kept, behind=isinstance(event, ControlFellBehind))
            case _:
                pass
    return kept


def take(kept: Kept, decision: Decision, name: DecisionName, now: datetime) -> Taking:
    """Return what a decision on the rollout leads to."""
    if _key(name) in kept.taken:
        return Taking()
    before = kept.rollout or _NOTHING
    match decision:
        case ExecutionStopped():
            return _stopped(before, decision, name, now)
        case RolloutOpened() if before.decision is None and name.version == 1:
            return Taking(_changed(before, name, now, terms=decision.terms))
        case RolloutTermsSet() if _follows(before, decision.follows, name):
            # Terms and stop do not touch each other: other terms never end a stop.
            return Taking(_changed(before, name, now, terms=decision.terms))
        case ExecutionResumed() if _follows(before, decision.follows, name):
            return Taking(_changed(before, name, now, stopped=False, reason=""))
        case _:
            return _out_of_order(before, decision, name, now)


def take_policy(kept: Kept, decision: PolicySet, name: DecisionName, now: datetime) -> Taking:
    """Return what a decision on the policy leads to."""
    before = None if kept.policy is None else kept.policy.decision
    if before == name:
        return Taking()
    if decision.follows != before or (before is None and name.version != 1):
        return Taking(refusal=f"Policy {name.version} follows {_told(decision.follows)}; kept is {_told(before)}.")
    if kept.policy is not None and (why := _undecided(kept, kept.policy.table, decision)) is not None:
        return Taking(refusal=f"Policy {name.version} was not decided by enough people: {why}.")
    return Taking(PolicyTakenIn(decision=name, table=decision.table, taken_in_at=now))


def _undecided(kept: Kept, before: PolicyTable, decision: PolicySet) -> str | None:
    """Return why a table is not followed whoever published it: too few decided, or its version was used before."""
    if decision.table.version in kept.policies:
        return f"version {decision.table.version} is that of an earlier table"
    return shortage(policy_of(before), policy_of(decision.table), decision.proposed_by, decision.approved_by)


def _stopped(before: RolloutTakenIn, decision: ExecutionStopped, name: DecisionName, now: datetime) -> Taking:
    """Stop in every case. A stop older than the kept decision was lost and is late: it stops, and changes no terms."""
    reason = f"{decision.stopped_by.person} ({decision.stopped_by.role}): {decision.reason}"
    if name.version > _version(before.decision):
        return Taking(_changed(before, name, now, terms=decision.terms, stopped=True, reason=reason))
    if before.stopped:
        return Taking()
    return Taking(before.model_copy(update={"stopped": True, "reason": reason, "taken_in_at": now}))


def _changed(before: RolloutTakenIn, name: DecisionName, now: datetime, **change: object) -> RolloutTakenIn:
    """Return what is kept after a decision. A doubt ends with the doubted decision itself, or with a later one."""
    settled = {} if _version(before.doubted) > name.version else {"doubted": None}
    return before.model_copy(update={"decision": name, "taken_in_at": now, **settled, **change})


def _follows(before: RolloutTakenIn, follows: DecisionName, name: DecisionName) -> bool:
    return follows == before.decision and name.version > follows.version


def _out_of_order(before: RolloutTakenIn, decision: Decision, name: DecisionName, now: datetime) -> Taking:
    """Refuse the decision. One later than all others shows that something is missing; an earlier one is no news."""
    follows = None if isinstance(decision, RolloutOpened) else decision.follows
    refusal = (
        f"Decision {name.version} of the rollout follows {_told(follows)}, but the executor keeps to "
        f"{_told(before.decision)}."
    )
    if name.version <= max(_version(before.decision), _version(before.doubted)):
        return Taking(refusal=refusal)
    return Taking(before.model_copy(update={"doubted": name, "taken_in_at": now}), refusal)


def _version(name: DecisionName | None) -> int:
    return 0 if name is None else name.version


def _key(name: DecisionName) -> tuple[int, str]:
    return name.version, name.digest


def _told(name: DecisionName | None) -> str:
    return "none" if name is None else f"decision {name.version} ({name.digest})"
