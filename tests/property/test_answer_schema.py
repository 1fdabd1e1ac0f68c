"""What the parser takes is valid by the published schema: nobody is told that a good answer is wrong."""

import json
from typing import Any, Final

from hypothesis import event, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from services.parser.catalogue import CATALOGUE, INSTRUCTION_TYPES, ActionType
from tests.support.examples import examples
from tests.support.parser_answers import plan_text, read
from tools.docs.answer_schema import INSTRUCTION, answer_schema

VALIDATOR: Final = Draft202012Validator(answer_schema(), format_checker=FormatChecker())

#: Good and bad values of any field, so that most answers are wrong in one place and some in none.
IDS: Final = st.sampled_from(["ENTITY0037", "ORD-1", "a", "a b", "", "-a", "x" * 50, "x" * 51, 7, -7, "é"])
AMOUNTS: Final = st.sampled_from(
    [
        "25000000",
        "25000000.00",
        25000000,
        1,
        "0.01",
        "0.001",
        "0",
        "00",
        0,
        -1,
        "1e6",
        "1,000",
        "1" * 18,
        "1" * 19,
        10**18,
    ]
)
DATES: Final = st.sampled_from(["2026-11-23", "2026-02-30", "2026-1-1", "3M", "999Y", "0D", "27.11.2026", 20261123])
WORDS: Final = st.sampled_from(["COI", "RE", "COH", "MT", "coi", "A-COI", "USD", "usd", "XYZ", "JPY", "KWD", True])
LISTS: Final = st.lists(IDS, max_size=3)
ROWS: Final = st.lists(
    st.dictionaries(st.sampled_from(["deal_type", "notional_amount", "x"]), IDS | AMOUNTS), max_size=2
)
ANY: Final = IDS | AMOUNTS | DATES | WORDS | LISTS | ROWS | st.dictionaries(IDS.map(str), IDS, max_size=2)

GOOD: Final[dict[str, st.SearchStrategy[Any]]] = {
    "instruction_type": st.sampled_from([*INSTRUCTION_TYPES, "M"]),
    "exposure_currency": st.sampled_from(["USD", "JPY", "KWD", "CLF", "usd", "XXX"]),
    "hedge_amount_order": AMOUNTS,
    "nav_type": st.sampled_from(["COI", "RE", "ALL"]),
    "hedge_method": st.sampled_from(["COH", "MT", "MTM"]),
    "value_date": DATES,
    "instruction_date": DATES,
    "tenor_or_maturity": DATES,
    "reference_event_ids": LISTS,
    "model": st.sampled_from(["A-COI", "C-RE", "D"]),
    "deal_count": st.sampled_from([0, 6, 100_000, 100_001, "6", -1]),
    "entry_count": st.sampled_from([0, 8, True]),
    "allocated_amount": AMOUNTS,
    "deals": ROWS,
    "entries": ROWS,
    "key": st.sampled_from(["BUF_USD_001", 7, {"buffer_rule_id": "B1"}, {}, {"a": "1", "b": "2"}, "a b"]),
    "changes": st.dictionaries(st.sampled_from(["a", "b"]), IDS | AMOUNTS | LISTS),
    "effective_date": DATES,
    "resolution": st.sampled_from(["CANCELLED", "BOOKED_MANUALLY", "GONE"]),
    "reason": st.sampled_from(["looked it up", " ", "", 7]),
}


@st.composite
def actions(draw: st.DrawFn) -> dict[str, Any]:
    """An action of the catalogue: mostly its own fields with fitting values, now and then anything."""
    kind = draw(st.sampled_from(list(ActionType)))
    entry = CATALOGUE[kind]
    fields = draw(st.lists(st.sampled_from(entry.fields), unique=True, max_size=len(entry.fields)))
    data = {name: draw(GOOD.get(name, IDS)) for name in {*fields, *entry.required}}
    if kind is ActionType.CREATE_HEDGE_INSTRUCTION and draw(st.booleans()):
        data |= {"exposure_currency": "USD", "hedge_amount_order": draw(AMOUNTS)}
    if draw(st.integers(0, 9)) == 0:
        data[draw(st.sampled_from([*entry.fields, "sql"]))] = draw(ANY)
    action: dict[str, Any] = {"action_type": kind.value, "data": data}
    if len(entry.tables) > 1 or draw(st.booleans()):
        action["table"] = draw(st.sampled_from([*entry.tables, "users"]))
    if draw(st.booleans()):
        action["operation"] = draw(st.sampled_from([*entry.operations, "DELETE"]))
    if draw(st.booleans()):
        action["id"] = draw(IDS)
    return action


@given(action=actions())
@examples(200)
def test_what_the_parser_takes_is_valid_by_the_schema(action: dict[str, Any]) -> None:
    instruction = {"action_type": "CREATE_HEDGE_INSTRUCTION", "id": "own", "data": {"instruction_type": "Q"}}
    alone = action["action_type"] in ("CREATE_HEDGE_INSTRUCTION", "UPDATE_CONFIGURATION", "OVERRIDE_DEAL")
    text = plan_text(action) if alone else plan_text(instruction, action)
    taken = read(text).outcome == "PROPOSED"
    valid = VALIDATOR.is_valid(json.loads(text))
    event(f"taken {taken}, valid {valid}")
    assert valid or not taken, list(VALIDATOR.iter_errors(json.loads(text)))


def test_strategies_reach_every_field_of_an_instruction() -> None:
    """Fields without values of their own are ids."""
    ids = {"entity_id", "order_id", "sub_order_id", "previous_order_id", "hedging_instrument", "msg_uid"}
    assert set(INSTRUCTION) == ids | (set(GOOD) & set(INSTRUCTION))
