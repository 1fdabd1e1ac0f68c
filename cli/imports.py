"""`hawk import`: what was so before HAWK started."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.output import DataOption, FeedKeyOption, JsonOption, connect, print_json, tell
from shared.errors import InvalidInput
from shared.exact_json import parse_json
from shared.hedging.reference_keys import key_in
from shared.messaging.kafka import kafka_connection
from shared.settings import ServiceSettings
from tools.local_stack.keys import read_feed_key
from tools.local_stack.reference_data import load_reference
from tools.reference_files import ReferenceChange

TABLE = "opening_hedges"
#: Hedges of one file: a bank has some thousands open.
HEDGES_MAX = 10_000
#: Bytes of one file: a hedge with its amounts takes less than two kilobytes.
FILE_BYTES_MAX = 32 * 1024 * 1024


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True, help="Bring in what was so before HAWK started.")
    group.callback()(_group)
    group.command()(hedges)
    app.add_typer(group, name="import")


def _group() -> None:
    """Bring in what was so before HAWK started."""


def hedges(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="One hedge a line.")],
    feed_key: FeedKeyOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring in hedges that are open already, so that rollovers, terminations and amendments can refer to them.

    A line is a JSON object: event_id, entity_id, exposure_currency, nav_type, order_id, hedge_method,
    hedging_instrument, notional_amount, notional_usd, trade_date, maturity_date, and optionally carried_amounts (amount
    keys at which the hedge stands in the books). Amounts are strings. Their amounts belong in the HEDGED snapshot.
    Repeating it is safe.
    """
    rows = read_hedges(file)
    hawk = connect(data)
    kafka = kafka_connection(ServiceSettings(kafka_bootstrap=hawk.bootstrap)).options()
    feed_pem = read_feed_key(hawk.data, feed_key)
    taken_in = asyncio.run(load_reference(kafka, hawk.admin_dsn, rows, datetime.now(UTC), feed_pem))
    if as_json:
        print_json({"hedges": taken_in})
    else:
        tell(f"{taken_in} opening hedges are in.")


def read_hedges(file: Path) -> list[ReferenceChange]:
    """The hedges of a file, in its order.

    Raises:
        InvalidInput: FILE_UNREADABLE, or HEDGE_MALFORMED naming the line and what is wrong with it.
    """
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise InvalidInput(code="FILE_UNREADABLE", reason=f"{file} has more than {FILE_BYTES_MAX} bytes. Split it.")
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(code="FILE_UNREADABLE", reason=f"{file} cannot be read: {error}.") from error
    rows = [_hedge(line, f"{file}, line {number}") for number, line in enumerate(lines, start=1) if line.strip()]
    if not 1 <= len(rows) <= HEDGES_MAX:
        raise InvalidInput(
            code="FILE_UNREADABLE", reason=f"{file} has {len(rows)} hedges; expected 1 to {HEDGES_MAX}. Split it."
        )
    return rows


def _hedge(line: str, where: str) -> ReferenceChange:
    try:
        row = parse_json(line)
    except ValueError as error:
        raise InvalidInput(code="HEDGE_MALFORMED", reason=f"{where}: {error}.") from error
    if not isinstance(row, dict) or not row.get("event_id"):
        raise InvalidInput(code="HEDGE_MALFORMED", reason=f"{where}: expected an object with an event_id.")
    return ReferenceChange(TABLE, "UPSERT", key_in(TABLE, row), row)
