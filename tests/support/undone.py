"""Reversals from outside: asking for one, and what must be left of a workflow and of its reversal: nothing in effect,
and every trace of both."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

import httpx

from tests.support.hawk import Hawk

IN_EFFECT = (
    "hedge_instructions", "hedge_business_events", "allocation_engine", "deal_bookings", "gl_entries", "gl_packages",
    "gl_journal_lines",
)  # fmt: skip
"""Views of `public` that show no row of what was compensated or reversed."""

PAIRS_OF_ENTRIES = 8
"""Of one event, in gl_entries."""

_BALANCES = """
    SELECT couples.original, of, ledger, account, sum(amount) AS amount
    FROM unnest($1::text[], $2::text[]) AS couples (original, reversal) JOIN (
        SELECT 'pairs' AS of, ledger, debit_account AS account, amount_sgd AS amount, workflow_id FROM hawk.gl_entries
        UNION ALL SELECT 'pairs', ledger, credit_account, -amount_sgd, workflow_id FROM hawk.gl_entries
        UNION ALL SELECT 'journal', ledger, account_code, dr_amt - cr_amt, workflow_id FROM hawk.gl_journal_lines
    ) AS sides ON sides.workflow_id IN (couples.original, couples.reversal)
    GROUP BY couples.original, of, ledger, account
"""
_CAPACITY = """
    SELECT couples.original, sum(amount) AS amount, sum(amount_usd) AS amount_usd
    FROM unnest($1::text[], $2::text[]) AS couples (original, reversal)
    JOIN hawk.exposure_movements AS moved ON moved.workflow_id IN (couples.original, couples.reversal)
    GROUP BY couples.original
"""
_KEPT = """
    SELECT workflow_id, count(*) AS entries FROM hawk.gl_entries WHERE workflow_id = ANY($1::text[]) GROUP BY 1
"""


def asked_for_reversal(hawk: Hawk, workflow_id: str, token: str, reason: str = "Booked twice") -> str:
    """Ask, as the person of the token; gives the id of the reversal.

    Raises:
        AssertionError: the approval service did not take it.
    """
    answer = hawk.ask("POST", f"/workflows/{workflow_id}/reversal", token, {"reason": reason})
    if answer.status_code != httpx.codes.ACCEPTED:
        raise AssertionError(f"Reversal of {workflow_id}: {answer.status_code} {answer.text}")
    return str(answer.json()["workflow_id"])


def nothing_is_in_effect(hawk: Hawk, workflow_ids: list[str]) -> None:
    """No table that people read shows a row of these workflows."""
    for table in IN_EFFECT:
        statement = f"SELECT count(*) AS rows FROM public.{table} WHERE workflow_id = ANY($1::text[])"  # noqa: S608
        assert hawk.query(statement, workflow_ids) == [{"rows": 0}], table


def leave_nothing(hawk: Hawk, reversal_of: Mapping[str, str]) -> None:
    """Each workflow and its reversal add up to nothing, account by account and in what is held of the exposure; both
    are still there to be read; and Murex holds no deal."""
    originals, reversals = list(reversal_of), list(reversal_of.values())
    left = hawk.query(_BALANCES, originals, reversals)
    assert {row["original"] for row in left} == set(originals)
    assert [row for row in left if row["amount"] != Decimal(0)] == []
    held = {row["original"]: (row["amount"], row["amount_usd"]) for row in hawk.query(_CAPACITY, originals, reversals)}
    assert held == dict.fromkeys(originals, (Decimal(0), Decimal(0)))
    nothing_is_in_effect(hawk, originals + reversals)
    kept = {row["workflow_id"]: row["entries"] for row in hawk.query(_KEPT, originals + reversals)}
    assert kept == dict.fromkeys(originals + reversals, PAIRS_OF_ENTRIES)
    held_by_murex = [deal for deal in hawk.json("murex", "book") if deal["workflow_id"] in {*originals, *reversals}]
    assert {(deal["workflow_id"], deal["status"]) for deal in held_by_murex} == {
        (original, "CANCELLED") for original in originals
    }
    assert set(Counter((deal["workflow_id"], deal["deal_sequence"]) for deal in held_by_murex).values()) == {1}
