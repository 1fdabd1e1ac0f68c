"""Checks that every execution used a valid grant of the right tier, once. Pure.

The executor checks all of this before it acts, signature included; here it is checked again, from the events and the
verifier's public keys.
"""

import base64
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from shared.events.approvals import Emergency, GrantIssued, PolicyOutcome, UsedGrant
from shared.events.base import Event
from shared.events.catalogue import EVENTS
from shared.events.emergency import GlassBroken
from shared.events.execution import ExecutionBegun
from shared.events.identity import DELEGATIONS_STREAM, POLICY_STREAM, approval_stream, execution_stream, plan_stream
from shared.events.plans import PlanRefused, WorkflowPlanned
from shared.events.policy import PolicySet
from shared.exact_json import parse_json
from shared.plans.digests import plan_of
from shared.plans.subjects import subject_of
from shared.policy.delegation import Delegated, Delegation, counting, unfounded
from shared.policy.emergency import enough, fault_of
from shared.policy.evaluation import covers, evaluate
from shared.policy.floors import beneath, never_the_asker
from shared.policy.recorded import policy_of
from shared.policy.subject import PolicySubject
from shared.policy.table import VERSIONS, Policy
from shared.security.grants import GRANT_TYPE
from shared.security.signing import SignatureProblem, verify
from tools.verification.checks.delegations import keep_delegation
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.spilled import Spilled

#: Events that use a grant: the first ones of an execution, whatever it executes.
USES: Final = frozenset(name for name, kind in EVENTS.items() if issubclass(kind, ExecutionBegun))
#: Events that say what a policy asks for a plan.
PLANS: Final = frozenset(name for name, kind in EVENTS.items() if issubclass(kind, WorkflowPlanned | PlanRefused))
_CLAIMS: Final = ("jti", "workflow_id", "plan_digest", "tier", "approvers", "emergency")


@dataclass(frozen=True, slots=True)
class GrantUse:
    """The grant that an execution uses, as its first event states it."""

    place: str
    workflow_id: str
    grant: UsedGrant
    at: datetime


@dataclass(frozen=True, slots=True)
class _Plan:
    plan_digest: str | None
    effects_digest: str | None
    policies: tuple[PolicyOutcome, ...]
    maker: str
    subject: PolicySubject | None


class GrantFold:
    """Keeps grants, plans and uses and compares them at the end: their streams have no common order.

    Args:
        keys: public keys of the approval service, of all days; None leaves signatures unjudged.
    """

    def __init__(self, findings: Findings, keys: Sequence[str] | None) -> None:
        self._findings = findings
        self._keys = keys
        self._grants = Spilled[GrantIssued]()
        self._plans = Spilled[_Plan]()
        self._uses = Spilled[GrantUse]()
        self._emergencies = Spilled[Emergency]()
        self._tables: dict[str, Policy] = dict(VERSIONS)
        self._delegations: dict[str, Delegation] = {}

    def take(self, past: PastEvent, event: Event) -> None:
        """Keep a grant, a use or a plan; check text and signature of a grant at once."""
        workflow = getattr(event, "workflow_id", "")
        name = type(event).__name__
        if isinstance(event, GrantIssued):
            self._issued(past, event)
        elif isinstance(event, GlassBroken) and past.event.stream == approval_stream(workflow):
            self._emergencies[workflow] = event.emergency
        elif isinstance(event, ExecutionBegun) and past.event.stream == execution_stream(workflow):
            self._uses[past.place] = GrantUse(past.place, workflow, event.grant, event.begun_at)
        elif name in PLANS and past.event.stream == plan_stream(workflow):
            self._plans[workflow] = _plan(event, self._tables)
        elif isinstance(event, PolicySet) and past.event.stream == POLICY_STREAM:
            self._keep(event)
        elif past.event.stream == DELEGATIONS_STREAM:
            keep_delegation(self._delegations, event)

    def finish(self) -> None:
        """Report each grant used twice, and each use that its grant or its plan does not cover."""
        used = Spilled[str]()
        for _, use in self._uses.each():
            if use.grant.jti in used:
                self._findings.add(
                    f"{use.place}: grant {use.grant.jti} is used again, after workflow {used[use.grant.jti]}."
                )
            used[use.grant.jti] = use.workflow_id
            for why in self._faults(use):
                self._findings.add(f"{use.place}: workflow {use.workflow_id} is executed, but {why}.")

    def _keep(self, event: PolicySet) -> None:
        """Keep a table by its version, which plans name; of one that cannot be followed the fold of policies tells."""
        with contextlib.suppress(ValueError):
            self._tables[event.table.version] = policy_of(event.table)

    def _issued(self, past: PastEvent, event: GrantIssued) -> None:
        if past.event.stream != approval_stream(event.workflow_id):
            self._findings.add(f"{past.place}: grant {event.jti} is for workflow {event.workflow_id}.")
        if event.jti in self._grants:
            self._findings.add(f"{past.place}: grant {event.jti} is issued again.")
        claims = claims_of(event.grant)
        differing = [] if claims is None else _differing(event, claims)
        if claims is None or differing:
            fault = "cannot be read" if claims is None else f"differs in {', '.join(differing)}"
            self._findings.add(f"{past.place}: the signed text of grant {event.jti} {fault}.")
        if self._keys is not None and (why := unsigned(event.grant, GRANT_TYPE, self._keys)):
            self._findings.add(f"{past.place}: grant {event.jti} is not what the approval service signed: {why}.")
        if event.emergency is not None and event.emergency != self._emergencies.get(event.workflow_id):
            self._findings.add(f"{past.place}: grant {event.jti} names an emergency that nobody declared before it.")
        self._grants[event.jti] = event

    def _faults(self, use: GrantUse) -> Iterator[str]:
        grant, plan = self._grants.get(use.grant.jti), self._plans.get(use.workflow_id)
        delegated = Delegated(tuple(self._delegations.values()))
        if grant is None:
            yield f"the approval service never issued the grant {use.grant.jti}"
        else:
            yield from _differences(use, grant)
        if plan is None:
            yield "it has no plan"
            return
        if (plan.plan_digest, plan.effects_digest) != (use.grant.plan_digest, use.grant.effects_digest):
            yield f"its plan is {plan.plan_digest}; executed is {use.grant.plan_digest}"
        if not plan.policies:
            yield f"under tier {use.grant.tier}; the plan needs a policy"
        asked = self._tables.get(use.grant.policy_version)
        if asked is None:
            yield f"under policy {use.grant.policy_version}, which was never in force"
        elif plan.subject is not None:
            yield from _shortage(use, evaluate(asked, plan.subject), plan, delegated)
        for policy in plan.policies:
            yield from _shortage(use, policy, plan, delegated)
        yield from _not_in_emergency(use, grant, plan)
        if (stranger := unfounded(use.grant.approvers, delegated)) is not None:
            yield f"{stranger.person} used {stranger.role} of {stranger.on_behalf_of}, who had given no such role then"
        if plan.subject is not None:
            asker_out = never_the_asker(plan.subject)
            people = counting(use.grant.approvers, plan.maker, delegated, four_eyes=asker_out)
            if (floor := beneath(plan.subject, people, plan.maker)) is not None:
                yield f"it needs {floor}"


def _not_in_emergency(use: GrantUse, grant: GrantIssued | None, plan: _Plan) -> Iterator[str]:
    """Yield why the emergency of a grant counts for nothing."""
    emergency, subject = use.grant.emergency, plan.subject
    if emergency is not None and grant is not None and subject is not None:
        fault = fault_of(emergency, subject.kind.value, grant.issued_at, plan.maker, subject.entities)
        if fault is not None:
            yield f"in an emergency that counts for nothing: {fault}"


def _shortage(use: GrantUse, policy: PolicyOutcome, plan: _Plan, delegated: Delegated) -> Iterator[str]:
    """Yield what the approvers lack for a policy."""
    if not covers(use.grant.tier, policy.tier):
        yield f"under tier {use.grant.tier}; the plan needs tier {policy.tier}"
    elif not enough(
        policy,
        use.grant.approvers,
        plan.maker,
        delegated,
        maker_verified=plan.subject is not None and plan.subject.maker_verified,
        emergency=use.grant.emergency,
    ):
        people = ", ".join(f"{one.person} ({one.role})" for one in use.grant.approvers) or "nobody"
        yield f"{people} approved; the plan needs {', '.join(policy.required)}"


def _plan(event: Any, tables: Mapping[str, Policy]) -> _Plan:
    """Return the policy in the plan and the result of the named policy: neither is trusted alone."""
    plan, policies, maker = plan_of(event), [], event.origin.maker
    # A proof is checked with the key; a maker without a proof is not verified, even if the event says so.
    verified = maker.verified and maker.proof is not None
    subject = None if plan is None else subject_of(plan, maker_verified=verified)
    if event.policy is not None:
        policies.append(event.policy)
        table = tables.get(event.policy.version)
        if table is not None and subject is not None:
            policies.append(evaluate(table, subject))
    return _Plan(event.plan_digest, event.effects_digest, tuple(dict.fromkeys(policies)), maker.name, subject)


def _differences(use: GrantUse, grant: GrantIssued) -> Iterator[str]:
    if grant.workflow_id != use.workflow_id:
        yield f"its grant {use.grant.jti} is for workflow {grant.workflow_id}"
    if grant.plan_digest != use.grant.plan_digest:
        yield f"its grant is for plan {grant.plan_digest}; executed is {use.grant.plan_digest}"
    effects = (claims_of(grant.grant) or {}).get("effects_digest")
    if effects != use.grant.effects_digest:
        yield f"its grant is for effects {effects}; executed are {use.grant.effects_digest}"
    if grant.tier != use.grant.tier:
        yield f"its grant is of tier {grant.tier}; it was used for {use.grant.tier}"
    if grant.approvers != use.grant.approvers:
        yield "its grant names other approvers"
    if grant.emergency != use.grant.emergency:
        yield "its grant names another emergency"
    if use.at >= grant.expires_at:
        yield f"its grant expired at {grant.expires_at.isoformat()}"


def _differing(event: GrantIssued, claims: Mapping[str, Any]) -> list[str]:
    """Return the claims that differ from their event."""
    said = event.model_dump(mode="json")
    times = {"iat": int(event.issued_at.timestamp()), "exp": int(event.expires_at.timestamp())}
    expected = {name: said[name] for name in _CLAIMS} | times
    return [name for name, value in expected.items() if claims.get(name) != value]


def unsigned(token: str, typ: str, keys: Sequence[str]) -> str:
    """Return why no key has signed a text; empty when one has."""
    if not keys:
        return "it is signed with a key that is not known here"
    try:
        verify(token, typ=typ, public_pem="\n".join(keys))
    except SignatureProblem as problem:
        return problem.sentence
    return ""


def claims_of(grant: str) -> dict[str, Any] | None:
    """Return the payload of a compact JWS without checking its signature; None where there is none."""
    try:
        _, payload, _ = grant.split(".")
        claims = parse_json(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), fraction=Decimal)
    except ValueError:
        return None
    return claims if isinstance(claims, dict) else None
