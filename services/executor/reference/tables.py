"""Which tables take rows from hawk.reference, what a row must have, and what is filled in.

The list is closed (interfaces 3; domain facts 2.2). Types come from the catalogue of the projections.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from services.executor.tables.catalogue import REFERENCE_TABLES, table_named
from services.executor.tables.table import ColumnType, Table


class Kind(StrEnum):
    """What may still come over the topic once the configuration is in place (design 7)."""

    FEED = "feed"
    CONFIGURATION = "configuration"


FEEDS: frozenset[str] = frozenset(
    {
        "position_nav_master",
        "currency_rates",
        "currency_rate_pairs",
        "proxy_rate_history",
        "ps_gl_month_end_rates",
        "car_master",
        "usd_pb_deposit",
        "gl_periods",
        "holiday_calendar",
        # No UPDATE_CONFIGURATION reaches these three (interfaces 4), so the topic stays their only way in.
        "entity_alias",
        "hedge_instruments",
        "gl_rule_lints",
        # Hedges that were open before HAWK started: each comes once and never changes.
        "opening_hedges",
    }
)

#: Written by the projection from the event itself, never by a publisher.
VERSION_COLUMN = "reference_version"
#: The approved change that wrote a row of the configuration; never stated by a publisher either.
WORKFLOW_COLUMN = "workflow_id"

#: Columns a row must have besides its key; the database has the same NOT NULL (a test compares).
_REQUIRED: Mapping[str, str] = {
    "entity_master": "entity_type currency_code",
    "entity_alias": "entity_id",
    "position_nav_master": "entity_id currency_code as_of_date nav_type position_type current_position",
    "buffer_configuration": "buffer_percentage rule_priority",
    "threshold_configuration": (
        "threshold_type currency_code warning_level critical_level maximum_limit unit_of_measure"
    ),
    "hedging_framework": "hedging_state",
    "currency_configuration": (
        "currency_type base_currency settlement_days minimum_deal_size maximum_deal_size rounding_precision"
    ),
    "currency_rates": "rate_value effective_date",
    "currency_rate_pairs": "base_currency quote_currency rate_date",
    "proxy_configuration": "exposure_currency proxy_currency",
    "proxy_rate_history": "exposure_currency proxy_currency rate_type rate_value rate_date",
    "ps_gl_month_end_rates": "rate_date currency_code blended_rate",
    "instruction_event_config": ("instruction_event nav_type currency_type booking_model deal_count gl_entry_count"),
    "murex_book_config": "murex_book_code",
    "waterfall_logic_configuration": "waterfall_type entity_type priority_level",
    "overlay_configuration": "entity_id currency_code nav_type overlay_amount approval_status",
    "car_master": "entity_id currency_code reporting_date",
    "hedge_instruments": "instrument_type",
    "system_configuration": "config_value",
    "hedge_be_config": "gl_account",
    "gl_rules": "scope lines",
    "gl_rule_lints": "rule_id finding severity",
    "gl_coa": "",
    "opening_hedges": (
        "entity_id exposure_currency nav_type order_id hedge_method hedging_instrument notional_amount notional_usd"
        " trade_date maturity_date"
    ),
    "gl_periods": "start_date end_date is_open",
    "usd_pb_deposit": "currency_code measurement_date",
    "holiday_calendar": "",
}

#: What a row that does not say gets. The same as the database's defaults.
_Defaults = Mapping[str, str | int | bool]
_OWN_DEFAULTS: Mapping[str, _Defaults] = {
    "currency_rates": {"ledger": "IFRS"},
    "currency_configuration": {"active_flag": True},
    "murex_book_config": {"active_flag": True},
    "gl_coa": {"active_flag": True},
    "gl_rules": {"enabled": True, "priority": 100},
    "gl_rule_lints": {"resolved": False},
    "hedge_be_config": {"active_flag": "Y", "status": "Active"},
}
_ACTIVE: _Defaults = {"active_flag": "Y"}
_DEFAULTS: Mapping[str, _Defaults] = {
    **_OWN_DEFAULTS,
    **dict.fromkeys(
        (
            "entity_master",
            "buffer_configuration",
            "threshold_configuration",
            "hedging_framework",
            "proxy_configuration",
            "waterfall_logic_configuration",
            "overlay_configuration",
            "hedge_instruments",
            "system_configuration",
        ),
        _ACTIVE,
    ),
}

#: Columns with a closed list of values, besides the Y/N flags.
_CHOICES: Mapping[tuple[str, str], frozenset[str]] = {
    ("entity_master", "entity_type"): frozenset({"Branch", "Subsidiary", "Associate", "TMU"}),
    ("currency_rates", "ledger"): frozenset({"IFRS", "LOCAL"}),
    ("opening_hedges", "nav_type"): frozenset({"COI", "RE"}),
}
_YES_NO = frozenset({"Y", "N"})

#: Columns whose values together may stand in one row only, besides the key.
_ONE_ROW_PER: Mapping[str, tuple[str, ...]] = {
    "position_nav_master": ("entity_id", "currency_code", "nav_type", "position_type", "as_of_date"),
    "currency_rates": ("rate_id",),
}

#: Pairs of columns of which the first may not lie after the second.
_IN_ORDER: tuple[tuple[str, str], ...] = (
    ("effective_date", "expiry_date"),
    ("effective_from", "effective_to"),
    ("start_date", "end_date"),
    ("inception_date", "termination_date"),
    ("trade_date", "maturity_date"),
    ("holiday_date", "known_until"),
)


@dataclass(frozen=True, slots=True)
class ReferenceTable:
    """One table that takes rows from the topic.

    Attributes:
        required: columns a row must have, the key among them.
        newest_by: a row that lies before the one it would replace in this column is out of date.
    """

    table: Table
    kind: Kind
    required: frozenset[str]
    defaults: Mapping[str, str | int | bool]
    choices: Mapping[str, frozenset[str]]
    one_row_per: tuple[str, ...]
    in_order: tuple[tuple[str, str], ...]
    newest_by: str | None

    @property
    def name(self) -> str:
        """The name of the table, without its schema."""
        return self.table.name


def _is_flag(table: Table, column: str) -> bool:
    named = column.endswith("_flag") or column == "car_exemption_override"
    return named and table.columns[column] is ColumnType.TEXT


def _reference_table(table: Table) -> ReferenceTable:
    defaults = _DEFAULTS.get(table.name, {})
    choices = {column: _YES_NO for column in table.columns if _is_flag(table, column)}
    choices |= {column: values for (name, column), values in _CHOICES.items() if name == table.name}
    return ReferenceTable(
        table=table,
        kind=Kind.FEED if table.name in FEEDS else Kind.CONFIGURATION,
        required=frozenset(_REQUIRED[table.name].split()) | (frozenset(table.key) - defaults.keys()),
        defaults=MappingProxyType(dict(defaults)),
        choices=MappingProxyType(choices),
        one_row_per=_ONE_ROW_PER.get(table.name, ()),
        in_order=tuple(pair for pair in _IN_ORDER if set(pair) <= table.columns.keys()),
        newest_by="effective_date" if table.name == "currency_rates" else None,
    )


REFERENCE: Mapping[str, ReferenceTable] = MappingProxyType(
    {table.name: _reference_table(table_named(table.name)) for table in REFERENCE_TABLES}
)
