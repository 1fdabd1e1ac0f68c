"""What the writer knows of a table: its key, its columns and their types. Nothing else may be written."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from shared.errors import Defect


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
    """One read table.

    Attributes:
        key: columns of the primary key, in its order.
        columns: every column that may be written, with its type.
        generated: columns the database computes; they can be read and never written.
        of_two_streams: a row is changed by more than one stream, and its changes do not commute; each names the row.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, ColumnType]
    generated: frozenset[str]
    of_two_streams: bool = False

    @classmethod
    def of(
        cls, name: str, key: str, *, generated: str = "", of_two_streams: bool = False, **columns_of_type: str
    ) -> "Table":
        """A table from its columns, listed by type and separated by spaces: `text="a b", numeric="c"`.

        Raises:
            CatalogueViolation: a column stands twice, or the key names a column that is not there.
        """
        columns: dict[str, ColumnType] = {}
        for type_name, names in columns_of_type.items():
            for column in names.split():
                if column in columns:
                    raise CatalogueViolation(table=name, reason=f"column {column} is declared twice")
                columns[column] = ColumnType(type_name)
        key_columns = tuple(key.split())
        if not key_columns or not set(key_columns) <= columns.keys():
            raise CatalogueViolation(table=name, reason=f"key {key!r} is not among its columns")
        return cls(name, key_columns, MappingProxyType(columns), frozenset(generated.split()), of_two_streams)

    def type_of(self, column: str) -> ColumnType:
        """The type of a column that may be written.

        Raises:
            CatalogueViolation: the table has no such column, or the database computes it.
        """
        try:
            return self.columns[column]
        except KeyError:
            why = "is computed by the database" if column in self.generated else "does not exist"
            raise CatalogueViolation(table=self.name, reason=f"column {column} {why}") from None
