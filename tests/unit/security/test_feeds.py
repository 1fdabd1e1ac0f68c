"""The list of feeds: who signed a message, which tables are whose, and what a file may not say."""

from pathlib import Path

import pytest

from services.executor.reference.tables import REFERENCE
from shared.errors import Defect, InvalidInput
from shared.events.routing import REPLAY_HEADER
from shared.security.feeds import read_feeds
from shared.security.keys import ensure_feed_keys
from tests.support.feeds import delivered, feeds_in

ROW = {"currency_pair": "USD/SGD", "rate_type": "prevailing", "rate_value": "1.35", "effective_date": "2026-11-23"}


def test_the_feed_that_signed_is_found_and_may_change_its_own_tables_only(tmp_path: Path) -> None:
    feeds = feeds_in(tmp_path, rates=["currency_rates"], books=["position_nav_master"])
    assert feeds.read(feeds.row("rates", "currency_rates", ROW)).name == "rates"
    books = feeds.read(feeds.row("books", "currency_rates", ROW))
    books.must_change(["position_nav_master"])
    with pytest.raises(InvalidInput, match=r"FEED_NOT_ALLOWED.*feed books may not change currency_rates"):
        books.must_change(["currency_rates", "position_nav_master"])


def test_a_feed_of_every_table_may_change_all_there_are(tmp_path: Path) -> None:
    feeds = feeds_in(tmp_path)
    assert feeds.read(feeds.row("all", "gl_periods", ROW)).tables == frozenset(REFERENCE)


def test_a_signature_covers_value_key_and_every_header_but_that_of_a_replay(tmp_path: Path) -> None:
    feeds = feeds_in(tmp_path)
    true = feeds.row("all", "currency_rates", ROW)
    replayed = [*reversed(true.raw_headers), (REPLAY_HEADER, b"executor-1@2")]
    assert feeds.read(delivered(true.value, replayed)).name == "all"
    for value, headers, key in (
        (true.value + b" ", true.raw_headers, b"key"),
        (true.value, true.raw_headers, b"other"),
        (true.value, [*true.raw_headers, ("hawkload", b"load-1")], b"key"),
        (true.value, [*true.raw_headers, (REPLAY_HEADER, b"x"), ("ce_id", b"other")], b"key"),
        (true.value, true.raw_headers[:1], b"key"),
    ):
        with pytest.raises(InvalidInput, match="SIGNATURE_INVALID"):
            feeds.read(delivered(value, headers, key))


def test_a_key_that_is_not_listed_signs_for_nobody(tmp_path: Path) -> None:
    feeds, stranger = feeds_in(tmp_path / "ours"), feeds_in(tmp_path / "theirs")
    with pytest.raises(InvalidInput, match="no feed of HAWK_FEED_KEYS_FILE"):
        feeds.read(stranger.row("all", "currency_rates", ROW))


def test_a_signed_row_without_an_id_is_refused(tmp_path: Path) -> None:
    feeds = feeds_in(tmp_path)
    with pytest.raises(InvalidInput, match="REFERENCE_ID_MISSING"):
        feeds.read(feeds.message("all", b"{}", [("ce_id", b"two words")]))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "expected 1 to"),
        ("[feeds]", "expected 1 to"),
        ("x = 1", "expected 1 to"),
        ("[feeds.a", "cannot be read"),
        ('[feeds.a]\npublic_key = "feed_a_public.pem"', "needs public_key"),
        ('[feeds.a]\npublic_key = "feed_a_public.pem"\ntables = []', "list of tables"),
        ('[feeds.a]\npublic_key = "feed_a_public.pem"\ntables = ["users"]', "not reference tables"),
        ('[feeds.a]\npublic_key = "feed_a_public.pem"\ntables = ["*"]\nmore = 1', "nothing else"),
        ('[feeds.a]\npublic_key = "missing.pem"\ntables = ["*"]', "cannot be read"),
        ('[feeds.a]\npublic_key = "feed_a_private.pem"\ntables = ["*"]', "public Ed25519 key"),
        (
            '[feeds.a]\npublic_key = "feed_a_public.pem"\ntables = ["*"]\n'
            '[feeds.b]\npublic_key = "feed_a_public.pem"\ntables = ["*"]',
            "two feeds have one key",
        ),
    ],
)
def test_a_list_of_feeds_is_refused_when_it_says_something_else(tmp_path: Path, text: str, what: str) -> None:
    ensure_feed_keys(tmp_path, "a")
    file = tmp_path / "feeds.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Defect, match=what):
        read_feeds(file, REFERENCE)
    with pytest.raises(Defect, match="HAWK_FEED_KEYS_FILE"):
        read_feeds(tmp_path / "missing.toml", REFERENCE)
