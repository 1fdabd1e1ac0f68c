"""Checks of how hedges are booked: models, deal tables, portfolios, book codes (domain facts 4.1, 4.3, 4.5, 4.6)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from shared.hedging.checks.rows import ActiveRow, Finding, ReferenceRows
from shared.hedging.gl_entries import GL_ENTRY_COUNT
from shared.hedging.models import DEAL_ROWS, EXTERNAL, CurrencyType, DealRow, Model, Pair, model_of
from shared.hedging.order import NavType
from shared.hedging.planning.booking import INCEPTION
from shared.hedging.typed_rows import EventConfig

#: Pairs whose notional is of the exposure currency's family; onshore and offshore count as one.
_FAMILY_PAIRS: Final = frozenset({Pair.F_SGD, Pair.F_USD, Pair.CNH_SGD, Pair.CNH_USD})


def event_config(held: ActiveRow) -> Iterator[Finding]:
    """Check the model of the class and NAV type, and what its deal table needs."""
    row: EventConfig = held.value
    try:
        model = model_of(CurrencyType(row.currency_type), NavType(row.nav_type))
    except ValueError:
        message = f"No model exists for {row.nav_type} of class {row.currency_type!r}. Correct class or NAV type."
        yield held.finding("booking_model", message)
        return
    if row.booking_model != model.value:
        yield held.finding("booking_model", f"Expected {model.value}, found {row.booking_model!r}. Correct the model.")
    if row.gl_entry_count != GL_ENTRY_COUNT:
        message = f"A hedge has {GL_ENTRY_COUNT} ledger entries, found {row.gl_entry_count}. Correct the count."
        yield held.finding("gl_entry_count", message)
    if row.instruction_event == INCEPTION:
        yield from _against_deals(held, row, model, DEAL_ROWS[model])


def _against_deals(held: ActiveRow, row: EventConfig, model: Model, deals: Sequence[DealRow]) -> Iterator[Finding]:
    if row.deal_count != len(deals):
        message = f"The deal table of {model.value} has {len(deals)} rows, found {row.deal_count}. Correct the count."
        yield held.finding("deal_count", message)
    portfolios = {name for deal in deals for name in (deal.source, deal.target)} - {EXTERNAL}
    counted = Counter(row.portfolio_routing)
    for name in sorted(portfolios - counted.keys()):
        yield held.finding("portfolio_routing", f"Deals of {model.value} use {name}, which is not in it. Add it.")
    for name in sorted(counted.keys() - portfolios):
        yield held.finding("portfolio_routing", f"No deal of {model.value} uses {name}. Remove it.")
    for name in sorted(name for name, times in counted.items() if times > 1):
        yield held.finding("portfolio_routing", f"{name} occurs in it twice. Remove one.")
    for problem in unbalanced(deals):
        yield held.finding("portfolio_routing", f"The deals of {model.value} are not flat: {problem}. Correct them.")
    for code in sorted({deal.book_code for deal in deals if deal.book_code} - set(row.book_codes)):
        yield held.finding("mrx_book_code_ids", f"Deals of {model.value} use {code}, which is not in it. Add it.")


def unbalanced(deals: Sequence[DealRow]) -> Iterator[str]:
    """Find what breaks domain facts 4.6: one final deal, its portfolio ends with the notional, all others flat.

    Counted in the family of the exposure currency; what is paid in USD alone is funding.
    """
    final = [deal for deal in deals if deal.final]
    if len(final) != 1:
        yield f"{len(final)} final deals, expected one"
        return
    net: Counter[str] = Counter()
    for deal in deals:
        if deal.pair in _FAMILY_PAIRS:
            net[deal.source] -= 1
            net[deal.target] += 1
    expected: Mapping[str, int] = {EXTERNAL: -1, final[0].target: 1}
    for portfolio in sorted(net):
        if net[portfolio] != expected.get(portfolio, 0):
            yield f"{portfolio} ends with {net[portfolio]} times the notional, expected {expected.get(portfolio, 0)}"


def models_there(rows: ReferenceRows) -> Iterator[Finding]:
    """Check for one row in force per NAV type and class of a currency in use, instrument and method."""
    used: dict[CurrencyType, list[str]] = {}
    for settings, kind in rows.in_use():
        used.setdefault(kind, []).append(settings.currency)
    found: dict[tuple[str, ...], ActiveRow] = {}
    for held in rows.in_force("instruction_event_config"):
        row: EventConfig = held.value
        names = (row.hedging_instrument, row.accounting_method)
        how = tuple(name.casefold().replace(" ", "_") for name in names)
        before = found.setdefault((row.instruction_event, row.nav_type, row.currency_type, *how), held)
        if before is not held:
            yield held.finding("config_id", f"{before.key} is in force for this event too. Keep one of them.")
    there = {key[:3] for key in found}
    for kind, codes in sorted(used.items()):
        for nav_type in NavType:
            if (INCEPTION, nav_type.value, kind.value) not in there:
                message = (
                    f"{', '.join(codes)}: no row in force says how {nav_type.value} of this class is booked. Add it."
                )
                key = f"{INCEPTION}:{nav_type.value}:{kind.value}"
                yield Finding("instruction_event_config", key, "booking_model", message)


def book_codes_active(rows: ReferenceRows) -> Iterator[Finding]:
    """Check that every book code in use is active, once."""
    found: dict[str, ActiveRow] = {}
    for held in rows.in_force("murex_book_config"):
        before = found.setdefault(held.value.code, held)
        if before is not held:
            yield held.finding("murex_book_code", f"{before.key} has the code {held.value.code} too. Keep one of them.")
    for held in rows.in_force("instruction_event_config"):
        for code in sorted(set(held.value.book_codes) - found.keys()):
            yield held.finding(
                "mrx_book_code_ids", f"{code} is not active in murex_book_config. Activate or remove it."
            )
