"""How much HAWK may do, as decided and as the executor follows it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.monitor.health.found import Control

#: The decisions among the events of the rollout; others are proposals.
_DECISIONS: Final = frozenset({"RolloutOpened", "RolloutTermsSet", "ExecutionStopped", "ExecutionResumed"})


@dataclass(frozen=True, slots=True)
class Rollout:
    """Mode and stop.

    Args:
        mode: None until the executor has taken one in.
        people: who decided the mode, and when; empty where that is longer ago than what is read.
        stopped: what the executor follows, or what was decided and it has not heard of yet: a stop is shown at once.
        version: the last decision; `followed`: the one that the executor keeps to.
        doubted: the executor misses a decision.
    """

    mode: str | None = None
    mode_at: datetime | None = None
    people: tuple[str, ...] = ()
    stopped: bool = False
    reason: str = ""
    stopped_by: str = ""
    stopped_at: datetime | None = None
    version: int | None = None
    followed: int | None = None
    doubted: bool = False
    caught_up_at: datetime | None = None


def rollout_of(control: Control) -> Rollout:
    """Return mode and stop out of the last decisions and the executor's note."""
    decisions = [each for each in control.decisions if each[1] in _DECISIONS]
    followed = dict(control.followed or {})
    set_by = next((each for each in decisions if each[1] in ("RolloutTermsSet", "RolloutOpened")), None)
    turned = next((each for each in decisions if each[1] in ("ExecutionStopped", "ExecutionResumed")), None)
    stop = turned if turned is not None and turned[1] == "ExecutionStopped" else None
    terms = (set_by[2].get("terms") if set_by is not None else None) or followed.get("terms") or {}
    return Rollout(
        mode=terms.get("mode"),
        mode_at=None if set_by is None else set_by[3],
        people=() if set_by is None else _people(set_by[2]),
        stopped=stop is not None if turned is not None else bool(followed.get("stopped")),
        reason=str(stop[2].get("reason", "")) if stop is not None else str(followed.get("reason", "")),
        stopped_by="" if stop is None else _name(stop[2].get("stopped_by")),
        stopped_at=None if stop is None else stop[3],
        version=decisions[0][0] if decisions else None,
        followed=(followed.get("decision") or {}).get("version"),
        doubted=followed.get("doubted") is not None,
        caught_up_at=control.caught_up_at,
    )


def _people(data: Any) -> tuple[str, ...]:
    return tuple(filter(None, (_name(data.get(part)) for part in ("proposed_by", "confirmed_by"))))


def _name(approver: Any) -> str:
    """Return a person as screens name them: without the address behind the name."""
    return str((approver or {}).get("person", "")).partition(" <")[0]
