"""The row of a planned deal: what the live table has a column for is said there, for each kind of deal."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from services.executor.projections import deals
from services.executor.tables.changes import Insert
from shared.events.booking import DealPlanned
from tests.support import executions

NOBODY = UUID(int=0)


def rows_of(currency: str, amount: str, **fields: Any) -> list[Mapping[str, Any]]:
    """Rows of deal_bookings by sequence, as preparing the order writes them."""
    planned = executions.Execution(executions.drawn(currency, amount, **fields)).events
    changes = [change for event in planned if isinstance(event, DealPlanned) for change in deals.planned(event, NOBODY)]
    assert all(isinstance(change, Insert) for change in changes)
    return [change.row for change in changes if isinstance(change, Insert)]


@pytest.mark.parametrize(("currency", "amount", "outside"), [("USD", "25000000", 1), ("KRW", "12000000000", 2)])
def test_deals_with_the_outside_are_told_from_internal_ones(currency: str, amount: str, outside: int) -> None:
    kinds = [row["transfer_type"] for row in rows_of(currency, amount)]
    assert kinds == ["EXTERNAL"] * outside + ["INTERNAL"] * (len(kinds) - outside)


def test_the_final_position_alone_is_tracked() -> None:
    rows = rows_of("USD", "25000000")
    assert [row["deal_sequence"] for row in rows if row["position_tracking"]] == [4]


def test_a_proxy_deal_says_how_it_settles_and_what_stands_for_what() -> None:
    first, *_, funding = rows_of("KRW", "12000000000")
    assert (first["settlement_method"], first["reference_rate_source"]) == ("NDF", "KFTC18")
    assert first["currency_proxy"] == {"original": "KRW", "proxy": "USD"}
    assert (first["swap_structure"], first["spot_details"]) == (None, None)
    assert (funding["funding_purpose"], funding["settlement_method"]) == ("funding transfer", None)


def test_spots_and_swaps_carry_the_details_of_their_kind() -> None:
    rows = rows_of("KRW", "12000000000")
    embedded = next(row for row in rows if row["deal_type"] == "FX_SPOT_EMBEDDED")
    assert embedded["embedded_spot_details"] == {"rate": "1245", "value_date": "2026-11-25"}
    assert embedded["embedded_spot_purpose"] == "embedded spot extraction"
    swap = next(row for row in rows if row["deal_type"] == "FX_SWAP")
    assert (swap["swap_structure"], swap["embedded_spot_details"]) == ("NEAR_FAR", None)
    loans = [row["funding_purpose"] for row in rows if row["deal_type"] == "LNBR"]
    assert loans == ["funding, leg 1", "funding, leg 2 (swap points)"]
