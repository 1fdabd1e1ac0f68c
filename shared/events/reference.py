"""Reference data as facts. Stream `reference-<table>-<key>`: a row's version is its stream version."""

from typing import Any

from shared.events.base import Event


class ReferenceRowSet(Event):
    """A row of a reference table has these values from now on. Amounts and rates are strings."""

    table: str
    key: str
    row: dict[str, Any]


class ReferenceRowRemoved(Event):
    """A row of a reference table is gone."""

    table: str
    key: str
