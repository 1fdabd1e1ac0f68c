"""Whatever the wrapping, the same actions; whatever the damage, never another one."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.parser.reading import Number, parse_document
from services.parser.response import Reading
from services.parser.retractions import takes_back
from shared.exact_json import DuplicateKey, JsonProblem
from shared.money.currencies import decimals_of
from tests.support.examples import examples
from tests.support.parser_answers import dify, envelope, plan_text, read, transcript

CURRENCIES = st.sampled_from(["USD", "HKD", "JPY", "CNY", "KRW", "KWD"])
NAMES = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,20}\Z")
TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=80)
#: Prose that opens neither JSON, nor a fence, nor a thought, and takes nothing back: the words that hypothesis tries
#: are also those of our own code, and one of them is CANCEL.
PROSE = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="`~<\x00"), max_size=60).filter(
    lambda text: (
        not text.strip().startswith(("{", "[", "data:", "event:", "id:", "retry:", ":"))
        and "action" not in text.lower()
        and "\\u" not in text
        and takes_back(text) is None
    )
)


@st.composite
def amounts(draw: st.DrawFn, currency: str) -> str:
    decimals = draw(st.integers(0, decimals_of(currency)))
    units = draw(st.integers(1, 10**15))
    return format(Decimal(units).scaleb(-decimals), "f")


@st.composite
def instructions(draw: st.DrawFn, number: int) -> dict[str, Any]:
    currency = draw(CURRENCIES)
    optional = st.fixed_dictionaries(
        {},
        optional={
            "entity_id": NAMES,
            "nav_type": st.sampled_from(["COI", "RE"]),
            "hedge_method": st.sampled_from(["COH", "MT"]),
            "value_date": st.dates().map(str),
            "msg_uid": NAMES,
        },
    )
    return {
        "id": f"a{number}",
        "action_type": "CREATE_HEDGE_INSTRUCTION",
        "data": {
            "instruction_type": draw(st.sampled_from(["I", "INCEPTION", "U", "UTILIZATION"])),
            "exposure_currency": currency,
            "hedge_amount_order": draw(amounts(currency)),
            "order_id": f"ORD-{number}",
            **draw(optional),
        },
    }


@st.composite
def action_lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    actions = [draw(instructions(number)) for number in range(draw(st.integers(1, 4)))]
    for number, about in enumerate(draw(st.lists(st.sampled_from(actions), max_size=3))):
        count = draw(st.integers(0, 50))
        actions.append(
            {
                "id": f"c{number}",
                "action_type": "BOOK_MUREX_DEALS",
                "data": {"deal_count": count, "event_id": f"E{number}"},
                "dependencies": [about["id"]],
            }
        )
    return draw(st.permutations(actions))


def meaning(reading: Reading) -> Any:
    """What would be executed: outcome, orders and claims of each proposal."""
    return (
        reading.outcome,
        [
            (component.order, [action.claim for action in component.actions if action.claim])
            for component in reading.components
            if not component.refusals
        ],
    )


def stated(actions: list[dict[str, Any]]) -> list[tuple[str, Decimal]]:
    return [
        (action["data"]["order_id"], Decimal(action["data"]["hedge_amount_order"]))
        for action in actions
        if action["action_type"] == "CREATE_HEDGE_INSTRUCTION"
    ]


@given(
    actions=action_lists(), analysis=TEXTS, before=PROSE, after=PROSE, size=st.integers(3, 200), indent=st.booleans()
)
@examples(50)
def test_same_actions_come_out_of_every_shape(
    actions: list[dict[str, Any]], analysis: str, before: str, after: str, size: int, indent: bool
) -> None:
    plan = json.dumps(
        {"analysis": f"x{analysis}".replace("<", ""), "recommended_actions": actions},
        ensure_ascii=indent,
        indent=2 if indent else None,
    )
    text = f"{before}\n```json\n{plan}\n```\n{after}"
    expected = read(plan)
    assert sorted(stated(actions)) == sorted(
        (component.order.order_id, component.order.amount)
        for component in expected.components
        if component.order is not None
    )
    assert expected.outcome == "PROPOSED"
    for wrapped in (
        f"\ufeff {plan}\n",
        dify(plan),
        dify(text),
        transcript(plan, size),
        transcript(text, size, line_end="\r\n"),
        envelope(json.loads(plan)),
        envelope(text),
        envelope(dify(text)),
        envelope(transcript(text, size)),
        dify(f"<think>{before} {plan_text()}</think>{text}"),
    ):
        assert meaning(read(wrapped)) == meaning(expected), wrapped


@given(actions=action_lists(), shape=st.sampled_from([str, dify, transcript, envelope]), data=st.data())
@examples(150)
def test_cut_answer_never_gives_another_action(actions: list[dict[str, Any]], shape: Any, data: st.DataObject) -> None:
    whole = shape(plan_text(*actions)).encode()
    end = data.draw(st.integers(0, len(whole) - 1))
    cut = read(whole[:end])
    if cut.components:
        assert meaning(cut) == meaning(read(whole))
    else:
        assert cut.outcome == "REFUSED" or not whole[:end].decode().lstrip().startswith(("{", "data:"))


def test_every_cut_of_the_smallest_answers_gives_no_action() -> None:
    plan = plan_text({"action_type": "CREATE_HEDGE_INSTRUCTION", "data": {"instruction_type": "Q"}})
    for whole in (plan, dify(plan), envelope(plan)):
        for end in range(len(whole)):
            cut = read(whole[:end])
            assert (cut.outcome, cut.components) == ("REFUSED", ()), whole[:end]
    whole = transcript(plan).rstrip()
    for end in range(len(whole)):
        assert read(whole[:end]).components == (), whole[:end]


@given(actions=action_lists(), place=st.integers(0), byte=st.binary(min_size=1, max_size=1))
@examples(200)
def test_inserted_byte_never_changes_an_amount_in_silence(
    actions: list[dict[str, Any]], place: int, byte: bytes
) -> None:
    """An amount that comes out stands in the damaged text as it is: no digit was lost or invented."""
    whole = plan_text(*actions).encode()
    at = place % (len(whole) + 1)
    damaged = whole[:at] + byte + whole[at:]
    for component in read(damaged).components:
        if not component.refusals and component.order is not None:
            assert f'"hedge_amount_order": "{component.order.amount}"'.encode() in damaged


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(value=st.dictionaries(TEXTS, JSON_VALUES, max_size=3), key=TEXTS, path=st.lists(TEXTS, max_size=6))
@examples(150)
def test_key_that_stands_twice_is_refused_at_any_depth(value: dict[str, Any], key: str, path: list[str]) -> None:
    name = json.dumps(key)
    text = f"{{{name}: {json.dumps(value)}, {name}: 1}}"
    for step in path:
        text = f"[{text}]" if len(step) % 2 else f"{{{json.dumps(step)}: {text}}}"
    with pytest.raises(DuplicateKey) as duplicate:
        parse_document(text)
    assert duplicate.value.key == key


@given(
    number=st.from_regex(r"\A-?(0|[1-9][0-9]{0,60})(\.[0-9]{1,60})?([eE][+-]?[0-9]{1,5})?\Z"),
)
@example("9007199254740993")
@example("0.1000000000000000055511151231257827")
def test_number_keeps_all_its_digits(number: str) -> None:
    assert parse_document(f'{{"a": [{number}]}}') == {"a": [Number(number)]}


@given(value=JSON_VALUES)
@examples(150)
def test_strict_reading_agrees_with_the_standard_one_on_valid_documents(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert parse_document(text) == json.loads(text, parse_int=Number, parse_float=Number)


@given(text=st.text(alphabet='{}[]":,\\eE+-.0123tfnullrase Nai\n', max_size=40))
@examples(250)
def test_strict_reading_takes_nothing_that_the_standard_one_refuses(text: str) -> None:
    try:
        value = parse_document(text)
    except (JsonProblem, DuplicateKey):
        return
    assert json.loads(text, parse_int=Number, parse_float=Number) == value


@given(value=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
@examples(200)
def test_noise_never_gives_an_action(value: bytes) -> None:
    assert read(value).components == ()
