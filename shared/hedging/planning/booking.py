"""The booking of a model: its configuration row, checked against the deal table before it is used."""

from dataclasses import dataclass
from typing import Final

from shared.hedging.facts import Facts
from shared.hedging.gl_entries import GL_ENTRY_COUNT
from shared.hedging.models import DEAL_ROWS, EXTERNAL, Model, model_of
from shared.hedging.planning.intake import Intake
from shared.hedging.planning.stops import PlanningStopped, configuration_invalid
from shared.hedging.typed_rows import (
    EventConfig,
)

INCEPTION: Final = "Inception"
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


def configured_booking(facts: Facts, intake: Intake, event: str = INCEPTION) -> Booking:
    """Return the instruction_event_config row of an event of the order, checked against the model's deal table.

    A rollover, termination or amendment without a row of its own uses the row of the inception: its plan is that of
    the inception, reversed or repeated (design section 8, Q4).

    Raises:
        PlanningStopped: CONFIGURATION_INVALID when there is not exactly one row, when its model or
            counts differ from the table, or a portfolio, book code or counterparty is not configured.
    """
    config = _config(facts, intake, event)
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


def _config(facts: Facts, intake: Intake, event: str) -> EventConfig:
    rows = _rows(facts, intake, event) or _rows(facts, intake, INCEPTION)
    if len(rows) != 1:
        names = (INCEPTION, intake.nav_type.value, intake.currency_type.value, intake.hedging_instrument)
        key = ", ".join((*names, intake.hedge_method))
        message = f"Booking of {key}: expected one active row, found {len(rows)}. Correct instruction_event_config."
        raise configuration_invalid("instruction_event_config", message)
    return rows[0]


def _rows(facts: Facts, intake: Intake, event: str) -> list[EventConfig]:
    wanted = (event, intake.nav_type.value, intake.currency_type.value)
    return [
        row
        for row in facts.event_configs
        if (row.instruction_event, row.nav_type, row.currency_type) == wanted
        and _same_name(row.hedging_instrument, intake.hedging_instrument)
        and _same_name(row.accounting_method, intake.hedge_method)
    ]


def _config_differs(config: EventConfig, column: str, found: str, expected: str) -> PlanningStopped:
    message = f"{config.config_id}, {column}: found {found}, the deal table needs {expected}. Correct the row."
    return configuration_invalid("instruction_event_config", message)
