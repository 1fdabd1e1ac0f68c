"""Orders in words: one sentence with one meaning, or none."""

from decimal import Decimal

import pytest

from tests.support.parser_answers import codes, dify, envelope, read, transcript

GOOD = "Create hedge instruction for USD 25M COI at ENTITY0037."


@pytest.mark.parametrize(
    ("text", "order"),
    [
        (GOOD, ("I", "USD", "25000000", "ENTITY0037", "COI")),
        (GOOD.upper(), ("I", "USD", "25000000", "ENTITY0037", "COI")),
        ("Please create a hedge instruction for HKD 30,000,000 COI at ENTITY0009.",
         ("I", "HKD", "30000000", "ENTITY0009", "COI")),
        ("Create a USD 25M COI hedge.", ("I", "USD", "25000000", None, "COI")),
        ("Create hedge for USD25M.", ("I", "USD", "25000000", None, None)),
        ("Create hedge for 1,250,000.50 USD RE at ENTITY001.", ("I", "USD", "1250000.50", "ENTITY001", "RE")),
        ("Create hedge for USD 25 mio at ENTITY0037.", ("I", "USD", "25000000", "ENTITY0037", None)),
        ("Create hedge instruction: USD 25M, COI, ENTITY0037.", ("I", "USD", "25000000", "ENTITY0037", "COI")),
        ("Book an inception of KRW 12bn COI at ENTITY0025.", ("I", "KRW", "12000000000", "ENTITY0025", "COI")),
        ("Execute hedge for JPY 1.5 billion!", ("I", "JPY", "1500000000", None, None)),
        ("Open a hedge for AUD 500k RE.", ("I", "AUD", "500000", None, "RE")),
        ("Place hedge order for CNY 150m.", ("I", "CNY", "150000000", None, None)),
        ("Check the capacity for HKD 100M at ENTITY0009.", ("U", "HKD", "100000000", "ENTITY0009", None)),
        ("Utilise capacity of USD 10M.", ("U", "USD", "10000000", None, None)),
        ("Create utilisation instruction for USD 10M.", ("U", "USD", "10000000", None, None)),
        ("The limit of USD 200M is not touched. " + GOOD, ("I", "USD", "25000000", "ENTITY0037", "COI")),
        (f"Following the USD's decline the effectiveness test passes. {GOOD}",
         ("I", "USD", "25000000", "ENTITY0037", "COI")),
        ("Recommendation: create hedge for USD 25M COI. This leaves 162.5M.", ("I", "USD", "25000000", None, "COI")),
        (f"<think>{'Which one? ' * 9}</think>Create hedge for USD 25M.", ("I", "USD", "25000000", None, None)),
        (f"Fine.<think>{'Which one? ' * 9}</think> Create hedge for USD 25M.", ("I", "USD", "25000000", None, None)),
        ("## Recommended action\n1. " + GOOD, ("I", "USD", "25000000", "ENTITY0037", "COI")),
        ("**Recommendation:** Create hedge for **USD 25M** COI (ENTITY0037).",
         ("I", "USD", "25000000", "ENTITY0037", "COI")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("wrap", [str, dify, envelope, transcript])
def test_sentence_that_orders_one_hedge_is_read(text: str, order: tuple[str | None, ...], wrap: object) -> None:
    assert callable(wrap)
    reading = read(wrap(text))
    assert reading.outcome == "PROPOSED", reading.all_refusals
    (component,) = reading.components
    found = component.order
    assert found is not None
    assert (
        found.instruction_type,
        found.exposure_currency,
        str(found.amount),
        found.entity_id,
        found.nav_type,
    ) == order
    present = {"instruction_type", "exposure_currency", "amount"}
    present |= {name for name, value in (("entity_id", order[3]), ("nav_type", order[4])) if value}
    assert found.provenance == dict.fromkeys(present, "words")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Create hedge for USD 1. 0 million.", "AMBIGUOUS"),
        ("Create hedge for USD 1.\u00a00 million.", "AMBIGUOUS"),
        # alternatives, ranges, several orders
        ("Create hedge instruction for USD 25M or maybe 30M COI.", "AMBIGUOUS"),
        ("Create either a USD 10M or a USD 20M hedge.", "AMBIGUOUS"),
        ("Create hedge for USD 10M, USD 20M.", "AMBIGUOUS"),
        ("Create hedge for USD 10-20M.", "AMBIGUOUS"),
        ("Create hedge for USD 10M–20M COI.", "AMBIGUOUS"),
        ("Create hedge for between USD 10M and 20M.", "AMBIGUOUS"),
        ("Create hedge for USD 25M and HKD 30M.", "AMBIGUOUS"),
        ("Create USD hedge for HKD 25M.", "AMBIGUOUS"),
        ("Create hedge for USD 25M at ENTITY0037 ENTITY0036.", "AMBIGUOUS"),
        ("Create hedge for USD 25M COI RE.", "AMBIGUOUS"),
        ("Create hedge for USD 25M COI. Create hedge for HKD 30M COI.", "AMBIGUOUS"),
        (f"{GOOD} {GOOD}", "AMBIGUOUS"),
        ("Check capacity for a hedge of USD 25M.", "AMBIGUOUS"),
        # conditions, doubts, questions
        ("Create hedge for USD 25M if capacity allows.", "AMBIGUOUS"),
        ("Create hedge for USD 25M unless the desk objects.", "AMBIGUOUS"),
        ("Create hedge for about USD 25M.", "AMBIGUOUS"),
        ("Create hedge for up to USD 25M.", "AMBIGUOUS"),
        ("Create hedge for USD 25M COI?", "AMBIGUOUS"),
        ("Create no hedge for USD 25M COI.", "AMBIGUOUS"),
        ("Create hedge for USD 25M COI tomorrow.", "AMBIGUOUS"),
        ("Create hedge for twenty-five million USD.", "AMBIGUOUS"),
        ("Create hedge for half of USD 25M.", "AMBIGUOUS"),
        ("Create hedge over USD 25M COI.", "AMBIGUOUS"),
        # numbers that may be something else
        ("Create hedge instruction 25 for USD COI.", "AMBIGUOUS"),
        ("Create hedge for USD 2 5M COI.", "AMBIGUOUS"),
        ("Create hedge for USD 25.000 COI.", "AMBIGUOUS"),
        ("Create hedge for USD 1.250M COI.", "AMBIGUOUS"),
        ("Create hedge for USD 1,250M COI.", "AMBIGUOUS"),
        ("Create hedge for USD 25.000.000 COI.", "INVALID_AMOUNT"),
        ("Create hedge for USD 1.250,5 COI.", "INVALID_AMOUNT"),
        ("Create hedge for USD 12,5M COI.", "INVALID_AMOUNT"),
        ("Create hedge for USD 1,00,000 COI.", "INVALID_AMOUNT"),
        ("Create hedge for USD 25 000 000 COI.", "INVALID_AMOUNT"),
        ("Create hedge for USD -25M COI.", "INVALID_AMOUNT"),
        ("Create hedge for USD (25M) COI.", "INVALID_AMOUNT"),
        ("Create hedge for USD 0 COI.", "INVALID_AMOUNT"),
        ("Create hedge for USD 025M COI.", "INVALID_AMOUNT"),
        ("Create hedge for USD 25MM COI.", "INVALID_AMOUNT"),
        ("Create hedge for USD 2.5e7 COI.", "INVALID_AMOUNT"),
        ("Create hedge for USD ٢٥M COI.", "INVALID_AMOUNT"),
        ("Create hedge for JPY 12.5 COI.", "INVALID_AMOUNT"),
        ("Create hedge for USD 1000000000000bn COI.", "INVALID_AMOUNT"),
        ("Create hedge for $25M COI.", "INVALID_CURRENCY"),
        ("Create hedge for usd 25M COI.", "INVALID_CURRENCY"),
        ("Create hedge for XYZ 25M COI.", "INVALID_CURRENCY"),
        # what words cannot say
        ("Create hedge for 25M COI.", "MISSING_FIELDS"),
        ("Create hedge for USD COI at ENTITY0037.", "MISSING_FIELDS"),
        ("Roll over the USD 25M hedge at ENTITY0037.", "MISSING_FIELDS"),
        ("Terminate hedge of USD 25M at ENTITY0037.", "MISSING_FIELDS"),
        ("Create rollover instruction for USD 25M.", "MISSING_FIELDS"),
        # cut off
        ("Create he", "INCOMPLETE"),
        ("Create hedge instruction for USD 25", "INCOMPLETE"),
        (GOOD[:-1], "INCOMPLETE"),
        (f"{GOOD[:-1]}...", "INCOMPLETE"),
        (f"{GOOD[:-1]}\n\nCapacity is fine.", "INCOMPLETE"),
    ],
)
def test_command_is_refused_when_it_has_not_one_meaning(text: str, code: str) -> None:
    for wrap in (str, envelope):
        reading = read(wrap(text))
        assert (reading.outcome, codes(reading)) == ("REFUSED", [code]), reading.all_refusals
        assert "characters " in reading.all_refusals[0].path


@pytest.mark.parametrize(
    "around",
    [
        "Do not do this. {}", "Never act on it. {}", "Ignore what follows. {}", "This is an example. {}",
        "Shall we hedge? {}", "The desk wrote this. {}", "If capacity allows, we act. {}",
        '"Capacity is fine. {}" was the note.', "(A note. {})",
        "{} But wait.", "{} Do not book it.", "{} Or 30M.", "{} Only after approval.", "{} Make it 30M.",
        "{} Cancel that.", "{} Postpone it.", "The old note reads as follows. {}",
        "This is a test. {}", "{} Is that right?", "{} However, the desk objects.", "{} This isn't final.",
    ],
)  # fmt: skip
def test_order_is_ambiguous_when_the_text_around_takes_it_back(around: str) -> None:
    assert codes(read(envelope(around.replace("{}", GOOD)))) == ["AMBIGUOUS"]


@pytest.mark.parametrize(
    "text",
    [
        "The USD 25M hedge created last week performs well.",
        "Open hedges amount to USD 25M.",
        "- Open hedge: USD 25M COI at ENTITY0037.",
        "Open hedge instruction for USD 25M COI at ENTITY0037.",
        "Issue: hedge of USD 25M COI is missing.",
        "Old recommendation: Create hedge for USD 25M COI.",
        "| Create hedge for USD 25M COI. |",
        "Open hedge volume is USD 25M.",
        "Book value of the hedge is USD 25M.",
        "Rollover of the USD 25M hedge is due on Friday.",
        "Do not create a hedge instruction for USD 25M COI at ENTITY0037.",
        "Don't create a hedge for USD 25M COI.",
        "You could create a hedge of USD 25M.",
        "We would create a hedge of USD 25M COI.",
        "If capacity allows, create hedge for USD 25M.",
        "Should I create a hedge for USD 25M COI?",
        'He wrote: "Create hedge for USD 25M COI."',
        "Under no circumstances should the desk\ncreate a hedge for USD 25M COI.",
        "Under no circumstances should the desk\n\nCreate a hedge for USD 25M COI.",
        "Rejected yesterday:\n- Create hedge for USD 25M COI.",
        "> Create hedge for USD 25M COI.",
        "Capacity is approx. create hedge for USD 25M COI.",
        "Create a hedge documentation file for USD.",
        "HKD hedge ratio is 74 percent; nothing to do today.",
        "Create hedge for <think>maybe</think> USD 25M COI.",
        "```\nx\n```\nCreate hedge for USD 25M COI.",
        "<think>Create hedge for USD 25M COI.</think>Nothing to do.",
    ],
)
def test_prose_about_hedges_stays_analysis(text: str) -> None:
    for wrap in (str, envelope, dify):
        reading = read(wrap(text))
        assert (reading.outcome, reading.components, reading.all_refusals) == ("ANALYSIS_ONLY", (), ())


def test_values_name_the_characters_they_were_read_from() -> None:
    text = "<think>30M?</think>Capacity is fine. Create hedge for USD 1.5bn COI."
    reading = read(envelope(text))
    (warning,) = reading.all_warnings
    start = text.index("Create")
    amount = text.index("1.5bn")
    assert (warning.code, warning.path) == ("READ_FROM_WORDS", f"$.answer > characters {start}-{len(text)}")
    assert f"amount 1500000000 from '1.5bn' ({amount}-{amount + 5})" in warning.message


@pytest.mark.parametrize("text", ["Create hedge for USD 1.5M COI.", "Create hedge for USD 1,250,000.50 COI."])
def test_point_that_may_be_cut_from_decimals_ends_no_order(text: str) -> None:
    cut = text[: text.index(".") + 1]
    assert codes(read(cut)) == ["INCOMPLETE"]
    whole = read(f"{cut}\n")
    assert whole.components[0].order is not None
    assert whole.components[0].order.amount == Decimal(cut.split()[-1].rstrip(".").replace(",", ""))


def test_text_behind_an_order_is_to_end_when_nothing_else_proves_it_whole() -> None:
    assert codes(read(f"{GOOD} Do not book it bef")) == ["AMBIGUOUS"]
    assert codes(read(f"{GOOD} Thank yo")) == ["INCOMPLETE"]
    assert read(envelope(f"{GOOD}\n\n- Model A-COI\n- six deals")).outcome == "PROPOSED"


def test_block_counts_and_words_beside_it_order_nothing() -> None:
    reading = read(envelope(f'{GOOD} {{"recommended_actions": []}}'))
    assert (reading.outcome, reading.components) == ("ANALYSIS_ONLY", ())


@pytest.mark.parametrize("actions", ["", ', "recommended_actions": []'])
def test_analysis_of_a_plan_object_orders_nothing_and_says_so(actions: str) -> None:
    reading = read(f'{{"analysis": "{GOOD}"{actions}}}')
    assert (reading.outcome, reading.components) == ("ANALYSIS_ONLY", ())
    assert [warning.code for warning in reading.warnings] == ["WORDS_NOT_EXECUTED"]
