"""Any valid set of actions, in any shape, in chunks of any size, amid any words: the same actions. Damaged: none, or
what is written there.
"""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.parser.response import Reading, read_response
from shared.money.currencies import decimals_of
from tests.support.examples import examples
from tests.support.said import amounts_said

CURRENCIES = st.sampled_from(["USD", "HKD", "JPY", "CNY", "KRW", "KWD", "EUR"])
NAMES = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._:/-]{0,20}\Z")
TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=80)
#: Words that hold no block: nothing of JSON, of a fence, of a thought or of a stream.
PROSE = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="`~<{[\x00"), max_size=60).filter(
    lambda text: "action" not in text.lower() and "\\u" not in text
)  # fmt: skip
DAYS = st.dates(date(2026, 11, 1), date(2030, 1, 1)).map(str)


def amounts(currency: str) -> st.SearchStrategy[Any]:
    """Amounts as people write them: text or number, with as many decimals as the currency has, or fewer."""
    places = st.integers(0, decimals_of(currency))
    text = st.tuples(st.integers(1, 10**15), places).map(lambda pair: format(Decimal(pair[0]).scaleb(-pair[1]), "f"))
    return text | st.integers(1, 10**15)


@st.composite
def instructions(draw: st.DrawFn, number: int) -> dict[str, Any]:
    currency = draw(CURRENCIES)
    kind = draw(st.sampled_from(["I", "INCEPTION", "U", "UTILIZATION", "Q"]))
    optional = st.fixed_dictionaries(
        {},
        optional={
            "entity_id": NAMES,
            "nav_type": st.sampled_from(["COI", "RE"]),
            "hedge_method": st.sampled_from(["COH", "MT"]),
            "value_date": DAYS,
            "tenor_or_maturity": DAYS | st.just("3M"),
            "msg_uid": NAMES,
            "hedging_instrument": NAMES,
            "reference_event_ids": st.lists(NAMES, max_size=3, unique=True),
            "sub_order_id": st.none() | NAMES,
        },
    )
    data = {"instruction_type": kind, "order_id": f"ORD-{number}", **draw(optional)}
    if kind != "Q" or draw(st.booleans()):
        data |= {"exposure_currency": currency, "hedge_amount_order": draw(amounts(currency))}
    claimed = draw(st.fixed_dictionaries({}, optional={"approval_required": st.booleans(), "note": TEXTS}))
    return {"id": f"a{number}", "action_type": "CREATE_HEDGE_INSTRUCTION", "data": data, **claimed}


def claims(number: int, about: str) -> st.SearchStrategy[dict[str, Any]]:
    """A claim about an instruction."""
    row = st.fixed_dictionaries({}, optional={"deal_type": NAMES, "notional_amount": amounts("USD")})
    kinds = st.sampled_from(["BOOK_MUREX_DEALS", "GENERATE_GL_ENTRIES", "UPDATE_ALLOCATION"])
    count = st.integers(100 * number, 100 * number + 9)  # no two claims say the same

    def data_of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
        if kind == "BOOK_MUREX_DEALS":
            return st.fixed_dictionaries(
                {"deal_count": count, "event_id": st.just(f"E{number}"), "deals": st.lists(row, max_size=2)}
            )
        if kind == "GENERATE_GL_ENTRIES":
            return st.fixed_dictionaries(
                {"entry_count": count, "entries": st.lists(st.dictionaries(NAMES, TEXTS, max_size=2), max_size=2)}
            )
        return st.fixed_dictionaries({"allocated_amount": amounts("USD"), "entity_id": st.just(f"ENTITY{number}")})

    return kinds.flatmap(
        lambda kind: data_of(kind).map(
            lambda data: {"id": f"c{number}", "action_type": kind, "data": data, "dependencies": [about]}
        )
    )


@st.composite
def action_lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    actions = [draw(instructions(number)) for number in range(draw(st.integers(0, 3)))]
    for number, about in enumerate(draw(st.lists(st.sampled_from(actions), max_size=3)) if actions else ()):
        actions.append(draw(claims(number, about["id"])))
    if not actions or draw(st.booleans()):
        columns = st.dictionaries(NAMES, TEXTS | st.integers(0, 9), min_size=1, max_size=3)
        actions.append(
            {
                "action_type": "UPDATE_CONFIGURATION",
                "table": draw(st.sampled_from(["buffer_configuration", "gl_rules"])),
                "data": {"key": draw(NAMES), "changes": draw(columns)},
            }
        )
    return draw(st.permutations(actions))


def chunked(text: str, cuts: list[int]) -> list[str]:
    """A text, cut at these places, wherever they fall."""
    places = sorted({min(cut % (len(text) + 1), len(text)) for cut in cuts} | {0, len(text)})
    return [text[start:end] for start, end in pairwise(places)]


def streamed(text: str, cuts: list[int], line_end: str = "\n", how: str = "message") -> str:
    """A Dify stream that says a text: `message` chunks, an agent's with its repeat, or a replacement."""
    said: list[dict[str, Any]] = [{"event": "workflow_started", "task_id": "t"}]
    name = "agent_message" if how == "agent" else "message"
    first = "Something else." if how == "replaced" else text
    said += [{"event": name, "answer": chunk} for chunk in chunked(first, cuts)]
    if how == "agent":
        said.append({"event": "message", "answer": text})
    elif how == "replaced":
        said.append({"event": "message_replace", "answer": text})
    said += [{"event": "message_end"}, {"event": "workflow_finished", "data": {"status": "succeeded"}}]
    lines = [f"data: {json.dumps({**event, 'message_id': 'm'})}" for event in said]
    return "".join(f"{line}{line_end}{line_end}event: ping{line_end}{line_end}" for line in lines)


def dify(text: str) -> str:
    return json.dumps({"event": "message", "message_id": "m", "answer": text}, ensure_ascii=False)


def envelope(answer: Any) -> str:
    return json.dumps({"response_id": "r", "user_id": "mira", "prompt": "As discussed.", "answer": answer})


Wrap = Callable[[str, str, list[int]], str]
#: Shape by name: from the plan's JSON, the same amid words, and places to cut chunks at.
SHAPES: dict[str, Wrap] = {
    "plan": lambda plan, text, cuts: plan,
    "plan with a mark and space": lambda plan, text, cuts: f"\ufeff \n{plan}\n",
    "Dify, plan": lambda plan, text, cuts: dify(plan),
    "Dify, text": lambda plan, text, cuts: dify(text),
    "Dify, thought and text": lambda plan, text, cuts: dify(f"<think>{plan[: len(plan) // 2]}</think>{text}"),
    "Dify, text twice": lambda plan, text, cuts: dify(text + text),
    "stream, plan": lambda plan, text, cuts: streamed(plan, cuts),
    "stream, text": lambda plan, text, cuts: streamed(text, cuts, "\r\n"),
    "stream of an agent": lambda plan, text, cuts: streamed(text, cuts, how="agent"),
    "stream replaced": lambda plan, text, cuts: streamed(text, cuts, how="replaced"),
    "envelope, plan": lambda plan, text, cuts: envelope(json.loads(plan)),
    "envelope, text": lambda plan, text, cuts: envelope(text),
    "envelope, Dify": lambda plan, text, cuts: envelope(json.loads(dify(text))),
    "envelope, Dify as text": lambda plan, text, cuts: envelope(dify(text)),
    "envelope, stream": lambda plan, text, cuts: envelope(streamed(text, cuts)),
    "words": lambda plan, text, cuts: text,
}


def read(value: str | bytes) -> Reading:
    return read_response(value.encode() if isinstance(value, str) else value, {}, None)


def meaning(reading: Reading) -> Any:
    """What would be executed or changed, and what is claimed of it."""
    return reading.outcome, [
        (component.order, component.change, [action.claim for action in component.actions if action.claim])
        for component in reading.components
        if not component.refusals
    ]


def plan_of(actions: list[dict[str, Any]], *, escaped: bool, indented: bool) -> str:
    plan = {"analysis": "As computed.", "recommended_actions": actions}
    return json.dumps(plan, ensure_ascii=escaped, indent=1 if indented else None)


PLANS = st.builds(plan_of, action_lists(), escaped=st.booleans(), indented=st.booleans())
CUTS = st.lists(st.integers(0, 100_000), max_size=12)


def around(plan: str, before: str, after: str, fence: str) -> str:
    return f"So: {before}\n{fence}json\n{plan}\n{fence}\n{after}" if fence else f"So: {before}\n{plan}\n{after}"


FENCES = st.sampled_from(["```", "~~~", "````", ""])


@given(plan=PLANS, before=PROSE, after=PROSE, fence=FENCES, cuts=CUTS)
@examples(60)
def test_same_actions_come_out_of_every_shape_cut_into_any_chunks(
    plan: str, before: str, after: str, fence: str, cuts: list[int]
) -> None:
    expected = meaning(read(plan))
    assert expected[0] == "PROPOSED"
    text = around(plan, before, after, fence)
    for name, wrap in SHAPES.items():
        assert meaning(read(wrap(plan, text, cuts))) == expected, name


@given(plan=PLANS, before=PROSE, fence=FENCES, cuts=CUTS, shape=st.sampled_from(sorted(SHAPES)), places=CUTS)
@examples(100)
def test_answer_cut_at_any_byte_gives_the_whole_or_nothing(
    plan: str, before: str, fence: str, cuts: list[int], shape: str, places: list[int]
) -> None:
    whole = SHAPES[shape](plan, around(plan, before, "", fence), cuts).encode()
    expected = meaning(read(whole))[1]
    for place in {each % len(whole) for each in places} | {len(whole) - 1, len(whole) - 2}:
        cut = read(whole[:place])
        assert meaning(cut)[1] in ([], expected), whole[:place]
        if shape != "words" and place >= len("data:"):  # before that, a stream begins like a word
            assert cut.components or cut.outcome == "REFUSED", whole[:place]


@given(
    plan=PLANS, before=PROSE, fence=FENCES, cuts=CUTS, shape=st.sampled_from(sorted(SHAPES)),
    places=st.lists(st.integers(0, 100_000), min_size=1, max_size=12), byte=st.integers(0, 255),
)  # fmt: skip
@examples(120)
def test_any_inserted_byte_leaves_amounts_as_they_are_written(
    plan: str, before: str, fence: str, cuts: list[int], shape: str, places: list[int], byte: int
) -> None:
    """A damaged answer is refused, or what it orders stands in it so, digit by digit."""
    whole = SHAPES[shape](plan, around(plan, before, "", fence), cuts).encode()
    for place in {each % (len(whole) + 1) for each in places}:
        damaged = whole[:place] + bytes((byte,)) + whole[place:]
        for component in read(damaged).components:
            order = component.order
            if not component.refusals and order is not None and order.amount is not None:
                assert (order.order_id, order.exposure_currency, str(order.amount)) in amounts_said(damaged), damaged


@given(plan=PLANS, place=st.integers(0, 100_000), digit=st.sampled_from(b"0123456789.eE-+_, \x00"))
@examples(200)
def test_byte_inserted_into_an_amount_is_refused_or_comes_out(plan: str, place: int, digit: int) -> None:
    """The place that matters most, hit every time: within the digits of the first amount."""
    name = plan.find('"hedge_amount_order"')
    if name < 0:
        return
    start = next(at for at in range(name + len('"hedge_amount_order":'), len(plan)) if plan[at].isdigit())
    end = next(at for at in range(start, len(plan)) if plan[at] not in "0123456789.")
    at = start + place % (end - start + 1)
    damaged = (plan[:at] + chr(digit) + plan[at:]).encode()
    written = amounts_said(damaged)
    for component in read(damaged).components:
        order = component.order
        if not component.refusals and order is not None and order.amount is not None:
            assert (order.order_id, order.exposure_currency, str(order.amount)) in written
