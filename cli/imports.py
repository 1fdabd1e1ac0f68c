"""`hawk import`: hedges from the time before HAWK."""

from pathlib import Path
from typing import Annotated

import typer

from cli.feeds import apply_rows
from cli.output import DataOption, FeedKeyOption, JsonOption, group_of, print_json, tell
from shared.errors import InvalidInput
from shared.exact_json import parse_json
from shared.hedging.reference_keys import key_in
from tools.reference_files import ReferenceChange, lines_of

TABLE = "opening_hedges"
#: Hedges of one file: a bank has some thousands open.
HEDGES_MAX = 10_000
#: Bytes of one file: a hedge with its amounts takes less than two kilobytes.
FILE_BYTES_MAX = 32 * 1024 * 1024


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group_of("Import hedges from the time before HAWK.", hedges), name="import")


def hedges(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="One hedge per line.")],
    feed_key: FeedKeyOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import open hedges, so that rollovers, terminations and amendments can refer to them.

    A line is a JSON object: event_id, entity_id, exposure_currency, nav_type, order_id, hedge_method,
    hedging_instrument, notional_amount, notional_usd, trade_date, maturity_date, and optionally carried_amounts (the
    hedge's book values by amount key). Amounts are strings, and belong in the HEDGED snapshot. You can repeat the
    import safely.
    """
    applied = apply_rows(read_hedges(file), feed_key, data)
    if as_json:
        print_json({"hedges": applied})
    else:
        tell(f"{applied} opening hedges are imported.")


def read_hedges(file: Path) -> list[ReferenceChange]:
    """Return the hedges of a file, in order.

    Raises:
        InvalidInput: FILE_UNREADABLE; or HEDGE_MALFORMED, with the line and its fault.
    """
    rows = [_hedge(line, place) for line, place in lines_of(file, FILE_BYTES_MAX)]
    if not 1 <= len(rows) <= HEDGES_MAX:
        raise InvalidInput(
            code="FILE_UNREADABLE", reason=f"{file} has {len(rows)} hedges; give a file with 1 to {HEDGES_MAX} of them."
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
