"""The remaining rows of stage 2: proxy report, discounted spot, HFM template, first effectiveness test."""

from decimal import Decimal
from typing import Final

from shared.hedging.deals import Deal
from shared.hedging.facts import Facts
from shared.hedging.gl_entries import GlEntry, GlPurpose, Ledger
from shared.hedging.models import Family, RateKind
from shared.hedging.plan import DiscountedSpot, Effectiveness, HfmEntry, ProxyReport
from shared.hedging.planning.booking import Booking
from shared.hedging.planning.intake import Intake
from shared.hedging.planning.waterfall import framework_of
from shared.hedging.typed_rows import (
    Entity,
)
from shared.money.amounts import over, quantize, rate_text

SGD: Final = "SGD"
# Percent; the usual band, when the framework states none (domain facts 7.8).
EFFECTIVENESS_LOWER: Final = Decimal(80)
EFFECTIVENESS_UPPER: Final = Decimal(125)
FULL_RATIO: Final = Decimal(100)
BANK_TEMPLATE: Final = "DBS_BANK_LTD"
GROUP_TEMPLATE: Final = "DBS_BANK_GRP"
BANK_TYPES: Final = frozenset({"Branch", "TMU"})


def proxy_report(
    intake: Intake, booking: Booking, deals: tuple[Deal, ...], keys: dict[str, str], report_id: str
) -> ProxyReport:
    """Report nil for matched currencies, else the amount that offshore or NDF execution adds."""
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


def discounted_spot(intake: Intake, booking: Booking, deals: tuple[Deal, ...], spot_id: str) -> DiscountedSpot:
    """Return the spot inside the external deal: the embedded spot for C, the rate as dealt for A and B."""
    rates = intake.rates[Ledger.IFRS]
    spot = rates[RateKind.EMBEDDED_SPOT] if booking.model.family is Family.C else deals[0].fx_rate
    return DiscountedSpot(spot_id, deals[0].currency_pair, spot or Decimal(0), intake.dates.trade_date, "HAWK")


def hfm_entry(
    booking: Booking,
    entity: Entity,
    *,
    entries: tuple[GlEntry, ...],
    period_id: str,
    template_id: str,
) -> HfmEntry:
    """Draw the translation reclass of the IFRS ledger, in the template of the entity's type."""
    reclass = next(
        each for each in entries if each.purpose is GlPurpose.TRANSLATION_RECLASS and each.ledger is Ledger.IFRS
    )
    return HfmEntry(
        template_id=template_id,
        template_set=BANK_TEMPLATE if entity.entity_type in BANK_TYPES else GROUP_TEMPLATE,
        entry_type=reclass.entry_type,
        entity_classification=entity.classification,
        debit_account=reclass.debit_account,
        credit_account=reclass.credit_account,
        amount_sgd=reclass.amount_sgd,
        processing_period=period_id,
        special_cny_treatment=booking.model.family is Family.B,
        ndf_specific_treatment=booking.model.family is Family.C,
    )


def effectiveness(
    facts: Facts, intake: Intake, entity: Entity, *, notional: Decimal, event_id: str, record_id: str
) -> Effectiveness:
    """Record the effectiveness at inception, when the critical terms of hedge and hedged item match: ratio 100 %."""
    framework = framework_of(facts, entity)
    lower = framework.lower_threshold if framework and framework.lower_threshold else EFFECTIVENESS_LOWER
    upper = framework.upper_threshold if framework and framework.upper_threshold else EFFECTIVENESS_UPPER
    day = intake.dates.trade_date
    return Effectiveness(
        effectiveness_id=record_id,
        hedge_relationship_id=event_id,
        measurement_period=day.strftime("%Y-%m"),
        measurement_date=day,
        next_test_date=intake.dates.next_test_date,
        testing_method="Critical_Terms",
        hedge_notional=notional,
        hedged_item_value=notional,
        hedge_ratio=FULL_RATIO,
        effectiveness_ratio=FULL_RATIO,
        lower_threshold=lower,
        upper_threshold=upper,
        effectiveness_status="Effective" if lower <= FULL_RATIO <= upper else "Ineffective",
    )
