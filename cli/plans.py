"""`hawk plan`: what a response would do, without any server."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.output import (
    NOT_SO,
    FileArgument,
    JsonOption,
    ReferenceOption,
    print_json,
    print_page,
    read_response_file,
    say,
)
from shared.errors import InvalidInput
from shared.hedging.facts import SINGAPORE
from shared.policy.table import PRESETS

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

AT_TIME: Final = time(10, tzinfo=SINGAPORE)
"""The time of day for --at: before every cut-off of the demo's currencies."""

DAYS: Final = (date(2000, 1, 1), date(2099, 12, 31))
"""The range of --at: beyond these years the holidays are unknown."""

FINDINGS_SHOWN: Final = 20
"""Findings on reference data that are printed; more would only fill the screen."""

POLICY_VARIABLE: Final = "HAWK_POLICY"


class PolicyName(StrEnum):
    """Presets of the approval policy (`shared.policy.table.PRESETS`)."""

    PLAN = "plan"
    STRICT = "strict"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(plan)


def plan(
    file: FileArgument,
    reference: ReferenceOption = None,
    at: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE",
            formats=["%Y-%m-%d"],
            help="Plan as on this day at 10:00 in Singapore. Default: now.",
        ),
    ] = None,
    policy: Annotated[PolicyName, typer.Option(envvar=POLICY_VARIABLE, help="The approval policy.")] = PolicyName.PLAN,
    as_json: JsonOption = False,
) -> None:
    """Plan a response without any server, and show the complete plan, row by row. Nothing is stored.

    The plan is that of a new HAWK: hedges and reservations are only those in the reference data. Exit status 1 when
    the response, or a proposal in it, would be refused; the refusals are printed.
    \f

    Raises:
        typer.Exit: status 1, the response or a proposal in it would be refused.
    """
    content = read_response_file(file)
    now = _moment(None if at is None else at.date())
    today = now.astimezone(SINGAPORE).date()
    rows = reference_rows(reference, today)
    if reference is not None:
        _warn_of(reference, rows, today)
    # Imported here: `hawk plan --help` does not need it.
    from cli.planning import plan_response

    response = plan_response(content, rows, now, PRESETS[policy.value])
    if as_json:
        print_json(response)
    else:
        from cli.plan_cards import plan_page

        print_page(plan_page(response))
    if response["refusals"]:
        raise typer.Exit(NOT_SO)


def _moment(day: date | None) -> datetime:
    if day is not None and not DAYS[0] <= day <= DAYS[1]:
        raise InvalidInput(code="INVALID_DATE", reason=f"--at {day}: give a day from {DAYS[0]} to {DAYS[1]}.")
    return datetime.now(UTC) if day is None else datetime.combine(day, AT_TIME).astimezone(UTC)


def reference_rows(folder: Path | None, day: date) -> Rows:
    """Return reference rows by table: the demo's as of a day, or those of a folder as HAWK would read them.

    Raises:
        InvalidInput: the folder holds no rows, or a row that is malformed or not valid for its table.
    """
    if folder is None:
        from demo.reference.load import demo_rows

        rows: dict[str, list[Mapping[str, Any]]] = {}
        for each in demo_rows(day):
            rows.setdefault(each.table, []).append(each.row)
        return rows
    from services.executor.reference.commands import SetRow
    from services.executor.reference.reading import command_of
    from tools.reference_files import read_folder, tables_of

    changes = []
    for change in read_folder(folder):
        command = command_of({"table": change.table, "operation": change.operation, "row": dict(change.row)})
        row = command.row if isinstance(command, SetRow) else change.row
        changes.append(replace(change, key=command.key, row=row))
    return tables_of(changes)


def _warn_of(folder: Path, rows: Rows, today: date) -> None:
    """Print what `hawk reference load` would refuse; whether the order is affected, the plan shows."""
    from shared.hedging.checks.reference import find_problems

    findings = find_problems(rows, today)
    if findings:
        shown = [f"  {finding}" for finding in findings[:FINDINGS_SHOWN]]
        more = len(findings) - len(shown)
        lines = [f"HAWK would refuse to load {folder}:", *shown, *([f"  and {more} more"] if more else [])]
        say(("\n".join(lines), "yellow"))
