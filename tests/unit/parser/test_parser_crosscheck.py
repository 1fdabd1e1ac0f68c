"""The texts of an answer compared with its actions: contradictions are told, other numbers are not."""

import json
from typing import Any

import pytest

from tests.support.parser_answers import codes, dify, envelope, instruction, plan_text, read

PATH = "$.answer.recommended_actions[0].data"


def warned(analysis: str, *actions: dict[str, Any], prompt: str = "") -> list[tuple[str, str | None]]:
    """Codes and paths of the warnings of an answer with this text around a USD 25M order at ENTITY0037."""
    plan = {"analysis": analysis, "recommended_actions": list(actions or (instruction(),))}
    reading = read(envelope(plan, prompt=prompt))
    assert reading.outcome == "PROPOSED"
    return [(warning.code, warning.path) for component in reading.components for warning in component.warnings]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Create a hedge of USD 10M.", "hedge_amount_order"),
        ("A 10 M inception is recommended.", "hedge_amount_order"),
        ("A hedge of 10M fits.", "hedge_amount_order"),
        ("We recommend hedging USD 10M of the USD 187.5M capacity.", "hedge_amount_order"),
        ("USD 10M, as discussed.", "hedge_amount_order"),
        ("Create a hedge of HKD 25M.", "exposure_currency"),
        ("A hedge of HKD 25M fits.", "exposure_currency"),
        ("Create a hedge of USD 25M at ENTITY0036.", "entity_id"),
    ],
)
def test_contradiction_between_text_and_action_is_told_with_both_places(text: str, field: str) -> None:
    assert warned(text) == [("TEXT_CONTRADICTS", f"{PATH}.{field}")]
    assert warned("fits", prompt=text) == [("TEXT_CONTRADICTS", f"{PATH}.{field}")]


def test_contradiction_names_the_characters_of_the_text() -> None:
    text = "Capacity is fine. Create a hedge of USD 10M."
    reading = read(plan_text(instruction(hedge_amount_order=100_000_000), analysis=text))
    (warning,) = reading.all_warnings
    start = text.index("USD 10M")
    assert f"'USD 10M' ($.analysis > characters {start}-{start + 7})" in warning.message
    assert "100000000 ($.recommended_actions[0].data.hedge_amount_order)" in warning.message


@pytest.mark.parametrize(
    "text",
    [
        "The USD 40M hedge created last week performs well.",
        "The USD limit is 200M and the capacity USD 187.5M.",
        "The position is USD 250M. After CAR of USD 50M there remains USD 187.5M.",
        "Rates: USD 1.3500. The hedge has a tenor of 3M.",
        "Do not create USD 100M. Create a USD 25M hedge.",
        "We recommend USD 25M of the USD 187.5M capacity.",
        "Existing hedges of USD 40M are unaffected, so the order of 25M fits.",
        "The hedge moves P&L by SGD 375,000.",
        "About USD 24M would be hedged at ENTITY0036.",
        "A hedge of USD 25,000,000.00 at ENTITY0037 fits.",
        "A hedge of USD 10-20M fits.",
        "Create a hedge of USD 25M at ENTITY001.",
        "USD 10M would fit; a 25M inception fits too.",
        "HKD hedge ratio is 74 percent; six deals, eight GL entries, 47 operations.",
    ],
)
def test_other_numbers_are_no_contradiction(text: str) -> None:
    assert warned(text) == []
    assert warned("fits", prompt=text) == []


def test_text_may_speak_of_several_orders_or_of_their_sum() -> None:
    orders = (
        instruction(order_id="A", hedge_amount_order=10_000_000),
        instruction(order_id="B", hedge_amount_order=15_000_000, entity_id="ENTITY0036"),
    )
    assert warned("Create a hedge of USD 10M at ENTITY0037. Create a hedge of USD 15M at ENTITY0036.", *orders) == []
    assert warned("fits", *orders, prompt="Create a USD 25M hedge.") == []
    assert len(warned("Create a USD 30M hedge.", *orders)) == len(orders)


def test_warning_belongs_to_the_proposal_it_is_about() -> None:
    other = instruction(exposure_currency="HKD", hedge_amount_order=30_000_000, entity_id="ENTITY0009")
    plan = plan_text(instruction(), other, analysis="Create a hedge of USD 10M. Create a hedge of HKD 30M.")
    assert [len(component.warnings) for component in read(plan).components] == [1, 0]


def test_text_around_a_block_is_compared_too() -> None:
    block = json.dumps({"recommended_actions": [instruction()]})
    text = f"Create a hedge of USD 10M.\n```json\n{block}\n```\nThat is all."
    (warning,) = read(dify(text)).all_warnings
    assert warning.code == "TEXT_CONTRADICTS"
    assert "$.answer > characters 18-25" in warning.message


def test_order_in_words_is_compared_with_the_prompt() -> None:
    reading = read(envelope("Create hedge for USD 25M COI.", prompt="Create USD 100M hedge"))
    assert [warning.code for warning in reading.all_warnings] == ["READ_FROM_WORDS", "TEXT_CONTRADICTS"]
    assert reading.all_warnings[1].path == "$.answer > characters 0-29"


def test_order_in_words_is_ambiguous_when_a_later_sentence_states_another_amount() -> None:
    assert codes(read(envelope("Create hedge for USD 25M COI. The hedge amount is USD 30M."))) == ["AMBIGUOUS"]
    assert codes(read(envelope("Create hedge for USD 25M COI. This leaves USD 162.5M."))) == []
