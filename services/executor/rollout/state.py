"""What the executor keeps to after one more decision on the rollout or the policy. Pure.

A decision is taken in when it follows the one that is kept. One that does not is refused, and what came between is
unknown: until that is settled the executor begins nothing (`doubted`). A stop needs no predecessor. It says which terms
stand beside it, so whatever was lost before it does not matter any more.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.events.base import Event
from shared.events.decisions import DecisionName
from shared.events.policy import PolicySet, PolicyTakenIn
from shared.events.rollout import (
    ControlCaughtUp,
    ControlFellBehind,
    ExecutionResumed,
    ExecutionStopped,
    RolloutOpened,
    RolloutTakenIn,
    RolloutTerms,
    RolloutTermsSet,
)

#: What can be taken in.
Decision = RolloutOpened | RolloutTermsSet | ExecutionStopped | ExecutionResumed


@dataclass(frozen=True, slots=True)
class Kept:
    """State of the stream `control-executor`.

    Args:
        taken: every decision on the rollout that was ever taken in: one of them again is a repeat.
        behind: hawk.control was not read to its end when that was last noted.
    """

    rollout: RolloutTakenIn | None = None
    policy: PolicyTakenIn | None = None
    taken: frozenset[tuple[int, str]] = frozenset()
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Taking:
    """What a decision leads to: what is noted of it, and why it becomes a dead letter. Both None: a repeat."""

    note: RolloutTakenIn | PolicyTakenIn | None = None
    refusal: str | None = None


def fold(events: Iterable[Event]) -> Kept:
    """The state after these events."""
    kept = Kept()
    for event in events:
        match event:
            case RolloutTakenIn():
                kept = replace(kept, rollout=event, taken=kept.taken | {_key(event.decision)})
            case PolicyTakenIn():
                kept = replace(kept, policy=event)
            case ControlFellBehind() | ControlCaughtUp():
                kept = replace(kept, behind=isinstance(event, ControlFellBehind))
            case _:
                pass
    return kept


def take(kept: Kept, decision: Decision, name: DecisionName, now: datetime) -> Taking:
    """What a decision on the rollout leads to."""
    if _key(name) in kept.taken:
        return Taking()
    before = kept.rollout
    match decision:
        case ExecutionStopped(stopped_by=by, terms=terms):
            return Taking(_kept(name, terms, now, stopped=True, reason=f"{by.person} ({by.role}): {decision.reason}"))
        case RolloutOpened(terms=terms) if before is None and name.version == 1:
            return Taking(_kept(name, terms, now))
        case RolloutTermsSet() | ExecutionResumed() if before is not None and decision.follows == before.decision:
            return Taking(_following(before, decision, name, now))
        case _:
            return _out_of_order(before, decision, name, now)


def take_policy(kept: Kept, decision: PolicySet, name: DecisionName, now: datetime) -> Taking:
    """What a decision on the policy leads to."""
    before = None if kept.policy is None else kept.policy.decision
    if before == name:
        return Taking()
    if decision.follows != before or (before is None and name.version != 1):
        return Taking(refusal=f"Policy {name.version} follows {_told(decision.follows)}; kept is {_told(before)}.")
    return Taking(PolicyTakenIn(decision=name, table=decision.table, taken_in_at=now))


def _kept(
    name: DecisionName, terms: RolloutTerms, now: datetime, *, stopped: bool = False, reason: str = ""
) -> RolloutTakenIn:
    """A decision that says by itself how everything stands."""
    return RolloutTakenIn(decision=name, terms=terms, stopped=stopped, reason=reason, doubted=None, taken_in_at=now)


def _following(
    before: RolloutTakenIn, decision: RolloutTermsSet | ExecutionResumed, name: DecisionName, now: datetime
) -> RolloutTakenIn:
    """A decision that changes what is kept. Terms and stop do not touch each other: other terms never end a stop."""
    change: dict[str, object] = {"decision": name, "taken_in_at": now}
    change |= {"terms": decision.terms} if isinstance(decision, RolloutTermsSet) else {"stopped": False, "reason": ""}
    if _version(before.doubted) <= name.version:
        change["doubted"] = None
    return before.model_copy(update=change)


def _out_of_order(before: RolloutTakenIn | None, decision: Decision, name: DecisionName, now: datetime) -> Taking:
    """Refused. A later one than what is kept says that something is missing; an earlier one says nothing new."""
    follows = None if isinstance(decision, RolloutOpened) else decision.follows
    refusal = (
        f"Decision {name.version} of the rollout follows {_told(follows)}, but the executor keeps to "
        f"{_told(None if before is None else before.decision)}."
    )
    known = before is None or name.version <= max(before.decision.version, _version(before.doubted))
    if before is None or known:
        return Taking(refusal=refusal)
    return Taking(before.model_copy(update={"doubted": name, "taken_in_at": now}), refusal)


def _version(name: DecisionName | None) -> int:
    return 0 if name is None else name.version


def _key(name: DecisionName) -> tuple[int, str]:
    return name.version, name.digest


def _told(name: DecisionName | None) -> str:
    return "none" if name is None else f"decision {name.version} ({name.digest})"
