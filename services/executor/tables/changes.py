"""Row changes as values: returned by a projection, carried out by `table_writer.apply`.

A projection is a pure function of events to these; it never sees a connection. Values of a row are `Decimal`
for numeric columns, aware `datetime`, `date`, `time`, `str`, `bool`, `int`, `UUID` (or its text), JSON values
(dict, list, str, no float) for jsonb columns, and None.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

Value = Decimal | datetime | date | time | str | bool | int | UUID | Mapping[str, object] | list[object] | None
Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Insert:
    """A new row. If a row with its key or natural key exists, that is a Defect."""

    table: str
    row: Row


@dataclass(frozen=True, slots=True)
class Update:
    """New values for the rows whose `key` columns have these values.

    Attributes:
        key: the primary key, or any columns of the table.
        rows: how many rows it must hit (1 for a primary key; None: as many as there are). Another number is
            a Defect.
    """

    table: str
    key: Row
    changes: Row
    rows: int | None = 1


@dataclass(frozen=True, slots=True)
class Upsert:
    """New values for the row with this primary key, which may be new; other columns keep theirs."""

    table: str
    key: Row
    row: Row


@dataclass(frozen=True, slots=True)
class Delete:
    """The end of the row with this primary key, which must be there."""

    table: str
    key: Row


@dataclass(frozen=True, slots=True)
class Add:
    """Amounts to add to numeric columns of one row; the order of several does not matter.

    A row that is not there yet starts from zero.

    Attributes:
        key: the primary key.
        amounts: by column; negative takes away.
        row: further columns set beside the sums (the exposure's entity, the version of its stream).
    """

    table: str
    key: Row
    amounts: Mapping[str, Decimal]
    row: Row = field(default_factory=dict)


Change = Insert | Update | Upsert | Delete | Add
