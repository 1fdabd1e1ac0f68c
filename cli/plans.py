"""`hawk plan`: what an answer would do, with no server at all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.files import read_answer_file
from cli.output import NOT_SO, JsonOption, print_json, print_page, say
from shared.errors import InvalidInput
from shared.hedging.facts import SINGAPORE
from shared.policy.table import PRESETS

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

AT_TIME: Final = time(10, tzinfo=SINGAPORE)
"""The hour of a day given with --at: before every cut-off of the demo's currencies."""

DAYS: Final = (date(2000, 1, 1), date(2099, 12, 31))
"""What --at may name: beyond these years nobody knows the holidays."""

FINDINGS_SHOWN: Final = 20
"""Of what is wrong with reference data; more fill a screen and say nothing more."""

POLICY_VARIABLE: Final = "HAWK_POLICY"


class PolicyName(StrEnum):
    """Presets of the approval policy (`shared.policy.table.PRESETS`)."""

    PLAN = "plan"
    STRICT = "strict"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(plan)


def plan(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", allow_dash=True, help="The answer, byte for byte; - takes stdin.")
    ],
    reference: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Plan with the rows of the *.jsonl and *.json files of DIR instead of the demo's.",
        ),
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE",
            formats=["%Y-%m-%d"],
            help="Plan as on this day at 10:00 in Singapore; without it as of now.",
        ),
    ] = None,
    policy: Annotated[
        PolicyName, typer.Option(envvar=POLICY_VARIABLE, help="Approval policy to plan under.")
    ] = PolicyName.PLAN,
    as_json: JsonOption = False,
) -> None:
    """Read an answer and plan it without any server: the whole plan, row by row. Nothing is kept.

    It plans as on a fresh HAWK: nothing is hedged or reserved besides what the reference data say. Exit status 1
    when the answer, or a proposal of it, would be refused; the refusals are part of what is printed.
    \f

    Raises:
        typer.Exit: status 1, the answer or a proposal of it would be refused.
    """
    answer = read_answer_file(file)
    now = _moment(None if at is None else at.date())
    today = now.astimezone(SINGAPORE).date()
    rows = reference_rows(reference, today)
    if reference is not None:
        _warn_of(reference, rows, today)
    # Imported here: `hawk plan --help` needs none of it.
    from cli.planning import plan_answer

    response = plan_answer(answer, rows, now, PRESETS[policy.value])
    if as_json:
        print_json(response)
    else:
        from cli.plan_cards import plan_page

        print_page(plan_page(response))
    if response["refusals"]:
        raise typer.Exit(NOT_SO)


def _moment(day: date | None) -> datetime:
    if day is not None and not DAYS[0] <= day <= DAYS[1]:
        raise InvalidInput(code="INVALID_DATE", reason=f"--at {day}: name a day from {DAYS[0]} to {DAYS[1]}.")
    return datetime.now(UTC) if day is None else datetime.combine(day, AT_TIME).astimezone(UTC)


def reference_rows(folder: Path | None, day: date) -> Rows:
    """Reference rows by table: the demo's as of a day, or those of a folder as HAWK would take them in.

    Raises:
        InvalidInput: the folder holds no rows, or one that is malformed or not what its table takes.
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

    taken_in = []
    for change in read_folder(folder):
        command = command_of({"table": change.table, "operation": change.operation, "row": dict(change.row)})
        row = command.row if isinstance(command, SetRow) else change.row
        taken_in.append(replace(change, key=command.key, row=row))
    return tables_of(taken_in)


def _warn_of(folder: Path, rows: Rows, today: date) -> None:
    """Say what `hawk reference load` would refuse; the plan shows whether the order is concerned."""
    from shared.hedging.checks.reference import find_problems

    findings = find_problems(rows, today)
    if findings:
        shown = [f"  {finding}" for finding in findings[:FINDINGS_SHOWN]]
        more = len(findings) - len(shown)
        told = [f"HAWK would not load {folder}:", *shown, *([f"  and {more} more"] if more else [])]
        say(("\n".join(told), "yellow"))
