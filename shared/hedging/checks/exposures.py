"""Checks of what is hedged: currencies and their classes, entities, positions, rates (domain facts 4.2, 5.5, 9)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from shared.hedging.checks.rows import ActiveRow, Finding, ReferenceRows, is_exposure
from shared.hedging.gl_entries import Ledger
from shared.hedging.models import FAMILY_OF, RATE_NEEDS, CurrencyType
from shared.hedging.planning.rates import SWAP_POINTS
from shared.hedging.typed_rows import ANY, CurrencySettings, Holiday, Rate

BASE: Final = "SGD"
#: A rate may be of the next business day: deals after the cut-off use it. Holidays fit in a week.
RATE_AHEAD: Final = timedelta(days=7)
#: Tables whose rows may bind an entity, and those that may bind a currency; the column has one name in all of them.
OF_ENTITIES: Final = (
    "position_nav_master", "buffer_configuration", "hedging_framework", "overlay_configuration", "car_master",
)  # fmt: skip
OF_CURRENCIES: Final = (
    "buffer_configuration", "threshold_configuration", "hedging_framework", "waterfall_logic_configuration",
)  # fmt: skip


def currency(held: ActiveRow) -> Iterator[Finding]:
    """Check class, order of the sizes, and base currency."""
    row: CurrencySettings = held.value
    classes = [each.value for each in CurrencyType]
    if row.currency_type not in classes:
        message = f"{row.currency_type!r} is not a class of currencies. Use one of {', '.join(classes)}."
        yield held.finding("currency_type", message)
    if not 0 < row.deal_size_min <= row.deal_size_max:
        message = f"Expected from above zero to the largest size, found {row.deal_size_min} to {row.deal_size_max}."
        yield held.finding("minimum_deal_size", f"{message} Correct the sizes.")
    base = held.row.text("base_currency")
    if base != BASE:
        yield held.finding("base_currency", f"Ledgers are kept in {BASE}, found {base!r}. Correct it.")
    if row.currency_type == CurrencyType.PROXY and is_exposure(held) and not row.proxy_currency:
        yield held.finding("proxy_currency", "A currency hedged by proxy needs a proxy currency. Add it.")


def rate(held: ActiveRow) -> Iterator[Finding]:
    """Check that a rate is above zero, unless it is swap points."""
    row: Rate = held.value
    if row.rate_type != SWAP_POINTS and row.value <= 0:
        yield held.finding("rate_value", f"A rate lies above zero, found {row.value}. Correct it.")


def holiday(held: ActiveRow) -> Iterator[Finding]:
    """Check that `known_until` is between the holiday and the end of its year: holidays are announced by the year."""
    row: Holiday = held.value
    if not row.day <= row.known_until <= date(row.day.year, 12, 31):
        message = f"Expected a day from {row.day} to the end of its year, found {row.known_until}. Correct it."
        yield held.finding("known_until", message)


def entities_configured(rows: ReferenceRows) -> Iterator[Finding]:
    """Check that every active entity has a currency that can be hedged, and a parent that exists."""
    exposures = rows.exposures()
    for held in rows.in_force("entity_master"):
        code = held.value.currency
        if code not in exposures:
            message = f"{code} is not configured as an exposure currency. Add it to currency_configuration."
            yield held.finding("currency_code", message)
        parent = held.row.text("parent_entity_id")
        if parent and parent not in rows.known.get("entity_master", frozenset()):
            yield held.finding("parent_entity_id", f"Entity {parent} does not exist. Correct it or add the entity.")


def aliases_lead_somewhere(rows: ReferenceRows) -> Iterator[Finding]:
    """Check that an alias names an active entity and is not the id of one."""
    active = {entity.entity_id for entity in rows.entities()}
    for held in rows.in_force("entity_alias"):
        if held.value.value not in active:
            yield held.finding("entity_id", f"No active entity {held.value.value} exists. Point to another.")
        if held.key in active:
            yield held.finding("alias_id", "An active entity has this id. Choose another alias.")


def entities_known(rows: ReferenceRows) -> Iterator[Finding]:
    """Check that every row of an entity names one that exists."""
    known = rows.known.get("entity_master", frozenset())
    for table in OF_ENTITIES:
        for held in rows.standing(table):
            entity_id = held.row.text("entity_id")
            if entity_id not in ANY and entity_id not in known:
                yield held.finding("entity_id", f"Entity {entity_id} does not exist. Correct it or add the entity.")


def currencies_known(rows: ReferenceRows) -> Iterator[Finding]:
    """Check that every row of a currency names one that exists."""
    known = rows.known.get("currency_configuration", frozenset())
    for table in OF_CURRENCIES:
        for held in rows.standing(table):
            code = held.row.text("currency_code")
            if code not in ANY and code not in known:
                yield held.finding("currency_code", f"Currency {code} is not configured. Correct it or configure it.")


def rates_there(rows: ReferenceRows) -> Iterator[Finding]:
    """Check that every rate is in force today that a hedge of an exposure currency in use needs.

    The IFRS one: where the LOCAL ledger has none of its own, that one holds for both.
    """
    there = {
        (each.value.currency_pair, each.value.rate_type)
        for each in rows.in_force("currency_rates")
        if each.value.ledger is Ledger.IFRS
        and (each.value.effective_date is None or each.value.effective_date <= rows.today + RATE_AHEAD)
    }
    missing: dict[tuple[str, str], list[str]] = {}
    for settings, kind in rows.in_use():
        for _, pattern, rate_type in RATE_NEEDS[FAMILY_OF[kind]]:
            needed = (pattern.replace("{F}", settings.currency), rate_type)
            if needed not in there:
                missing.setdefault(needed, []).append(settings.currency)
    for (pair, rate_type), codes in sorted(missing.items()):
        message = f"Hedges in {', '.join(codes)} need the rate {pair} {rate_type}; none is in force. Publish it."
        yield Finding("currency_rates", f"{pair}:{rate_type}", "rate_value", message)


def proxies_there(rows: ReferenceRows) -> Iterator[Finding]:
    """Check that a currency hedged by proxy has one row, which names the source of its fixing."""
    found: dict[str, ActiveRow] = {}
    for held in rows.in_force("proxy_configuration"):
        before = found.setdefault(held.value.name, held)
        if before is not held:
            message = f"{before.key} is in force for {held.value.name} too. Keep one of them."
            yield held.finding("exposure_currency", message)
    for settings, kind in rows.in_use():
        source = found.get(settings.currency)
        if kind is CurrencyType.PROXY and (source is None or not source.value.value):
            message = f"{settings.currency} is hedged by proxy and has no fixing source. Add market_data_source."
            yield Finding(
                "proxy_configuration",
                settings.currency if source is None else source.key,
                "market_data_source",
                message,
            )
