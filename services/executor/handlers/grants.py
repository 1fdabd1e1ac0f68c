"""Handlers of a grant that arrives, or whose turn has come: check it, draw the plan again, begin."""

from datetime import datetime

from services.executor.execution.grant import Ending, Judge, Wait, granted_subject, lapsed, obstacle, refuse_second
from services.executor.handlers import timers
from services.executor.handlers.closing import close, end
from services.executor.handlers.kinds import Grant, Kinds
from services.executor.handlers.rollout.delegations import delegated_now
from services.executor.handlers.rollout.passkeys import keys_of
from services.executor.handlers.rollout.reading import HasToWait, hold, policy_in_force, policy_of_version
from services.executor.handlers.streams import load_plan, plan_of
from services.executor.planning.state import PlanState
from services.executor.ports import Ports
from services.executor.workflow.due import Task
from services.executor.workflow.revoking import REVOKED
from shared.errors import InvalidInput
from shared.events import identity
from shared.events.approvals import GrantIssued
from shared.messaging.deadletters import set_aside
from shared.messaging.message import Message
from shared.messaging.unit_of_work import UnitOfWork
from shared.plans.digests import Planned
from shared.security.grants import GrantClaims


async def on_grant_issued(kinds: Kinds, ports: Ports, uow: UnitOfWork, message: Message[GrantIssued]) -> None:
    """Apply the plan the grant is for, if everything about grant, plan and facts is still as it was approved.

    Raises:
        InvalidInput: the grant gives no permission; nothing was executed, the message becomes a dead letter.
        HasToWait: nothing may begin now, since a stop may have been ordered that has not arrived yet.
    """
    event = message.event
    claims = ports.read_grant(event.grant)
    state = await load_plan(uow, event.workflow_id)
    if state.closed is not None and state.closed.state == REVOKED:
        return  # people took it back, and their word overtook it
    now = ports.clock()
    subject = await _permitted(ports, uow, claims, event.workflow_id, state, now)
    refuse_second(state)
    if (lapse := lapsed(claims, now)) is not None:
        refusal = InvalidInput(code=lapse.code, reason=lapse.reason)
        await set_aside(uow, message, refusal)
        await close(uow, state, lapse, now)
        return
    await _use(kinds, ports, uow, state, subject, Grant(claims, event.grant, await hold(ports, uow), now))


async def take_turn(kinds: Kinds, ports: Ports, uow: UnitOfWork, workflow_id: str) -> None:
    """Begin a workflow that waited for its turn, if its grant still permits it; end it if not.

    Raises:
        HasToWait: nothing may begin now; it goes on waiting.
    """
    plan, now = await uow.load(identity.plan_stream(workflow_id)), ports.clock()
    state = plan_of(plan)
    awaited = state.awaited
    if awaited is None or state.closed is not None:
        timers.settled(uow, workflow_id, Task.APPLY)  # others were faster
        return
    uow.caused_by(next(each for each in plan.recorded if each.type == type(awaited).__name__))
    try:
        claims = ports.read_grant(awaited.grant)
        subject = await _permitted(ports, uow, claims, workflow_id, state, now)
    except InvalidInput as refusal:
        if refusal.code == "GRANT_ALREADY_USED":
            timers.settled(uow, workflow_id, Task.APPLY)
        else:
            await close(uow, state, Ending("REFUSED", refusal.code, refusal.reason), now)
        return
    if (lapse := lapsed(claims, now)) is not None:
        await close(uow, state, lapse, now)
        return
    await _use(kinds, ports, uow, state, subject, Grant(claims, awaited.grant, await hold(ports, uow), now))


async def _permitted(
    ports: Ports, uow: UnitOfWork, claims: GrantClaims, workflow_id: str, state: PlanState, now: datetime
) -> Planned:
    """Return what a grant permits to apply, judged by the policy that people were asked under and by the plan's own.

    Delegations are those that the executor knows now: it knows at least what was told when the grant was signed.

    Raises:
        InvalidInput: it permits nothing.
        HasToWait: that policy, or a delegation of then, has not come over hawk.control yet.
    """
    applied = bool((await uow.load(identity.execution_stream(workflow_id))).version)
    policy = await policy_of_version(uow, claims.policy_version)
    if policy is None and lapsed(claims, now) is None:
        raise HasToWait(f"the policy {claims.policy_version}, under which it was approved, was not taken in yet")
    delegated = await delegated_now(uow)
    if delegated.version < claims.delegations_version and lapsed(claims, now) is None:
        raise HasToWait(f"delegation {claims.delegations_version}, known when it was approved, was not taken in yet")
    judge = Judge(policy or await policy_in_force(uow), ports.prove_maker, await keys_of(uow, claims), delegated)
    return granted_subject(claims, workflow_id, state, judge, applied=applied)


async def _use(kinds: Kinds, ports: Ports, uow: UnitOfWork, state: PlanState, subject: Planned, grant: Grant) -> None:
    """Apply what a grant permits, unless the rollout bars it now or the facts have changed."""
    kind = kinds.of_planned(subject)
    match obstacle(grant.rollout, kind.work(subject)):
        case Wait(reason):
            raise HasToWait(reason)
        case Ending() as ending:
            await close(uow, state, ending, grant.now)
            return
    if not await kind.admit(ports, uow, state, subject, grant):
        return
    facts = await kind.load(uow, subject, grant.now)
    plan = kind.compare(subject, facts, grant.now)
    if isinstance(plan, Ending):
        await end(uow, kind, state, plan, facts, grant.rollout, grant.now)
        return
    await kind.apply(ports, uow, state, subject, plan, facts, grant)
