"""`hawk reference publish`: rates, positions, calendars and periods by hand."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.output import DataOption, JsonOption, connect, out, print_json
from shared.localstack.reference_data import load_reference
from shared.messaging.kafka import kafka_connection
from shared.reference_files import read_file
from shared.settings import ServiceSettings


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True, help="Reference data.")
    group.callback()(_group)
    group.command()(publish)
    app.add_typer(group, name="reference")


def _group() -> None:
    """Reference data: rates, positions, calendars, periods."""


def publish(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="One JSON object a line.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put rows on hawk.reference and wait until the executor has taken them in.

    A line is {"table", "operation": "UPSERT" or "DELETE", "row": {columns}}; amounts and rates are strings.
    """
    rows = read_file(file)
    hawk = connect(data)
    kafka = kafka_connection(ServiceSettings(kafka_bootstrap=hawk.bootstrap)).options()
    taken_in = asyncio.run(load_reference(kafka, hawk.admin_dsn, rows, datetime.now(UTC)))
    if as_json:
        print_json({"rows": taken_in})
    else:
        out.print(f"{taken_in} rows are in.")
