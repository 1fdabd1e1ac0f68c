"""The tables that take rows from hawk.reference, with their required columns and defaults.

The list is closed (interfaces 3; domain facts 2.2): the tables whose rows carry the version of their stream. Types,
obligatory columns and defaults are those of the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from services.executor.tables.catalogue import TABLES
from services.executor.tables.table import ColumnType, Default, Table


class TableKind(StrEnum):
    """The kinds of tables: only feeds still come over the topic after the bootstrap (design 7)."""

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

#: Columns that a row may leave out although they are obligatory: `reading.completed` fills them in.
_DERIVED: Mapping[str, frozenset[str]] = {
    "currency_rates": frozenset({"rate_id"}),
    "system_configuration": frozenset({"config_id"}),
}

#: Columns with a closed list of values, besides the Y/N flags.
_CHOICES: Mapping[tuple[str, str], frozenset[str]] = {
    ("entity_master", "entity_type"): frozenset({"Branch", "Subsidiary", "Associate", "TMU"}),
    ("currency_rates", "ledger"): frozenset({"IFRS", "LOCAL"}),
    ("opening_hedges", "nav_type"): frozenset({"COI", "RE"}),
}
_YES_NO = frozenset({"Y", "N"})

#: Columns whose values together must be unique, besides the key.
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
    kind: TableKind
    required: frozenset[str]
    choices: Mapping[str, frozenset[str]]
    one_row_per: tuple[str, ...]
    in_order: tuple[tuple[str, str], ...]
    newest_by: str | None

    @property
    def name(self) -> str:
        """The name of the table, without its schema."""
        return self.table.name

    @property
    def defaults(self) -> Mapping[str, Default]:
        """The values of columns that a row does not state; those of the database."""
        return self.table.defaults


def _is_flag(table: Table, column: str) -> bool:
    named = column.endswith("_flag") or column == "car_exemption_override"
    return named and table.columns[column] is ColumnType.TEXT


def _reference_table(table: Table) -> ReferenceTable:
    choices = {column: _YES_NO for column in table.columns if _is_flag(table, column)}
    choices |= {column: values for (name, column), values in _CHOICES.items() if name == table.name}
    return ReferenceTable(
        table=table,
        kind=TableKind.FEED if table.name in FEEDS else TableKind.CONFIGURATION,
        required=table.obligatory - {VERSION_COLUMN} - _DERIVED.get(table.name, frozenset()),
        choices=MappingProxyType(choices),
        one_row_per=_ONE_ROW_PER.get(table.name, ()),
        in_order=tuple(pair for pair in _IN_ORDER if set(pair) <= table.columns.keys()),
        newest_by="effective_date" if table.name == "currency_rates" else None,
    )


REFERENCE: Mapping[str, ReferenceTable] = MappingProxyType(
    {name: _reference_table(table) for name, table in TABLES.items() if VERSION_COLUMN in table.columns}
)
