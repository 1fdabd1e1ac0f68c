"""One entity's part of the order: its event, deals, ledger entries and the other rows of stage 2."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from shared.hedging.capacity import Assessment, UsdCheck
from shared.hedging.deals import Deal, DealContext, draw_deals
from shared.hedging.facts import Facts
from shared.hedging.gl_entries import (
    GlEntry,
    GlPurpose,
    Ledger,
    amount_keys,
    be_code_of,
    draw_gl_details,
    draw_gl_entries,
)
from shared.hedging.identifiers import child_ids, event_id_of, part_id
from shared.hedging.intake import Intake
from shared.hedging.journal import (
    JournalLine,
    JournalRefused,
    PostingCode,
    draw_journal,
    first_pair,
    period_of,
    select_rule,
)
from shared.hedging.models import (
    DEAL_ROWS,
    EXTERNAL,
    REFERENCE_RATE,
    Family,
    Model,
    RateKind,
    model_of,
)
from shared.hedging.plan import (
    ChildPlan,
    DiscountedSpot,
    Effectiveness,
    HedgeEvent,
    HfmEntry,
    PlanIdentity,
    ProxyReport,
    RiskRecord,
)
from shared.hedging.rates import to_usd
from shared.hedging.reference import Entity, EventConfig
from shared.hedging.stops import configuration_invalid
from shared.hedging.waterfall import framework_of
from shared.money.amounts import over, quantize, rate_text, text_of

SGD: Final = "SGD"
EVENT_TYPE: Final = "Initiation"
INCEPTION: Final = "Inception"
GL_ENTRY_COUNT: Final = 8  # four purposes, two ledgers
EFFECTIVENESS_LOWER: Final = Decimal(80)  # percent; the band of IAS 39 practice, when the framework states none
EFFECTIVENESS_UPPER: Final = Decimal(125)
FULL_RATIO: Final = Decimal(100)
DAYS_TO_NEXT_TEST: Final = 30  # effectiveness is tested monthly
BANK_TEMPLATE: Final = "DBS_BANK_LTD"
GROUP_TEMPLATE: Final = "DBS_BANK_GRP"
BANK_TYPES: Final = frozenset({"Branch", "TMU"})
EXTERNAL_SETTING: Final = "murex.counterparty.external"
INTERNAL_SETTING: Final = "murex.counterparty.internal"


@dataclass(frozen=True, slots=True)
class Booking:
    """The configured way of booking: model, routing, book codes' counterparties."""

    model: Model
    config: EventConfig
    counterparty_external: str
    counterparty_internal: str
    book_counterparties: dict[str, str]


def configured_booking(facts: Facts, intake: Intake) -> Booking:
    """The instruction_event_config row of the order, checked against the model's deal table.

    Raises:
        PlanningStopped: CONFIGURATION_INVALID when there is not exactly one row, when its model or counts differ
            from the table, or a portfolio, book code or counterparty is not configured and active.
    """
    config = _config(facts, intake)
    model = model_of(intake.currency_type, intake.nav_type)
    rows = DEAL_ROWS[model]
    if config.booking_model != model.value:
        raise _config_differs(config, "booking_model", config.booking_model, model.value)
    if config.deal_count != len(rows):
        raise _config_differs(config, "deal_count", str(config.deal_count), str(len(rows)))
    if config.gl_entry_count != GL_ENTRY_COUNT:
        raise _config_differs(config, "gl_entry_count", str(config.gl_entry_count), str(GL_ENTRY_COUNT))
    portfolios = {name for row in rows for name in (row.source, row.target)} - {EXTERNAL}
    if missing := sorted(portfolios - set(config.portfolio_routing)):
        raise _config_differs(config, "portfolio_routing", ", ".join(config.portfolio_routing), ", ".join(missing))
    codes = {row.book_code for row in rows if row.book_code is not None}
    if missing := sorted(codes - set(config.book_codes)):
        raise _config_differs(config, "mrx_book_code_ids", ", ".join(config.book_codes), ", ".join(missing))
    if missing := sorted(codes - facts.book_codes.keys()):
        message = f"Book codes {', '.join(missing)} are not active. Activate them."
        raise configuration_invalid("murex_book_config", message)
    return Booking(
        model=model,
        config=config,
        counterparty_external=_setting(facts, EXTERNAL_SETTING),
        counterparty_internal=_setting(facts, INTERNAL_SETTING),
        book_counterparties={code: facts.book_codes[code].counterparty for code in sorted(codes)},
    )


def _setting(facts: Facts, name: str) -> str:
    value = facts.settings.get(name)
    if not value:
        raise configuration_invalid("system_configuration", f"Setting {name} is missing. Add it.")
    return value


def _same_name(left: str, right: str) -> bool:
    """FX_Swap, FX SWAP and fx swap are one instrument."""
    return left.strip().casefold().replace(" ", "_") == right.strip().casefold().replace(" ", "_")


def _config(facts: Facts, intake: Intake) -> EventConfig:
    wanted = (INCEPTION, intake.nav_type.value, intake.currency_type.value)
    rows = [
        row
        for row in facts.event_configs
        if (row.instruction_event, row.nav_type, row.currency_type) == wanted
        and _same_name(row.hedging_instrument, intake.hedging_instrument)
        and _same_name(row.accounting_method, intake.hedge_method)
    ]
    if len(rows) != 1:
        key = ", ".join((*wanted, intake.hedging_instrument, intake.hedge_method))
        message = f"Booking of {key}: expected one active row, found {len(rows)}. Correct instruction_event_config."
        raise configuration_invalid("instruction_event_config", message)
    return rows[0]


def _config_differs(config: EventConfig, column: str, found: str, expected: str) -> Exception:
    message = f"{config.config_id}, {column}: found {found}, the deal table needs {expected}. Correct the row."
    return configuration_invalid("instruction_event_config", message)


def draw_child(
    facts: Facts,
    intake: Intake,
    booking: Booking,
    usd_check: UsdCheck,
    identity: PlanIdentity,
    *,
    order_id: str,
    sub_order_id: str | None,
    index: int,
    share: Assessment,
) -> ChildPlan:
    """Everything that follows from one share of the order.

    Raises:
        PlanningStopped: CONFIGURATION_INVALID when no single GL rule fits, an account is unknown, or the like.
    """
    entity = next(each for each in intake.entities if each.entity_id == share.entity_id)
    workflow_id = identity.workflow_id
    event_id = event_id_of(workflow_id, index)
    notional = share.allocated
    deals = draw_deals(_deal_context(facts, intake, booking, entity, notional, part_id("DEAL", workflow_id, index)))
    keys = amount_keys(booking.model, notional, intake.rates)
    try:
        entries, journal = _accounting(facts, intake, booking, entity, event_id, notional, keys, index, workflow_id)
    except JournalRefused as refused:
        raise configuration_invalid("gl_rules", refused.message) from refused
    ids = child_ids(workflow_id, index, order_id, sub_order_id)
    details = draw_gl_details(
        entries,
        entity_type=entity.entity_type,
        classification=entity.classification,
        mx_reference=deals[0].internal_reference,
    )
    return ChildPlan(
        index=index,
        entity_id=entity.entity_id,
        entity_name=entity.name,
        entity_type=entity.entity_type,
        allocated=notional,
        allocated_usd=quantize(to_usd(notional, intake.family, intake.rates[Ledger.IFRS]), "USD"),
        ids=ids,
        assessment=share,
        event=_event(intake, booking, event_id, notional, deals),
        deals=deals,
        amount_keys=keys,
        gl_entries=entries,
        gl_details=details,
        journal=journal,
        proxy_report=_proxy_report(intake, booking, deals, keys, part_id("PROXY", workflow_id, index)),
        discounted_spot=_discounted_spot(intake, booking, deals, part_id("SPOT", workflow_id, index)),
        hfm_entry=_hfm_entry(booking, entity, entries, journal, intake, part_id("HFM", workflow_id, index)),
        effectiveness=_effectiveness(facts, intake, entity, share, event_id, part_id("EFF", workflow_id, index)),
        risk_record=RiskRecord(
            monitoring_id=part_id("RISK", workflow_id, index),
            risk_metric="USD_PB_TOTAL_AFTER",
            current_value=usd_check.total_after_usd,
            threshold_type="USD_PB_DEPOSIT",
            threshold_value=usd_check.maximum_usd,
            breach_level=usd_check.status.value,
        ),
    )


def _deal_context(
    facts: Facts, intake: Intake, booking: Booking, entity: Entity, notional: Decimal, prefix: str
) -> DealContext:
    code = intake.currency.currency
    source = facts.fixing_sources.get(code, "")
    if intake.family is Family.C and not source:
        raise configuration_invalid("proxy_configuration", f"No fixing source for {code}. Add market_data_source.")
    return DealContext(
        model=booking.model,
        currency=code,
        notional=notional,
        rates=intake.rates[Ledger.IFRS],
        trade_date=intake.dates.trade_date,
        value_date=intake.dates.value_date,
        maturity_date=intake.dates.maturity_date,
        fixing_date=intake.dates.fixing_date,
        fixing_source=source,
        counterparty_external=booking.counterparty_external,
        counterparty_internal=booking.counterparty_internal,
        book_counterparties=booking.book_counterparties,
        comment=f"{entity.murex_comment} {intake.nav_type.value}".strip(),
        deal_prefix=prefix,
    )


def _accounting(
    facts: Facts,
    intake: Intake,
    booking: Booking,
    entity: Entity,
    event_id: str,
    notional: Decimal,
    keys: dict[str, str],
    index: int,
    workflow_id: str,
) -> tuple[tuple[GlEntry, ...], tuple[JournalLine, ...]]:
    """The eight entries and the journal of the one rule that fits."""
    code, model = intake.currency.currency, booking.model
    rule = select_rule(
        facts.gl_rules,
        {
            "event_type": EVENT_TYPE,
            "posting_model": model.value,
            "currency_type": code,
            "nav_type": intake.nav_type.value,
            "entity_type": entity.entity_type,
            "entity_id": entity.entity_id,
        },
    )
    day = intake.dates.trade_date
    narrative = f"{model.value} {text_of(notional, code)} {code} {event_id}"
    entries = draw_gl_entries(
        model,
        keys,
        first_pair(rule),
        prefix=part_id("GL", workflow_id, index),
        posting_date=day,
        narrative=narrative,
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


def _event(
    intake: Intake, booking: Booking, event_id: str, notional: Decimal, deals: tuple[Deal, ...]
) -> HedgeEvent:
    final = next(deal for deal in deals if deal.final)
    return HedgeEvent(
        event_id=event_id,
        business_event_type=EVENT_TYPE,
        nav_type=intake.nav_type,
        currency_type=intake.currency_type.value,
        hedging_instrument=booking.config.hedging_instrument,
        accounting_method=booking.config.accounting_method,
        notional_amount=notional,
        hedge_ratio=FULL_RATIO,
        start_date=intake.dates.value_date,
        trade_date=intake.dates.trade_date,
        value_date=intake.dates.value_date,
        maturity_date=intake.dates.maturity_date,
        fx_rate=intake.rates[Ledger.IFRS][REFERENCE_RATE[intake.family]],
        counterparty=booking.counterparty_external,
        booking_model=booking.model.value,
        portfolio_routing=booking.config.portfolio_routing,
        final_hedge_portfolio=final.portfolio_to,
        hedge_position_amount=notional,
        hedge_position_currency=intake.currency.currency,
        expected_deal_count=len(deals),
    )


def _proxy_report(
    intake: Intake, booking: Booking, deals: tuple[Deal, ...], keys: dict[str, str], report_id: str
) -> ProxyReport:
    """A nil report for matched currencies; else the amount that offshore or NDF execution adds."""
    rates = intake.rates[Ledger.IFRS]
    nil = Decimal(0)
    day = intake.dates.trade_date
    if booking.model.family is Family.A:
        none = quantize(nil, SGD)
        return ProxyReport(report_id, day, "NIL", "NONE", deals[0].currency_pair, none, none, nil, "no proxy")
    reclass = Decimal(keys["reclass_base"])
    usd = quantize(over(reclass, rates[RateKind.USD_SGD]), "USD")
    proxy = "CNH" if booking.model.family is Family.B else "NDF"
    return ProxyReport(
        report_id=report_id,
        report_date=day,
        proxy_component=proxy,
        swap_direction="SELL_BUY",
        currency_pair=deals[0].currency_pair,
        hedging_pl_sgd=reclass,
        usd_hedging_pl=usd,
        swap_points=rates[RateKind.SWAP_POINTS],
        special_characteristics=f"{booking.model.value} {rate_text(deals[0].fx_rate or nil)}",
    )


def _discounted_spot(
    intake: Intake, booking: Booking, deals: tuple[Deal, ...], spot_id: str
) -> DiscountedSpot:
    """The spot of the external deal, taken back by the swap points for C (embedded spot), as dealt for A and B."""
    rates = intake.rates[Ledger.IFRS]
    spot = rates[RateKind.EMBEDDED_SPOT] if booking.model.family is Family.C else deals[0].fx_rate
    return DiscountedSpot(spot_id, deals[0].currency_pair, spot or Decimal(0), intake.dates.trade_date, "HAWK")


def _hfm_entry(
    booking: Booking,
    entity: Entity,
    entries: tuple[GlEntry, ...],
    journal: tuple[JournalLine, ...],
    intake: Intake,
    template_id: str,
) -> HfmEntry:
    """The translation reclass of the IFRS ledger, in the template of the entity's type."""
    reclass = next(
        each for each in entries if each.purpose is GlPurpose.TRANSLATION_RECLASS and each.ledger is Ledger.IFRS
    )
    period = journal[0].period_id if journal else intake.dates.trade_date.strftime("%Y-%m")
    return HfmEntry(
        template_id=template_id,
        template_set=BANK_TEMPLATE if entity.entity_type in BANK_TYPES else GROUP_TEMPLATE,
        entry_type=reclass.entry_type,
        entity_classification=entity.classification,
        debit_account=reclass.debit_account,
        credit_account=reclass.credit_account,
        amount_sgd=reclass.amount_sgd,
        processing_period=period,
        special_cny_treatment=booking.model.family is Family.B,
        ndf_specific_treatment=booking.model.family is Family.C,
    )


def _effectiveness(
    facts: Facts, intake: Intake, entity: Entity, share: Assessment, event_id: str, effectiveness_id: str
) -> Effectiveness:
    """At inception the critical terms of hedge and hedged item are the same: ratio 100 %."""
    framework = framework_of(facts, entity)
    lower = framework.lower_threshold if framework and framework.lower_threshold else EFFECTIVENESS_LOWER
    upper = framework.upper_threshold if framework and framework.upper_threshold else EFFECTIVENESS_UPPER
    day = intake.dates.trade_date
    return Effectiveness(
        effectiveness_id=effectiveness_id,
        hedge_relationship_id=event_id,
        measurement_period=day.strftime("%Y-%m"),
        measurement_date=day,
        next_test_date=intake.dates.calendar.modified_following(day + timedelta(days=DAYS_TO_NEXT_TEST)),
        testing_method="Critical_Terms",
        hedge_notional=share.allocated,
        hedged_item_value=share.allocated,
        hedge_ratio=FULL_RATIO,
        effectiveness_ratio=FULL_RATIO,
        lower_threshold=lower,
        upper_threshold=upper,
        effectiveness_status="Effective" if lower <= FULL_RATIO <= upper else "Ineffective",
    )
