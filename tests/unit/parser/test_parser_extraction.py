"""One action block of a text, or none."""

import pytest

from services.parser.codes import ResponseRefused
from services.parser.extraction import OBJECTS_MAX, extract
from services.parser.thoughts import TAGS_MAX, THOUGHTS_MAX, Tags

BLOCK = '{"recommended_actions": [{"action_type": "X", "data": {"a": "}{ ``` <think>"}}]}'
OTHER = '{"recommended_actions": []}'


@pytest.mark.parametrize(
    "text",
    [
        BLOCK,
        f"Before.\n```json\n{BLOCK}\n```\nAfter.",
        f"```\n{BLOCK}\n```",
        f"~~~\n{BLOCK}\n~~~",
        f"fits {{see table}} and {{ }} and {{}} {BLOCK} ok {{",
        f'"unbalanced quote, then {BLOCK}',
        f"{BLOCK} and again {BLOCK}",
        f"<think>draft {OTHER} {{</think>{BLOCK}",
        f"<THINKING>{OTHER}</THINKING>{BLOCK}",
        f"draft {OTHER} without an opening tag</think>{BLOCK}",
        f"draft {OTHER} without an opening tag[/THINK]{BLOCK}",
        f'<think\n mode="deep">{OTHER}</ think >{BLOCK}',
        f"[THINK]{OTHER}</think>[/ THINK]{BLOCK}",
        f"<thinker> [thoughtful] [think of it] <|thinker|> think| / <|think {BLOCK}",
        f"<|think|>{OTHER}</think>{OTHER}[/think]<|think|><|/think|>{BLOCK}",
        f"< | begin_of_thought|>{OTHER}<|END_OF_THOUGHT | >{BLOCK}",
        f"{OTHER}<|channel|>final<|message|>{BLOCK}",
        f"the list recommended_actions follows {BLOCK}",
        f'{{"table": 1, "rows": [1, 2]}} {BLOCK}',
    ],
)
def test_block_is_found_when_there_is_exactly_one_meaning(text: str) -> None:
    found = extract(text).block
    assert found is not None
    assert found.value["recommended_actions"][0]["action_type"] == "X"


def test_prose_holds_what_is_around_the_block_without_thoughts() -> None:
    assert extract(f"a <think>b {OTHER}</think>c {BLOCK} d").prose == "a c  d"


def test_block_is_found_when_its_key_is_written_with_escapes() -> None:
    assert extract('x {"recommended\\u005factions": []}').block is not None


@pytest.mark.parametrize(
    "text",
    ["Nothing to do.", "{see table}", "", '{"a": 1}', "the field recommended_actions is empty", "{ { {"],
)
def test_no_block_is_found_when_text_has_none(text: str) -> None:
    assert extract(text).block is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{BLOCK} or {OTHER}", "AMBIGUOUS"),
        (f"```json\n{BLOCK}\n```\n```json\n{OTHER}\n```", "AMBIGUOUS"),
        (f"<think>draft {BLOCK}", "INCOMPLETE"),
        (f'<think mode="a<b">draft {BLOCK}', "INCOMPLETE"),
        (f"[think]draft {BLOCK}</think>", "INCOMPLETE"),
        (f"```json\n{BLOCK}\n", "INCOMPLETE"),
        (f"text {BLOCK[:-1]}", "INCOMPLETE"),
        (f"text {BLOCK[:-20]}", "INCOMPLETE"),
        ('x {"recommended_actions": [{"a": 1,}]}', "MALFORMED_JSON"),
        (f'{BLOCK} and {{"recommended_actions": [1 2]}}', "MALFORMED_JSON"),
        ("x {'recommended_actions': []}", "MALFORMED_JSON"),
        ("recommended_actions:\n- action_type: X", "MALFORMED_JSON"),
        ("x {recommended_actions: []}", "MALFORMED_JSON"),
        ('{"analysis": "x", oops "recommended_actions": []}', "MALFORMED_JSON"),
        ("{'action_type': 'X'}", "MALFORMED_JSON"),
        ('x {"action_type": "X"}', "SCHEMA_VIOLATION"),
        ('x [{"action_type": "X"}]', "SCHEMA_VIOLATION"),
        ('x {"result": {"recommended_actions": []}}', "SCHEMA_VIOLATION"),
        ('x {"$schema": "s", "properties": {"recommended_actions": {"type": "array"}}}', "SCHEMA_VIOLATION"),
        ('x {"recommended_actions": [], "recommended_actions": []}', "DUPLICATE_KEY"),
        ('x {"recommended_actions": [{"amount": 1, "amount": 2}]}', "DUPLICATE_KEY"),
        ('x {"a":' * 3 + '"recommended_actions"', "INCOMPLETE"),
        ("recommended_actions " + '{"a": x ' * (OBJECTS_MAX + 1), "TOO_LARGE"),
        ("</think>" * (THOUGHTS_MAX + 1), "TOO_LARGE"),
        ("<think>" + "<think>" * TAGS_MAX + "</think>", "TOO_LARGE"),
        (f"<|channel|>analysis {BLOCK}", "INCOMPLETE"),
        (f"{BLOCK}<|channel|>final said<|channel|>analysis more", "INCOMPLETE"),
    ],
)
def test_text_is_refused_when_its_block_is_broken_or_not_the_only_one(text: str, code: str) -> None:
    with pytest.raises(ResponseRefused) as refused:
        extract(text, "$.answer")
    assert refused.value.refusal.code == code
    assert refused.value.refusal.path.startswith("$.answer")


def test_thought_after_a_block_does_not_unmake_it_but_a_closing_tag_does() -> None:
    assert extract(f"{BLOCK}<think>hm</think>").block is not None
    assert extract(f"{BLOCK}</think>done").block is None


def test_what_was_said_stands_at_the_places_of_the_text() -> None:
    text = f"é<Think>b</THINK>c {BLOCK} d"
    said = extract(text, "$.answer").said
    assert len(said.text) == len(text)
    assert [(character, text[place]) for place, character in enumerate(said.text) if character != "\n"] == [
        (character, character) for character in "éc  d"
    ]
    assert said.place(0, 1) == "$.answer > characters 0-1"


def test_tags_stand_at_their_places_behind_any_letter() -> None:
    every = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000))))
    tag = Tags(f"{every}<think>").after(0)
    assert tag is not None
    assert (tag.start, tag.end) == (len(every), len(every) + len("<think>"))
