"""What follows from a command on the rollout: events, or the reason why nothing does. Pure."""

from decimal import Decimal
from typing import Any, Final

from services.approval.requests.decider import Fault, Refused
from services.approval.rollout.commands import (
    ConfirmChange,
    ConfirmResumption,
    ProposeChange,
    ProposeResumption,
    RolloutCommand,
    Stop,
)
from services.approval.rollout.state import Rollout
from services.approval.two_persons import permitted, second_person
from shared.canonical import digest
from shared.events import rollout as facts
from shared.events.approvals import Approver, PolicyOutcome
from shared.events.base import Event
from shared.policy.floors import two_persons_role
from shared.policy.table import ANY_APPROVER, Policy, SubjectKind

ZERO: Final = Decimal(0)
#: USD. A cap above all that a desk hedges in a year is a slip of the keyboard.
CAP_USD_MAX: Final = Decimal(1_000_000_000_000)


def decide(state: Rollout, command: RolloutCommand, policy: Policy) -> tuple[Event, ...] | Refused:
    """Return what a command leads to. An empty tuple: it holds already."""
    match command:
        case ProposeChange():
            return _propose_change(state, command, policy)
        case ConfirmChange():
            return _confirm_change(state, command, policy)
        case Stop():
            return _stop(state, command, policy)
        case ProposeResumption():
            return _propose_resumption(state, command, policy)
        case ConfirmResumption():
            return _confirm_resumption(state, command, policy)


def change_outcome(policy: Policy) -> PolicyOutcome:
    """Return who has to agree to other terms: as to any change of the configuration."""
    role = two_persons_role(policy, SubjectKind.CONFIGURATION)
    return _outcome(policy, (role, ANY_APPROVER), f"A change of the rollout needs {role} and a second person.")


def resumption_outcome(policy: Policy) -> PolicyOutcome:
    """Return who has to agree to going on after a stop."""
    return _outcome(policy, (ANY_APPROVER, ANY_APPROVER), "Two persons with approving roles resume.")


def _outcome(policy: Policy, required: tuple[str, ...], rule: str) -> PolicyOutcome:
    return PolicyOutcome(tier=required[0], required=required, rules=(rule,), version=policy.version, four_eyes=False)


def _propose_change(state: Rollout, command: ProposeChange, policy: Policy) -> tuple[Event, ...] | Refused:
    proposed_by = permitted(change_outcome(policy), command.by)
    if isinstance(proposed_by, Refused):
        return proposed_by
    fault = _fault_of(command.terms) or _outdated(state, command.expected_version)
    if fault is not None:
        return fault
    if command.terms == state.terms:
        return Refused(Fault.CONFLICT, "NOTHING_TO_CHANGE", f"{_told(command.terms)} is in force already.")
    based_on = state.version
    return (
        facts.RolloutChangeProposed(
            terms=command.terms,
            based_on=based_on,
            digest=_digest("change", proposed_by, based_on, command.comment, command.terms.model_dump(mode="json")),
            proposed_by=proposed_by,
            comment=command.comment,
            expires_at=command.by.at + command.lifetime,
        ),
    )


def _confirm_change(state: Rollout, command: ConfirmChange, policy: Policy) -> tuple[Event, ...] | Refused:
    proposal = state.change
    if proposal is None:
        return Refused(Fault.CONFLICT, "NOTHING_PROPOSED", "No change of the rollout waits for a second person.")
    confirmed = second_person(change_outcome(policy), proposal, command.by, command.digest)
    if isinstance(confirmed, Refused):
        return confirmed
    return (
        facts.RolloutTermsSet(
            follows=state.decided,
            terms=proposal.terms,
            digest=proposal.digest,
            proposed_by=proposal.proposed_by,
            confirmed_by=confirmed,
        ),
    )


def _stop(state: Rollout, command: Stop, policy: Policy) -> tuple[Event, ...] | Refused:
    stopped_by = permitted(resumption_outcome(policy), command.by)
    if isinstance(stopped_by, Refused):
        return stopped_by
    if state.stop is not None and state.resumption is None and command.kept == state.decided:
        return ()
    return (
        facts.ExecutionStopped(follows=state.decided, terms=state.terms, reason=command.reason, stopped_by=stopped_by),
    )


def _propose_resumption(state: Rollout, command: ProposeResumption, policy: Policy) -> tuple[Event, ...] | Refused:
    proposed_by = permitted(resumption_outcome(policy), command.by)
    if isinstance(proposed_by, Refused):
        return proposed_by
    if state.stop is None:
        return Refused(Fault.CONFLICT, "NOT_STOPPED", "HAWK is not stopped; there is nothing to resume.")
    fault = _outdated(state, command.expected_version)
    if fault is not None:
        return fault
    return (
        facts.ResumptionProposed(
            reason=command.reason,
            based_on=state.version,
            digest=_digest(
                "resumption", proposed_by, state.version, command.reason, state.stop.model_dump(mode="json")
            ),
            proposed_by=proposed_by,
            expires_at=command.by.at + command.lifetime,
        ),
    )


def _confirm_resumption(state: Rollout, command: ConfirmResumption, policy: Policy) -> tuple[Event, ...] | Refused:
    proposal = state.resumption
    if proposal is None:
        return Refused(
            Fault.CONFLICT,
            "NOTHING_PROPOSED",
            "No resumption waits for a second person; a stop thrown meanwhile takes a proposal away.",
        )
    confirmed = second_person(resumption_outcome(policy), proposal, command.by, command.digest)
    if isinstance(confirmed, Refused):
        return confirmed
    return (
        facts.ExecutionResumed(
            follows=state.decided,
            reason=proposal.reason,
            digest=proposal.digest,
            proposed_by=proposal.proposed_by,
            confirmed_by=confirmed,
        ),
    )


def _outdated(state: Rollout, expected: int) -> Refused | None:
    if expected == state.version:
        return None
    return Refused(
        Fault.CONFLICT,
        "VERSION_CONFLICT",
        f"The rollout is at version {state.version}; you were shown version {expected}. Read it again before you "
        "propose.",
    )


def _fault_of(terms: facts.RolloutTerms) -> Refused | None:
    """Return what is wrong with terms that somebody proposes."""
    limits = terms.limits
    if (terms.mode == "LIMITED") != (limits is not None):
        return _invalid("LIMITED needs limits, and only LIMITED has them.")
    if limits is None:
        return None
    if not limits.action_types or len(set(limits.action_types)) != len(limits.action_types):
        return _invalid("Name at least one action type, each once.")
    caps = (limits.order_cap_usd, limits.day_cap_usd)
    if not all(ZERO < cap <= CAP_USD_MAX for cap in caps):
        return _invalid(f"A cap is an amount of USD above zero, at most {CAP_USD_MAX:,}.")
    if any(cap != cap.quantize(Decimal("0.01")) for cap in caps):
        return _invalid("A cap has at most two decimals.")
    if limits.order_cap_usd > limits.day_cap_usd:
        return _invalid("An order's cap above the day's could never be used: lower it or raise the day's.")
    return None


def _invalid(reason: str) -> Refused:
    return Refused(Fault.INVALID, "LIMITS_INVALID", reason)


def _told(terms: facts.RolloutTerms) -> str:
    return terms.mode if terms.limits is None else f"{terms.mode} with these limits"


def _digest(kind: str, by: Approver, based_on: int, comment: str, what: Any) -> str:
    """Return the digest of all that the second person is shown; two proposals differ by version, so in digest."""
    return digest(
        {
            "kind": kind,
            "proposed_by": by.model_dump(mode="json"),
            "based_on": based_on,
            "comment": comment,
            "what": what,
        }
    )
