"""`hawk reference`: load a set, publish single rows, show the rows in force; `cli.held` has those that wait."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.held import register_held
from cli.layout import add_row, calm_table
from cli.long_work import LongWork
from cli.output import (
    NOT_SO,
    DataOption,
    FeedKeyOption,
    JsonOption,
    connect,
    group_of,
    print_json,
    print_page,
    say,
    tell,
)
from shared.errors import InvalidInput
from shared.hedging.reference_keys import KEYS
from tools.local_stack.keys import read_feed_key
from tools.local_stack.reference_data import load_reference
from tools.local_stack.reference_load import FEED_IMPLAUSIBLE, SetOutcome, load_set
from tools.reference_files import ReferenceChange, read_file, read_folder

CELL_CHARACTERS_MAX = 60
"""Characters of a value in a table of many rows; `--json` and `--key` show all."""
COLUMNS = 4
"""Columns of a table that is not listed below."""
SHOWN: Mapping[str, tuple[str, ...]] = {
    "currency_rates": ("rate_value", "effective_date", "source_system"),
    "position_nav_master": ("position_type", "current_position", "optimal_car_amount"),
    "threshold_configuration": ("warning_level", "critical_level", "maximum_limit", "unit_of_measure"),
    "buffer_configuration": ("currency_code", "entity_type", "buffer_percentage", "rule_priority"),
    "entity_master": ("entity_name", "entity_type", "currency_code", "active_flag"),
    "currency_configuration": ("currency_type", "minimum_deal_size", "maximum_deal_size", "cut_off_time"),
    "instruction_event_config": ("booking_model", "deal_count", "gl_entry_count", "portfolio_routing"),
    "system_configuration": ("config_value", "description"),
}
"""The columns that people ask for, by table."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    text = "Load, publish and show reference data; confirm or reject implausible rows."
    group = group_of(text, load, publish, show)
    register_held(group)
    app.add_typer(group, name="reference")


def load(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", exists=True, file_okay=False, help="Its *.jsonl and *.json files together are one set."
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the findings and the changes, and load nothing.")
    ] = False,
    feed_key: FeedKeyOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load a set of rows: all of them come into force or, with exit status 1 and every finding, none.

    Files hold one JSON object per line: {"table", "operation": "UPSERT" or "DELETE", "row": {columns}}. Rows that are
    in force already change nothing. Configuration is loaded once; later an approved UPDATE_CONFIGURATION changes it. A
    set with an implausible row waits for people as a whole: see `hawk reference held`.
    \f

    Raises:
        typer.Exit: status 1, the set is refused or waits for people.
    """
    from cli.reference import dry_run_outcome, new_load_id

    rows = read_folder(folder)
    hawk = connect(data)
    say(f"{len(rows)} rows in {folder}.")
    if dry_run:
        outcome = asyncio.run(dry_run_outcome(hawk.dsn("hawk_reader"), rows))
    else:
        feed_pem = read_feed_key(hawk.data, feed_key)
        with LongWork() as work:
            loading = load_set(hawk.kafka, hawk.dsn("hawk_reader"), rows, new_load_id(), feed_pem, report=work.report)
            outcome = asyncio.run(loading)
    if as_json:
        print_json(outcome.document() | {"dry_run": dry_run})
    else:
        _print_outcome(outcome, dry_run)
    if not outcome.loaded:
        raise typer.Exit(NOT_SO)


def publish(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="One JSON object per line.")
    ],
    feed_key: FeedKeyOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish rows of feeds on hawk.reference one by one, and wait until the executor has applied them.

    A line is {"table", "operation": "UPSERT" or "DELETE", "row": {columns}}; amounts and rates are strings. An
    implausible row waits for people (see `hawk reference held`); the exit status is then 1.
    """
    applied = apply_rows(read_file(file), feed_key, data)
    if as_json:
        print_json({"rows": applied})
    else:
        tell(f"{applied} rows are in force.")


def apply_rows(rows: Sequence[ReferenceChange], feed_key: Path | None, data: Path | None) -> int:
    """Publish rows of a feed, wait until the executor has applied them, and return their number.

    Args:
        feed_key: file of the feed's private key; None is the demo feed's.
        data: see `DataOption`.
    """
    hawk = connect(data)
    feed_pem = read_feed_key(hawk.data, feed_key)
    with LongWork() as work:
        now = datetime.now(UTC)
        return asyncio.run(load_reference(hawk.kafka, hawk.admin_dsn, rows, now, feed_pem, report=work.report))


def show(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Name of the table, for example currency_rates.")],
    key: Annotated[str | None, typer.Option(metavar="K", help="Only this row, for example USD/SGD:prevailing.")] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="The rows in force at this time, given with its UTC offset.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the rows in force, now or at an earlier time: version, since when, and who set them.
    \f

    Raises:
        typer.Exit: status 1, there is no such row.
    """
    from cli.reference_history import rows_at

    moment = _moment(at)
    rows = asyncio.run(rows_at(connect(data).dsn("hawk_reader"), table, key, moment))
    if as_json:
        print_json({"table": table, "at": None if moment is None else moment.isoformat(), "rows": rows})
    elif key is None:
        print_page(_table_of(table, rows))
    else:
        for row in rows:
            tell(f"{table} {row['key']}, version {row['version']} since {row['since']} by {row['by']}")
            columns = calm_table("column", "value")
            for name, value in sorted(row["row"].items()):
                add_row(columns, name, str(value))
            print_page(columns)
    if not rows:
        say(f"{table} had no such row at that time." if moment else f"{table} has no such row.")
        raise typer.Exit(NOT_SO)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            code="INVALID_DATE", reason=f"{text!r} is not a time. Write it like 2026-11-23T09:00:00Z."
        ) from error
    if moment.tzinfo is None:
        raise InvalidInput(code="INVALID_DATE", reason=f"{text} has no UTC offset. Add Z or +08:00.")
    return moment.astimezone(UTC)


def _print_outcome(outcome: SetOutcome, dry_run: bool) -> None:
    if outcome.loaded:
        changed = ", ".join(f"{name} {count}" for name, count in sorted(outcome.changed.items()))
        verb = "would be" if dry_run else "are"
        tell(f"{outcome.rows} rows {verb} in force; " + (f"changed: {changed}." if changed else "nothing changed."))
        return
    found = calm_table("table", "key", "column", "finding")
    for each in outcome.findings:
        add_row(found, each["table"], each["key"], each["column"], each["message"])
    print_page(found)
    if outcome.code == FEED_IMPLAUSIBLE:
        wait = "would wait for people" if dry_run else f"waits for people as {outcome.held_id} (hawk reference held)"
        say(f"Implausible, {outcome.code}: the set {wait}; the rows in force do not change.")
    else:
        say(f"Refused, {outcome.code}: {len(outcome.findings)} findings; the rows in force do not change.")


def _table_of(table: str, rows: list[dict[str, Any]]) -> Table:
    """Return the rows with the columns that people ask for; for a table not in `SHOWN`, with the first columns."""
    named = SHOWN.get(table) or [name for name in (rows[0]["row"] if rows else {}) if name not in KEYS[table]][:COLUMNS]
    found = calm_table("key", "version", "since", *named)
    found.columns[0].no_wrap = True
    for row in rows:
        cells = [str(row["row"].get(name, ""))[:CELL_CHARACTERS_MAX] for name in named]
        add_row(found, row["key"], str(row["version"]), row["since"][:16].replace("T", " "), *cells)
    return found
