"""What the executor keeps to after one more decision on the rollout. Pure."""

from datetime import datetime

from shared.events.rollout import ExecutionResumed, ExecutionStopped, RolloutTakenIn, RolloutTermsSet


def after(
    before: RolloutTakenIn | None,
    decision: RolloutTermsSet | ExecutionStopped | ExecutionResumed,
    version: int,
    now: datetime,
) -> RolloutTakenIn:
    """The rollout at `version`. Terms and stop do not touch each other: other terms never end a stop."""
    terms = None if before is None else before.terms
    stopped, reason = (False, "") if before is None else (before.stopped, before.reason)
    match decision:
        case RolloutTermsSet():
            terms = decision.terms
        case ExecutionStopped():
            by = decision.stopped_by
            stopped, reason = True, f"{by.person} ({by.role}): {decision.reason}"
        case ExecutionResumed():
            stopped, reason = False, ""
    return RolloutTakenIn(rollout_version=version, terms=terms, stopped=stopped, reason=reason, taken_in_at=now)
