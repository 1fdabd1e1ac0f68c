"""A grant arrives: check it, plan again, prepare. The transaction before Murex."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from services.executor import narration, todo
from services.executor.approval_turns import close_plan, load_journey, load_plan, report
from services.executor.configuration.turn import apply_configuration
from services.executor.execution import decider
from services.executor.execution.commands import Prepare, VerifiedGrant
from services.executor.execution.grant import check_grant
from services.executor.planning.decider import duplicate
from services.executor.planning.facts import Loaded, load_facts, msg_uid_taken, read_open_hedges
from services.executor.planning.handlers import plan_again
from services.executor.planning.state import PlanState
from services.executor.ports import Ports
from shared.canonical import digest
from shared.errors import Defect, InvalidInput
from shared.events import identity
from shared.events.approvals import GrantIssued
from shared.events.configuration import ConfigurationPlanned
from shared.events.plans import PlanClosed, PlanDrawn, PlanRefused
from shared.hedging.effects import effects_of
from shared.hedging.plan import HedgePlan, PlanIdentity, PlanRefusal
from shared.hedging.planning import draw_plan
from shared.hedging.rates import rates_moved
from shared.messaging.deadletters import set_aside
from shared.messaging.message import Message, message_event
from shared.messaging.unit_of_work import UnitOfWork
from shared.security.grants import GrantClaims

#: Keys of system_configuration and what holds without the row (design sections 2, 6 and 8, Q21).
ATTEMPTS_MAX = ("murex.retry.attempts", 3)
RETRY_SECONDS = ("murex.retry.interval_seconds", 15)
RATE_VALIDITY_HOURS = ("rates.validity_hours", 24)
RATE_TOLERANCE_BP = ("rates.tolerance_bp", 50)


async def on_grant_issued(ports: Ports, uow: UnitOfWork, message: Message) -> None:
    """Apply the plan the grant is for, if everything about grant, plan and facts is still as it was approved.

    Raises:
        InvalidInput: the grant gives no permission; nothing was executed, the message becomes a dead letter.
    """
    event = message_event(message)
    if not isinstance(event, GrantIssued):
        raise InvalidInput(code="EVENT_MALFORMED", reason=f"Expected GrantIssued, found {type(event).__name__}.")
    claims = ports.read_grant(event.grant)
    state = await load_plan(uow, event.workflow_id)
    subject = state.granted
    if subject is None:
        raise InvalidInput(
            code="GRANT_FOR_UNKNOWN_PLAN",
            reason=f"Workflow {event.workflow_id} has no plan that a grant could apply.",
        )
    check_grant(claims, event.workflow_id, subject)
    if (await uow.load(identity.execution_stream(event.workflow_id))).version:
        raise InvalidInput(
            code="GRANT_ALREADY_USED",
            reason=f"Grant {claims.jti}: workflow {event.workflow_id} was applied before. "
            "Nothing was executed again; no action needed.",
        )
    if state.closed is not None:
        raise InvalidInput(
            code="GRANT_FOR_CLOSED_PLAN",
            reason=f"Workflow {event.workflow_id} ended {state.closed.state}: {state.closed.reason}.",
        )
    now = ports.clock()
    if now >= claims.exp:
        await _lapse(uow, message, state, claims, now)
    elif not ports.rollout.execute:
        reason = "The rollout mode is OBSERVE: plans are drawn and shown, none is applied"
        await _close(uow, state, Ending("REFUSED", "ROLLOUT_NOT_ALLOWED", reason), now)
    elif isinstance(subject, ConfigurationPlanned):
        grant = VerifiedGrant(claims.jti, claims.tier, claims.policy_version, claims.approvers)
        await apply_configuration(ports, uow, state, subject, grant)
    else:
        await _apply(ports, uow, state, subject, claims, now)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a plan ends that is not applied."""

    state: str
    code: str
    reason: str
    successor: str | None = None


async def _apply(
    ports: Ports,
    uow: UnitOfWork,
    state: PlanState,
    subject: PlanDrawn | PlanRefused,
    claims: GrantClaims,
    now: datetime,
) -> None:
    """Plan again from the facts of now; go on only when the effects are the same."""
    approved = _approved(state)
    loaded = await load_facts(uow.connection, subject.order, now, approved.pins)
    identity_ = PlanIdentity(subject.workflow_id, subject.response_id, subject.attempt)
    drawn = draw_plan(subject.order, subject.claims, loaded.facts, identity_)
    plan, failure = (drawn.record, drawn.code.value) if isinstance(drawn, PlanRefusal) else (drawn, None)
    # Also one that HAWK issued: the card shows it, and another answer may have stated it since.
    msg_uid = approved.order.msg_uid
    taken = await msg_uid_taken(uow.connection, msg_uid)
    doubled = duplicate(msg_uid).message if taken else None
    why = doubled or _stale(approved, loaded, now) or _changed(plan, failure, subject)
    if why is not None or plan is None:
        stated = subject.order.msg_uid is not None
        successor = plan_again(ports, uow, subject, loaded, msg_uid_taken=taken and stated)
        ending = Ending("STALE_CONTEXT", "STALE_CONTEXT", why or "", successor.workflow_id)
        await _close(uow, state, ending, now)
        return
    await _prepare(uow, subject, plan, claims, loaded, now)


async def _prepare(
    uow: UnitOfWork,
    subject: PlanDrawn | PlanRefused,
    plan: HedgePlan,
    claims: GrantClaims,
    loaded: Loaded,
    now: datetime,
) -> None:
    if plan.children:
        entities = [child.entity_id for child in plan.children]
        await read_open_hedges(uow.connection, plan.order.exposure_currency, entities)
    settings = loaded.facts.settings
    refusal = subject.refusal if isinstance(subject, PlanRefused) else None
    command = Prepare(
        subject=subject,
        plan=plan,
        grant=VerifiedGrant(claims.jti, claims.tier, claims.policy_version, claims.approvers),
        capacity=loaded.capacity_of(plan),
        usd=loaded.usd,
        attempts_max=int(_setting(settings, ATTEMPTS_MAX)),
        retry_seconds=int(_setting(settings, RETRY_SECONDS)),
        now=now,
        failure=None if refusal is None else f"{refusal.code}: {refusal.message}",
    )
    for changes in decider.prepare(command):
        uow.append(changes.stream, changes.expected, *changes.events, correlation_id=subject.workflow_id)
    if plan.children:
        todo.due(uow, subject.workflow_id, todo.Task.MUREX, now + timedelta(seconds=command.retry_seconds))
    journey = narration.prepared(await load_journey(uow, subject.workflow_id), plan, claims.approvers, now)
    if refusal is not None:
        journey = narration.check_recorded(journey, refusal.code, refusal.message, now)
    elif not plan.children:
        journey = narration.answered(journey, plan, now)
    report(uow, journey)


def _stale(approved: HedgePlan, loaded: Loaded, now: datetime) -> str | None:
    """Why the pinned rates may not be used any more; None while they may (design section 2)."""
    settings = loaded.facts.settings
    validity = timedelta(hours=int(_setting(settings, RATE_VALIDITY_HOURS)))
    if now - approved.pins.pinned_at > validity:
        return f"The plan's rates were pinned at {approved.pins.pinned_at.isoformat()}, longer ago than {validity}"
    moves = rates_moved(approved.pins, loaded.today, _setting(settings, RATE_TOLERANCE_BP))
    if not moves:
        return None
    told = "; ".join(
        f"{move.currency_pair} {move.rate_type} ({move.ledger}) from {move.pinned} to "
        + (f"{move.today}, {move.move_bp} basis points" if move.today is not None else "nothing")
        for move in moves
    )
    return f"Rates moved beyond the tolerance since the plan was drawn: {told}"


def _changed(plan: HedgePlan | None, failure: str | None, subject: PlanDrawn | PlanRefused) -> str | None:
    """Why the plan of now is not the granted one; None when its effects are the same."""
    refused_then = subject.refusal.code.value if isinstance(subject, PlanRefused) else None
    if plan is None or failure != refused_then:
        return f"The order can no longer be planned as approved: {failure or 'the check passes now'}"
    tier = subject.policy.tier if subject.policy is not None else ""
    if digest(effects_of(plan, tier)) != subject.effects_digest:
        return "The facts changed since the plan was approved, and with them what would be done"
    return None


async def _lapse(uow: UnitOfWork, message: Message, state: PlanState, claims: GrantClaims, now: datetime) -> None:
    """An expired grant gives no permission and ends the workflow; the message is kept as a dead letter."""
    reason = f"Grant {claims.jti} expired unused at {claims.exp.isoformat()}; ask for approval again"
    await set_aside(uow, "executor", message.id, message, InvalidInput(code="GRANT_EXPIRED", reason=reason))
    await _close(uow, state, Ending("EXPIRED", "GRANT_EXPIRED", reason), now)


async def _close(uow: UnitOfWork, state: PlanState, ending: Ending, now: datetime) -> None:
    subject = state.granted
    if subject is None:
        raise Defect("A plan without a subject was to be closed.")
    closed = PlanClosed.model_validate(
        {
            "workflow_id": subject.workflow_id,
            "response_id": subject.response_id,
            "state": ending.state,
            "code": ending.code,
            "reason": ending.reason,
            "successor": ending.successor,
            "closed_at": now,
        }
    )
    close_plan(uow, state, await load_journey(uow, subject.workflow_id), closed)


def _approved(state: PlanState) -> HedgePlan:
    if state.plan is None:
        raise Defect("A grant was checked against a workflow without a plan.")
    return state.plan


def _setting(settings: Mapping[str, str], key_and_default: tuple[str, int]) -> Decimal:
    key, default = key_and_default
    return Decimal(settings.get(key, default))
