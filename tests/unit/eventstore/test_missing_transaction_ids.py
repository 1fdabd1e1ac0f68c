"""The server is far enough when its next transaction id lies above every id of the events."""

import pytest

from shared.relay.transaction_ids import TransactionIds


@pytest.mark.parametrize(
    ("highest", "following", "missing"),
    [(None, 3, 0), (700, 701, 0), (700, 5_000, 0), (700, 700, 1), (700, 699, 2), (5_000, 3, 4_998)],
)
def test_missing_counts_the_ids_up_to_the_first_free_one(highest: int | None, following: int, missing: int) -> None:
    assert TransactionIds(highest, following).missing == missing
