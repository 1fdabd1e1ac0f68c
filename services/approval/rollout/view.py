"""The rollout as `GET /rollout` shows it. Pure."""

from datetime import datetime
from typing import Any

from services.approval.rollout.decider import change_outcome, resumption_outcome
from services.approval.rollout.state import Rollout, TakenIn
from shared.events import rollout as facts
from shared.events.approvals import PolicyOutcome
from shared.policy.people import may_decide
from shared.policy.table import Policy
from shared.security.tokens import Person


def rollout_document(
    state: Rollout, taken_in: TakenIn | None, viewer: Person, policy: Policy, now: datetime
) -> dict[str, Any]:
    """Mode, limits, stop, and what waits for a second person. `limits` is empty where none hold.

    `in_force`: the executor keeps to it. Until then it goes on by what it knew before, for a moment, or for as long as
    the broker is away. A proposal whose time is over is not shown: nobody can confirm it any more.
    """
    return {
        "version": state.version,
        **_terms(state.terms),
        "set_by": None if state.set is None else [_who(state.set.proposed_by), _who(state.set.confirmed_by)],
        "stopped": state.stop is not None,
        "stop": None
        if state.stop is None
        else {"reason": state.stop.reason, "stopped_by": _who(state.stop.stopped_by)},
        "in_force": state.decided <= (0 if taken_in is None else taken_in.version),
        "executor": None if taken_in is None else {"version": taken_in.version, "since": taken_in.since.isoformat()},
        "pending": _pending(state.change, change_outcome(policy), viewer, now),
        "pending_resumption": _pending(state.resumption, resumption_outcome(policy), viewer, now),
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


def _who(person: facts.RolloutPerson) -> dict[str, str]:
    return {"person": person.person, "role": person.role, "at": person.at.isoformat()}
