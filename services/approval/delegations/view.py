"""Delegations and absences as `GET /delegations` shows them. Pure."""

from datetime import datetime
from typing import Any, Final

from services.approval.delegations.decider import may_confirm, may_end, may_give
from services.approval.delegations.state import Absences, Delegations, Given
from services.approval.requests.decider import Refused
from services.approval.two_persons import Actor
from shared.events.approvals import Approver
from shared.people.identity import same_person
from shared.policy.scopes import base_of
from shared.policy.table import APPROVING_ROLES
from shared.security.tokens import Person

#: Delegations and absences that are over and still listed, the latest first; all are in the trail.
OVER_MAX: Final = 50


def delegations_document(given: Delegations, away: Absences, viewer: Person, now: datetime) -> dict[str, Any]:
    """Return who stands in for whom, what waits for a second person, who is away, and what the viewer may do."""
    by = Actor(viewer.name, viewer.roles, now)
    shown = [_delegation(given, each, by) for each in given.given.values()]
    absences = [_absence(each, by) for each in away.noted.values()]
    mine = may_give(by)
    why = mine.reason if isinstance(mine, Refused) else ""
    return {
        "delegations": _listed(shown),
        "absences": _listed(absences),
        "my_roles": [role for role in viewer.roles if base_of(role) in APPROVING_ROLES],
        "may": {"give": {"allowed": not why, "why": why}},
        "as_of": now.isoformat(),
    }


def _listed(shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what waits or holds by its beginning, then the latest of what is over."""
    open_now = sorted((each for each in shown if each["state"] != "OVER"), key=lambda each: str(each["starts_at"]))
    over = sorted((each for each in shown if each["state"] == "OVER"), key=lambda each: str(each["ends_at"]))
    return [*open_now, *reversed(over[-OVER_MAX:])]


def _delegation(state: Delegations, given: Given, by: Actor) -> dict[str, Any]:
    proposal, confirmed = given.proposal, given.confirmed
    waits = confirmed is None and not given.over(by.at)
    asked = may_confirm(state, given, by) if waits else None
    return {
        "delegation_id": proposal.delegation_id,
        "state": _state(given, by.at),
        "delegate": proposal.delegate,
        "roles": list(proposal.roles),
        "starts_at": given.starts_at.isoformat(),
        "ends_at": given.ends_at.isoformat(),
        "reason": proposal.reason,
        "digest": proposal.digest,
        "proposed_by": _who(proposal.proposed_by),
        "confirmed_by": None if confirmed is None else _who(confirmed.confirmed_by),
        "ended_by": None if given.ended is None else given.ended.ended_by,
        "ended_why": None if given.ended is None else given.ended.reason,
        "expires_at": proposal.expires_at.isoformat(),
        "may_confirm": isinstance(asked, Approver),
        "why": asked.reason if isinstance(asked, Refused) else "",
        "may_end": not given.over(by.at) and may_end(given, by),
    }


def _state(given: Given, at: datetime) -> str:
    if given.over(at):
        return "OVER"
    if given.confirmed is None:
        return "WAITS"
    return "HOLDS" if given.starts_at <= at else "COMES"


def _absence(noted: Any, by: Actor) -> dict[str, Any]:
    state = "OVER" if by.at >= noted.ends_at else "AWAY" if by.at >= noted.starts_at else "COMES"
    return {
        "absence_id": noted.absence_id,
        "state": state,
        "person": noted.person,
        "roles": list(noted.roles),
        "starts_at": noted.starts_at.isoformat(),
        "ends_at": noted.ends_at.isoformat(),
        "note": noted.note,
        "may_end": state != "OVER" and same_person(noted.person, by.person),
    }


def _who(person: Approver) -> dict[str, str]:
    return {"person": person.person, "role": person.role, "at": person.at.isoformat()}
