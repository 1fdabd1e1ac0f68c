"""Reference data as facts. Stream `reference-<table>-<key>`: a row's version is its stream version.

A set of rows that came together has a stream of its own, `reference-load-<load id>`, with one event: loaded or refused.
That the configuration is in is an event of `reference-bootstrap`, the only one.
"""

from typing import Any

from shared.events.base import Event, Value


class ReferenceRowSet(Event):
    """A row of a reference table has these values from now on. Amounts and rates are strings."""

    table: str
    key: str
    row: dict[str, Any]
    confirmed: bool = False
    """True if people confirmed it after it had been held."""


class ReferenceRowRemoved(Event):
    """A row of a reference table is gone."""

    table: str
    key: str


class ReferenceFinding(Value):
    """One thing that is wrong with reference data; `column` may be empty."""

    table: str
    key: str
    column: str
    message: str


class ReferenceSetLoaded(Event):
    """A set of rows is in force, whole. `changed` counts by table the rows that were not so before."""

    load_id: str
    sha256: str
    rows: int
    changed: dict[str, int]


class ReferenceSetRefused(Event):
    """A set of rows was refused, whole; what was in force stays. `found` may exceed the findings listed."""

    load_id: str
    sha256: str
    code: str
    rows: int
    found: int
    findings: tuple[ReferenceFinding, ...]


class ReferenceSetHeld(Event):
    """A set of rows waits for people, whole, since a row is not plausible: see `shared.events.held`."""

    load_id: str
    sha256: str
    rows: int
    held_id: str
    found: int
    findings: tuple[ReferenceFinding, ...]


class ConfigurationBootstrapped(Event):
    """The configuration is in: from now on an approved UPDATE_CONFIGURATION alone changes it (design section 7)."""

    load_id: str
    rows: int
