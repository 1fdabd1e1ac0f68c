"""Stage 3 posts balanced lines into an open period, or says why it waits; it fails closed."""

from dataclasses import replace
from datetime import date

import pytest

from services.executor.execution.posting import RETRY_SECONDS, Books, Period, post
from shared.events.booking import JournalPosted, PostingDeferred
from tests.support.executions import NOW, Execution, drawn

EXECUTION = Execution(drawn())
EXECUTION.acknowledge()
PLAN = EXECUTION.subject.plan
NOVEMBER = Period("2026-11", date(2026, 11, 1), date(2026, 11, 30), is_open=True)
BOOKS = Books({"2026-11": NOVEMBER}, frozenset({"15001000", "21001000"}))


def test_the_journal_of_the_plan_is_posted_when_the_books_allow_it() -> None:
    event = post(EXECUTION.state, PLAN, BOOKS, NOW)
    assert isinstance(event, JournalPosted)
    lines = [line for posting in event.postings for line in posting.lines]
    assert [(line.ledger.value, line.account_code, str(line.dr_amt), str(line.cr_amt)) for line in lines] == [
        ("IFRS", "15001000", "375000.00", "0.00"),
        ("IFRS", "21001000", "0.00", "375000.00"),
        ("LOCAL", "15001000", "375000.00", "0.00"),
        ("LOCAL", "21001000", "0.00", "375000.00"),
    ]


@pytest.mark.parametrize(
    ("books", "code"),
    [
        (replace(BOOKS, periods={"2026-11": replace(NOVEMBER, is_open=False)}), "PERIOD_CLOSED"),
        (replace(BOOKS, periods={}), "PERIOD_CLOSED"),
        (replace(BOOKS, accounts=frozenset({"15001000"})), "ACCOUNT_NOT_FOUND"),
    ],
)
def test_posting_waits_when_the_books_forbid_it(books: Books, code: str) -> None:
    event = post(EXECUTION.state, PLAN, books, NOW)
    assert isinstance(event, PostingDeferred)
    assert (event.code, event.attempts, (event.retry_at - NOW).total_seconds()) == (code, 1, RETRY_SECONDS)


def test_posting_refuses_an_unbalanced_journal() -> None:
    child = PLAN.children[0]
    first = replace(child.journal[0], dr_amt=child.journal[0].dr_amt + 1)
    crooked = replace(PLAN, children=(replace(child, journal=(first, *child.journal[1:])),))
    event = post(EXECUTION.state, crooked, BOOKS, NOW)
    assert isinstance(event, PostingDeferred)
    assert event.code == "JOURNAL_IMBALANCE"
