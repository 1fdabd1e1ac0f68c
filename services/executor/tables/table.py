"""A table as the writer knows it: its key, its columns and their types. Nothing else may be written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.errors import Defect

Default = str | int | bool


class ColumnType(StrEnum):
    """Types of the read tables, by their PostgreSQL names."""

    TEXT = "text"
    NUMERIC = "numeric"
    INTEGER = "integer"
    BIGINT = "bigint"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMPTZ = "timestamptz"
    TIME = "time"
    JSONB = "jsonb"
    UUID = "uuid"


class CatalogueViolation(Defect):
    """A row change names a table, column or value that the catalogue does not have. Nothing was written."""

    def __init__(self, *, table: str, reason: str) -> None:
        self.table = table
        self.reason = reason
        super().__init__(f"Row change of table {table}: {reason}. Correct the projection or add a migration.")


@dataclass(frozen=True, slots=True)
class Table:
    """One read table, as the migrations make it.

    Attributes:
        key: columns of the primary key, in its order.
        columns: every column that may be written, with its type.
        obligatory: columns that may not be null, and for which the database has no default.
        defaults: values that the database fills in.
        generated: columns that the database computes; they can be read and never written.
        of_two_streams: two streams change a row, and their changes do not commute; each change names the row.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, ColumnType]
    obligatory: frozenset[str] = frozenset()
    defaults: Mapping[str, Default] = field(default_factory=dict)
    generated: frozenset[str] = frozenset()
    of_two_streams: bool = False

    def type_of(self, column: str) -> ColumnType:
        """Return the type of a column that may be written.

        Raises:
            CatalogueViolation: the table has no such column, or the database computes it.
        """
        try:
            return self.columns[column]
        except KeyError:
            why = "is computed by the database" if column in self.generated else "does not exist"
            raise CatalogueViolation(table=self.name, reason=f"column {column} {why}") from None
