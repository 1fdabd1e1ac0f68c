"""What follows from a command on the policy: events, or the reason why nothing does. Pure.

One person proposes a table, two others agree to it, a RISK_MANAGER among them: under the stricter of the table in force
and the proposed one.
"""

from typing import Final

from services.approval.policy.commands import ApproveTable, PolicyCommand, ProposeTable, RejectTable
from services.approval.policy.state import PolicyState
from services.approval.requests.decider import Fault, Refused
from services.approval.two_persons import Actor, outdated
from shared.canonical import digest
from shared.events import policy as facts
from shared.events.approvals import Approver, PolicyOutcome
from shared.events.base import Event
from shared.people.identity import same_person
from shared.policy.changing import change_outcome
from shared.policy.floors import floors
from shared.policy.people import Permission, may_decide, sufficient
from shared.policy.recorded import policy_of
from shared.policy.table import ANY_APPROVER, Policy

#: Who may propose: everybody who may approve something. It takes others to put it in force.
_PROPOSING: Final = PolicyOutcome(
    tier=ANY_APPROVER,
    required=(ANY_APPROVER,),
    rules=("Everybody with an approving role may propose another policy.",),
    version="",
    four_eyes=False,
)


def decide(state: PolicyState, command: PolicyCommand) -> tuple[Event, ...] | Refused:
    """Return what a command leads to."""
    match command:
        case ProposeTable():
            return _propose(state, command)
        case ApproveTable():
            return _approve(state, command)
        case RejectTable():
            return _reject(state, command)


def usable(table: facts.PolicyTable) -> Policy | Refused:
    """Return the policy of a table that may be in force, or every reason why it may not."""
    try:
        policy = policy_of(table)
    except ValueError as error:
        return Refused(Fault.INVALID, "POLICY_INVALID", str(error))
    faults = floors(policy)
    if faults:
        reason = f"No policy may undercut what stands in code. {' '.join(faults)}"
        return Refused(Fault.INVALID, "POLICY_BELOW_FLOOR", reason)
    return policy


def may_propose(by: Actor) -> Permission:
    """Return whether a person may propose a table."""
    return may_decide(_PROPOSING, "", by.person, by.roles, ())


def may_agree(state: PolicyState, by: Actor) -> Permission:
    """Return whether a person may agree to the proposal that waits, and under which role."""
    if state.proposal is None:
        return Permission(False, "", "NOTHING_PROPOSED", "No change of the policy waits for you.")
    outcome = change_outcome(state.policy, policy_of(state.proposal.table))
    return may_decide(outcome, state.proposal.proposed_by.person, by.person, by.roles, state.approved_by)


def _propose(state: PolicyState, command: ProposeTable) -> tuple[Event, ...] | Refused:
    permission = may_propose(command.by)
    if not permission.allowed:
        return Refused(Fault.FORBIDDEN, permission.code, permission.reason)
    in_force = state.in_force.table
    if command.expected_version != in_force.version:
        reason = f"Policy {in_force.version} is in force; you were shown {command.expected_version}. Read it again "
        return Refused(Fault.CONFLICT, "VERSION_CONFLICT", f"{reason}before you propose.")
    table = command.table.model_copy(update={"version": state.next_version})
    checked = usable(table)
    if isinstance(checked, Refused):
        return checked
    if table.model_copy(update={"version": in_force.version}) == in_force:
        return Refused(Fault.CONFLICT, "NOTHING_TO_CHANGE", f"This is what policy {in_force.version} says already.")
    proposed_by = Approver(person=command.by.person, role=permission.role, at=command.by.at)
    said = {
        "kind": "policy",
        "table": table.model_dump(mode="json"),
        "based_on": state.name.model_dump(mode="json"),
        "backtest": command.backtest.model_dump(mode="json"),
        "proposed_by": proposed_by.model_dump(mode="json"),
        "comment": command.comment,
    }
    return (
        facts.PolicyChangeProposed(
            table=table,
            based_on=state.name,
            backtest=command.backtest,
            digest=digest(said),
            proposed_by=proposed_by,
            comment=command.comment,
            expires_at=command.by.at + command.lifetime,
        ),
    )


def _approve(state: PolicyState, command: ApproveTable) -> tuple[Event, ...] | Refused:
    proposal = state.proposal
    if proposal is None:
        return _NOTHING
    if (fault := outdated(proposal, command.digest, command.by.at)) is not None:
        return fault
    permission = may_agree(state, command.by)
    if not permission.allowed:
        return Refused(Fault.FORBIDDEN, permission.code, permission.reason)
    approved_by = Approver(person=command.by.person, role=permission.role, at=command.by.at)
    approved = facts.PolicyChangeApproved(digest=proposal.digest, approved_by=approved_by)
    agreed = (*state.approved_by, approved_by)
    # Judged again here, when it comes into force: a release may have raised a floor since it was proposed.
    checked = usable(proposal.table)
    if isinstance(checked, Refused):
        return checked
    if not sufficient(change_outcome(state.policy, checked), agreed, proposal.proposed_by.person):
        return (approved,)
    return (
        approved,
        facts.PolicySet(
            table=proposal.table,
            follows=state.name,
            set_at=command.by.at,
            digest=proposal.digest,
            proposed_by=proposal.proposed_by,
            approved_by=agreed,
        ),
    )


def _reject(state: PolicyState, command: RejectTable) -> tuple[Event, ...] | Refused:
    proposal = state.proposal
    if proposal is None:
        return _NOTHING
    if command.digest != proposal.digest:
        return outdated(proposal, command.digest, command.by.at) or _NOTHING
    own = same_person(command.by.person, proposal.proposed_by.person)
    permission = may_propose(command.by)
    if not permission.allowed and not own:
        return Refused(Fault.FORBIDDEN, permission.code, permission.reason)
    rejected_by = Approver(
        person=command.by.person, role=permission.role or proposal.proposed_by.role, at=command.by.at
    )
    return (facts.PolicyChangeRejected(digest=proposal.digest, rejected_by=rejected_by, reason=command.reason),)


_NOTHING: Final = Refused(Fault.CONFLICT, "NOTHING_PROPOSED", "No change of the policy waits for anybody.")
