"""Bytes to text, and what is kept of them."""

import hashlib

import pytest

from services.parser.codes import ResponseRefused
from services.parser.reading import HEAD_BYTES_MAX, RESPONSE_BYTES_MAX, evidence_of, text_of
from shared.eventstore.port import EVENT_BYTES_MAX


@pytest.mark.parametrize(
    ("value", "code", "path"),
    [
        (b"", "EMPTY", "byte 0"),
        (b" \r\n\t ", "EMPTY", "byte 0"),
        (b"\xef\xbb\xbf", "EMPTY", "byte 0"),
        (b"x" * (RESPONSE_BYTES_MAX + 1), "TOO_LARGE", f"byte {RESPONSE_BYTES_MAX}"),
        (b"abc\xff", "NOT_UTF8", "byte 3"),
        (b"\xef\xbb\xbfab\xc3", "NOT_UTF8", "byte 5"),
        ("{}".encode("utf-16"), "NOT_UTF8", "byte 0"),
        (b"\xed\xa0\x80", "NOT_UTF8", "byte 0"),  # half of a surrogate pair
        (b"\xc0\xaf", "NOT_UTF8", "byte 0"),  # a longer form than needed
    ],
)
def test_bytes_are_refused_with_code_and_place_when_they_are_no_answer(value: bytes, code: str, path: str) -> None:
    with pytest.raises(ResponseRefused) as refused:
        text_of(value)
    assert (refused.value.refusal.code, refused.value.refusal.path) == (code, path)


def test_text_is_read_without_its_byte_order_mark() -> None:
    assert text_of(b"\xef\xbb\xbf{}") == "{}"


def test_largest_answer_is_read() -> None:
    assert len(text_of(b"x" * RESPONSE_BYTES_MAX)) == RESPONSE_BYTES_MAX


def test_evidence_names_all_bytes_and_keeps_the_head_when_too_large() -> None:
    value = b"noise" * 500_000
    evidence = evidence_of(value)
    assert evidence.sha256 == hashlib.sha256(value).hexdigest()
    assert evidence.size_bytes == len(value)
    assert len(evidence.content) == HEAD_BYTES_MAX


@pytest.mark.parametrize("byte", [b"\x00", b"\x01", b"\xff", b'"', b"\\", b"\n", "é".encode(), "中".encode()])
def test_evidence_can_always_be_stored(byte: bytes) -> None:
    value = byte * (RESPONSE_BYTES_MAX // len(byte))
    content = evidence_of(value).content
    assert "\x00" not in content
    assert len(content.encode()) <= EVENT_BYTES_MAX // 2


def test_evidence_shows_undecodable_bytes_as_escapes() -> None:
    assert evidence_of(b"a\xff\x00b").content == "a\\xff\\x00b"
