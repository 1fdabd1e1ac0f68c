"""The closed list of tables that projections may write.

Table and column names in SQL come from here and from nowhere else; a test compares it with the migrated
database.
"""

from collections.abc import Mapping
from types import MappingProxyType

from services.executor.tables import booking, capacity, instruction, planning, reference
from services.executor.tables.table import CatalogueViolation, Table

WORKFLOW_TABLES: tuple[Table, ...] = instruction.TABLES + booking.TABLES
REFERENCE_TABLES: tuple[Table, ...] = reference.TABLES
CAPACITY_TABLES: tuple[Table, ...] = capacity.TABLES
PLANNING_TABLES: tuple[Table, ...] = planning.TABLES

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
