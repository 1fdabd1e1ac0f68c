"""The caps of a policy: a decision reserves them, a workflow that ends without effect gives them back.

A day and a month are those of Singapore. A request is capped by the policy it was asked under. Caps count orders: an
approver's with each approval, a maker's and an entity's with the approval that grants. A reversal takes back what was
executed, and is never held up by them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Final

from services.approval.requests.cards import NO_CAPS, CapsLeft
from services.approval.requests.decider import Fault, GrantDue, Outcome, Refused
from services.approval.requests.state import Approval
from shared.events.approvals import ApprovalRequested, DecisionRecorded
from shared.events.base import Event
from shared.events.caps import CapReleased, CapReserved
from shared.events.identity import POLICY_STREAM
from shared.events.policy import PolicySet
from shared.hedging.facts import SINGAPORE
from shared.messaging.unit_of_work import UnitOfWork
from shared.people.identity import person_key, same_person
from shared.policy.recorded import policy_of
from shared.policy.subject import money
from shared.policy.table import Cap, CapOf, Period, Policy, SubjectKind

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Share:
    """One cap that a decision counts for, and of whom; `begins` is its day, or the first of its month."""

    cap: Cap
    who: str
    begins: date

    @property
    def stream(self) -> str:
        """The stream of what was used of it."""
        key = self.who if self.cap.of is CapOf.ENTITY else person_key(self.who)
        begins = self.begins.isoformat() if self.cap.period is Period.DAY else f"{self.begins:%Y-%m}"
        return f"cap-{self.cap.of.value.lower()}-{sha256(key.encode()).hexdigest()[:32]}-{begins}"

    @property
    def told(self) -> str:
        """The cap in words."""
        when = self.begins.isoformat() if self.cap.period is Period.DAY else f"{self.begins:%Y-%m}"
        return f"The cap of {self.who} as {self.cap.of.value.lower()} for {when}"


@dataclass(frozen=True, slots=True)
class Used:
    """What was used of one cap; `by` are the workflows that hold a part of it."""

    usd: Decimal = ZERO
    count: int = 0
    by: frozenset[str] = field(default_factory=frozenset)


def evolve(used: Used, event: Event) -> Used:
    """Return what is used after one more event."""
    match event:
        case CapReserved():
            return Used(event.used_usd, event.used_count, used.by | {event.workflow_id})
        case CapReleased():
            return Used(event.used_usd, event.used_count, used.by - {event.workflow_id})
        case _:
            return used


async def reserve(unit: UnitOfWork, state: Approval, events: Iterable[Event], *, granted: bool) -> Refused | None:
    """Reserve what a decision uses of the caps, or return the cap that is used up.

    Args:
        state: before the decision.
        events: of the decision.
        granted: it is the one that grants.
    """
    request = state.request
    decided = next((each for each in events if isinstance(each, DecisionRecorded)), None)
    if request is None or decided is None or decided.decision != "APPROVE":
        return None
    policy = await _asked_under(unit, request)
    shares = () if policy is None else tuple(_shares(policy, request, decided, granted=granted))
    pending = []
    for share in sorted(shares, key=lambda each: each.stream):
        loaded = await unit.load(share.stream)
        used = loaded.state(Used(), evolve)
        after = Used(used.usd + request.amount_usd, used.count + 1)
        if (refused := _beyond(share, used, after, request.amount_usd)) is not None:
            return refused
        pending.append((share, loaded.version, after))
    for share, version, after in pending:
        reserved = CapReserved(
            **_named(share, request, after),
            cap_usd=share.cap.amount_usd,
            cap_count=share.cap.count,
            policy_version=request.policy.version,
            reserved_at=decided.decided_at,
        )
        unit.append(share.stream, version, reserved, correlation_id=request.workflow_id)
    return None


async def left(unit: UnitOfWork, state: Approval, tried: Sequence[Outcome]) -> CapsLeft:
    """Return what is left of the caps that an approval would count for, as a card shows it; nothing is reserved.

    Args:
        state: as it is.
        tried: what would come of the approval of who looks; empty for who may not decide.
    """
    request = state.request
    decided = next((each for each in tried if isinstance(each, DecisionRecorded)), None)
    policy = None if request is None or decided is None else await _asked_under(unit, request)
    if request is None or decided is None or policy is None:
        return NO_CAPS
    granted = any(isinstance(each, GrantDue) for each in tried)
    counting = {share.stream for share in _shares(policy, request, decided, granted=granted)}
    lines, refused = [], None
    for share in _shares(policy, request, decided, granted=True):
        used = (await unit.load(share.stream)).state(Used(), evolve)
        lines.append(f"{share.told}: {_left(share.cap, used)} left.")
        after = Used(used.usd + request.amount_usd, used.count + 1)
        if share.stream in counting and refused is None:
            refused = _beyond(share, used, after, request.amount_usd)
    return CapsLeft(tuple(lines), refused)


def _left(cap: Cap, used: Used) -> str:
    amount = (
        []
        if cap.amount_usd is None
        else [f"{money(max(ZERO, cap.amount_usd - used.usd), 'USD')} of {money(cap.amount_usd, 'USD')}"]
    )
    count = [] if cap.count is None else [f"{max(0, cap.count - used.count)} of {cap.count} decisions"]
    return " and ".join([*amount, *count])


async def release(unit: UnitOfWork, state: Approval, reason: str) -> None:
    """Give back what the decisions of a workflow have reserved and still hold: it ended without effect.

    Args:
        state: before its end.
        reason: the name of the event that ended it.
    """
    request = state.request
    if request is None or not state.approvals:
        return
    policy = await _asked_under(unit, request)
    if policy is None or not policy.caps:
        return
    last = state.approvals[-1]
    shares = {
        share.stream: share
        for decided in state.approvals
        for share in _shares(policy, request, decided, granted=decided is last and state.grant is not None)
    }
    for stream, share in sorted(shares.items()):
        loaded = await unit.load(stream)
        used = loaded.state(Used(), evolve)
        if request.workflow_id in used.by:
            after = Used(used.usd - request.amount_usd, used.count - 1)
            released = CapReleased(**_named(share, request, after), reason=reason)
            unit.append(stream, loaded.version, released, correlation_id=request.workflow_id)


def _shares(policy: Policy, request: ApprovalRequested, decided: DecisionRecorded, *, granted: bool) -> Iterator[Share]:
    """Return the caps that a decision counts for. A row with a name takes the place of the one for each."""
    if request.judged is None or request.judged.kind != SubjectKind.HEDGE:
        return
    whom: dict[CapOf, Sequence[str]] = {CapOf.APPROVER: _approvers(decided)}
    if granted:
        whom |= {CapOf.MAKER: (request.maker.name,), CapOf.ENTITY: request.judged.entities}
    today = decided.decided_at.astimezone(SINGAPORE).date()
    for of, names in whom.items():
        for who in names:
            for period, begins in ((Period.DAY, today), (Period.MONTH, today.replace(day=1))):
                rows = [cap for cap in policy.caps if cap.of is of and cap.period is period]
                own = [cap for cap in rows if cap.who and _is(of, cap.who, who)]
                yield from (Share(cap, who, begins) for cap in (own or [cap for cap in rows if not cap.who])[:1])


def _approvers(decided: DecisionRecorded) -> tuple[str, ...]:
    """Return whose cap an approval counts for: who stands in for another can do no more than either may."""
    return tuple(name for name in (decided.person, decided.on_behalf_of) if name)


def _is(of: CapOf, named: str, who: str) -> bool:
    return named == who if of is CapOf.ENTITY else same_person(named, who)


def _beyond(share: Share, used: Used, after: Used, amount: Decimal) -> Refused | None:
    cap = share.cap
    if cap.count is not None and after.count > cap.count:
        reason = f"{share.told} is {cap.count}, and {used.count} were decided."
    elif cap.amount_usd is not None and after.usd > cap.amount_usd:
        most, before = money(cap.amount_usd, "USD"), money(used.usd, "USD")
        reason = f"{share.told} is {most}; {before} are used, and this is {money(amount, 'USD')}."
    else:
        return None
    return Refused(Fault.CONFLICT, "CAP_REACHED", f"{reason} Decide in the next period, or have the policy changed.")


def _named(share: Share, request: ApprovalRequested, after: Used) -> dict[str, object]:
    return {
        "workflow_id": request.workflow_id,
        "of": share.cap.of.value,
        "who": share.who,
        "period": share.cap.period.value,
        "begins": share.begins,
        "amount_usd": request.amount_usd,
        "used_usd": after.usd,
        "used_count": after.count,
    }


async def _asked_under(unit: UnitOfWork, request: ApprovalRequested) -> Policy | None:
    """Return the policy that a request was asked under; None where it is not kept."""
    loaded = await unit.load(POLICY_STREAM)
    for event in reversed(loaded.events):
        if isinstance(event, PolicySet) and event.table.version == request.policy.version:
            return policy_of(event.table) if event.table.caps else None
    return None
