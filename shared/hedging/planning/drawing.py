"""Drawing a plan: facts and an order in, the whole plan or a refusal out. Pure: same input, same bytes.

Order of the checks (interfaces section 7): fields, range and lot size, entity, dates and rates, USD limit,
capacity. A refused USD limit or capacity keeps its record: the eight operations of stage 1A with the figures.
A utilisation asks that question alone, so "no" is its answer and never a refusal. A rollover and a termination take off
what is hedged and ask for no capacity; an amendment asks for it with the room of what it ends.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from shared.hedging.capacity import CheckStatus, UsdCheck, UsdStatus, capacity_result
from shared.hedging.facts import Facts
from shared.hedging.identifiers import order_id_of
from shared.hedging.order import ASKING_TYPES, CHECKED_TYPES, Claim, Order
from shared.hedging.plan import ChildPlan, HedgePlan, LineageKind, PlanIdentity, PlanRefusal, PlanWarning
from shared.hedging.planning.allocation import CANDIDATES_MAX, Allocation, allocate
from shared.hedging.planning.booking import INCEPTION, configured_booking
from shared.hedging.planning.children import draw_child
from shared.hedging.planning.composing import Checked, compose
from shared.hedging.planning.intake import Intake, take_in
from shared.hedging.planning.parts import EVENT_TYPES, Part, draw_parts, exposures_of_closings
from shared.hedging.planning.stops import PlanningStopped, configuration_invalid
from shared.hedging.planning.usd_limit import check_usd_limit
from shared.hedging.planning.waterfall import Candidates, assess
from shared.hedging.refusals import PlanningCode
from shared.money.amounts import ZERO, quantize

SNAPSHOT_STALE_DAYS: Final = 2  # business days; a weekend makes no snapshot stale (domain facts 5.4)


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
        checked = _check(order, facts, identity)
        if order.instruction_type in ASKING_TYPES:
            return compose(checked, (), claims)
        refusal = _refused_check(checked)
        if refusal is not None:
            code, message, path = refusal
            return PlanRefusal(code, message, path, compose(checked, (), claims))
        return compose(checked, _children(checked), claims)
    except PlanningStopped as stopped:
        return PlanRefusal(stopped.code, stopped.message, stopped.path)


def _check(order: Order, facts: Facts, identity: PlanIdentity) -> Checked:
    """Run all checks, in their order. A rollover or termination needs no capacity: it reduces what is hedged."""
    intake = take_in(order, facts)
    asks = order.instruction_type in CHECKED_TYPES
    usd_check = check_usd_limit(facts, intake, opens=asks)
    if intake.closings and not asks:
        candidates = _closed_exposures(facts, intake)
        outstanding = sum((hedge.outstanding for hedge in intake.hedges), ZERO)
        result = capacity_result(intake.amount, quantize(outstanding, intake.currency.currency), intake.amount)
        allocation = Allocation(candidates.assessments, result)
    else:
        candidates = _candidates(facts, intake)
        allocation = _allocation(intake, usd_check, candidates)
    return Checked(
        order=order,
        facts=facts,
        identity=identity,
        intake=intake,
        usd_check=usd_check,
        allocation=allocation,
        warnings=(*intake.warnings, *_check_warnings(facts, intake, usd_check, candidates)),
    )


def _closed_exposures(facts: Facts, intake: Intake) -> Candidates:
    """Return the exposures of the hedges, with what the order changes of each as `allocated`: zero or below."""
    exposures = exposures_of_closings(facts, intake)
    changed = []
    for (entity_id, nav_type), exposure in exposures.items():
        ended = sum(
            (
                closing.amount
                for closing in intake.closings
                if (closing.hedge.entity_id, closing.hedge.nav_type) == (entity_id, nav_type)
                and closing.kind is LineageKind.TERMINATION
            ),
            ZERO,
        )
        changed.append(replace(exposure, allocated=quantize(-ended, exposure.currency)))
    return Candidates(tuple(changed), (), ())


def _candidates(facts: Facts, intake: Intake) -> Candidates:
    if len(intake.entities) > CANDIDATES_MAX:
        raise configuration_invalid("entity_master", f"More than {CANDIDATES_MAX} entities of one currency.")
    found = assess(facts, intake.entities, intake.currency.currency, intake.nav_type, _given_back(intake))
    if not found.assessments:
        names = ", ".join(found.without_position)
        message = f"No {intake.nav_type.value} position snapshot for {names}. Publish one on hawk.reference."
        raise configuration_invalid("position_nav_master", message)
    return found


def _given_back(intake: Intake) -> dict[str, Decimal]:
    """Sum up what an amendment takes off each entity's hedges in the NAV type that it opens again."""
    back: dict[str, Decimal] = {}
    for closing in intake.closings:
        if closing.hedge.nav_type is intake.nav_type:
            back[closing.hedge.entity_id] = back.get(closing.hedge.entity_id, ZERO) + closing.amount
    return back


def _allocation(intake: Intake, usd_check: UsdCheck, candidates: Candidates) -> Allocation:
    """Allocate the order: nothing if it breaches the USD limit (domain facts 5.2), and nothing for an inquiry."""
    placed = allocate(intake.amount, candidates.assessments, intake.currency.rounding_precision)
    if usd_check.status is not UsdStatus.BREACH:
        return placed
    nothing = quantize(ZERO, intake.currency.currency)
    return Allocation(candidates.assessments, capacity_result(intake.amount, placed.result.available, nothing))


def _refused_check(checked: Checked) -> tuple[PlanningCode, str, str] | None:
    if checked.order.instruction_type not in CHECKED_TYPES:
        return None
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
        age = intake.dates.calendar.counts.days_between(each.snapshot_date, facts.today)
        if age > days_max:
            message = f"{each.snapshot_id} is {age} business days old, more than {days_max}."
            warnings.append(PlanWarning("SNAPSHOT_STALE", message, "assessments"))
    return warnings


def _children(checked: Checked) -> tuple[ChildPlan, ...]:
    order, intake, workflow_id = checked.order, checked.intake, checked.identity.workflow_id
    parts = draw_parts(order, checked.facts, intake, checked.allocation.shares)
    order_id = order.order_id or order_id_of(workflow_id)
    children = []
    for part in parts:
        own = _intake_of(order, intake, part)
        event = INCEPTION if EVENT_TYPES[part.kind] == "Initiation" else EVENT_TYPES[part.kind]
        children.append(
            draw_child(
                checked.facts,
                own,
                configured_booking(checked.facts, own, event),
                checked.usd_check,
                checked.identity,
                order_id=order_id,
                sub_order_id=order.sub_order_id if len(parts) == 1 else None,
                part=part,
                heads=part.index == 1 and order.instruction_type not in CHECKED_TYPES,
            )
        )
    return tuple(children)


def _intake_of(order: Order, intake: Intake, part: Part) -> Intake:
    """Return the intake of one part: a hedge that is closed keeps its own NAV type and instrument."""
    if part.closing is None:
        return intake
    hedge = part.closing.hedge
    ended = part.kind is LineageKind.TERMINATION
    instrument = hedge.hedging_instrument if ended else order.hedging_instrument or hedge.hedging_instrument
    return replace(intake, nav_type=hedge.nav_type, hedging_instrument=instrument)
