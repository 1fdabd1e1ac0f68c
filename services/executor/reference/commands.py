"""The commands of hawk.reference, once they are known to be well formed."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.executor.reference.tables import ReferenceTable
from services.executor.reference.values import JsonValue
from shared.events.identity import reference_stream


@dataclass(frozen=True, slots=True)
class SetRow:
    """A whole new row under this key: columns that are not in it have no value."""

    table: ReferenceTable
    key: str
    row: Mapping[str, JsonValue]

    @property
    def stream(self) -> str:
        """The stream of the row: one per table and key."""
        return reference_stream(self.table.name, self.key)


@dataclass(frozen=True, slots=True)
class RemoveRow:
    """The end of the row under this key."""

    table: ReferenceTable
    key: str

    @property
    def stream(self) -> str:
        """The stream of the row: one per table and key."""
        return reference_stream(self.table.name, self.key)


Command = SetRow | RemoveRow
