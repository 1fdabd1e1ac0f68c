"""The rollout as `GET /rollout` shows it. Pure."""

from datetime import datetime, timedelta
from typing import Any, Final

from services.approval.rollout.decider import change_outcome, resumption_outcome
from services.approval.rollout.state import Rollout, TakenIn
from shared.events import rollout as facts
from shared.events.approvals import Approver, PolicyOutcome
from shared.policy.people import may_decide
from shared.policy.table import Policy
from shared.security.tokens import Person

#: How long the executor may take to follow a decision before people are warned; it is a second when all is well.
TAKING_IN_MAX: Final = timedelta(seconds=5)


def rollout_document(
    state: Rollout, taken_in: TakenIn | None, viewer: Person, policy: Policy, now: datetime
) -> dict[str, Any]:
    """Return mode, limits, stop, and what waits for a second person. `limits` is empty where there are none.

    `in_force`: the executor keeps to the last decision, and to no other under its version. Until then it goes on by
    what it knew before, and `notice` says so in words when that lasts. A proposal whose time is over is not shown:
    nobody can confirm it any more.
    """
    return {
        "version": state.version,
        **_terms(state.terms),
        "set_by": None if state.set is None else [_who(state.set.proposed_by), _who(state.set.confirmed_by)],
        "stopped": state.stop is not None,
        "stop": None
        if state.stop is None
        else {"reason": state.stop.reason, "stopped_by": _who(state.stop.stopped_by)},
        "in_force": _in_force(state, taken_in),
        "executor": _executor(taken_in),
        "notice": notice(state, taken_in, now),
        "pending": _pending(state.change, change_outcome(policy), viewer, now),
        "pending_resumption": _pending(state.resumption, resumption_outcome(policy), viewer, now),
        "may": {
            "stop": _may(resumption_outcome(policy), viewer),
            "resume": _may(resumption_outcome(policy), viewer),
            "propose": _may(change_outcome(policy), viewer),
        },
    }


def _may(outcome: PolicyOutcome, viewer: Person) -> dict[str, Any]:
    """Return whether the viewer may be the first person of an act, and why not."""
    mine = may_decide(outcome, "", viewer.name, viewer.roles, ())
    return {"allowed": mine.allowed, "why": "" if mine.allowed else mine.reason}


def notice(state: Rollout, taken_in: TakenIn | None, now: datetime) -> str | None:
    """Return what people must know who rely on what is shown; None when the executor keeps to it."""
    if taken_in is not None and taken_in.doubted is not None:
        return (
            f"The executor was given decision {taken_in.doubted} without the one before it, so it begins nothing new. "
            "Stop HAWK and resume: a stop tells it everything that is in force."
        )
    if taken_in is not None and taken_in.behind_since is not None:
        return (
            f"The executor does not read hawk.control to its end since {taken_in.behind_since:%Y-%m-%d %H:%M:%S} UTC: "
            "it begins nothing new and sends no deal until it does. Look at `hawk status` and the executor's log."
        )
    if taken_in is not None and taken_in.stopped and state.stop is None and taken_in.decision == state.decided:
        return "The executor is stopped by an earlier stop that came to it late. Stop HAWK and resume."
    waits = now - state.decided_at
    if _in_force(state, taken_in) or waits < TAKING_IN_MAX:
        return None
    return (
        f"{_decided(state)} IS NOT IN FORCE: the executor has not taken it in for {waits.total_seconds():.0f} s. "
        "Look whether relay, Kafka and executor run (`hawk status`)."
    )


def _decided(state: Rollout) -> str:
    at = f"of {state.decided_at:%Y-%m-%d %H:%M:%S} UTC"
    if state.stop is not None and state.stop.stopped_by.at == state.decided_at:
        return f"THE STOP {at}"
    return f"The decision {at}"


def _in_force(state: Rollout, taken_in: TakenIn | None) -> bool:
    if taken_in is None or taken_in.doubted is not None:
        return False
    return taken_in.decision == state.decided and taken_in.stopped == (state.stop is not None)


def _executor(taken_in: TakenIn | None) -> dict[str, Any] | None:
    if taken_in is None or taken_in.decision is None:
        return None
    behind = taken_in.behind_since
    return {
        "version": taken_in.decision.version,
        "since": taken_in.since.isoformat(),
        "behind_since": None if behind is None else behind.isoformat(),
    }


def _terms(terms: facts.RolloutTerms) -> dict[str, Any]:
    return {"mode": terms.mode, "limits": {} if terms.limits is None else terms.limits.model_dump(mode="json")}


def _pending(
    proposal: facts.RolloutChangeProposed | facts.ResumptionProposed | None,
    outcome: PolicyOutcome,
    viewer: Person,
    now: datetime,
) -> dict[str, Any] | None:
    if proposal is None or now >= proposal.expires_at:
        return None
    mine = may_decide(outcome, "", viewer.name, viewer.roles, (proposal.proposed_by,))
    return {
        **_proposed(proposal),
        "digest": proposal.digest,
        "based_on": proposal.based_on,
        "proposed_by": _who(proposal.proposed_by),
        "expires_at": proposal.expires_at.isoformat(),
        "may_confirm": mine.allowed,
        "why": mine.reason,
    }


def _proposed(proposal: facts.RolloutChangeProposed | facts.ResumptionProposed) -> dict[str, Any]:
    if isinstance(proposal, facts.RolloutChangeProposed):
        return {**_terms(proposal.terms), "comment": proposal.comment}
    return {"reason": proposal.reason}


def _who(person: Approver) -> dict[str, str]:
    return {"person": person.person, "role": person.role, "at": person.at.isoformat()}
