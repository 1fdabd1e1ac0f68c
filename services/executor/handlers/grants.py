"""A grant arrives, or its turn has come: check it, plan again, prepare. The transaction before Murex."""

from dataclasses import dataclass
from datetime import datetime

from services.executor.execution.commands import Prepare, VerifiedGrant
from services.executor.execution.freshness import ATTEMPTS_MAX, RETRY_SECONDS, applicable, outdated, setting
from services.executor.execution.grant import Ending, Judge, granted_subject, lapsed
from services.executor.execution.slots import Waiting, needs_slot
from services.executor.handlers import timers
from services.executor.handlers.configuration.grants import apply_configuration
from services.executor.handlers.loading import load_journey, load_plan
from services.executor.handlers.override.grants import apply_override
from services.executor.handlers.planning_facts import Loaded, load_facts, msg_uid_taken, read_open_hedges
from services.executor.handlers.proposals import plan_again
from services.executor.handlers.reversal.grants import apply_reversal
from services.executor.handlers.rollout.reading import HasToWait, hold, note_use, policy_in_force
from services.executor.handlers.turn_queue import read_room
from services.executor.handlers.writing import write
from services.executor.planning.decider import duplicate
from services.executor.planning.state import PlanState, fold
from services.executor.ports import Ports
from services.executor.rollout.checking import Standing, bar_to_applying, has_to_wait, work_of, work_of_plan
from services.executor.workflow import saga
from services.executor.workflow.due import Task
from shared.errors import Defect, InvalidInput
from shared.events import identity
from shared.events.approvals import GrantIssued
from shared.events.configuration import ConfigurationPlanned
from shared.events.overrides import OverridePlanned
from shared.events.plans import PlanDrawn, PlanRefused
from shared.events.reversals import ReversalPlanned
from shared.hedging.plan import HedgePlan, PlanIdentity
from shared.hedging.planning.drawing import draw_plan
from shared.messaging.deadletters import set_aside
from shared.messaging.message import Message, message_event
from shared.messaging.unit_of_work import UnitOfWork
from shared.plans.digests import Planned
from shared.security.grants import GrantClaims


@dataclass(frozen=True, slots=True)
class Used:
    """A grant that is used now: what it says, and its text."""

    claims: GrantClaims
    grant: str
    now: datetime


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
    subject = await _permitted(ports, uow, claims, event.workflow_id, state)
    if state.awaited is not None:
        raise InvalidInput(
            code="GRANT_ALREADY_USED",
            reason=f"Workflow {event.workflow_id} waits for its turn under grant {state.awaited.jti}. "
            "No action needed.",
        )
    now = ports.clock()
    if (lapse := lapsed(claims, now)) is not None:
        refusal = InvalidInput(code=lapse.code, reason=lapse.reason)
        await set_aside(uow, message, refusal)
        await _close(uow, state, lapse, now)
        return
    await _use(ports, uow, state, subject, Used(claims, event.grant, now))


async def take_turn(ports: Ports, uow: UnitOfWork, workflow_id: str) -> None:
    """Begin a workflow that waited for its turn, if its grant still permits it; end it if not.

    Raises:
        HasToWait: nothing may begin now; it goes on waiting.
    """
    plan, now = await uow.load(identity.plan_stream(workflow_id)), ports.clock()
    state = fold(plan.events)
    awaited = state.awaited
    if awaited is None or state.closed is not None:
        timers.settled(uow, workflow_id, Task.APPLY)  # others were faster
        return
    uow.caused_by(next(each for each in plan.recorded if each.type == type(awaited).__name__))
    try:
        claims = ports.read_grant(awaited.grant)
        subject = await _permitted(ports, uow, claims, workflow_id, state)
    except InvalidInput as refusal:
        if refusal.code == "GRANT_ALREADY_USED":
            timers.settled(uow, workflow_id, Task.APPLY)
        else:
            await _close(uow, state, Ending("REFUSED", refusal.code, refusal.reason), now)
        return
    if (lapse := lapsed(claims, now)) is not None:
        await _close(uow, state, lapse, now)
        return
    await _use(ports, uow, state, subject, Used(claims, awaited.grant, now))


async def _permitted(ports: Ports, uow: UnitOfWork, claims: GrantClaims, workflow_id: str, state: PlanState) -> Planned:
    """What a grant permits to apply. Raises InvalidInput: nothing."""
    applied = bool((await uow.load(identity.execution_stream(workflow_id))).version)
    judge = Judge(await policy_in_force(uow), ports.prove_maker)
    return granted_subject(claims, workflow_id, state, judge, applied=applied)


async def _use(ports: Ports, uow: UnitOfWork, state: PlanState, subject: Planned, used: Used) -> None:
    """Apply what a grant permits, unless the rollout bars it now."""
    claims, now = used.claims, used.now
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
        await _apply(ports, uow, state, subject, used, rollout)


async def _apply(
    ports: Ports,
    uow: UnitOfWork,
    state: PlanState,
    subject: PlanDrawn | PlanRefused,
    used: Used,
    rollout: Standing,
) -> None:
    """Plan again from the facts of now; go on only when the effects are the same. Deals need a slot, or wait."""
    approved, claims, now = _approved(state), used.claims, used.now
    if needs_slot(approved):
        room = await read_room(uow.connection, ports.slots, claims.iat, subject.workflow_id)
        if state.awaited is None and (not room.free or room.before):
            waiting = Waiting(claims.jti, used.grant, claims.iat, room)
            journey = await load_journey(uow, subject.workflow_id)
            write(uow, subject.workflow_id, saga.await_turn(state, waiting, claims.approvers, journey, now))
            return
        if not room.free:
            return  # others were faster; it goes on waiting
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
    journey = await load_journey(uow, subject.workflow_id)
    command = await _command(uow, subject, plan, claims, loaded, now)
    write(uow, subject.workflow_id, saga.prepare(command, journey, waited=state.awaited is not None), ports.slots)


async def _command(
    uow: UnitOfWork,
    subject: PlanDrawn | PlanRefused,
    plan: HedgePlan,
    claims: GrantClaims,
    loaded: Loaded,
    now: datetime,
) -> Prepare:
    if plan.children:
        entities = [child.entity_id for child in plan.children]
        await read_open_hedges(uow.connection, plan.order.exposure_currency, entities)
    settings = loaded.facts.settings
    refusal = subject.refusal if isinstance(subject, PlanRefused) else None
    return Prepare(
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
