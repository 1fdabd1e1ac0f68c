"""Hostile answers cost linear time: what doubles in size at most doubles in steps.

Lines executed are counted instead of seconds, since seconds depend on who else uses the machine; what runs inside
the expression engine and the JSON scanner has no lines, so a generous limit of seconds stands beside.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from tests.support.parser_answers import dify, envelope, instruction, plan_text, read

MIB = 1024 * 1024 - 100
#: Far above the 50 ms of processor time that a quiet machine needs, far below what quadratic time would take.
SECONDS_MAX = 1.5

UNITS = [
    "{", "}", "[", "]", "{}", "[]", "[[],", "`", "```\n", '"', "\\", '{"', '{"a":', '{"a":x', '{"a":1}', "<think>",
    "</think>", "\n", " ", ":\n", "data:", "data: {}\n", "create ", "recommended_actions", '"recommended_actions":',
    'recommended_actions {"a":x', '{"a":1,"recommended_actions"', "\\u0041", "0,", '{"a":"', "<", "- ", "hedge create ",
    "Create hedge for USD 1M. ", "Create hedge. ", "please create ", "Recommendation: ", "hedge 1M. ", "\n1. ", "t",
    "< think", "[think]", "[/ think", "<think x=1></think>", "recommended_actions&#34;", "< ", "<t", "[ ", "[t", "< /",
    "<a>", "</a>", "[/a]", "<!--", "a: b\n", "Answer: x. ", "**a**\n", "```json\n", "`a` ",
    "<details><summary>think", "<tool_call>",
    "do not a ", "no a ", "I hope. ", "assistantfinal", '{"actions":[',
    "<|", " think", "think ", "think | /", "<|think|>", "<thinker>", "thinking ", "<|channel|>final",
]  # fmt: skip
#: What stands before the units: nothing; words that may hold a block; words that name thoughts besides.
STARTS = ["", "x \\u ", "x \\u <|think|>thinking<|/think|> thought reasoning "]


@contextmanager
def counted() -> Iterator[list[int]]:
    """Counts the lines of Python executed inside."""
    lines = [0]

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        lines[0] += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield lines
    finally:
        sys.settrace(before)


def filled(unit: str, size: int, start: str = "") -> str:
    return (start + unit * (size // len(unit) + 1))[:size]


@pytest.mark.parametrize("start", STARTS, ids=["document", "words", "thought"])
@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_steps_grow_no_faster_than_the_answer(unit: str, start: str) -> None:
    steps = []
    for size in (20_000, 40_000):
        text = filled(unit, size, start)
        with counted() as lines:
            read(text)
        steps.append(lines[0])
    assert steps[1] <= 2.2 * steps[0] + 2_000, steps


@pytest.mark.parametrize("start", STARTS, ids=["document", "words", "thought"])
@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_a_mebibyte_is_read_in_bounded_time(unit: str, start: str) -> None:
    text = filled(unit, MIB, start).encode()
    began = time.process_time()
    reading = read(text)
    assert time.process_time() - began < SECONDS_MAX
    assert reading.components == ()


@pytest.mark.parametrize("behind", [True, False], ids=["behind", "before"])
@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_a_mebibyte_beside_a_block_is_read_in_bounded_time(unit: str, behind: bool) -> None:
    block = plan_text(instruction())
    noise = filled(unit, MIB - len(block) - 100)
    text = f"So: {block}{noise}" if behind else f"{noise}{block}"
    began = time.process_time()
    assert {str(each.order.amount) for each in read(text).components if each.order} <= {"25000000"}
    assert time.process_time() - began < SECONDS_MAX


@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_texts_are_compared_with_many_orders_in_bounded_time(unit: str) -> None:
    orders = [instruction(order_id=f"o{number}") for number in range(50)]
    text = filled(unit, MIB // 8, "a ").replace("action", "a")
    analysis = text.replace("{", "(").replace("<", "(").replace("[think", "(think").replace("tf", "t f")
    plan = {"analysis": analysis, "recommended_actions": orders}
    steps = []
    for prompt in (text, text * 2):
        with counted() as lines:
            reading = read(envelope(plan, prompt=prompt))
        steps.append(lines[0])
    assert reading.components
    assert steps[1] <= 1.1 * steps[0]


@pytest.mark.parametrize(
    "text",
    ["[" * 10_000, "[" * 10_000 + "]" * 10_000, '{"a":' * 10_000, '{"recommended_actions":' * 10_000],
    ids=["lists", "closed lists", "objects", "blocks"],
)
@pytest.mark.parametrize("wrap", [str, dify, envelope, lambda text: f"words {text}"])
def test_deep_nesting_is_refused_or_passed_over(text: str, wrap: Any) -> None:
    began = time.process_time()
    reading = read(wrap(text))
    assert time.process_time() - began < SECONDS_MAX
    assert reading.components == ()
    assert reading.outcome == "REFUSED" or wrap("x").startswith("words")
