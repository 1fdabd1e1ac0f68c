"""The parser's benchmark reads answers of the size it says, and fails when the parser makes something else of them."""

import pytest

from benchmarks import parsing
from benchmarks.driver import BenchmarkFailed
from benchmarks.parsing import CASES, HOSTILE, Case, answer_of, hostile_figure, reading_figure
from services.parser.response import read_response


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
def test_answer_has_the_size_and_the_one_order_of_its_case(case: Case) -> None:
    value = answer_of(case.size, stream=case.stream)
    assert 0.9 * case.size < len(value) <= case.size
    reading = read_response(value, {}, None)
    (component,) = reading.components
    assert component.order is not None
    assert (reading.outcome, str(component.order.amount)) == ("PROPOSED", "100000")


def test_answers_of_other_numbers_are_other_answers() -> None:
    assert len({answer_of(4096, number=number) for number in range(50)}) == 50


def test_figure_is_of_what_was_read() -> None:
    figure = reading_figure(CASES[0], 0.01)
    assert (figure.key, figure.unit) == ("parser_4k", "per s")
    assert figure.value > 0
    assert "4,0" in figure.sample


def test_benchmark_fails_when_the_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "answer_of", lambda size, *, stream: b'{"analysis": "cut')
    with pytest.raises(BenchmarkFailed, match="INCOMPLETE"):
        reading_figure(CASES[0], 0.01)


def test_hostile_figure_names_the_slowest_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([*(0.01 for _ in HOSTILE[1:]), 0.04])
    monkeypatch.setattr(parsing, "_hostile_seconds", lambda unit: next(seconds))
    figure = hostile_figure(1)
    assert (figure.value, figure.unit) == (40, "CPU ms")
    assert repr(HOSTILE[-1]) in figure.sample


def test_benchmark_fails_when_a_hostile_answer_is_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    good = read_response(answer_of(4096), {}, None)
    monkeypatch.setattr(parsing, "read_response", lambda *_: good)
    with pytest.raises(BenchmarkFailed, match="proposal"):
        hostile_figure(1)
