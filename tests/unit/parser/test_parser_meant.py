"""What is said around a block: shown to whoever approves, always, and named with its place where it casts a doubt."""

import json

import pytest

from services.parser.decider import decide, state_of
from services.parser.labels import LabelKind, labels_of
from services.parser.response import shortened
from services.parser.retractions import is_courtesy, last_words, takes_back
from shared.events.responses import ProposalMade
from tests.support.parser_answers import codes, dify, instruction, plan_text, read, transcript

PLAN = plan_text(instruction())
FENCED = f"```json\n{PLAN}\n```"


@pytest.mark.parametrize("carry", [str, dify, transcript])
def test_words_around_a_block_travel_with_its_proposal(carry: type[str]) -> None:
    reading = read(carry(f"The desk asked for it.\n{FENCED}\nThe rate moved since."))
    assert reading.analysis == "The desk asked for it.\n\nfits\n\nThe rate moved since."
    _, proposal = decide(state_of(()), reading)
    assert isinstance(proposal, ProposalMade)
    assert proposal.origin.analysis == reading.analysis


def test_words_around_a_block_without_an_analysis_are_the_analysis() -> None:
    block = json.dumps({"recommended_actions": [instruction()]})
    assert read(dify(f"It fits. {block} So far.")).analysis == "It fits.\n\nSo far."


def test_no_text_crowds_out_another_when_all_are_too_long() -> None:
    assert shortened(("a" * 50, "bb", "c" * 50), 30) == f"{'a' * 12}\n\nbb\n\n{'c' * 12}"
    reading = read(dify(f"{'x' * 40_000}\n{FENCED}\n{'y' * 40_000} z"))
    assert len(reading.analysis) == 32_768
    assert {"x" * 1_000 in reading.analysis, "fits" in reading.analysis, "y" * 1_000 in reading.analysis} == {True}
    assert [notice.code for notice in reading.warnings] == ["TEXT_SHORTENED"]


@pytest.mark.parametrize(
    "text",
    [
        f"{FENCED}\nDo not execute this.",
        f"<zorp>{PLAN}</zorp>The exposure was looked at.",
        f"Thinking:\n{PLAN}\nAnswer:\nThe exposure was looked at.",
        f"<tool_call>{PLAN}</tool_call>",
        f"{FENCED}\n{plan_text(instruction(hedge_amount_order=1))}",
    ],
)
def test_doubt_names_the_block_and_the_words_that_cast_it(text: str) -> None:
    (refusal,) = read(dify(text)).all_refusals
    assert refusal.code == "AMBIGUOUS"
    places = {part.split(")")[0].split(";")[0].split(".")[0] for part in refusal.message.split("characters ")[1:]}
    assert len(places) >= (1 if "tool_call" in text else 2), refusal.message
    assert refusal.path.startswith("$.answer > characters ")


def test_words_around_a_block_that_is_refused_are_shown_too() -> None:
    reading = read(dify(f"It fits. {PLAN} Do not execute this."))
    assert (reading.outcome, reading.analysis) == ("REFUSED", "It fits.  Do not execute this.")


def test_order_in_words_within_a_wrapper_names_both_places() -> None:
    reading = read(dify("<zorp>Create hedge instruction for USD 25M COI at ENTITY0037.</zorp> It was looked at."))
    (refusal,) = reading.all_refusals
    assert refusal.code == "AMBIGUOUS"
    assert refusal.message.count("characters ") == 2


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"The desk rejected a larger one.\n{FENCED}", "$.answer > characters 9-17"),
        (f"{FENCED}\nPerhaps the desk wants less.", "$.answer > characters"),
        (f"So: {plan_text(instruction(), analysis='Do not execute it.')}", "$.analysis"),
        (plan_text(instruction(), analysis="Do not execute it."), "$.analysis"),
    ],
)
def test_words_that_only_cast_a_doubt_are_a_warning_with_their_place(text: str, place: str) -> None:
    reading = read(text if text.startswith("{") else dify(text))
    assert reading.outcome == "PROPOSED"
    (notice,) = reading.all_warnings
    assert notice.code == "TAKEN_BACK"
    assert place in notice.path


@pytest.mark.parametrize(
    ("value", "place", "right"),
    [
        ({"result": [{"recommendedActions": []}]}, "$.result[0]", "recommended_actions"),
        ({"analysis": "x", "more": {"type": "CREATE_HEDGE_INSTRUCTION"}}, "$.more", "action_type"),
        ({"recommended_actions": [{"actionType": "X"}]}, "$.recommended_actions[0]", "action_type"),
        ({"analysis": "x", "order": instruction()["data"]}, "$.order", "data"),
    ],
)
def test_near_name_is_refused_with_its_place_and_the_right_name(value: object, place: str, right: str) -> None:
    reading = read(json.dumps(value))
    assert codes(reading) == ["NEAR_NAME"]
    assert (reading.all_refusals[0].path, right in reading.all_refusals[0].message) == (place, True)


def test_last_words_are_those_that_are_more_than_a_courtesy() -> None:
    text = "It fits. The rate is stable. Thank you!"
    span = last_words(text, 0)
    assert span is not None
    assert text[slice(*span)].rstrip(".") == "The rate is stable"
    assert last_words("Please approve.\n\nKind regards,\nThe Analyst", 0) is None
    assert not is_courtesy("Let me know, but hedge nothing.")
    assert takes_back("İ Do **not**\nexecute it.") == (2, 20)


def test_labels_are_told_from_sentences_and_values() -> None:
    text = "Thinking: a\n**Answer**\nThe rate is as follows in the table below: 1\nhttps://x\n- Currency: USD\nZorp:\n"
    text += "=== DRAFT ==="
    assert [label.kind for label in labels_of(text)] == [
        LabelKind.THOUGHT, LabelKind.FINAL, LabelKind.SECTION, LabelKind.UNKNOWN, LabelKind.THOUGHT,
    ]  # fmt: skip
