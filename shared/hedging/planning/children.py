"""One part of the order: its event, deals, ledger entries and the other rows of stage 2."""

from dataclasses import replace
from typing import Final

from shared.hedging.capacity import UsdCheck
from shared.hedging.deals import Deal, DealContext, Direction, draw_deals
from shared.hedging.facts import Facts
from shared.hedging.gl_entries import (
    GlEntry,
    GlPurpose,
    Ledger,
    amount_keys,
    be_code_of,
    draw_gl_details,
    draw_gl_entries,
    keys_of_rollover,
)
from shared.hedging.identifiers import child_ids, event_id_of, instruction_id_of, part_id
from shared.hedging.journal import (
    JournalLine,
    JournalRefused,
    PostingCode,
    draw_journal,
    first_pair,
    period_of,
    select_rule,
)
from shared.hedging.models import REFERENCE_RATE, Family, Model
from shared.hedging.plan import ChildPlan, HedgeEvent, Lineage, LineageKind, PlanIdentity, RiskRecord
from shared.hedging.planning.booking import Booking
from shared.hedging.planning.intake import Intake
from shared.hedging.planning.parts import EVENT_TYPES, Part
from shared.hedging.planning.records import FULL_RATIO, discounted_spot, effectiveness, hfm_entry, proxy_report
from shared.hedging.planning.stops import configuration_invalid
from shared.hedging.typed_rows import Entity
from shared.money.amounts import ZERO, quantize, text_of

USD: Final = "USD"
_DIRECTIONS: Final = {
    LineageKind.TERMINATION: Direction.CLOSING,
    LineageKind.ROLLOVER: Direction.ROLLING,
}


def draw_child(
    facts: Facts,
    intake: Intake,
    booking: Booking,
    usd_check: UsdCheck,
    identity: PlanIdentity,
    *,
    order_id: str,
    sub_order_id: str | None,
    part: Part,
    heads: bool = False,
) -> ChildPlan:
    """Everything that follows from one part of the order.

    Args:
        heads: the order has no stage 1A that would record it; this part's row of hedge_instructions is the order's own.
    Raises:
        PlanningStopped: CONFIGURATION_INVALID when no single GL rule fits, an account is unknown, or a
            fixing source is missing.
    """
    share, notional = part.share, part.amount
    entity = next(each for each in facts.entities if each.entity_id == share.entity_id)
    event_id = event_id_of(identity.workflow_id, part.index)

    def named(prefix: str) -> str:
        return part_id(prefix, identity.workflow_id, part.index)

    deals = draw_deals(_deal_context(facts, intake, booking, entity, part=part, prefix=named("DEAL")))
    today = amount_keys(booking.model, notional, intake.rates)
    keys = _posted_keys(part, today)
    try:
        entries, journal = _accounting(
            facts, intake, booking, entity=entity, event_id=event_id, part=part, keys=keys, prefix=named("GL")
        )
    except JournalRefused as refused:
        raise configuration_invalid("gl_rules", f"{refused.code.value}: {refused.message}") from refused
    ids = child_ids(identity.workflow_id, part.index, order_id, sub_order_id)
    if heads:
        ids = replace(ids, instruction_id=instruction_id_of(identity.workflow_id))
    details = draw_gl_details(
        entries,
        entity_type=entity.entity_type,
        classification=entity.classification,
        mx_reference=deals[0].internal_reference,
    )
    period_id = period_of(facts.periods, intake.dates.trade_date).period_id
    return ChildPlan(
        index=part.index,
        entity_id=entity.entity_id,
        entity_name=entity.name,
        entity_type=entity.entity_type,
        allocated=notional,
        allocated_usd=part.amount_usd,
        ids=ids,
        assessment=share,
        event=_event(intake, booking, event_id, part, deals),
        deals=deals,
        amount_keys=keys,
        gl_entries=entries,
        gl_details=details,
        journal=journal,
        proxy_report=proxy_report(intake, booking, deals, keys, named("PROXY")),
        discounted_spot=discounted_spot(intake, booking, deals, named("SPOT")),
        hfm_entry=hfm_entry(booking, entity, entries=entries, period_id=period_id, template_id=named("HFM")),
        effectiveness=effectiveness(
            facts, intake, entity, notional=notional, event_id=event_id, record_id=named("EFF")
        ),
        risk_record=_risk_record(usd_check, named("RISK")),
        lineage=_lineage(part, today),
    )


def _risk_record(usd_check: UsdCheck, monitoring_id: str) -> RiskRecord:
    return RiskRecord(
        monitoring_id=monitoring_id,
        risk_metric="USD_PB_TOTAL_AFTER",
        current_value=usd_check.total_after_usd,
        threshold_type="USD_PB_DEPOSIT",
        threshold_value=usd_check.maximum_usd,
        breach_level=usd_check.status.value,
    )


def _posted_keys(part: Part, today: dict[str, str]) -> dict[str, str]:
    """Return the amounts to post: a termination takes out what the hedge brought in, a rollover posts the difference,
    every other type the amounts of today's rates."""
    if part.kind is LineageKind.ROLLOVER and part.closing is not None:
        return keys_of_rollover(today, part.closing.share)
    if part.kind is LineageKind.TERMINATION and part.closing is not None:
        return {name: part.closing.share.get(name, value) for name, value in today.items()}
    return today


def _lineage(part: Part, today: dict[str, str]) -> Lineage:
    closing = part.closing
    nothing, no_usd = quantize(ZERO, part.share.currency), quantize(ZERO, USD)
    closes_usd = no_usd if closing is None else closing.usd
    opens = part.kind is not LineageKind.TERMINATION
    rolled = part.kind is LineageKind.ROLLOVER
    return Lineage(
        kind=part.kind,
        original_event_id=part.follows,
        closes_amount=nothing if closing is None else closing.amount,
        closes_usd=closes_usd,
        opens_amount=part.amount if opens else nothing,
        # A hedge that is rolled over keeps what it holds of the USD limit.
        opens_usd=(closes_usd if rolled else part.amount_usd) if opens else no_usd,
        before=nothing if closing is None else closing.before,
        after=part.amount if closing is None else closing.after,
        carried=today if opens else {},
    )


def _deal_context(
    facts: Facts, intake: Intake, booking: Booking, entity: Entity, *, part: Part, prefix: str
) -> DealContext:
    code = intake.currency.currency
    source = facts.fixing_sources.get(code, "")
    if intake.family is Family.C and not source:
        raise configuration_invalid("proxy_configuration", f"No fixing source for {code}. Add market_data_source.")
    return DealContext(
        model=booking.model,
        currency=code,
        notional=part.amount,
        rates=intake.rates[Ledger.IFRS],
        trade_date=intake.dates.trade_date,
        value_date=intake.dates.value_date,
        maturity_date=part.maturity_date,
        fixing_date=intake.dates.fixing_date,
        fixing_source=source,
        counterparty_external=booking.counterparty_external,
        counterparty_internal=booking.counterparty_internal,
        book_counterparties=booking.book_counterparties,
        comment=f"{entity.murex_comment} {intake.nav_type.value}".strip(),
        deal_prefix=prefix,
        direction=_DIRECTIONS.get(part.kind, Direction.OPENING),
    )


def _accounting(
    facts: Facts,
    intake: Intake,
    booking: Booking,
    *,
    entity: Entity,
    event_id: str,
    part: Part,
    keys: dict[str, str],
    prefix: str,
) -> tuple[tuple[GlEntry, ...], tuple[JournalLine, ...]]:
    """Draw the eight entries and the journal of the one rule that fits."""
    code, model = intake.currency.currency, booking.model
    rule = select_rule(
        facts.gl_rules,
        {
            "event_type": EVENT_TYPES[part.kind],
            "posting_model": model.value,
            "currency_type": code,
            "nav_type": intake.nav_type.value,
            "entity_type": entity.entity_type,
            "entity_id": entity.entity_id,
        },
    )
    day = intake.dates.trade_date
    narrative = f"{model.value} {text_of(part.amount, code)} {code} {event_id}"
    entries = draw_gl_entries(
        model,
        keys,
        first_pair(rule),
        prefix=prefix,
        posting_date=day,
        narrative=narrative,
        closing=part.kind is LineageKind.TERMINATION,
    )
    _check_accounts(facts, model, entries)
    journal = draw_journal(
        rule,
        keys,
        facts.accounts,
        journal_id=event_id,
        txn_ccy=code,
        fx_rate=intake.rates[Ledger.IFRS][REFERENCE_RATE[intake.family]],
        accounting_date=day,
        period_id=period_of(facts.periods, day).period_id,
        narrative=narrative,
    )
    return entries, journal


def _check_accounts(facts: Facts, model: Model, entries: tuple[GlEntry, ...]) -> None:
    used = {account for entry in entries for account in (entry.debit_account, entry.credit_account)}
    if missing := sorted(used - facts.accounts):
        message = f"Accounts {', '.join(missing)} are not active in gl_coa. Add them."
        raise JournalRefused(PostingCode.ACCOUNT_NOT_FOUND, message)
    active = {each.code for each in facts.be_codes}
    wanted = {code for purpose in GlPurpose if (code := be_code_of(model, purpose)) is not None}
    if missing := sorted(wanted - active):
        message = f"BE codes {', '.join(missing)} are not active in hedge_be_config. Activate them."
        raise JournalRefused(PostingCode.CFG_NOT_ACTIVE, message)


def _event(intake: Intake, booking: Booking, event_id: str, part: Part, deals: tuple[Deal, ...]) -> HedgeEvent:
    final = next(deal for deal in deals if deal.final)
    closing, notional = part.kind is LineageKind.TERMINATION, part.amount
    return HedgeEvent(
        event_id=event_id,
        business_event_type=EVENT_TYPES[part.kind],
        nav_type=intake.nav_type,
        currency_type=intake.currency_type.value,
        hedging_instrument=booking.config.hedging_instrument,
        accounting_method=booking.config.accounting_method,
        notional_amount=notional,
        hedge_ratio=FULL_RATIO,
        start_date=intake.dates.value_date,
        trade_date=intake.dates.trade_date,
        value_date=intake.dates.value_date,
        maturity_date=part.maturity_date,
        fx_rate=intake.rates[Ledger.IFRS][REFERENCE_RATE[intake.family]],
        counterparty=booking.counterparty_external,
        booking_model=booking.model.value,
        portfolio_routing=booking.config.portfolio_routing,
        final_hedge_portfolio=final.portfolio_from if closing else final.portfolio_to,
        hedge_position_amount=-notional if closing else notional,
        hedge_position_currency=intake.currency.currency,
        expected_deal_count=len(deals),
    )
