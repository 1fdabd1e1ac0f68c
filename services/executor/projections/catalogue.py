"""The closed list of tables that projections may write.

Table and column names in SQL come from here and from nowhere else; a test compares it with the migrated
database.
"""

from collections.abc import Mapping
from types import MappingProxyType

from services.executor.projections import (
    tables_booking,
    tables_capacity,
    tables_instruction,
    tables_planning,
    tables_reference,
)
from services.executor.projections.table import CatalogueViolation, Table

WORKFLOW_TABLES: tuple[Table, ...] = tables_instruction.TABLES + tables_booking.TABLES
REFERENCE_TABLES: tuple[Table, ...] = tables_reference.TABLES
CAPACITY_TABLES: tuple[Table, ...] = tables_capacity.TABLES
PLANNING_TABLES: tuple[Table, ...] = tables_planning.TABLES

TABLES: Mapping[str, Table] = MappingProxyType(
    {table.name: table for table in WORKFLOW_TABLES + REFERENCE_TABLES + CAPACITY_TABLES + PLANNING_TABLES}
)


def table_named(name: str) -> Table:
    """The table of that name.

    Raises:
        CatalogueViolation: there is none.
    """
    try:
        return TABLES[name]
    except KeyError:
        raise CatalogueViolation(table=name, reason="no such table") from None
