"""Orders in words: what is written is what is read, and whatever casts doubt on it orders nothing."""

import re
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from services.parser.response import Reading
from shared.hedging.order import Order
from shared.money.currencies import decimals_of
from tests.support.examples import examples
from tests.support.parser_answers import dify, envelope, read, transcript

CURRENCIES = st.sampled_from(["USD", "HKD", "JPY", "CNY", "KRW", "VND"])
VERBS = st.sampled_from(["Create", "Book", "Issue", "Place", "Execute", "Please create"])
NOUNS = st.sampled_from(["hedge", "a hedge", "hedge instruction", "an inception", "the new hedge order"])
SCALES = {"": 0, "k": 3, "K": 3, " thousand": 3, "M": 6, "m": 6, "mn": 6, "mio": 6, " million": 6, "bn": 9, "B": 9}
#: Texts that order nothing and take nothing back.
ANALYSES = st.sampled_from(
    ["", "Capacity is sufficient. ", "The ratio is 74.5 percent.\n\n", "USD 200M is the limit! "]
)
#: Around an order: `{o}` in small letters within another sentence, `{O}` as a sentence of its own.
DOUBTS = st.sampled_from(
    [
        "Do not {o}.", "Don't {o}.", "Never {o}.", "You could {o}.", "We would {o}.", "Should we {o}?",
        "If it fits, {o}.",
        "Either wait or {o}.", "{O}?", "{O} or wait.", "{O} if it fits.", "{O} unless it is late.", "{O} or 1M.",
        "{O} and HKD 1M.", "{O}. But do not do it.", "{O}. Or wait.", "Shall we? {O}.", "Ignore this. {O}.", "No. {O}.",
        "{O}. {O}.", "Do not\n{o}.", "Do not:\n- {O}.", "Not\n\n{O}.",
    ]
)  # fmt: skip


@st.composite
def amounts(draw: st.DrawFn, currency: str) -> tuple[str, Decimal]:
    """An amount in words, and what it is; never with three decimals, which have two readings."""
    unit = draw(st.sampled_from(sorted(SCALES)))
    whole = draw(st.integers(1, 999 if unit else 10**9))
    decimals = draw(st.integers(0, 2 if unit else min(2, decimals_of(currency))))
    fraction = draw(st.integers(0, 10**decimals - 1))
    digits = f"{whole:,}" if not unit and draw(st.booleans()) else str(whole)
    value = Decimal(f"{whole}.{fraction:0{decimals}d}" if decimals else str(whole))
    return f"{digits}.{fraction:0{decimals}d}{unit}" if decimals else f"{digits}{unit}", value.scaleb(SCALES[unit])


@st.composite
def sentences(draw: st.DrawFn) -> tuple[str, tuple[object, ...]]:
    """A sentence without its end, and the order in it."""
    currency = draw(CURRENCIES)
    written, amount = draw(amounts(currency))
    entity = draw(st.none() | st.integers(1, 9999).map(lambda number: f"ENTITY{number:04d}"))
    nav = draw(st.none() | st.sampled_from(["COI", "RE"]))
    money = draw(st.sampled_from([f"{currency} {written}", f"{written} {currency}"]))
    rest = draw(st.permutations([part for part in (nav, f"at {entity}" if entity else None) if part]))
    return " ".join([draw(VERBS), draw(NOUNS), "for", money, *rest]), (currency, amount, entity, nav)


def orders(reading: Reading) -> list[Order]:
    return [component.order for component in reading.components if component.order and not component.refusals]


def facts(order: Order) -> tuple[object, ...]:
    return (order.exposure_currency, order.amount, order.entity_id, order.nav_type)


@given(sentence=sentences(), before=ANALYSES, shape=st.sampled_from([str, dify, envelope, transcript]))
@examples(200)
def test_order_formatted_as_a_sentence_is_read_as_it_was(
    sentence: tuple[str, tuple[object, ...]], before: str, shape: object
) -> None:
    assert callable(shape)
    text, order = sentence
    reading = read(shape(f"{before}{text}.\n"))
    assert [facts(found) for found in orders(reading)] == [order], reading.all_refusals


@given(sentence=sentences(), doubt=DOUBTS, before=ANALYSES)
@examples(200)
def test_negation_question_or_alternative_never_orders(
    sentence: tuple[str, tuple[object, ...]], doubt: str, before: str
) -> None:
    text, _ = sentence
    doubted = doubt.format(o=text[0].lower() + text[1:], O=text)
    for shape in (str, envelope):
        assert orders(read(shape(f"{before}{doubted}\n"))) == []


@given(sentence=sentences(), before=ANALYSES, end=st.integers(0, 400))
@examples(200)
@example(sentence=("Create hedge for USD 1.50M COI", ("USD", Decimal(1_500_000), None, "COI")), before="", end=23)
def test_sentence_that_was_cut_orders_nothing(sentence: tuple[str, tuple[object, ...]], before: str, end: int) -> None:
    whole = f"{before}{sentence[0]}."
    cut = whole[: end % len(whole)]
    assert orders(read(cut)) == []


@given(sentence=sentences(), data=st.data())
@examples(200)
def test_inserted_character_never_changes_an_order_in_silence(
    sentence: tuple[str, tuple[object, ...]], data: st.DataObject
) -> None:
    """An amount that comes out was read from characters that stand in the damaged sentence as a whole number."""
    text, order = sentence
    place = data.draw(st.integers(0, len(text)))
    character = data.draw(st.sampled_from([*"0123456789.,-kMB COIRE'\"?\n!;()", "\u00a0", "٢"]))
    damaged = f"{text[:place]}{character}{text[place:]}"
    reading = read(f"{damaged}.\n")
    for found in orders(reading):
        source = re.search(r"amount \S+ from '([^']+)'", reading.all_warnings[0].message)
        assert source is not None
        # A comma or point behind it may end a clause; where a digit follows, the number may go on.
        assert re.search(rf"(?<![0-9.,-]){re.escape(source[1])}(?![\w-]|[,.]\s*\d)", damaged)
        if character not in "0123456789.,kMB":
            assert facts(found)[:2] == order[:2]
