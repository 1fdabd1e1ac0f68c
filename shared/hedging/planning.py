"""Drawing a plan: facts and an order in, the whole plan or a refusal out. Pure: same input, same bytes.

Order of the checks (interfaces section 7): fields, range and lot size, entity, dates and rates, USD limit,
capacity. A refused USD limit or capacity keeps its record: the eight operations of stage 1A with the figures.
A utilisation asks that question alone, so "no" is its answer and never a refusal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.hedging.allocation import CANDIDATES_MAX, Allocation, allocate
from shared.hedging.booking import configured_booking
from shared.hedging.capacity import CheckStatus, UsdCheck, UsdStatus, capacity_result
from shared.hedging.children import draw_child
from shared.hedging.claims import compare_claims
from shared.hedging.facts import Facts
from shared.hedging.gl_entries import Ledger
from shared.hedging.identifiers import fingerprint, instruction_id_of, msg_uid_of, order_id_of, request_id_of
from shared.hedging.intake import Intake, take_in
from shared.hedging.operations import ChildShape, count_operations, draw_operations
from shared.hedging.order import Claim, CompletedOrder, InstructionType, Order, Provenance
from shared.hedging.plan import (
    ChildPlan,
    HedgePlan,
    Pins,
    PlanDates,
    PlanIdentity,
    PlanRefusal,
    PlanWarning,
    ReferenceVersion,
)
from shared.hedging.rates import to_usd
from shared.hedging.refusals import PlanningCode
from shared.hedging.reversal import draw_reversal
from shared.hedging.risk import assess_risk
from shared.hedging.stops import PlanningStopped, configuration_invalid
from shared.hedging.usd_limit import check_usd_limit
from shared.hedging.waterfall import Candidates, assess
from shared.money.amounts import ZERO, quantize, text_of

SNAPSHOT_STALE_DAYS: Final = 2  # business days; a weekend makes no snapshot stale (domain facts 5.4)
USD: Final = "USD"


@dataclass(frozen=True, slots=True)
class _Checked:
    """Everything known once the checks are done, before children are drawn."""

    order: Order
    facts: Facts
    identity: PlanIdentity
    intake: Intake
    usd_check: UsdCheck
    allocation: Allocation
    warnings: tuple[PlanWarning, ...]


def draw_plan(order: Order, claims: Sequence[Claim], facts: Facts, identity: PlanIdentity) -> HedgePlan | PlanRefusal:
    """Compute the plan of an order.

    Args:
        order: as proposed; absent fields are None.
        claims: what the answer says about the plan; differences become warnings.
        facts: see `facts_from_rows`; with pins, the pinned dates and rates are used.
        identity: the workflow; all ids derive from it.
    Returns:
        HedgePlan, or PlanRefusal with the code of the first check that failed. A refusal with code
        USD_PB_LIMIT_EXCEEDED or CAPACITY_EXHAUSTED carries `record`.
    """
    try:
        intake = take_in(order, facts)
        usd_check = check_usd_limit(facts, intake)
        candidates = _candidates(facts, intake)
        checked = _Checked(
            order=order,
            facts=facts,
            identity=identity,
            intake=intake,
            usd_check=usd_check,
            allocation=_allocation(intake, usd_check, candidates),
            warnings=(*intake.warnings, *_check_warnings(facts, intake, usd_check, candidates)),
        )
        if order.instruction_type is InstructionType.U:
            return _compose(checked, (), claims, model=None)
        refusal = _refused_check(checked)
        if refusal is not None:
            code, message, path = refusal
            return PlanRefusal(code, message, path, _compose(checked, (), claims, model=None))
        children, model = _children(checked)
        return _compose(checked, children, claims, model=model)
    except PlanningStopped as stopped:
        return PlanRefusal(stopped.code, stopped.message, stopped.path)


def _candidates(facts: Facts, intake: Intake) -> Candidates:
    if len(intake.entities) > CANDIDATES_MAX:
        raise configuration_invalid("entity_master", f"More than {CANDIDATES_MAX} entities of one currency.")
    found = assess(facts, intake.entities, intake.currency.currency, intake.nav_type)
    if not found.assessments:
        names = ", ".join(found.without_position)
        message = f"No {intake.nav_type.value} position snapshot for {names}. Publish one on hawk.reference."
        raise configuration_invalid("position_nav_master", message)
    return found


def _allocation(intake: Intake, usd_check: UsdCheck, candidates: Candidates) -> Allocation:
    """A breached USD limit allocates nothing, before anything else (domain facts 5.2)."""
    placed = allocate(intake.amount, candidates.assessments, intake.currency.rounding_precision)
    if usd_check.status is not UsdStatus.BREACH:
        return placed
    nothing = quantize(ZERO, intake.currency.currency)
    return Allocation(candidates.assessments, capacity_result(intake.amount, placed.result.available, nothing))


def _refused_check(checked: _Checked) -> tuple[PlanningCode, str, str] | None:
    code, result = checked.intake.currency.currency, checked.allocation.result
    usd = checked.usd_check
    if usd.status is UsdStatus.BREACH:
        message = (
            f"{code}: the USD total would be {usd.total_after_usd}, the maximum is {usd.maximum_usd}. "
            "Wait for headroom or ask for less."
        )
        return PlanningCode.USD_PB_LIMIT_EXCEEDED, message, "usd_check"
    if result.status is CheckStatus.FAIL:
        message = f"{code}: {result.ordered} ordered, {result.available} available. Wait or choose another entity."
        return PlanningCode.CAPACITY_EXHAUSTED, message, "capacity"
    return None


def _check_warnings(facts: Facts, intake: Intake, usd: UsdCheck, candidates: Candidates) -> list[PlanWarning]:
    warnings = []
    if usd.status is not UsdStatus.WITHIN:
        message = f"USD total after this order {usd.total_after_usd}, status {usd.status.value}."
        warnings.append(PlanWarning(f"USD_{usd.status.value}", message, "usd_check"))
    for entity_id in candidates.without_position:
        warnings.append(PlanWarning("POSITION_MISSING", f"{entity_id} has no snapshot; left out.", "assessments"))
    for entity_id in candidates.without_hedged:
        message = f"{entity_id}: hedged amount of the snapshot is not known; only HAWK's own is counted."
        warnings.append(PlanWarning("HEDGED_UNKNOWN", message, "assessments"))
    days_max = int(facts.settings.get("positions.stale_business_days", SNAPSHOT_STALE_DAYS))
    for each in candidates.assessments:
        age = intake.dates.calendar.days_between(each.snapshot_date, facts.today)
        if age > days_max:
            message = f"{each.snapshot_id} is {age} business days old, more than {days_max}."
            warnings.append(PlanWarning("SNAPSHOT_STALE", message, "assessments"))
    return warnings


def _children(checked: _Checked) -> tuple[tuple[ChildPlan, ...], str]:
    booking = configured_booking(checked.facts, checked.intake)
    shares = checked.allocation.shares
    order = checked.order
    children = tuple(
        draw_child(
            checked.facts,
            checked.intake,
            booking,
            checked.usd_check,
            checked.identity,
            order_id=order.order_id or order_id_of(checked.identity.workflow_id),
            sub_order_id=order.sub_order_id if len(shares) == 1 else None,
            index=index,
            share=share,
        )
        for index, share in enumerate(shares, start=1)
    )
    return children, booking.model.value


def _compose(
    checked: _Checked, children: tuple[ChildPlan, ...], claims: Sequence[Claim], *, model: str | None
) -> HedgePlan:
    intake, identity, result = checked.intake, checked.identity, checked.allocation.result
    rates = intake.rates[Ledger.IFRS]
    warnings = (*checked.warnings, *_plan_warnings(checked, children))
    claim_warnings = compare_claims(claims, model, children) if children else ()
    operations = draw_operations(identity.workflow_id, [_shape(child) for child in children])
    assessments = checked.allocation.assessments
    usd = checked.usd_check
    return HedgePlan(
        identity=identity,
        order=_completed(checked),
        instruction_id=instruction_id_of(identity.workflow_id),
        request_id=request_id_of(identity.workflow_id),
        model=model,
        currency_type=intake.currency_type.value,
        dates=_dates(checked),
        pins=_pins(checked),
        reference_versions=_versions(checked),
        usd_equivalent=usd.requested_usd,
        allocated_usd=quantize(to_usd(result.allocated, intake.family, rates), USD),
        deal_usd_max=max((child.allocated_usd for child in children), default=quantize(ZERO, USD)),
        usd_check=usd,
        capacity=result,
        assessments=assessments,
        children=children,
        operations=operations,
        counts=count_operations(operations),
        warnings=warnings,
        claim_warnings=claim_warnings,
        risk=assess_risk(usd.requested_usd, usd, result, assessments, (*warnings, *claim_warnings)),
        reversal=draw_reversal(operations),
        answer=_answer(checked),
    )


def _shape(child: ChildPlan) -> ChildShape:
    return ChildShape(
        child.entity_id,
        tuple(f"{deal.deal_type} {deal.portfolio_from} to {deal.portfolio_to}" for deal in child.deals),
        tuple(f"{entry.entry_type} {entry.ledger.value}" for entry in child.gl_entries),
    )


def _plan_warnings(checked: _Checked, children: tuple[ChildPlan, ...]) -> list[PlanWarning]:
    warnings = []
    result, currency = checked.allocation.result, checked.intake.currency
    if result.status is CheckStatus.PARTIAL:
        message = f"Only {result.allocated} of {result.ordered} {currency.currency} can be placed."
        warnings.append(PlanWarning("PARTIAL_CAPACITY", message, "capacity"))
    for child in children:
        if child.allocated < currency.deal_size_min:
            message = f"{child.entity_id}: share {child.allocated} is below the deal size {currency.deal_size_min}."
            warnings.append(PlanWarning("SHARE_BELOW_DEAL_SIZE", message, "children"))
    day = checked.intake.dates.trade_date
    closed = [each for each in checked.facts.periods if each.start <= day <= each.end and not each.is_open]
    if children and closed:
        message = f"Accounting period {closed[0].period_id} is closed; posting waits until it opens."
        warnings.append(PlanWarning("PERIOD_CLOSED", message, "dates.period_id"))
    return warnings


def _completed(checked: _Checked) -> CompletedOrder:
    order, intake, workflow_id = checked.order, checked.intake, checked.identity.workflow_id
    provenance = dict(intake.provenance)
    for name in ("order_id", "msg_uid"):
        provenance.setdefault(name, Provenance.STATED if getattr(order, name) else Provenance.SYSTEM)
    for name in ("exposure_currency", "amount"):
        provenance.setdefault(name, Provenance.STATED)
    order_id = order.order_id or order_id_of(workflow_id)
    msg_uid = order.msg_uid or msg_uid_of(workflow_id)
    return CompletedOrder(
        instruction_type=order.instruction_type,
        exposure_currency=intake.currency.currency,
        amount=intake.amount,
        entity_id=intake.entity_id,
        nav_type=intake.nav_type,
        hedge_method=intake.hedge_method,
        hedging_instrument=intake.hedging_instrument,
        instruction_date=intake.dates.instruction_date,
        value_date=intake.dates.value_date,
        tenor_or_maturity=intake.tenor_or_maturity,
        order_id=order_id,
        sub_order_id=order.sub_order_id,
        previous_order_id=order.previous_order_id,
        reference_event_ids=order.reference_event_ids,
        msg_uid=msg_uid,
        instruction_fingerprint=fingerprint(
            instruction_type=order.instruction_type.value,
            day=intake.dates.instruction_date,
            currency=intake.currency.currency,
            amount=intake.amount,
            order_ids=(order_id, order.sub_order_id, order.previous_order_id),
            msg_uid=msg_uid,
        ),
        provenance={name: str(provenance[name]) for name in sorted(provenance)},
    )


def _dates(checked: _Checked) -> PlanDates:
    dates = checked.intake.dates
    day = dates.trade_date
    period = next((each.period_id for each in checked.facts.periods if each.start <= day <= each.end), "")
    return PlanDates(
        business_date=dates.business_date,
        trade_date=day,
        value_date=dates.value_date,
        maturity_date=dates.maturity_date,
        accounting_date=day,
        period_id=period or day.strftime("%Y-%m"),
    )


def _pins(checked: _Checked) -> Pins:
    """The same pins again when the plan is drawn from pins: a re-plan never lengthens their validity."""
    if checked.facts.pins is not None:
        return checked.facts.pins
    dates = checked.intake.dates
    return Pins(
        rates=checked.intake.pinned_rates,
        business_date=dates.business_date,
        trade_date=dates.trade_date,
        value_date=dates.value_date,
        maturity_date=dates.maturity_date,
        pinned_at=checked.facts.now,
    )


def _versions(checked: _Checked) -> tuple[ReferenceVersion, ...]:
    """Versions of the rows relied on; of the rates only those used."""
    used = {f"{rate.currency_pair}:{rate.rate_type}" for rate in checked.intake.pinned_rates}
    return tuple(
        each
        for each in checked.facts.versions
        if each.table != "currency_rates" or each.key.removesuffix(":LOCAL") in used
    )


def _answer(checked: _Checked) -> dict[str, str]:
    """What a utilisation asked for; empty for other types."""
    if checked.order.instruction_type is not InstructionType.U:
        return {}
    intake, result, usd = checked.intake, checked.allocation.result, checked.usd_check
    code = intake.currency.currency
    return {
        "check_status": result.status.value,
        "exposure_currency": code,
        "nav_type": intake.nav_type.value,
        "requested": text_of(result.ordered, code),
        "available": text_of(result.available, code),
        "allocated": text_of(result.allocated, code),
        "not_allocated": text_of(result.not_allocated, code),
        "usd_pb_check_status": usd.status.value,
        "usd_requested": text_of(usd.requested_usd, USD),
        "usd_total_after": text_of(usd.total_after_usd, USD),
        "can_proceed": "true" if result.allocated > ZERO else "false",
    }
