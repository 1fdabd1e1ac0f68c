"""The closed list of tables that projections may write, read from `columns.json`.

Table and column names in SQL come from here and from nowhere else. `python -m tools.verification.write_columns` writes
the file from a migrated database, and a test holds the two equal.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from services.executor.tables.table import CatalogueViolation, ColumnType, Table

FILE: Final = Path(__file__).with_name("columns.json")
#: Tables with a row that the stream of a plan and the stream of its execution both change.
_OF_TWO_STREAMS: Final = frozenset({"planned_orders"})


def table_of(name: str, document: Mapping[str, Any]) -> Table:
    """Return a table from its entry in the file."""
    return Table(
        name,
        key=tuple(document["key"]),
        columns=MappingProxyType({column: ColumnType(kind) for column, kind in document["columns"].items()}),
        obligatory=frozenset(document["obligatory"]),
        defaults=MappingProxyType(document["defaults"]),
        generated=frozenset(document["generated"]),
        of_two_streams=name in _OF_TWO_STREAMS,
    )


TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {name: table_of(name, document) for name, document in json.loads(FILE.read_text(encoding="utf-8")).items()}
)


def table_named(name: str) -> Table:
    """Return the table of that name.

    Raises:
        CatalogueViolation: there is none.
    """
    try:
        return TABLES[name]
    except KeyError:
        raise CatalogueViolation(table=name, reason="no such table") from None
