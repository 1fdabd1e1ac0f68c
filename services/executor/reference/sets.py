"""A set of reference rows that came together: in force as a whole, or refused as a whole. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from services.executor.reference.commands import Command, SetRow
from services.executor.reference.decider import decide
from services.executor.reference.opening import OPENING_HEDGES
from services.executor.reference.plausible import Past, Scene, doubts_of
from services.executor.reference.reading import command_of, key_of
from services.executor.reference.state import RowState
from services.executor.reference.tables import REFERENCE, ReferenceTable, TableKind
from shared.errors import InvalidInput
from shared.events.held import DOUBTS_MAX, Doubt
from shared.events.reference import (
    ConfigurationBootstrapped,
    ReferenceFinding,
    ReferenceRowRemoved,
    ReferenceRowSet,
    ReferenceSetHeld,
    ReferenceSetLoaded,
    ReferenceSetRefused,
)
from shared.eventstore.port import APPEND_EVENTS_MAX
from shared.hedging.checks.reference import find_new_problems, find_problems
from shared.hedging.checks.rows import Finding, Rows
from shared.hedging.reference_keys import key_in

#: Rows of one set: they are one append, and two further events go with them.
SET_ROWS_MAX: Final = APPEND_EVENTS_MAX - 100
#: Findings that an event lists; more would not help. At a few hundred bytes each they stay far below an event's limit.
FINDINGS_MAX: Final = 1_000

_LOAD_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,80}\Z")
#: A set with rows of all these describes a whole configuration, which has to be good by itself.
_CONFIGURES: Final = frozenset(
    {
        "entity_master", "currency_configuration", "currency_rates", "system_configuration", "instruction_event_config",
        "murex_book_config", "gl_rules", "gl_coa",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReferenceSet:
    """A set as it was read: its commands, and what could not be read."""

    load_id: str
    sha256: str
    rows: int
    commands: tuple[Command, ...]
    findings: tuple[Finding, ...]

    @property
    def tables(self) -> frozenset[str]:
        """The names of the tables of which it has readable rows."""
        return frozenset(command.table.name for command in self.commands)

    @property
    def configures(self) -> int:
        """The number of its rows that are configuration."""
        return sum(command.table.kind is TableKind.CONFIGURATION for command in self.commands)


@dataclass(frozen=True, slots=True)
class StoredRow:
    """The end of a row's stream."""

    version: int = 0
    state: RowState = field(default_factory=RowState)


@dataclass(frozen=True, slots=True)
class ReferenceInForce:
    """The rows in force when a set arrives.

    Attributes:
        stored: by stream, for every row of the set that has a stream.
        tables: rows of the tables that have to be known, see `tables_to_know`.
        pasts: by stream, what its row is measured against.
        scene: the rows beside which rows are judged.
    """

    bootstrapped: bool
    stored: Mapping[str, StoredRow]
    tables: Rows
    pasts: Mapping[str, Past]
    scene: Scene


@dataclass(frozen=True, slots=True)
class RowChange:
    """An event of a set, and where it goes."""

    stream: str
    expected: int
    event: ReferenceRowSet | ReferenceRowRemoved


@dataclass(frozen=True, slots=True)
class Verdict:
    """The changes of a set, or why it changes nothing."""

    changes: tuple[RowChange, ...]
    findings: tuple[Finding, ...]
    closed: bool
    """True if it is refused because the configuration is closed, perhaps among other reasons."""
    bootstraps: bool
    doubts: tuple[Doubt, ...] = ()
    """Why it is not plausible and waits for people, although nothing is wrong with it."""

    @property
    def changed_by_table(self) -> dict[str, int]:
        """The number of changed rows by table."""
        return dict(Counter(change.event.table for change in self.changes))


def read_set(load_id: str, value: Mapping[str, Any], sha256: str) -> ReferenceSet:
    """Return the set in a message `{"rows": [{"table", "operation", "row"}, …]}`.

    Raises:
        InvalidInput: REFERENCE_MESSAGE_INVALID, it has not the form of a set. A row that is not good is a finding.
    """
    rows = value.get("rows")
    if _LOAD_ID.match(load_id) is None or value.keys() != {"rows"} or not isinstance(rows, list):
        raise _not_a_set(
            "a set has an id of 1 to 80 letters, digits, '.', '_' or '-', and a list of rows, nothing else"
        )
    if not 1 <= len(rows) <= SET_ROWS_MAX:
        raise _not_a_set(f"a set has 1 to {SET_ROWS_MAX} rows, found {len(rows)}; load positions and calendars apart")
    commands: dict[str, Command] = {}
    findings: list[Finding] = []
    for number, row in enumerate(rows, start=1):
        try:
            command = command_of(row if isinstance(row, dict) else {})
        except InvalidInput as refusal:
            findings.append(_unreadable(row, number, refusal))
            continue
        if command.stream in commands:
            findings.append(Finding(command.table.name, command.key, "", "The row occurs twice in the set. Keep one."))
        commands[command.stream] = command
    return ReferenceSet(load_id, sha256, len(rows), tuple(commands.values()), tuple(findings))


def judge(given: ReferenceSet, in_force: ReferenceInForce, today: date, *, confirmed: bool = False) -> Verdict:
    """Return what a set changes of the rows in force, or everything that is wrong with it.

    A set with configuration that comes before the bootstrap has to be good together with what is in force. A later
    one may not make anything worse, changes no configuration, and where it states a whole configuration nevertheless,
    that has to be good by itself. One that is good may still not be plausible, unless people have `confirmed` it; the
    first one has nothing to be measured against.
    """
    findings = list(given.findings)
    changes: list[RowChange] = []
    changed: list[Command] = []
    closed = False
    for command in given.commands:
        stored = in_force.stored.get(command.stream, StoredRow())
        try:
            events = decide(stored.state, command, confirmed=confirmed)
        except InvalidInput as refusal:
            findings.append(_of_row(command, command.table.newest_by or "", refusal.reason))
            continue
        if events and in_force.bootstrapped and command.table.kind is TableKind.CONFIGURATION:
            findings.append(_of_row(command, "", "The configuration is closed. Change it by UPDATE_CONFIGURATION."))
            closed = True
        if events and command.table.name == OPENING_HEDGES:
            findings.append(_of_row(command, "", "Opening hedges come one by one. Use `hawk import hedges`."))
        elif events:
            changed.append(command)
        changes += [RowChange(command.stream, stored.version, event) for event in events]
    findings += _problems(given, changed, in_force, today)
    bootstraps = not in_force.bootstrapped and given.configures > 0
    if findings:
        return Verdict((), tuple(sorted(set(findings))), closed, False)
    doubts = () if bootstraps or confirmed else _doubts(changed, in_force)
    return Verdict(tuple(changes), (), False, bootstraps, doubts)


def outcome(
    given: ReferenceSet, verdict: Verdict, held_id: str = ""
) -> ReferenceSetLoaded | ReferenceSetRefused | ReferenceSetHeld:
    """Return the event of `reference-load-<load id>`. `held_id`: the id under which the set waits, if it has to."""
    if verdict.doubts:
        return ReferenceSetHeld(
            load_id=given.load_id,
            sha256=given.sha256,
            rows=given.rows,
            held_id=held_id,
            found=len(verdict.doubts),
            findings=_listed(verdict.doubts[:DOUBTS_MAX]),
        )
    if verdict.findings:
        return ReferenceSetRefused(
            load_id=given.load_id,
            sha256=given.sha256,
            code="CONFIGURATION_CLOSED" if verdict.closed else "REFERENCE_SET_INVALID",
            rows=given.rows,
            found=len(verdict.findings),
            findings=_listed(verdict.findings[:FINDINGS_MAX]),
        )
    return ReferenceSetLoaded(
        load_id=given.load_id, sha256=given.sha256, rows=given.rows, changed=verdict.changed_by_table
    )


def _listed(found: Iterable[Finding | Doubt]) -> tuple[ReferenceFinding, ...]:
    return tuple(
        ReferenceFinding(table=each.table, key=each.key, column=each.column, message=each.message) for each in found
    )


def bootstrapped_by(given: ReferenceSet) -> ConfigurationBootstrapped:
    """Return the event of `reference-bootstrap`."""
    return ConfigurationBootstrapped(load_id=given.load_id, rows=given.configures)


def _doubts(changed: Iterable[Command], in_force: ReferenceInForce) -> tuple[Doubt, ...]:
    if not in_force.bootstrapped:
        return ()
    return tuple(
        doubt
        for command in changed
        for doubt in doubts_of(command, in_force.pasts.get(command.stream, Past()), in_force.scene)
    )


def _problems(
    given: ReferenceSet, changed: Sequence[Command], in_force: ReferenceInForce, today: date
) -> Iterator[Finding]:
    after = _applied(in_force.tables, changed)
    yield from _conflicts(changed, after)
    if not in_force.bootstrapped and given.configures:
        yield from find_problems(after, today)
        return
    yield from find_new_problems(in_force.tables, after, {command.table.name for command in changed}, today)
    if given.tables >= _CONFIGURES:
        yield from find_problems(_applied({}, given.commands), today)


def _applied(tables: Rows, commands: Iterable[Command]) -> Rows:
    """Return the tables after commands; the other rows stay as they were read."""
    after: dict[str, dict[str, Mapping[str, Any]]] = {
        name: {key_of(REFERENCE[name], row): row for row in rows} for name, rows in tables.items()
    }
    for command in commands:
        rows = after.setdefault(command.table.name, {})
        rows.pop(command.key, None)
        if isinstance(command, SetRow):
            rows[command.key] = command.row
    return {name: list(rows.values()) for name, rows in after.items()}


def _conflicts(changed: Sequence[Command], after: Rows) -> Iterator[Finding]:
    """Find rows with values that another row has and that must be unique (the database would refuse them later)."""
    for name in sorted({command.table.name for command in changed if command.table.one_row_per}):
        table = REFERENCE[name]
        found: dict[tuple[str, ...], str] = {}
        for row in sorted(after[name], key=lambda each: key_of(table, each)):
            key = key_of(table, row)
            first = found.setdefault(tuple(str(row[column]) for column in table.one_row_per), key)
            if first != key:
                message = f"{first} has equal values of {', '.join(table.one_row_per)}. Keep one of the two."
                yield Finding(name, key, table.one_row_per[0], message)


def _of_row(command: Command, column: str, message: str) -> Finding:
    return Finding(command.table.name, command.key, column, message)


def _unreadable(row: object, number: int, refusal: InvalidInput) -> Finding:
    message = refusal.reason.removeprefix("hawk.reference: ")
    table: ReferenceTable | None = None
    key = f"row {number}"
    if isinstance(row, dict):
        table = REFERENCE.get(str(row.get("table")))
        if table is not None and isinstance(row.get("row"), dict):
            key = key_in(table.name, row["row"])[:200] or key
    return Finding("" if table is None else table.name, key, "", message)


def _not_a_set(what: str) -> InvalidInput:
    return InvalidInput(code="REFERENCE_MESSAGE_INVALID", reason=f"hawk.reference: {what}. Publish the set corrected.")
