"""The periods and accounts that journal lines need, read in the transaction that posts them."""

from collections.abc import Sequence

from services.executor.execution.posting import Books, Period
from services.executor.handlers.reading import Reading
from shared.hedging.journal import JournalLine


async def books_for(reading: Reading, lines: Sequence[JournalLine]) -> Books:
    """Return the periods and active accounts that these lines name, as they are now."""
    period_rows = await reading.ask(
        "SELECT period_id, start_date, end_date, is_open FROM hawk.gl_periods WHERE period_id = ANY($1::text[])",
        sorted({line.period_id for line in lines}),
    )
    account_rows = await reading.ask(
        "SELECT account_code FROM hawk.gl_coa WHERE account_code = ANY($1::text[]) AND active_flag",
        sorted({line.account_code for line in lines}),
    )
    return Books(
        periods={
            row["period_id"]: Period(row["period_id"], row["start_date"], row["end_date"], row["is_open"])
            for row in period_rows
        },
        accounts=frozenset(row["account_code"] for row in account_rows),
    )
