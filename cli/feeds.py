"""`hawk reference`: load a set, publish single rows, show what is in force; what waits for people is in `cli.held`."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.held import register_held
from cli.output import (
    NOT_SO,
    DataOption,
    FeedKeyOption,
    JsonOption,
    RunningHawk,
    connect,
    print_json,
    print_page,
    say,
    tell,
)
from shared.errors import InvalidInput
from shared.hedging.reference_keys import KEYS
from shared.messaging.kafka import kafka_connection
from shared.settings import ServiceSettings
from tools.local_stack.keys import read_feed_key
from tools.local_stack.reference_data import load_reference
from tools.local_stack.reference_load import FEED_IMPLAUSIBLE, SetAnswer, load_set
from tools.reference_files import read_file, read_folder

PLAIN: dict[str, Any] = {"box": None, "pad_edge": False, "padding": (0, 2, 0, 0), "header_style": "dim"}
"""How tables of this command line look."""
CELL_CHARACTERS_MAX = 60
"""Of one value in a table; `--json` and `--key` show it whole."""
COLUMNS = 4
"""Of a row in a table that names none below."""
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
"""The columns people ask for, by table."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True, help="Reference data.")
    group.callback()(_group)
    group.command()(load)
    group.command()(publish)
    group.command()(show)
    register_held(group)
    app.add_typer(group, name="reference")


def _group() -> None:
    """Reference data: configuration, rates, positions, calendars, periods."""


def load(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", exists=True, file_okay=False, help="All its *.jsonl and *.json files are one set."
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is wrong or would change; load nothing.")
    ] = False,
    feed_key: FeedKeyOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load a set of rows: all of it is in force afterwards, or nothing, with every finding. Exit status 1 then.

    Files hold one JSON object a line: {"table", "operation": "UPSERT" or "DELETE", "row": {columns}}. Rows that are so
    already change nothing. Configuration is loaded once; later an approved UPDATE_CONFIGURATION changes it. A set
    with a row that is not plausible waits for people as a whole: hawk reference held.
    \f

    Raises:
        typer.Exit: status 1, the set was refused or waits for people.
    """
    from cli.reference import new_load_id

    rows = read_folder(folder)
    hawk = connect(data)
    say(f"{len(rows)} rows in {folder}.")
    if dry_run:
        from cli.weighing import weigh

        answer = asyncio.run(weigh(hawk.dsn("hawk_reader"), rows))
    else:
        say("The executor checks them as a whole …")
        feed_pem = read_feed_key(hawk.data, feed_key)
        answer = asyncio.run(load_set(_kafka(hawk), hawk.dsn("hawk_reader"), rows, new_load_id(), feed_pem))
    if as_json:
        print_json(answer.document() | {"dry_run": dry_run})
    else:
        _print_answer(answer, dry_run)
    if not answer.loaded:
        raise typer.Exit(NOT_SO)


def publish(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="One JSON object a line.")],
    feed_key: FeedKeyOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put rows of feeds on hawk.reference one by one and wait until the executor has taken them in.

    A line is {"table", "operation": "UPSERT" or "DELETE", "row": {columns}}; amounts and rates are strings. A row that
    is not plausible waits for people (hawk reference held); exit status 1 then.
    """
    rows = read_file(file)
    hawk = connect(data)
    feed_pem = read_feed_key(hawk.data, feed_key)
    taken_in = asyncio.run(load_reference(_kafka(hawk), hawk.admin_dsn, rows, datetime.now(UTC), feed_pem))
    if as_json:
        print_json({"rows": taken_in})
    else:
        tell(f"{taken_in} rows are in.")


def show(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="For example currency_rates.")],
    key: Annotated[str | None, typer.Option(metavar="K", help="This row only, for example USD/SGD:prevailing.")] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="As of this time, with its offset from UTC.")] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show rows in force, now or at an earlier time, with their versions, since when, and who brought them.
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
            print_page(_row_of(row))
    if not rows:
        say(f"{table} had no such row then." if moment else f"{table} has no such row.")
        raise typer.Exit(NOT_SO)


def _kafka(hawk: RunningHawk) -> dict[str, Any]:
    return kafka_connection(ServiceSettings(kafka_bootstrap=hawk.bootstrap)).options()


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            code="INVALID_DATE", reason=f"{text!r} is not a time such as 2026-11-23T09:00:00Z."
        ) from error
    if moment.tzinfo is None:
        raise InvalidInput(code="INVALID_DATE", reason=f"{text} does not name its offset from UTC. Add Z or +08:00.")
    return moment.astimezone(UTC)


def _print_answer(answer: SetAnswer, dry_run: bool) -> None:
    if not answer.loaded:
        found = Table("table", "key", "column", "finding", **PLAIN)
        for each in answer.findings:
            found.add_row(each["table"], each["key"], each["column"], each["message"])
        print_page(found)
        if answer.code == FEED_IMPLAUSIBLE:
            where = (
                "would wait for people" if dry_run else f"waits for people as {answer.held_id} (hawk reference held)"
            )
            say(f"Not plausible, {answer.code}: the set {where}; what was in force stays.")
            return
        say(f"Refused, {answer.code}: {len(answer.findings)} findings; what was in force stays.")
        return
    changed = ", ".join(f"{name} {count}" for name, count in sorted(answer.changed.items()))
    verb = "would be" if dry_run else "are"
    tell(f"{answer.rows} rows {verb} in force; " + (f"changed: {changed}." if changed else "nothing changed."))


def _table_of(table: str, rows: list[dict[str, Any]]) -> Table:
    """Key, version and what is asked for most; where no columns are named, those of the first row beside its key."""
    named = SHOWN.get(table) or [name for name in (rows[0]["row"] if rows else {}) if name not in KEYS[table]][:COLUMNS]
    found = Table(**PLAIN)
    for name in ("key", "version", "since", *named):
        found.add_column(name, no_wrap=name == "key")
    for row in rows:
        cells = [str(row["row"].get(name, ""))[:CELL_CHARACTERS_MAX] for name in named]
        found.add_row(row["key"], str(row["version"]), row["since"][:16].replace("T", " "), *cells)
    return found


def _row_of(row: dict[str, Any]) -> Table:
    """All columns of one row."""
    found = Table("column", "value", **PLAIN)
    for name, value in sorted(row["row"].items()):
        found.add_row(name, str(value))
    return found
