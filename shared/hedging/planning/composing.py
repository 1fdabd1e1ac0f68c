"""The plan as one value, put together once every check is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.hedging.capacity import CheckStatus, UsdCheck
from shared.hedging.facts import Facts
from shared.hedging.gl_entries import Ledger
from shared.hedging.identifiers import fingerprint, instruction_id_of, msg_uid_of, order_id_of, request_id_of
from shared.hedging.operations import ChildShape, Operation, count_operations, draw_operations, draw_reads
from shared.hedging.order import (
    CHECKED_TYPES,
    CLOSING_TYPES,
    Claim,
    CompletedOrder,
    InstructionType,
    Order,
    Provenance,
)
from shared.hedging.plan import (
    ChildPlan,
    HedgePlan,
    Pins,
    PlanDates,
    PlanIdentity,
    PlanWarning,
    ReferenceVersion,
)
from shared.hedging.planning.allocation import Allocation
from shared.hedging.planning.answers import answer_of
from shared.hedging.planning.claims import compare_claims
from shared.hedging.planning.intake import Intake
from shared.hedging.planning.rates import to_usd
from shared.hedging.planning.risk import assess_risk
from shared.hedging.planning.same_day import ONCE_A_DAY, second_instruction
from shared.hedging.reversal import draw_reversal
from shared.money.amounts import ZERO, quantize

USD: Final = "USD"


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything known once the checks are done, before the parts are drawn."""

    order: Order
    facts: Facts
    identity: PlanIdentity
    intake: Intake
    usd_check: UsdCheck
    allocation: Allocation
    warnings: tuple[PlanWarning, ...]


def compose(checked: Checked, children: tuple[ChildPlan, ...], claims: Sequence[Claim]) -> HedgePlan:
    """Compose the plan of these children; without any, that of a question or of a refused check."""
    intake, identity, result = checked.intake, checked.identity, checked.allocation.result
    rates = intake.rates[Ledger.IFRS]
    model = _model(children)
    warnings = (*checked.warnings, *_plan_warnings(checked, children))
    claim_warnings = compare_claims(claims, model, children) if children else ()
    operations = _operations(checked, children)
    assessments = checked.allocation.assessments
    usd_equivalent = quantize(to_usd(intake.amount, intake.family, rates), USD)
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
        usd_equivalent=usd_equivalent,
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
        risk=assess_risk(usd_equivalent, usd, result, assessments, (*warnings, *claim_warnings)),
        reversal=draw_reversal(operations),
        answer=answer_of(checked.order, checked.facts, intake, usd, checked.allocation),
    )


def _model(children: tuple[ChildPlan, ...]) -> str | None:
    """Return the booking model, or both for an order that closes hedges of both NAV types."""
    return "+".join(dict.fromkeys(child.event.booking_model for child in children)) or None


def _operations(checked: Checked, children: tuple[ChildPlan, ...]) -> tuple[Operation, ...]:
    workflow_id, kind = checked.identity.workflow_id, checked.order.instruction_type
    if kind is InstructionType.Q:
        return draw_reads(workflow_id)
    return draw_operations(workflow_id, [_shape(child) for child in children], checked=kind in CHECKED_TYPES)


def _shape(child: ChildPlan) -> ChildShape:
    return ChildShape(
        child.index,
        child.entity_id,
        tuple(f"{deal.deal_type} {deal.portfolio_from} to {deal.portfolio_to}" for deal in child.deals),
        tuple(f"{entry.entry_type} {entry.ledger.value}" for entry in child.gl_entries),
    )


def _plan_warnings(checked: Checked, children: tuple[ChildPlan, ...]) -> list[PlanWarning]:
    warnings = []
    result, currency = checked.allocation.result, checked.intake.currency
    if result.status is CheckStatus.PARTIAL:
        message = f"Only {result.allocated} of {result.ordered} {currency.currency} can be placed."
        warnings.append(PlanWarning("PARTIAL_CAPACITY", message, "capacity"))
    for child in children:
        if child.allocated < currency.deal_size_min and checked.order.instruction_type not in CLOSING_TYPES:
            message = f"{child.entity_id}: share {child.allocated} is below the deal size {currency.deal_size_min}."
            warnings.append(PlanWarning("SHARE_BELOW_DEAL_SIZE", message, "children"))
    day = checked.intake.dates.trade_date
    if unknown := [
        child for child in children if child.lineage and child.lineage.closes and not _share_known(checked, child)
    ]:
        names = ", ".join(str(child.lineage.original_event_id) for child in unknown if child.lineage)
        message = f"The booked amounts of {names} are not known; those of today's rates are used."
        warnings.append(PlanWarning("BOOKED_AMOUNTS_UNKNOWN", message, "children"))
    warnings += _same_day(checked)
    closed = [each for each in checked.facts.periods if each.start <= day <= each.end and not each.is_open]
    if children and closed:
        message = f"Accounting period {closed[0].period_id} is closed; posting waits until it opens."
        warnings.append(PlanWarning("PERIOD_CLOSED", message, "dates.period_id"))
    return warnings


def _share_known(checked: Checked, child: ChildPlan) -> bool:
    hedge_id = child.lineage.original_event_id if child.lineage else None
    return any(hedge.event_id == hedge_id and hedge.carried for hedge in checked.intake.hedges)


def _same_day(checked: Checked) -> list[PlanWarning]:
    """Warn of a second utilisation or inception today, and of an inception that follows a utilisation (3.1)."""
    kind, currency = checked.order.instruction_type, checked.intake.currency.currency
    if kind not in ONCE_A_DAY:
        return []
    warnings = []
    received = [each.order_id for each in checked.facts.earlier_today if each.instruction_type is kind]
    second = second_instruction(
        kind.value,
        currency,
        received=received,
        waiting=checked.facts.waiting,
        received_number=max(len(received), checked.facts.earlier_number),
    )
    if second is not None:
        warnings.append(second)
    followed = _followed_utilisation(checked)
    if followed is not None:
        message = f"Follows today's utilisation for {currency} ({followed}), which becomes this inception."
        warnings.append(PlanWarning("UTILISATION_FOLLOWED", message, "instruction_type"))
    return warnings


def _followed_utilisation(checked: Checked) -> str | None:
    """Return the msg_uid of the day's latest utilisation of the currency, for an inception."""
    if checked.order.instruction_type is not InstructionType.I:
        return None
    asked = [each.msg_uid for each in checked.facts.earlier_today if each.instruction_type is InstructionType.U]
    return asked[-1] if asked else None


def _completed(checked: Checked) -> CompletedOrder:
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
        supersedes_msg_uid=_followed_utilisation(checked),
    )


def _dates(checked: Checked) -> PlanDates:
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


def _pins(checked: Checked) -> Pins:
    """Return the pins the plan is drawn from, if any, else new ones: a re-plan never lengthens their validity."""
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


def _versions(checked: Checked) -> tuple[ReferenceVersion, ...]:
    """Versions of the rows relied on; of the rates only those used."""
    used = {f"{rate.currency_pair}:{rate.rate_type}" for rate in checked.intake.pinned_rates}
    return tuple(
        each
        for each in checked.facts.versions
        if each.table != "currency_rates" or each.key.removesuffix(":LOCAL") in used
    )
