"""Every shape of interfaces section 3, and what is none."""

import json
from collections.abc import Callable

import pytest

from tests.support.parser_answers import codes, dify, envelope, instruction, plan_text, read, transcript

PLAN = plan_text(instruction())
FENCED = f"Fits.\n```json\n{PLAN}\n```\n"


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        (PLAN, "plan"),
        (f"\ufeff\n {PLAN} \n", "plan"),
        (dify(PLAN), "dify-blocking"),
        (dify(FENCED), "dify-blocking"),
        (transcript(PLAN), "dify-stream"),
        (transcript(FENCED, size=3, line_end="\r\n"), "dify-stream"),
        (FENCED, "words"),
        (envelope(json.loads(PLAN)), "plan"),
        (envelope(PLAN), "plan"),
        (envelope(json.loads(dify(FENCED))), "dify-blocking"),
        (envelope(dify(PLAN)), "dify-blocking"),
        (envelope(transcript(FENCED)), "dify-stream"),
        (envelope(FENCED), "words"),
        (json.dumps({"prompt": "p", "answer": FENCED}), "words"),
        (json.dumps({"answer": FENCED}), "dify-blocking"),
    ],
)
def test_same_action_comes_out_of_every_shape(text: str, shape: str) -> None:
    reading = read(text)
    assert (reading.outcome, reading.shape) == ("PROPOSED", shape), reading.all_refusals
    (component,) = reading.components
    assert component.order is not None
    assert (component.order.exposure_currency, str(component.order.amount)) == ("USD", "25000000")


@pytest.mark.parametrize(
    "text",
    [
        "Hedge ratio is 74 percent.",
        '{"analysis": "nothing to do"}',
        '{"analysis": "x", "recommended_actions": []}',
        '{"analysis": "x", "recommended_actions": null}',
        dify("Nothing to do."),
        dify("{see table} shows nothing"),
        dify("[1] According to the desk, nothing."),
        transcript("Nothing to do."),
        envelope("Nothing to do."),
        "25 percent is hedged",
        "data is fine",
    ],
)
def test_answer_is_analysis_only_when_it_recommends_nothing(text: str) -> None:
    reading = read(text)
    assert (reading.outcome, codes(reading), reading.components) == ("ANALYSIS_ONLY", [], ())
    assert reading.analysis


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        (" \n", "EMPTY", "byte 0"),
        (dify(" "), "EMPTY", "$.answer"),
        ("\x00", "EMPTY", "$"),
        ("`" * 1000, "EMPTY", "$"),
        (dify("{}"), "SCHEMA_VIOLATION", "$.answer"),
        (dify("---"), "EMPTY", "$.answer"),
        (dify("<think>What shall I say?</think>\n"), "EMPTY", "$.answer"),
        (envelope(""), "EMPTY", "$.answer"),
        (transcript(""), "EMPTY", "$"),
        (PLAN[:-1], "INCOMPLETE", f"byte {len(PLAN) - 1}"),
        (dify(PLAN)[:60], "INCOMPLETE", "byte 60"),
        (dify(PLAN[:-3]), "INCOMPLETE", f"$.answer > character {len(PLAN) - 3}"),
        (envelope(transcript(PLAN)[:80]), "INCOMPLETE", "$.answer > line 1"),
        (json.dumps({"event": "error", "message_id": "m", "answer": "x"}), "INCOMPLETE", "$.event"),
        ("{not json", "MALFORMED_JSON", "byte 1"),
        ('{"ä": nope}', "MALFORMED_JSON", "byte 7"),
        (PLAN + PLAN, "MALFORMED_JSON", f"byte {len(PLAN)}"),
        (PLAN + " and so on", "MALFORMED_JSON", f"byte {len(PLAN) + 1}"),
        ('{"analysis": "a", "analysis": "b"}', "DUPLICATE_KEY", "$.analysis"),
        (dify('{"analysis": "a", "analysis": "b"}'), "DUPLICATE_KEY", "$.answer > $.analysis"),
        (json.dumps({"answer": "x", "recommended_actions": []}), "AMBIGUOUS", "$"),
        (plan_text(instruction(), analysis=plan_text(instruction(hedge_amount_order=1))), "AMBIGUOUS", "$.analysis"),
        ("{}", "SCHEMA_VIOLATION", "$"),
        ("[]", "SCHEMA_VIOLATION", "$"),
        (f"[{PLAN}]", "SCHEMA_VIOLATION", "$"),
        ('"words in a JSON text"', "SCHEMA_VIOLATION", "$"),
        ("null", "SCHEMA_VIOLATION", "$"),
        ("25000000", "SCHEMA_VIOLATION", "$"),
        ('{"analysis": 3}', "SCHEMA_VIOLATION", "$.analysis"),
        ('{"recommended_actions": {}}', "SCHEMA_VIOLATION", "$.recommended_actions"),
        ('{"analysis": "x", "actions": []}', "NEAR_NAME", "$"),
        ('{"analysis": "x", "recommendedActions": []}', "NEAR_NAME", "$"),
        ('{"analysis": "x", "Recommended_Actions": [], "recommended_actions": []}', "NEAR_NAME", "$"),
        (json.dumps(instruction()), "SCHEMA_VIOLATION", "$"),
        (json.dumps({"event": "message", "answer": {"analysis": "x"}}), "SCHEMA_VIOLATION", "$.answer"),
        (envelope(None), "SCHEMA_VIOLATION", "$.answer"),
        (envelope([json.loads(PLAN)]), "SCHEMA_VIOLATION", "$.answer"),
        (envelope("x", user_id=3), "SCHEMA_VIOLATION", "$.user_id"),
        (envelope(envelope("x")), "SCHEMA_VIOLATION", "$.answer"),
        (dify(dify("x")), "SCHEMA_VIOLATION", "$.answer"),
        (transcript(transcript("x")), "SCHEMA_VIOLATION", "$"),
    ],
)
def test_answer_is_refused_with_code_and_place_when_it_has_no_agreed_shape(text: str, code: str, path: str) -> None:
    reading = read(text)
    assert (reading.outcome, codes(reading)) == ("REFUSED", [code]), reading.all_refusals
    assert reading.all_refusals[0].path == path


def test_analysis_that_quotes_its_own_block_is_no_contradiction() -> None:
    assert read(plan_text(instruction(), analysis=plan_text(instruction()))).outcome == "PROPOSED"


@pytest.mark.parametrize("text", ["You could create a hedge for USD 25M.", envelope("Please execute the hedge.")])
def test_words_that_only_speak_of_an_order_propose_nothing_and_say_so(text: str) -> None:
    reading = read(text)
    assert reading.outcome == "ANALYSIS_ONLY"
    assert [notice.code for notice in reading.warnings] == ["WORDS_NOT_EXECUTED"]


def test_long_analysis_is_shortened_with_a_warning_and_kept_whole() -> None:
    text = plan_text(instruction(), analysis="ä" * 100_000)
    reading = read(text)
    assert (reading.outcome, len(reading.analysis)) == ("PROPOSED", 32_768)
    assert [notice.code for notice in reading.warnings] == ["TEXT_SHORTENED"]
    assert reading.evidence.content == text


@pytest.mark.parametrize(
    "answer",
    [envelope(PLAN, user_id="boss"), dify(PLAN, "m-2"), transcript(PLAN, message_id="m-2")],
    ids=["envelope", "dify", "stream"],
)
@pytest.mark.parametrize("carry", [dify, transcript], ids=["in dify", "in a stream"])
def test_shape_that_the_model_wrote_is_refused_and_names_nobody(carry: Callable[[str], str], answer: str) -> None:
    reading = read(carry(answer))
    assert codes(reading) == ["SCHEMA_VIOLATION"]
    assert (reading.response_id, reading.maker.name) == ("m-1", "unknown")
