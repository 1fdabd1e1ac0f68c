"""What a model says and does not mean: drafts in wrappers, channels and labels, tool calls it plays, words that follow."""

# ruff: noqa: E501  an answer is one line of its table

from tests.corpus.trap import BAD, GOOD, Table, chunks, dify, END, event, fenced, plan, stream  # isort: skip

WHOLE, DRAFT = plan(GOOD), plan(BAD)
NOTHING = "The exposure is too uncertain today. I recommend to hedge nothing."
LOOKED = "The exposure of the branch was looked at."
ORDER_IN_WORDS = "The desk wants a hedge. Create hedge instruction for USD 250M COI at ENTITY0037."
COURTESY = "I hope this helps. Let me know if you have any questions."

_DETAILS = '<details style="color:gray" open> <summary> Thinking... </summary>'

HIDDEN = Table("Thoughts by other names")
for _open, _close in (
    (_DETAILS, "</details>"),
    ("<details>\n<summary><b>Thought process</b></summary>\n", "\n</details>"),
    ("<seed:think>", "</seed:think>"),
    ("<longcat_think>", "</longcat_think>"),
    ("<antThinking>", "</antThinking>"),
    ("<chain-of-thought>", "</chain-of-thought>"),
    ("<inner.thoughts depth='2'>", "</inner.thoughts>"),
    ("<model_reasoning>", "</model_reasoning>"),
    ("<|deep_think|>", "<|/deep_think|>"),
    ("[brainstorming]", "[/brainstorming]"),
    ("analysis", "assistantfinal"),
    ("<|start|>assistant<|channel|>musing<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("<|channel>thought\n", "<channel|>"),
):
    HIDDEN.words(
        f"between {_open} and {_close} before a refusal", dify(f"{_open}A draft: {DRAFT} Hmm.{_close}{NOTHING}")
    )
    HIDDEN.taken(
        f"between {_open} and {_close} before another answer", dify(f"{_open}A draft: {DRAFT}{_close}{fenced(WHOLE)}")
    )
    HIDDEN.words(f"in words between {_open} and {_close}", dify(f"{_open}{ORDER_IN_WORDS}{_close}\n\n{LOOKED}"))
HIDDEN.refused("a thought by another name without an end", dify(f"<seed:think>{DRAFT}"), "INCOMPLETE")
HIDDEN.refused("a folded thought without an end", dify(f"{_DETAILS}{DRAFT}"), "INCOMPLETE")
HIDDEN.refused("a channel without a final one", dify(f"analysisThe desk asks. {DRAFT}"), "INCOMPLETE")
HIDDEN.refused("nothing but a folded thought", dify(f"{_DETAILS}{WHOLE}</details>"), "EMPTY")
HIDDEN.words("ended alone by another name", dify(f"{DRAFT} so not.</seed:think>{NOTHING}"))
HIDDEN.words(
    "folded within folded", dify(f"{_DETAILS}<details><summary>Table</summary>x</details>{DRAFT}</details>{NOTHING}")
)
HIDDEN.taken(
    "a folded table before the answer", dify(f"<details><summary>Table</summary>1.35</details>\n{fenced(WHOLE)}")
)
HIDDEN.words("in a stream", stream(*chunks(f"<seed:think>{DRAFT}</seed:think>{NOTHING}", 7), END))
HIDDEN.taken("brackets of prose that name thinking", dify(f"A [rethink] of the [reasonable] case. {fenced(WHOLE)}"))

WRAPPED = Table("A draft in a wrapper that ends before the last words")
for _open, _close in (
    ("<draft>", "</draft>"),
    ("<zorp>", "</zorp>"),
    ("<Zorp:Blarg a='1'>", "</ zorp:blarg >"),
    ("<answer>", "</answer>"),
    ("<output>\n", "\n</output>"),
    ("<details><summary>Proposal</summary>\n", "\n</details>\n"),
    ("<section><div>", "</div></section>"),
    ("<!-- ", " -->"),
    ("/* ", " */"),
    ("[zorp]", "[/zorp]"),
    ("{zorp}", "{/zorp}"),
    ("<<zorp>>", "<</zorp>>"),
    ("【zorp】", "【/zorp】"),
    ("◁zorp▷", "◁/zorp▷"),
    ("<|zorp|>", "<|/zorp|>"),
    ("<|zorp|>", "<|blarg|>"),
    ("<｜zorp▁begin｜>", "<｜zorp▁end｜>"),
    ("<unused94>", "<unused95>"),
    ("<begin_zorp>", "<end_zorp>"),
    ("[BEGIN ZORP]", "[END ZORP]"),
):
    WRAPPED.refused(
        f"between {_open.strip()} and {_close.strip()}",
        dify(f"{_open}A draft: {WHOLE} Hmm.{_close}{LOOKED}"),
        "AMBIGUOUS",
    )
for _open, _close in (("<zorp>", "</zorp>"), ("<draft>", "</draft>"), ("[zorp]", "[/zorp]"), ("<|zorp|>", "<|/zorp|>")):
    WRAPPED.refused(
        f"in words between {_open} and {_close}", dify(f"{_open}{ORDER_IN_WORDS}{_close}\n\n{LOOKED}"), "AMBIGUOUS"
    )
    WRAPPED.taken(
        f"between {_open} and {_close}, another answer behind it",
        dify(f"{_open}A draft: {DRAFT}{_close}{fenced(WHOLE)}"),
    )
WRAPPED.refused("a wrapper whose opening stood in the prompt", dify(f"{WHOLE}</zorp>{LOOKED}"), "AMBIGUOUS")
WRAPPED.refused(
    "the inner of two wrappers ends early", dify(f"<response><draft>{WHOLE}</draft>{LOOKED}</response>"), "AMBIGUOUS"
)
WRAPPED.refused("the answer is another element", dify(f"{WHOLE}<answer>{LOOKED}</answer>"), "AMBIGUOUS")
WRAPPED.refused(
    "an answer in an element, then another one", dify(f"<answer>{WHOLE}</answer><zorp>{DRAFT}</zorp>"), "AMBIGUOUS"
)
WRAPPED.taken("the wrapper holds the last words", dify(f"<answer>It fits.\n{fenced(WHOLE)}</answer>"))
WRAPPED.taken("a wrapper around all of it", dify(f"{LOOKED}<output>\n{WHOLE}\n</output>\n"))
WRAPPED.taken("wrappers within wrappers", dify(f"<response><answer>{WHOLE}</answer></response>"))
WRAPPED.taken(
    "a folded block and a courtesy",
    dify(f"<details><summary>Proposal</summary>\n{fenced(WHOLE)}</details>\n\n{COURTESY}"),
)
WRAPPED.taken(
    "a wrapper, a courtesy and a name",
    dify(f"<answer>{WHOLE}</answer>\nPlease review and approve.\n\nBest regards,\nHedge Analyst"),
)
WRAPPED.refused(
    "a courtesy that is none", dify(f"<zorp>{WHOLE}</zorp>Let me know, but I would hedge nothing."), "AMBIGUOUS"
)
WRAPPED.taken(
    "the wrapper of words holds the last ones",
    dify("<answer>Create hedge instruction for USD 25M COI at ENTITY0037.</answer>"),
)
WRAPPED.taken("an element of its own before the block", dify(f"<b>{LOOKED}</b> <p>It fits.</p>\n{fenced(WHOLE)}"))
WRAPPED.taken(
    "an element of its own behind the block", dify(f"{fenced(WHOLE)}<p><b>Note</b>: the desk sees it first.</p><br>")
)
WRAPPED.taken("tags within the block's own texts", dify(plan(GOOD, analysis="<zorp>a</blarg> b") + " It fits."))

LABELS = Table("A draft under a label")
for _before, _after in (
    ("Thinking:", "Answer:"),
    ("Thought:", "Final Answer:"),
    ("**Reasoning**\n", "**Answer**\n"),
    ("### Draft\n", "### Decision\n"),
    ("=== SCRATCHPAD ===\n", "=== RESPONSE ===\n"),
    ("Idea:", "Final:"),
    ("[Draft]\n", "[Reply]\n"),
    ("Zorp:", "Blarg:"),
    ("Zorp:\n", "Blarg:\n"),
    ("(zorp)\n", "(blarg)\n"),
    ("Let me try.\n", "Final answer: "),
    ("thought\n", "answer\n"),
    ("analysis\n", "final\n"),
):
    LABELS.refused(f"{_before!r} then {_after!r}", dify(f"{_before} {WHOLE}\n{_after} {LOOKED}"), "AMBIGUOUS")
LABELS.refused("in words", dify(f"Thinking:\n{ORDER_IN_WORDS}\nAnswer:\n{LOOKED}"), "AMBIGUOUS")
LABELS.refused("on one line", dify(f"Thinking: {WHOLE} Answer: {LOOKED}"), "AMBIGUOUS")
LABELS.refused("a draft and no more than words", dify(f"Draft:\n{WHOLE}\n{LOOKED}"), "AMBIGUOUS")
LABELS.taken("a draft, then another answer", dify(f"Thinking: perhaps {DRAFT}\nAnswer: {WHOLE}"))
LABELS.taken("under the answer's label", dify(f"Reasoning: it fits.\nAnswer:\n{fenced(WHOLE)}"))
LABELS.taken(
    "sections of a report",
    dify(
        f"## Analysis\n{LOOKED}\n\n## Recommended actions\n{fenced(WHOLE)}\n## Risks\nThe rate may move.\n\n## Next steps\n1. Approve it."
    ),
)
LABELS.taken(
    "names and values around it",
    dify(f"- Currency: USD\n- Amount: 25,000,000\n\nOrder:\n{fenced(WHOLE)}- Tenor: 3M\n- Note: it fits."),
)

PLAYED = Table("Tool calls the model plays to itself")
_CALL = f'{{"name": "submit_hedge", "arguments": {WHOLE}}}'
for _name, _played in {
    "an element with the call": f"<tool_call>{_CALL}</tool_call>",
    "an element with the block": f"<tool_call>{WHOLE}</tool_call>",
    "a function's element": f"<function=submit_hedge>{WHOLE}</function>",
    "an invocation": f'<invoke name="submit"><parameter name="payload">{WHOLE}</parameter></invoke>',
    "an action's input": f"Action: submit_hedge\nAction Input: {WHOLE}\nObservation: accepted",
    "a call in code": f"submit_hedge({WHOLE})",
    "a fence of tool code": f"```tool_code\n{WHOLE}\n```",
    "a token of the tokeniser": f"<|python_tag|>{WHOLE}<|eom_id|>",
    "tokens around a list": f"<|tool_calls_begin|>{WHOLE}<|tool_calls_end|>",
    "a label": f"Tool call:\n{WHOLE}",
}.items():
    PLAYED.refused(f"{_name}, then words", dify(f"I look first.\n{_played}\n{LOOKED}"), "AMBIGUOUS")
    PLAYED.refused(f"{_name} at the end", dify(f"{LOOKED}\n{_played}"), "AMBIGUOUS")
PLAYED.words(
    "a channel of calls",
    dify(f"analysisI look.assistantcommentary to=functions.submit json{WHOLE}assistantfinal{NOTHING}"),
)
PLAYED.taken("another answer behind it", dify(f"<tool_call>{DRAFT}</tool_call>\n{fenced(WHOLE)}"))
PLAYED.taken(
    "a call about something else",
    dify(f'<tool_call>{{"name": "get_rate", "arguments": {{"pair": "USD/SGD"}}}}</tool_call>\n{fenced(WHOLE)}'),
)
PLAYED.refused("an object of calls", dify(f'It fits. {{"tool_calls": [{_CALL}]}} {LOOKED}'), "SCHEMA_VIOLATION")

TAKEN_BACK = Table("Words behind the block that take it back")
for _words in (
    "Do not execute this.", "Please don't book it.", "It was rejected by the desk.", "Hold the position instead.",
    NOTHING, "On second thought, leave it.", "This is only an example.", "Never send this to Murex.", "I withdraw it.",
    "No action is needed.", "The desk decided against it.", "Disregard the above.", "Correction: nothing should be hedged.",
    "This must not be submitted.", "It is a hypothetical case.", "I would not recommend it.", "Cancel that.",
    "I do not recommend this order.", "The proposal is void.", "I advise against it.", "It should not be approved.",
    "This was a mistake.", "Postpone it.", "The position is not confirmed.", "Hedging is not advisable today.",
    "We won't proceed.", "Do **not** execute.", "Do\nnot  book it.",
):  # fmt: skip
    TAKEN_BACK.refused(_words, dify(f"It fits.\n{fenced(WHOLE)}{_words}"), "AMBIGUOUS")
TAKEN_BACK.refused("in a stream", stream(*chunks(f"{fenced(WHOLE)}Do not execute this."), END), "AMBIGUOUS")
TAKEN_BACK.refused("in words alone", f"{WHOLE.replace('{', 'So: {', 1)} Rejected.", "AMBIGUOUS")
TAKEN_BACK.refused("after the same block twice", dify(f"{fenced(WHOLE, WHOLE)}Rejected."), "AMBIGUOUS")
TAKEN_BACK.refused("far behind it", dify(f"{fenced(WHOLE)}{'The rate is stable. ' * 3000}Rejected."), "AMBIGUOUS")
TAKEN_BACK.refused("in a book behind it", dify(f"{fenced(WHOLE)}{'The rate is stable. ' * 9000}"), "AMBIGUOUS")
for _words in (
    COURTESY, "Do not hesitate to contact me.", "Tell me if the desk wants a different entity.", "The order does not exceed the limit.",
    "The remaining 10M cannot be hedged today.", "The approval of the desk is not yet given.", "No limit is exceeded.",
    "The hedge takes effect in two days, not earlier.", "Nothing else is needed.",
):  # fmt: skip
    TAKEN_BACK.taken(f"none: {_words}", dify(f"{fenced(WHOLE)}{_words}"))
TAKEN_BACK.taken(
    "before the block", dify(f"The order of last week was rejected. Here is the new one:\n{fenced(WHOLE)}")
)
TAKEN_BACK.taken("in a thought behind it", dify(f"{fenced(WHOLE)}<think>do not execute?</think>"))
TAKEN_BACK.taken("in what another event says", stream(*chunks(WHOLE), event("agent_thought", thought="rejected"), END))

TABLES = (HIDDEN, WRAPPED, LABELS, PLAYED, TAKEN_BACK)
