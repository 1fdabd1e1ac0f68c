"""How an answer travels on hawk.ai.responses."""

import hashlib
import json
from pathlib import Path

import pytest

from cli.wrapping import wrap
from services.parser.response import read_response
from shared.errors import InvalidInput

ENVELOPES = {"06-words-usd-25m.json", "36-words-ambiguous.json"}
ANSWERS = sorted(file for file in (Path(__file__).parents[3] / "demo" / "answers").iterdir() if file.name[:2].isdigit())
PLAN = b'{"analysis": "x", "recommended_actions": []}'


@pytest.mark.parametrize("answer", [PLAN, b"", b"\xff\x00\xfe", b"words alone", b"x" * (2 * 1024 * 1024)])
def test_answer_stays_byte_for_byte_when_only_a_user_is_named(answer: bytes) -> None:
    wrapped = wrap(answer, user="mira", prompt=None, response_id=None)
    assert wrapped.value == answer
    assert wrapped.headers == {"hawkuser": "mira"}
    assert wrapped.response_id == hashlib.sha256(answer).hexdigest()


def test_answer_has_no_headers_when_nothing_is_named() -> None:
    assert wrap(PLAN, user=None, prompt=None, response_id=None).headers == {}


def test_response_id_goes_as_ce_id_when_no_envelope_is_needed() -> None:
    wrapped = wrap(PLAN, user=None, prompt=None, response_id="r-1")
    assert (wrapped.value, wrapped.headers, wrapped.response_id) == (PLAN, {"ce_id": "r-1"}, "r-1")


def test_unusable_response_id_is_told_under_the_id_the_parser_keeps() -> None:
    wrapped = wrap(PLAN, user=None, prompt=None, response_id="a/b c")
    assert wrapped.response_id == hashlib.sha256(PLAN).hexdigest()


def test_prompt_makes_an_envelope_that_carries_user_and_id() -> None:
    wrapped = wrap(PLAN, user="mira", prompt="Create ✓", response_id="r-1")
    assert json.loads(wrapped.value) == {
        "response_id": "r-1",
        "user_id": "mira",
        "prompt": "Create ✓",
        "answer": PLAN.decode(),
    }
    assert wrapped.headers == {}
    assert wrapped.response_id == "r-1"


@pytest.mark.parametrize(
    "answer", [b'{"a": 25000000.000000000000000001, "a": 1E400}', b"plain words", b'{"cut": ', b"data: {}\n\n", b""]
)
def test_envelope_holds_the_answer_as_its_own_text(answer: bytes) -> None:
    wrapped = wrap(answer, user=None, prompt="p", response_id=None)
    assert json.loads(wrapped.value)["answer"] == answer.decode()


def test_prompt_is_refused_when_the_answer_is_not_utf8() -> None:
    with pytest.raises(InvalidInput, match="Byte 2"):
        wrap(b"ab\xff", user=None, prompt="p", response_id=None)


def test_option_is_refused_when_its_bytes_are_no_text() -> None:
    with pytest.raises(InvalidInput, match="--user"):
        wrap(PLAN, user="\udcff", prompt=None, response_id=None)


def test_envelope_is_refused_by_the_parser_when_it_holds_another() -> None:
    inner = wrap(PLAN, user="mira", prompt="asked", response_id=None)
    outer = wrap(inner.value, user="eve", prompt="asked", response_id=None)
    assert read_response(outer.value, outer.headers, None).outcome == "REFUSED"


@pytest.mark.parametrize("file", [each for each in ANSWERS if each.name not in ENVELOPES], ids=lambda file: file.name)
def test_envelope_changes_nothing_of_what_the_parser_understands(file: Path) -> None:
    answer = file.read_bytes()
    bare = read_response(answer, {}, None)
    wrapped = wrap(answer, user="mira", prompt="asked", response_id="r-1")
    read = read_response(wrapped.value, wrapped.headers, None)
    assert read.outcome == bare.outcome
    assert {each.code for each in read.all_refusals} == {each.code for each in bare.all_refusals}
    assert [each.order for each in read.components] == [each.order for each in bare.components]
    assert (read.maker.name, read.prompt) == ("mira", "asked")
