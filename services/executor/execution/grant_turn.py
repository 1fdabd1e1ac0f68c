"""A grant arrives: check it, plan again, prepare. The transaction before Murex."""

from datetime import datetime

from services.executor.approval_turns import load_journey, load_plan
from services.executor.configuration.turn import apply_configuration
from services.executor.execution import saga
from services.executor.execution.commands import Prepare, VerifiedGrant
from services.executor.execution.freshness import ATTEMPTS_MAX, RETRY_SECONDS, applicable, outdated, setting
from services.executor.execution.grant import Ending, Judge, granted_subject, lapsed
from services.executor.execution.turns import write
from services.executor.overriding.turn import apply_override
from services.executor.planning.decider import duplicate
from services.executor.planning.facts import Loaded, load_facts, msg_uid_taken, read_open_hedges
from services.executor.planning.handlers import plan_again
from services.executor.planning.state import PlanState
from services.executor.ports import Ports
from services.executor.reversal.turn import apply_reversal
from services.executor.rollout.checking import Standing, bar_to_applying, has_to_wait, work_of, work_of_plan
from services.executor.rollout.reading import HasToWait, hold, note_use, policy_in_force
from shared.errors import Defect, InvalidInput
from shared.events import identity
from shared.events.approvals import GrantIssued
from shared.events.configuration import ConfigurationPlanned
from shared.events.overrides import OverridePlanned
from shared.events.plans import PlanDrawn, PlanRefused
from shared.events.reversals import ReversalPlanned
from shared.hedging.plan import HedgePlan, PlanIdentity
from shared.hedging.planning import draw_plan
from shared.messaging.deadletters import set_aside
from shared.messaging.message import Message, message_event
from shared.messaging.unit_of_work import UnitOfWork
from shared.security.grants import GrantClaims


async def on_grant_issued(ports: Ports, uow: UnitOfWork, message: Message) -> None:
    """Apply the plan the grant is for, if everything about grant, plan and facts is still as it was approved.

    Raises:
        InvalidInput: the grant gives no permission; nothing was executed, the message becomes a dead letter.
        HasToWait: nothing may begin now, since a stop may have been thrown that did not come yet.
    """
    event = message_event(message)
    if not isinstance(event, GrantIssued):
        raise InvalidInput(code="EVENT_MALFORMED", reason=f"Expected GrantIssued, found {type(event).__name__}.")
    claims = ports.read_grant(event.grant)
    state = await load_plan(uow, event.workflow_id)
    applied = bool((await uow.load(identity.execution_stream(event.workflow_id))).version)
    judge = Judge(await policy_in_force(uow), ports.prove_maker)
    subject = granted_subject(claims, event.workflow_id, state, judge, applied=applied)
    now = ports.clock()
    if (lapse := lapsed(claims, now)) is not None:
        refusal = InvalidInput(code=lapse.code, reason=lapse.reason)
        await set_aside(uow, message, refusal)
        await _close(uow, state, lapse, now)
        return
    rollout, work = await hold(ports, uow), work_of(subject)
    if has_to_wait(rollout, work):
        raise HasToWait(rollout.waits)
    bar = bar_to_applying(rollout, work)
    if bar is not None:
        await _close(uow, state, Ending("REFUSED", bar.code.value, bar.reason), now)
    elif isinstance(subject, ConfigurationPlanned):
        await apply_configuration(ports, uow, state, subject, _verified(claims))
    elif isinstance(subject, ReversalPlanned):
        await apply_reversal(ports, uow, state, subject, _verified(claims))
    elif isinstance(subject, OverridePlanned):
        await apply_override(ports, uow, state, subject, _verified(claims))
    else:
        await _apply(ports, uow, state, subject, claims, rollout, now)


async def _apply(
    ports: Ports,
    uow: UnitOfWork,
    state: PlanState,
    subject: PlanDrawn | PlanRefused,
    claims: GrantClaims,
    rollout: Standing,
    now: datetime,
) -> None:
    """Plan again from the facts of now; go on only when the effects are the same."""
    approved = _approved(state)
    loaded = await load_facts(uow.connection, subject.order, now, subject.workflow_id, approved.pins)
    identity_ = PlanIdentity(subject.workflow_id, subject.response_id, subject.attempt)
    drawn = draw_plan(subject.order, subject.claims, loaded.facts, identity_)
    # Also one that HAWK issued: the card shows it, and another answer may have stated it since.
    msg_uid = approved.order.msg_uid
    taken = await msg_uid_taken(uow.connection, msg_uid)
    doubled = duplicate(msg_uid).message if taken else None
    why = doubled or outdated(subject, approved, drawn, loaded.today, now)
    plan = applicable(drawn)
    if why is not None or plan is None:
        stated = subject.order.msg_uid is not None
        successor = await plan_again(ports, uow, subject, loaded, rollout, msg_uid_taken=taken and stated)
        ending = Ending("STALE_CONTEXT", "STALE_CONTEXT", why or "", successor.workflow_id)
        await _close(uow, state, ending, now)
        return
    await note_use(uow, rollout, work_of_plan(plan), subject.workflow_id, now)
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
        grant=_verified(claims),
        capacity=loaded.capacity_of(plan),
        usd=loaded.usd,
        attempts_max=int(setting(settings, ATTEMPTS_MAX)),
        retry_seconds=int(setting(settings, RETRY_SECONDS)),
        now=now,
        failure=None if refusal is None else f"{refusal.code}: {refusal.message}",
    )
    write(uow, subject.workflow_id, saga.prepare(command, await load_journey(uow, subject.workflow_id)))


async def _close(uow: UnitOfWork, state: PlanState, ending: Ending, now: datetime) -> None:
    subject = state.granted
    if subject is None:
        raise Defect("A plan without a subject was to be closed.")
    journey = await load_journey(uow, subject.workflow_id)
    write(uow, subject.workflow_id, saga.close(state, ending, journey, now))


def _verified(claims: GrantClaims) -> VerifiedGrant:
    return VerifiedGrant(claims.jti, claims.tier, claims.policy_version, claims.approvers)


def _approved(state: PlanState) -> HedgePlan:
    if state.plan is None:
        raise Defect("A grant was checked against a workflow without a plan.")
    return state.plan
