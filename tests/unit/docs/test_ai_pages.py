"""docs/ai says what the parser does: schema, prompt, refusals and the examples in them."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from services.parser.catalogue import (
    CATALOGUE,
    INSTRUCTION_FIELDS,
    INSTRUCTION_TYPES,
    ActionType,
)
from services.parser.response import read_response
from shared.errors import Defect
from shared.events.parsing_codes import ParsingCode
from shared.hedging.order import REQUIRED_FIELDS, InstructionType
from tests.corpus.all_traps import TRAPS
from tests.support.parser_answers import codes, dify, instruction, plan_text, read
from tools.docs.ai_pages import FOLDER, REFUSALS, SCHEMA, TABLES, schema_text
from tools.docs.answer_schema import CLAIMS, CONFIGURATION, INSTRUCTION, NAMES_IN_ANSWERS, answer_schema, currencies
from tools.docs.generated_parts import with_parts

ANSWERS: Final = Path(__file__).resolve().parents[3] / "demo" / "answers"
EXPECTED: Final[list[dict[str, Any]]] = json.loads((ANSWERS / "expected.json").read_text(encoding="utf-8"))
PROMPT: Final = (FOLDER / "dify-prompt.txt").read_text(encoding="utf-8")
README: Final = (FOLDER / "README.md").read_text(encoding="utf-8")
VALIDATOR: Final = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")), format_checker=FormatChecker())
BLOCK: Final = re.compile(r"^```json\n(.*?)^```", re.DOTALL | re.MULTILINE)
ROLLOVER: Final = {
    "instruction_type": "R", "hedge_amount_order": "1000000.00", "previous_order_id": "ORD-1", "hedge_method": "COH",
    "value_date": "2026-11-27", "tenor_or_maturity": "3M", "reference_event_ids": ["EV-1"],
}  # fmt: skip


def block_of(text: str) -> dict[str, Any] | None:
    """The plan object of a sample, out of whatever it is wrapped in; by means that are not the parser's."""
    if text.startswith("data:"):
        events = [json.loads(line[5:]) for line in text.splitlines() if line.startswith("data:")]
        text = "".join(event["answer"] for event in events if event["event"] == "message")
    else:
        value = json.loads(text, parse_float=str)
        if "recommended_actions" in value or "analysis" in value:
            return value if isinstance(value, dict) else None
        text = value["answer"]
    found = BLOCK.findall(text)
    return json.loads(found[0], parse_float=str) if found else None


def plan(*actions: Any) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(plan_text(*actions))
    return value


def proposed() -> list[tuple[str, dict[str, Any]]]:
    blocks = [
        (each["file"], block_of((ANSWERS / each["file"]).read_text(encoding="utf-8")))
        for each in EXPECTED
        if each["parsed"]["outcome"] in ("PROPOSED", "ANALYSIS_ONLY")
    ]
    return [(file, block) for file, block in blocks if block is not None]


def test_schema_is_not_stale_when_the_definitions_are_as_they_are() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), "docs/ai/answer.schema.json is stale: run `make docs`"
    Draft202012Validator.check_schema(answer_schema())


def test_tables_of_refusals_are_not_stale_when_the_codes_are_as_they_are() -> None:
    page = REFUSALS.read_text(encoding="utf-8")
    assert page == with_parts(page, TABLES), "docs/ai/refusals.md is stale: run `make docs`"
    for code in ParsingCode:
        assert f"| {code.value} |" in page


def test_page_of_refusals_is_refused_when_a_table_is_missing() -> None:
    page = "\n".join(f"<!-- generated: {name} -->\n<!-- end -->" for name in sorted(TABLES)[1:])
    with pytest.raises(Defect, match=min(TABLES)):
        with_parts(page, TABLES)


def test_schema_describes_every_field_of_the_catalogue_and_no_other() -> None:
    assert set(INSTRUCTION) == set(INSTRUCTION_FIELDS)
    for kind, fields in CLAIMS.items():
        assert set(fields) == set(CATALOGUE[kind].fields)
    assert set(CONFIGURATION) == set(CATALOGUE[ActionType.UPDATE_CONFIGURATION].fields)
    described = {ActionType.CREATE_HEDGE_INSTRUCTION, ActionType.UPDATE_CONFIGURATION, ActionType.OVERRIDE_DEAL}
    assert described | set(CLAIMS) == set(ActionType)
    assert {"JPY", "KRW", "VND"} <= set(currencies()[0])


@pytest.mark.parametrize(("file", "block"), proposed(), ids=lambda value: value if isinstance(value, str) else "")
def test_sample_that_is_proposed_is_valid(file: str, block: dict[str, Any]) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(block)] == []


def test_samples_with_a_block_are_not_passed_over() -> None:
    files = {file for file, _ in proposed()}
    assert {
        "01-usd-25m-coi.json",
        "03-dify-blocking-fenced.json",
        "04-dify-stream.txt",
        "13-buffer-7-percent.json",
    } <= files
    assert len(files) >= 15


OVERRIDE: Final = {"deal_booking_id": "D1", "resolution": "BOOKED_MANUALLY", "reason": "x"}
REFUSED: Final = {
    "unknown field": (plan(instruction(sql="DROP TABLE x")), "UNKNOWN_FIELD"),
    "approval in data": (plan(instruction(approved=True)), "UNKNOWN_FIELD"),
    "table users": (plan(instruction({"table": "users"})), "TABLE_NOT_ALLOWED"),
    "delete": (plan(instruction({"operation": "DELETE"})), "OPERATION_NOT_ALLOWED"),
    "unknown action": (plan({"action_type": "EXECUTE_SQL", "data": {}}), "UNKNOWN_ACTION_TYPE"),
    "override without a reference": (
        plan({"action_type": "OVERRIDE_DEAL", "data": OVERRIDE}),
        "MISSING_FIELDS",
    ),
    "negative amount": (plan(instruction(hedge_amount_order=-25000000)), "INVALID_AMOUNT"),
    "negative amount as text": (plan(instruction(hedge_amount_order="-25000000")), "INVALID_AMOUNT"),
    "zero": (plan(instruction(hedge_amount_order=0)), "INVALID_AMOUNT"),
    "zero as text": (plan(instruction(hedge_amount_order="0.00")), "INVALID_AMOUNT"),
    "grouped": (plan(instruction(hedge_amount_order="25,000,000")), "INVALID_AMOUNT"),
    "unit": (plan(instruction(hedge_amount_order="25M")), "INVALID_AMOUNT"),
    "three decimals of USD": (plan(instruction(hedge_amount_order="25.000")), "INVALID_AMOUNT"),
    "decimals of JPY": (plan(instruction(exposure_currency="JPY", hedge_amount_order="25.5")), "INVALID_AMOUNT"),
    "currency in small letters": (plan(instruction(exposure_currency="usd")), "INVALID_CURRENCY"),
    "no currency": (plan(instruction(exposure_currency="ABC")), "INVALID_CURRENCY"),
    "missing amount": (plan(instruction(hedge_amount_order=...)), "MISSING_FIELDS"),
    "missing data": (plan({"action_type": "CREATE_HEDGE_INSTRUCTION"}), "MISSING_FIELDS"),
    "rollover without its references": (plan(instruction(instruction_type="ROLLOVER")), "MISSING_FIELDS"),
    "rollover with no event": (plan(instruction(**{**ROLLOVER, "reference_event_ids": []})), "MISSING_FIELDS"),
    "termination without value date": (
        plan(instruction(**{**ROLLOVER, "instruction_type": "T", "value_date": ...})), "MISSING_FIELDS",
    ),
    "type M": (plan(instruction(instruction_type="M")), "INSTRUCTION_TYPE_NOT_SUPPORTED"),
    "nav type": (plan(instruction(nav_type="COI,RE")), "SCHEMA_VIOLATION"),
    "date": (plan(instruction(value_date="27.11.2026")), "INVALID_DATE"),
    "day that is none": (plan(instruction(value_date="2026-02-30")), "INVALID_DATE"),
    "identifier": (plan(instruction(entity_id="ENTITY 37; --")), "INVALID_IDENTIFIER"),
    "51 actions": (plan(*({**instruction(order_id=f"O{n}")} for n in range(51))), "TOO_LARGE"),
    "configuration without table": (
        plan({"action_type": "UPDATE_CONFIGURATION", "data": {"key": "A", "changes": {"x": "1"}}}), "MISSING_FIELDS",
    ),
    "configuration of users": (
        plan({"action_type": "UPDATE_CONFIGURATION", "table": "users", "data": {"key": "A", "changes": {"x": "1"}}}),
        "TABLE_NOT_ALLOWED",
    ),
    "no member": ({"reply": "yes"}, "SCHEMA_VIOLATION"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_parser_refuses_is_not_valid(name: str) -> None:
    block, code = REFUSED[name]
    assert code in codes(read(json.dumps(block)))
    assert not VALIDATOR.is_valid(block)


TAKEN: Final = {
    "amount as text": plan(instruction(hedge_amount_order="25000000.00")),
    "rollover": plan(instruction(**ROLLOVER)),
    "letter of an inquiry": plan({"action_type": "CREATE_HEDGE_INSTRUCTION", "data": {"instruction_type": "Q"}}),
    "yen": plan(instruction(exposure_currency="JPY", hedge_amount_order="2500000000")),
    "dinar": plan(instruction(exposure_currency="KWD", hedge_amount_order="1.125")),
    "maturity as a day": plan(instruction(tenor_or_maturity="2027-02-27")),
    "numbered actions": plan(
        instruction({"id": 1}), {"id": 2, "action_type": "GENERATE_GL_ENTRIES", "data": {}, "dependencies": [1]}
    ),
    "further members beside data": plan(instruction({"comment": "as asked", "risk_score": "LOW"})),
    "claimed deals": plan(
        instruction(),
        {"action_type": "BOOK_MUREX_DEALS", "data": {"deals": [{"currency_pair": "USD/SGD", "notional_amount": 1}]}},
    ),
    "no action": {"analysis": "nothing to do", "recommended_actions": []},
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_the_parser_takes_is_valid(name: str) -> None:
    assert codes(read(json.dumps(TAKEN[name]))) == []
    assert [error.message for error in VALIDATOR.iter_errors(TAKEN[name])] == []


def examples() -> list[str]:
    """Each answer of the model in the prompt, as Dify gives it: the text behind the user's sentence."""
    parts = re.split(r"^EXAMPLE [0-9]\n\nUser: .*\n\n", PROMPT, flags=re.MULTILINE)
    return [part.strip() + "\n" for part in parts[1:]]


def test_prompt_has_two_worked_examples() -> None:
    assert len(examples()) == 2


@pytest.mark.parametrize(
    ("example", "said"), list(zip(examples(), [("I", "USD", "25000000"), ("R", "HKD", "40000000")], strict=True))
)
def test_example_of_the_prompt_is_proposed_without_refusal_or_warning(example: str, said: tuple[str, str, str]) -> None:
    reading = read(dify(example))
    assert (reading.outcome, codes(reading)) == ("PROPOSED", [])
    assert reading.all_warnings == ()
    (component,) = reading.components
    order = component.order
    assert order is not None
    assert (order.instruction_type, order.exposure_currency, str(order.amount)) == said
    (block,) = BLOCK.findall(example)
    assert VALIDATOR.is_valid(json.loads(block))


def test_prompt_alone_is_not_an_answer_that_orders_anything() -> None:
    """A model that repeats its instructions must not order the hedges of their examples."""
    reading = read(dify(PROMPT))
    assert reading.outcome == "REFUSED"


def test_prompt_names_every_action_field_and_type_that_answers_may_use() -> None:
    for kind in ActionType:
        assert kind.value in PROMPT
        for field in CATALOGUE[kind].fields:
            assert re.search(rf"\b{field}\b", PROMPT) or field in ("event_id", "deals", "entries"), field


@pytest.mark.parametrize("kind", list(InstructionType))
def test_prompt_says_what_each_type_must_state(kind: InstructionType) -> None:
    name = next(name for name, meant in INSTRUCTION_TYPES.items() if meant is kind and name != kind.value)
    needed = ", ".join(NAMES_IN_ANSWERS.get(field, field) for field in REQUIRED_FIELDS[kind]) or "nothing more"
    assert re.search(rf"^  {name}: {re.escape(needed)}(?:;|$)", PROMPT, re.MULTILINE), (name, needed)


def test_refusal_that_is_shown_is_the_one_the_parser_gives() -> None:
    (shown,) = [json.loads(block) for block in BLOCK.findall(README)]
    answer = dify(f"Fine.\n```json\n{plan_text(instruction(hedge_amount_order='25,000,000'))}\n```\n")
    assert [refusal.model_dump() for refusal in read(answer).all_refusals] == [shown]


#: How a message says what would be right: it tells to do something, or names what is agreed.
CURE: Final = re.compile(
    r"\b(Write|write|State|Publish|Split|Ask|ask|Send|Leave|Name|Give|Take|Put|Use|Correct|Wrap|Have|Close|Order|Remove)\b"
    r"|[Ee]xpected|Missing: |Its \w+ is|must be|must carry"
)


def test_message_of_a_refusal_says_what_would_be_right() -> None:
    """Of every broken sample, every trap of the corpus and everything above that is refused."""
    refused = [(ANSWERS / each["file"]).read_bytes() for each in EXPECTED if each["parsed"]["codes"]]
    refused += [json.dumps(block).encode() for block, _ in REFUSED.values()]
    refused += [b"", b"\xff", b'{"a": 1, "a": 2}', b"{'a': 1}", b'{"analysis": "cut', b"[1, 2]", b"x" * 1_048_577]
    readings = [
        *(read(value) for value in refused),
        *(read_response(trap.answer, trap.headers, None) for trap in TRAPS),
    ]
    told = [refusal for reading in readings for refusal in reading.all_refusals]
    silent = {f"{each.code}: {each.message}" for each in told if not CURE.search(each.message)}
    assert silent == set()
    assert {each.code for each in told} == set(ParsingCode) - {ParsingCode.DUPLICATE_RESPONSE}, "the decider's own"


def test_links_of_the_folder_lead_somewhere() -> None:
    for page in FOLDER.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
