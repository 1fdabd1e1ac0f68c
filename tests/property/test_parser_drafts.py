"""Whatever a draft is wrapped in, a refusal behind it proposes nothing; what wraps the last words loses none."""

# ruff: noqa: E501  the pairs of tags are tables

import json

from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.parser_answers import dify, instruction, plan_text, read, transcript

DRAFT = plan_text(instruction(hedge_amount_order=90_000_000))
ANSWER = plan_text(instruction())
IN_WORDS = "The desk wants it. Create hedge instruction for USD 90M COI at ENTITY0037."
#: Names that nobody agreed on, and names that models use.
NAMES = st.from_regex(r"\A[A-Za-z][A-Za-z0-9_:.-]{0,15}\Z") | st.sampled_from(
    ["think", "draft", "answer", "details", "output", "seed:think", "tool_call", "antThinking", "final", "思考", "é"]
)
TAGS = st.sampled_from(
    [
        ("<{0}>", "</{0}>"), ("<{0} a='1'>", "</ {0} >"), ("[{0}]", "[/{0}]"), ("{{{0}}}", "{{/{0}}}"), ("【{0}】", "【/{0}】"),
        ("◁{0}▷", "◁/{0}▷"), ("<|{0}|>", "<|/{0}|>"), ("<|begin_{0}|>", "<|end_{0}|>"), ("<{0}_start>", "<{0}_end>"),
        ("<<{0}>>", "<</{0}>>"), ("<!-- {0}", "{0} -->"), ("<｜{0}｜>", "<｜/{0}｜>"), ("<|channel|>{0}<|message|>", "<|end|><|channel|>final<|message|>"),
    ]
)  # fmt: skip
LABELS = st.sampled_from(
    [("{0}:", "{1}:"), ("{0}:\n", "{1}:\n"), ("**{0}**\n", "**{1}**\n"), ("## {0}\n", "## {1}\n"), ("=== {0} ===\n", "=== {1} ===\n"),
     ("[{0}]\n", "[{1}]\n"), ("{0}...\n", "assistantfinal")]
)  # fmt: skip
REFUSALS = st.sampled_from(
    ["The exposure is too uncertain today. I recommend to hedge nothing.", "Do not execute this.", "Rejected.",
     "I would leave the position as it is instead.", "No hedge is needed.", "The desk decided against it."]
)  # fmt: skip
#: Last words that take nothing back; that they stand behind the wrapper is enough.
LAST_WORDS = REFUSALS | st.sampled_from(
    ["The exposure of the branch was looked at.", "Das Risiko ist zu groß.", "敞口不确定。"]
)
GAPS = st.sampled_from(["", "\n", "\n\n", " Hmm. ", "```\n"])
CARRIES = st.sampled_from([dify, transcript, str])


def wrapped(opening: str, gap: str, said: str, closing: str) -> str:
    return f"So:\n{opening}{gap}{said}{gap}{closing}"


@given(tags=TAGS, name=NAMES, gap=GAPS, words=LAST_WORDS, draft=st.sampled_from([DRAFT, IN_WORDS]), carry=CARRIES)
@example(("<{0}>", "</{0}>"), "details", "\n", "I recommend to hedge nothing.", DRAFT, dify)
@examples(200)
def test_draft_in_any_tag_pair_before_other_words_is_never_proposed(
    tags: tuple[str, str], name: str, gap: str, words: str, draft: str, carry: type[str]
) -> None:
    text = f"{wrapped(tags[0].format(name), gap, draft, tags[1].format(name))}\n{words}"
    assert read(carry(text)).outcome in ("ANALYSIS_ONLY", "REFUSED"), text


@given(labels=LABELS, first=NAMES, second=NAMES, gap=GAPS, words=REFUSALS, carry=CARRIES)
@examples(200)
def test_draft_under_any_label_before_a_refusal_under_another_is_never_proposed(
    labels: tuple[str, str], first: str, second: str, gap: str, words: str, carry: type[str]
) -> None:
    text = f"{labels[0].format(first)} {gap}{DRAFT}{gap}\n{labels[1].format(first, second)} {words}"
    assert read(carry(text)).outcome in ("ANALYSIS_ONLY", "REFUSED"), text


@given(tags=TAGS, name=st.from_regex(r"\A[a-z]{3,9}\Z"), gap=GAPS)
@examples(200)
def test_draft_in_any_tag_pair_before_another_answer_is_passed_over_or_refused(
    tags: tuple[str, str], name: str, gap: str
) -> None:
    text = f"{wrapped(tags[0].format(name), gap, DRAFT, tags[1].format(name))}\n{ANSWER}"
    amounts = [str(each.order.amount) for each in read(dify(text)).components if each.order and not each.refusals]
    assert amounts in ([], ["25000000"]), text


@given(
    name=NAMES.filter(lambda name: name.lower() not in ("think", "seed:think", "tool_call", "antthinking")), gap=GAPS
)
@examples(100)
def test_wrapper_that_holds_the_last_words_loses_no_answer(name: str, gap: str) -> None:
    for closing in ("", "\nI hope this helps. Let me know if you have any questions."):
        text = f"It fits.\n<{name}>{gap}{ANSWER}{gap.replace('Hmm.', '')}</{name}>{closing}"
        reading = read(dify(text))
        assert reading.outcome == "PROPOSED", (text, reading.all_refusals)


@given(text=st.text(alphabet="<>/|[]{}:*#`ab \n", max_size=60), before=st.booleans())
@examples(200)
def test_noise_of_tags_never_gives_another_order(text: str, before: bool) -> None:
    said = f"{text}{ANSWER}" if before else f"{ANSWER}{text}"
    for component in read(dify(f"Well. {said}")).components:
        if component.order is not None:
            assert str(component.order.amount) == "25000000"
    assert json.loads(ANSWER)["recommended_actions"]
