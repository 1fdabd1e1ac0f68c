"""The policy as `GET /policy` shows it. Pure."""

from datetime import datetime
from typing import Any

from services.approval.policy.decider import may_agree, may_propose
from services.approval.policy.state import PolicyState
from services.approval.two_persons import Actor
from shared.events.approvals import Approver
from shared.events.policy import PolicyChangeProposed, PolicySet, PolicyTable
from shared.people.identity import same_person
from shared.policy.changing import change_outcome
from shared.policy.people import places
from shared.policy.recorded import policy_of
from shared.policy.wording import in_words
from shared.security.tokens import Person

#: Tables of before that are shown, the latest first; all are in the trail.
HISTORY_MAX = 50


def policy_document(state: PolicyState, viewer: Person, now: datetime) -> dict[str, Any]:
    """Return the table in force in words and as it is written, those before it, and what waits for people.

    A proposal whose time is over is not shown: nobody can agree to it any more.
    """
    by = Actor(viewer.name, viewer.roles, now)
    mine = may_propose(by)
    return {
        **_set(state.in_force),
        "table": written(state.in_force.table),
        "history": [_set(each) for each in reversed(state.history[-HISTORY_MAX:])],
        "pending": _pending(state, by),
        "may": {"propose": {"allowed": mine.allowed, "why": "" if mine.allowed else mine.reason}},
    }


def written(table: PolicyTable) -> dict[str, Any]:
    """Return a table as a file holds it: without its version, which HAWK gives."""
    document: dict[str, Any] = table.model_dump(mode="json", exclude_none=True)
    del document["version"]
    return document


def _set(event: PolicySet) -> dict[str, Any]:
    return {
        "version": event.table.version,
        "in_words": in_words(policy_of(event.table)),
        "set_at": event.set_at.isoformat(),
        "proposed_by": None if event.proposed_by is None else _who(event.proposed_by),
        "approved_by": [_who(each) for each in event.approved_by],
    }


def _pending(state: PolicyState, by: Actor) -> dict[str, Any] | None:
    proposal = state.proposal
    if proposal is None or by.at >= proposal.expires_at:
        return None
    proposed = policy_of(proposal.table)
    outcome = change_outcome(state.policy, proposed)
    agree = may_agree(state, by)
    before, after = in_words(state.policy), in_words(proposed)
    return {
        "version": proposal.table.version,
        "digest": proposal.digest,
        "based_on": state.in_force.table.version,
        "in_words": after,
        "taken_out": [each for each in before if each not in after],
        "put_in": [each for each in after if each not in before],
        "table": written(proposal.table),
        "comment": proposal.comment,
        "proposed_by": _who(proposal.proposed_by),
        "expires_at": proposal.expires_at.isoformat(),
        "rules": list(outcome.rules),
        "places": [
            {"role": needed, "filled_by": None if filled is None else {"person": filled.person, "role": filled.role}}
            for needed, filled in places(outcome, state.approved_by, proposal.proposed_by.person)
        ],
        "backtest": proposal.backtest.model_dump(mode="json"),
        "may_confirm": agree.allowed,
        "why": agree.reason,
        "may_reject": _may_reject(proposal, by),
    }


def _may_reject(proposal: PolicyChangeProposed, by: Actor) -> bool:
    return may_propose(by).allowed or same_person(by.person, proposal.proposed_by.person)


def _who(person: Approver) -> dict[str, str]:
    return {"person": person.person, "role": person.role, "at": person.at.isoformat()}
