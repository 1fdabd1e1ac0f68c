"""The signature of a message covers its topic, key, headers and value, and nothing but a known key makes it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Defect
from shared.security.keys import ensure_grant_keys, ensure_murex_keys, ensure_relay_keys, read_pem
from shared.security.message_signing import (
    SIGNATURE_HEADER,
    MessageNotSigned,
    check_signature,
    signature_header,
)
from shared.security.signing import FailedCheck
from tests.support.examples import examples

TOPIC = "hawk.murex.requests"
HEADERS = [("ce_id", b"1"), ("ce_type", b"hawk.DealSent.v1")]
Header = tuple[str, bytes | None]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    pair = ensure_relay_keys(tmp_path_factory.mktemp("keys"))
    return read_pem(pair.private), read_pem(pair.public)


def problem(public: str, topic: str, key: bytes | None, headers: list[Header], value: bytes) -> FailedCheck | None:
    try:
        check_signature([public], topic=topic, key=key, headers=headers, value=value)
    except MessageNotSigned as error:
        return error.problem
    return None


def signed(private: str, headers: list[Header] | None = None) -> list[Header]:
    given: list[Header] = [*(HEADERS if headers is None else headers)]
    return [*given, signature_header(private, topic=TOPIC, key=b"wf", headers=given, value=b"{}")]


def test_a_signed_message_is_accepted_as_it_was_sent(keys: tuple[str, str]) -> None:
    private, public = keys
    assert problem(public, TOPIC, b"wf", signed(private), b"{}") is None


@pytest.mark.parametrize(
    ("topic", "key", "headers", "value"),
    [
        ("hawk.murex.answers", b"wf", HEADERS, b"{}"),
        (TOPIC, b"wg", HEADERS, b"{}"),
        (TOPIC, None, HEADERS, b"{}"),
        (TOPIC, b"", HEADERS, b"{}"),
        (TOPIC, b"wf", HEADERS[:1], b"{}"),
        (TOPIC, b"wf", [*HEADERS, ("ce_id", b"2")], b"{}"),
        (TOPIC, b"wf", [("ce_id", HEADERS[1][1]), ("ce_type", HEADERS[0][1])], b"{}"),
        (TOPIC, b"wf", [("ce_id", None), HEADERS[1]], b"{}"),
        (TOPIC, b"wf", HEADERS, b"{ }"),
    ],
)
def test_any_other_message_under_the_same_signature_is_refused(
    keys: tuple[str, str], topic: str, key: bytes | None, headers: list[Header], value: bytes
) -> None:
    private, public = keys
    carried = [*headers, signed(private)[-1]]
    assert problem(public, topic, key, carried, value) is FailedCheck.SIGNATURE


def test_a_signature_holds_when_the_names_of_the_headers_come_in_another_order(keys: tuple[str, str]) -> None:
    """A dead letter keeps what the headers say, not the order of their names: its replay stays proved."""
    private, public = keys
    assert problem(public, TOPIC, b"wf", signed(private)[::-1], b"{}") is None


def test_headers_of_one_name_keep_their_order_under_the_signature(keys: tuple[str, str]) -> None:
    """The last one counts: another order would be another message."""
    private, public = keys
    twice: list[Header] = [("ce_id", b"1"), ("ce_id", b"2")]
    *given, signature = signed(private, twice)
    assert problem(public, TOPIC, b"wf", [*given, signature], b"{}") is None
    assert problem(public, TOPIC, b"wf", [*given[::-1], signature], b"{}") is FailedCheck.SIGNATURE


def test_an_unsigned_message_and_one_of_another_key_are_told_apart(keys: tuple[str, str], tmp_path: Path) -> None:
    private, public = keys
    other = read_pem(ensure_murex_keys(tmp_path).private)
    assert problem(public, TOPIC, b"wf", [*HEADERS], b"{}") is FailedCheck.UNSIGNED
    assert problem(public, TOPIC, b"wf", signed(other), b"{}") is FailedCheck.KEY
    twice = [*signed(private), signed(private)[-1]]
    assert problem(public, TOPIC, b"wf", twice, b"{}") is FailedCheck.MALFORMED


@examples(200)
@given(junk=st.binary(max_size=200))
def test_no_junk_in_the_header_is_taken_for_a_signature(keys: tuple[str, str], junk: bytes) -> None:
    _, public = keys
    assert problem(public, TOPIC, b"wf", [*HEADERS, (SIGNATURE_HEADER, junk)], b"{}") is not None


def test_a_signature_of_the_right_key_id_over_junk_is_refused(keys: tuple[str, str]) -> None:
    private, public = keys
    carried = signed(private)[-1][1] or b""
    forged = carried.split(b".")[0] + b"." + b"A" * 86
    assert problem(public, TOPIC, b"wf", [*HEADERS, (SIGNATURE_HEADER, forged)], b"{}") is FailedCheck.SIGNATURE


def test_a_key_of_another_kind_is_refused_by_name(tmp_path: Path) -> None:
    grant = ensure_grant_keys(tmp_path)
    with pytest.raises(Defect, match="Ed25519"):
        signature_header(read_pem(grant.private), topic=TOPIC, key=None, headers=(), value=b"")
    with pytest.raises(Defect, match="Ed25519"):
        check_signature(
            [read_pem(grant.public)], topic=TOPIC, key=None, headers=[(SIGNATURE_HEADER, b"a.AAAA")], value=b""
        )
