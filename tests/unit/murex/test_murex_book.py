"""The simulator's book: rows and answers are one transaction, and outlive a kill."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from murex.simulator.book import Book, read_book
from murex.simulator.replies import DealRequest, RequestKind
from murex.simulator.script import Rule
from shared.errors import InvalidInput

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

RECORD_AND_DIE = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from murex.simulator.replies import DealRequest, RequestKind
from murex.simulator.book import Book
from murex.simulator.script import Rule
deals = [(DealRequest(RequestKind.BOOK, f"m-{n}", "wf-1", "EVT-1", f"DB-{n}", n, 1, "E", "USD", 2, f"sha256:{n}"),
          "") for n in (1, 2)]
rules = (Rule.model_validate({"match": {"deal_sequence": 2}, "answer": "LATE", "after_seconds": 60}),)
Book(Path(sys.argv[1])).record(deals, rules, datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
os.kill(os.getpid(), signal.SIGKILL)
"""


def deal(number: int, *, kind: RequestKind = RequestKind.BOOK, message: str | None = None) -> DealRequest:
    digest = f"sha256:{number}" if kind is RequestKind.BOOK else ""
    return DealRequest(
        kind, message or f"m-{number}", "wf-1", "EVT-1", f"DB-{number}", number, 1, "E", "USD", 2, digest
    )


def record(book: Book, *requests: DealRequest, rules: tuple[Rule, ...] = (), now: datetime = NOW) -> None:
    book.record([(request, TRACE) for request in requests], rules, now)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "murex" / "book.sqlite3"


@pytest.fixture
def book(path: Path) -> Iterator[Book]:
    with closing(Book(path)) as opened:
        yield opened


def test_book_keeps_rows_answers_and_timers_when_the_process_is_killed_before_sending(path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", RECORD_AND_DIE, str(path)], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL

    with closing(Book(path)) as book:
        _check_survivors(book, path)


def _check_survivors(book: Book, path: Path) -> None:
    assert [row.status for row in read_book(path, NOW)] == ["BOOKED", "RECEIVED"]
    now = [(w.reply.event, w.reply.data["deal_booking_id"]) for w in book.due(NOW)]
    assert now == [("MurexReceipted", "DB-1"), ("MurexAnswered", "DB-1"), ("MurexReceipted", "DB-2")]
    book.sent(book.due(NOW))
    assert book.next_due() == NOW + timedelta(seconds=60)
    assert [w.reply.data["contract_id"] for w in book.due(NOW + timedelta(seconds=60))] == [
        row.contract_id for row in read_book(path) if row.deal_booking_id == "DB-2"
    ]


def test_book_holds_one_contract_and_one_set_of_answers_when_a_batch_is_delivered_again(book: Book, path: Path) -> None:
    record(book, deal(1), deal(2))
    before = read_book(path)
    record(book, deal(1), deal(2), now=NOW + timedelta(seconds=5))
    assert read_book(path) == before
    assert len(book.due(NOW + timedelta(minutes=1))) == 4


def test_book_forgets_an_answer_when_it_was_sent(book: Book, path: Path) -> None:
    record(book, deal(1))
    book.sent(book.due(NOW))
    assert book.due(NOW) == ()
    assert book.next_due() is None


def test_book_keeps_nothing_of_a_batch_when_one_of_its_requests_fails(book: Book, path: Path) -> None:
    broken = deal(2)
    object.__setattr__(broken, "workflow_id", None)
    with pytest.raises(Exception, match="workflow_id"):
        record(book, deal(1), broken)
    assert read_book(path) == []
    assert book.due(NOW) == ()


def test_book_sees_earlier_requests_of_the_same_batch_when_it_decides(book: Book, path: Path) -> None:
    record(book, deal(1), deal(1, kind=RequestKind.CANCEL, message="m-c"))
    (row,) = read_book(path, NOW)
    assert row.status == "CANCELLED"
    assert [w.reply.event for w in book.due(NOW)] == ["MurexReceipted", "MurexAnswered", "MurexCancelled"]


def test_book_hands_out_answers_by_due_time_then_decision_when_delays_differ(book: Book, path: Path) -> None:
    record(book, deal(1), rules=(Rule(answer="LATE", after_seconds=10),))
    record(book, deal(2), now=NOW + timedelta(seconds=5))
    due = book.due(NOW + timedelta(seconds=20))
    assert [(w.reply.data["deal_sequence"], w.reply.event) for w in due] == [
        (1, "MurexReceipted"),
        (2, "MurexReceipted"),
        (2, "MurexAnswered"),
        (1, "MurexAnswered"),
    ]
    assert {w.traceparent for w in due} == {TRACE}


def test_read_book_is_empty_when_there_is_no_file_and_refuses_another_file(tmp_path: Path) -> None:
    assert read_book(tmp_path / "none.sqlite3") == []
    other = tmp_path / "other.txt"
    other.write_text("not a book, but long enough to be looked at", encoding="utf-8")
    with pytest.raises(InvalidInput, match="MUREX_BOOK_UNREADABLE"):
        read_book(other)
