"""Texts around action blocks: several blocks, fences, thoughts, and shapes within shapes."""

# ruff: noqa: E501  an answer is one line of its table

import json

from tests.corpus.trap import (
    BAD,
    END,
    GOOD,
    ORDERED,
    Table,
    act,
    amount,
    chunks,
    claim,
    dify,
    envelope,
    event,
    fenced,
    plan,
    stream,
)  # fmt: skip

WHOLE, OTHER = plan(GOOD), plan(BAD)

BLOCKS = Table("Several action blocks")
BLOCKS.taken("the same block twice", dify(fenced(WHOLE, WHOLE)))
BLOCKS.taken(
    "the same block, members in another order", dify(fenced(WHOLE, json.dumps(json.loads(WHOLE), sort_keys=True)))
)
BLOCKS.refused("blocks of different amounts", dify(fenced(WHOLE, OTHER)), "AMBIGUOUS")
BLOCKS.refused("the amount as text and as number", dify(fenced(WHOLE, amount("25000000"))), "AMBIGUOUS")
BLOCKS.refused("the amount with other zeros", dify(fenced(WHOLE, amount('"25000000.00"'))), "AMBIGUOUS")
BLOCKS.refused("a block and one without actions", dify(fenced(WHOLE, '{"recommended_actions": []}')), "AMBIGUOUS")
BLOCKS.refused("one without actions first", dify(fenced('{"recommended_actions": []}', WHOLE)), "AMBIGUOUS")
BLOCKS.refused("a block and a broken one", dify(fenced(WHOLE, OTHER[:-3])), "MALFORMED_JSON")
BLOCKS.refused("a block and an action outside it", dify(fenced(WHOLE, BAD)), "SCHEMA_VIOLATION")
BLOCKS.refused("one in a fence, one in the open", dify(f"{OTHER}\n{fenced(WHOLE)}"), "AMBIGUOUS")
BLOCKS.refused("three, the last one differs", dify(fenced(WHOLE, WHOLE, OTHER)), "AMBIGUOUS")
BLOCKS.refused("a list of two blocks", f"[{WHOLE}, {OTHER}]", "SCHEMA_VIOLATION")
BLOCKS.refused("a block in the analysis, differing", plan(GOOD, analysis=f"Rather {OTHER}"), "AMBIGUOUS")
BLOCKS.refused("a block in the analysis alone", json.dumps({"analysis": f"Do {OTHER}"}), "AMBIGUOUS")
BLOCKS.taken("the same block in the analysis", plan(GOOD, analysis=f"As said {WHOLE}"))
BLOCKS.refused("a broken block in the analysis", plan(GOOD, analysis=f"Do {OTHER[:-9]}"), "INCOMPLETE")
BLOCKS.refused(
    "a corrected action in words after the block", dify(fenced(WHOLE) + f"Correction: {BAD}"), "SCHEMA_VIOLATION"
)
BLOCKS.refused(
    "a block within an action", plan(act(recommended_actions=[json.loads(BAD)]), BAD), "AMBIGUOUS", "DUPLICATE_ACTION"
)
BLOCKS.refused(
    "a block hidden in another object", dify(fenced(json.dumps({"result": json.loads(WHOLE)}))), "SCHEMA_VIOLATION"
)
BLOCKS.refused("a block in an object as a document", json.dumps({"result": json.loads(WHOLE)}), "SCHEMA_VIOLATION")
BLOCKS.refused(
    "the schema instead of an answer", '{"$schema": "x", "properties": {"recommended_actions": {}}}', "SCHEMA_VIOLATION"
)
BLOCKS.refused("answer and actions side by side", WHOLE[:-1] + ', "answer": "none"}', "AMBIGUOUS")

FENCES = Table("Fences and strings")
FENCES.taken("fence without a language", dify(fenced(WHOLE, tag="")))
FENCES.taken("fence of tildes", dify(fenced(WHOLE).replace("```", "~~~")))
FENCES.taken("fence with four backticks", dify(fenced(WHOLE).replace("```", "````")))
FENCES.taken("fence on the line of the block", dify(f"```json {WHOLE}```"))
FENCES.taken("no fence, words around", dify(f"I suggest {WHOLE} as said."))
FENCES.taken("a fence within the analysis", dify(fenced(plan(GOOD, analysis="Run\n```\ncode\n```\n"))))
FENCES.taken(
    "a whole other block within the analysis's string",
    fenced(plan(GOOD, analysis="fits")).replace("So it is.", "Said: 'none'."),
)
FENCES.taken("braces in words", dify("Let {x} be {y: 1}. " + fenced(WHOLE)))
FENCES.taken("another JSON object before the block", dify('{"rate": 1.35}\n' + fenced(WHOLE)))
FENCES.taken("quotes without an end in words", dify('He said "hedge {now.\n' + fenced(WHOLE)))
FENCES.taken("broken JSON about something else", dify('{"rate": 1.35,, }\n' + fenced(WHOLE)))
FENCES.taken("a fence of code about something else", dify(fenced("SELECT 1;", tag="sql") + fenced(WHOLE)))
FENCES.refused("a fence that stays open behind the block", dify(fenced(WHOLE) + "```json\n"), "INCOMPLETE")
FENCES.refused("a block as a string of another object", dify(json.dumps({"note": WHOLE})), "SCHEMA_VIOLATION")
FENCES.taken("carriage returns", dify(fenced(json.dumps(json.loads(WHOLE), indent=2)).replace("\n", "\r\n")))
FENCES.refused(
    "a diff of two amounts", dify(fenced(WHOLE.replace("{", "- {", 1) + "\n+ " + OTHER, tag="diff")), "AMBIGUOUS"
)

THOUGHTS = Table("Thinking aloud")
_IN_WORDS = "Create hedge instruction for USD 25M COI, ENTITY0037."
THOUGHTS.taken("another block in a thought", dify(f"<think>{OTHER}</think>{fenced(WHOLE)}"))
THOUGHTS.taken("another block in a thought behind it", dify(f"{fenced(WHOLE)}<think>or {OTHER}</think>"))
THOUGHTS.taken("a thought in capitals", dify(f"<THINK>{OTHER}</THINK>{WHOLE}"))
THOUGHTS.taken("thinking", dify(f"<thinking>{OTHER}</thinking>{WHOLE}"))
THOUGHTS.taken("reasoning", dify(f"<reasoning>{OTHER}</reasoning>{WHOLE}"))
THOUGHTS.taken("a thought whose opening stood in the prompt", dify(f"{OTHER} so not.</think>{WHOLE}"))
THOUGHTS.taken("a thought within a thought", dify(f"<think><think>{OTHER}</think>{OTHER}</think>{WHOLE}"))
THOUGHTS.taken("a broken block in a thought", dify(f"<think>{OTHER[:-30]}</think>{WHOLE}"))
THOUGHTS.taken("two thoughts", dify(f"<think>{OTHER}</think>and<think>{BAD}</think>{WHOLE}"))
THOUGHTS.taken("the tag within the analysis", dify(plan(GOOD, analysis="no <think> and no </think>")))
THOUGHTS.taken("thought and block in a stream", stream(*chunks(f"<think>{OTHER}</think>{WHOLE}", 7), END))
THOUGHTS.refused("a thought without an end", dify(f"<think>{OTHER}"), "INCOMPLETE")
THOUGHTS.refused("a thought without an end behind the block", dify(f"{WHOLE}<think>{OTHER}"), "INCOMPLETE")
THOUGHTS.refused("a thought ended by another tag", dify(f"<think>{OTHER}</reasoning>{WHOLE}"), "INCOMPLETE")
THOUGHTS.refused("nothing but a thought", dify(f"<think>{WHOLE}</think>"), "EMPTY")
THOUGHTS.words("a thought and words", dify(f"<think>{WHOLE}</think>Nothing is to be done."))
THOUGHTS.words("a tag with an attribute", dify(f'<think mode="deep">{WHOLE}</think >Nothing is to be done.'))
THOUGHTS.words("a tag with white space", dify(f"<think >{WHOLE}</ think>Nothing is to be done."))
THOUGHTS.words("a block behind which only a thought ends", dify(f"{WHOLE}</think>Nothing is to be done."))
THOUGHTS.words("square brackets", dify(f"[THINK]{WHOLE}[/THINK]Nothing is to be done."))
for _tag in ("scratchpad", "reflection", "inner_monologue", "thoughts", "Scratchpad"):
    THOUGHTS.words(f"in {_tag} alone", dify(f"<{_tag}>{WHOLE}</{_tag}>Nothing is to be done."))
    THOUGHTS.taken(f"{_tag} before the block", dify(f"<{_tag}>{OTHER}</{_tag}>\n{fenced(WHOLE)}"))
THOUGHTS.words("a scratchpad ended alone", dify(f"{WHOLE}</scratchpad>Nothing is to be done."))
THOUGHTS.refused("a scratchpad without an end", dify(f"<scratchpad>{WHOLE}"), "INCOMPLETE")
THOUGHTS.refused("a scratchpad ended by a thought", dify(f"<scratchpad>{OTHER}</think>{WHOLE}"), "INCOMPLETE")
for _open, _close in (
    ("<|think|>", "<|/think|>"),
    ("<|reasoning|>", "<|end_reasoning|>"),
    ("<|THINKING|>", "</|THINKING|>"),
    ("< | scratchpad | >", "< | / scratchpad | >"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("◁think▷", "◁/think▷"),
    ("[scratchpad]", "[/scratchpad]"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
):
    THOUGHTS.words(f"between {_open} and {_close} alone", dify(f"{_open}{WHOLE}{_close}Nothing is to be done."))
    THOUGHTS.taken(f"between {_open} and {_close}", dify(f"{_open}{OTHER}{_close}{fenced(WHOLE)}"))
    THOUGHTS.words(f"before {_close} alone", dify(f"{WHOLE}{_close}Nothing is to be done."))
    THOUGHTS.refused(f"behind {_open} without {_close}", dify(f"{WHOLE}{_open}{OTHER}"), "INCOMPLETE")
THOUGHTS.refused("bars ended without bars", dify(f"<|think|>{OTHER}</think>{WHOLE}"), "INCOMPLETE")
THOUGHTS.words("an order in words in a scratchpad", dify(f"<scratchpad>{_IN_WORDS}</scratchpad>The exposure fits."))
THOUGHTS.words("an order in words between bars", dify(f"<|think|>{_IN_WORDS}<|/think|>The exposure fits."))
THOUGHTS.taken("a letter before it that grows when made small", dify(f"İ<scratchpad>{OTHER}</scratchpad>{WHOLE}"))
THOUGHTS.refused("four thousand tags", dify("<|think|></think>" * 2_001 + WHOLE), "TOO_LARGE")
THOUGHTS.taken("words before the answer", dify(f"Let me think. Final answer:\n{fenced(WHOLE)}"))
THOUGHTS.refused(
    "first thought, then final answer, both as blocks", dify(f"First: {OTHER}\nFinal answer: {WHOLE}"), "AMBIGUOUS"
)
THOUGHTS.refused("an action thought of in a list", dify(f"1. {BAD}\n2. Final answer: {WHOLE}"), "SCHEMA_VIOLATION")
THOUGHTS.refused("actions in a trace of a tool", dify(f"Action Input: {BAD}\nFinal Answer: done"), "SCHEMA_VIOLATION")

SHAPES = Table("Shapes within shapes")
SHAPES.taken("plan in an envelope", envelope(json.loads(WHOLE)))
SHAPES.taken("plan as text in an envelope", envelope(WHOLE))
SHAPES.taken("Dify in an envelope", envelope(json.loads(dify(WHOLE))))
SHAPES.taken("Dify as text in an envelope", envelope(dify(fenced(WHOLE))))
SHAPES.taken("stream in an envelope", envelope(stream(*chunks(WHOLE), END)))
SHAPES.refused("envelope in an envelope", envelope(json.loads(envelope(WHOLE))), "SCHEMA_VIOLATION")
SHAPES.refused("envelope as text in an envelope", envelope(envelope(WHOLE)), "SCHEMA_VIOLATION")
SHAPES.refused("Dify in Dify", dify(dify(WHOLE)), "SCHEMA_VIOLATION")
SHAPES.refused("stream in a stream", stream(*chunks(stream(*chunks(WHOLE), END)), END), "SCHEMA_VIOLATION")
SHAPES.refused("envelope that the model wrote, in Dify", dify(envelope(WHOLE, user_id="boss")), "SCHEMA_VIOLATION")
SHAPES.refused("envelope that the model wrote, in a stream", stream(*chunks(envelope(WHOLE)), END), "SCHEMA_VIOLATION")
SHAPES.refused(
    "Dify's answer as an object", json.dumps({"event": "message", "answer": json.loads(WHOLE)}), "SCHEMA_VIOLATION"
)
SHAPES.refused("answer as a list in an envelope", envelope([json.loads(WHOLE)]), "SCHEMA_VIOLATION")
SHAPES.refused("answer as a number in an envelope", envelope(25000000), "SCHEMA_VIOLATION")
SHAPES.refused(
    "Dify's error as its answer", '{"code": "invalid_param", "message": "no", "status": 400}', "SCHEMA_VIOLATION"
)
SHAPES.refused("Dify's event is not a message", dify(WHOLE, event="workflow_paused"), "INCOMPLETE")
SHAPES.refused("list of actions without the object", f"[{GOOD}]", "SCHEMA_VIOLATION")
SHAPES.refused("action without the list", GOOD, "SCHEMA_VIOLATION")
SHAPES.refused("actions as an object", f'{{"analysis": "x", "recommended_actions": {GOOD}}}', "SCHEMA_VIOLATION")
SHAPES.refused(
    "actions as a text", json.dumps({"analysis": "x", "recommended_actions": f"[{GOOD}]"}), "SCHEMA_VIOLATION"
)
SHAPES.refused("list under a near name", WHOLE.replace("recommended_actions", "recommendedActions"), "NEAR_NAME")
SHAPES.refused("list in capitals", WHOLE.replace("recommended_actions", "RECOMMENDED_ACTIONS"), "NEAR_NAME")
SHAPES.refused("list under `actions` beside the agreed one", f'{WHOLE[:-1]}, "actions": [{BAD}]}}', "NEAR_NAME")
SHAPES.refused(
    "actions beside the answer of an envelope",
    envelope("Nothing to do.", actions=[json.loads(GOOD)]),
    "NEAR_NAME",
)
SHAPES.refused("analysis as an object", f'{{"analysis": {{}}, "recommended_actions": [{GOOD}]}}', "SCHEMA_VIOLATION")
SHAPES.taken("no analysis", f'{{"recommended_actions": [{GOOD}]}}')
SHAPES.taken("analysis null", f'{{"analysis": null, "recommended_actions": [{GOOD}]}}')
SHAPES.refused("an action that is a text", plan(json.dumps(GOOD)), "SCHEMA_VIOLATION")
SHAPES.refused("an action that is null", plan("null"), "SCHEMA_VIOLATION")
SHAPES.refused("an action that is a list", plan(f"[{GOOD}]"), "SCHEMA_VIOLATION")
SHAPES.partly("a null beside a good action", plan("null", GOOD), ("SCHEMA_VIOLATION",), ORDERED)
SHAPES.refused("data as a list", plan(act(data=[])), "SCHEMA_VIOLATION")
SHAPES.refused("data as a text", plan(act(data="USD 25000000")), "SCHEMA_VIOLATION")
SHAPES.refused("data absent", plan(act(data=...)), "MISSING_FIELDS")
SHAPES.refused(
    "fields beside data instead of in it", plan(act(data={}, hedge_amount_order="25000000")), "MISSING_FIELDS"
)
SHAPES.taken("a field beside data does not replace the one in it", plan(act(hedge_amount_order="250000000")))

STREAMS = Table("Streams of Dify")
_CHUNKS, _PING = chunks(WHOLE), "event: ping"
_AGENT = chunks(WHOLE, name="agent_message")
STREAMS.taken("small chunks", stream(*chunks(WHOLE, 1), END))
STREAMS.taken("line ends CR LF", stream(*_CHUNKS, END, line_end="\r\n"))
STREAMS.taken("line ends CR", stream(*_CHUNKS, END, line_end="\r"))
STREAMS.taken("byte order mark first", "\ufeff" + stream(*_CHUNKS, END))
STREAMS.taken(
    "pings, comments, ids and retries between", stream(_CHUNKS[0], _PING, ": x", "id: 7", "retry: 9", *_CHUNKS[1:], END)
)
STREAMS.taken("no space behind data:", stream(*_CHUNKS, END).replace("data: ", "data:"))
STREAMS.taken("[DONE] at the end", stream(*_CHUNKS, END, "data: [DONE]"))
STREAMS.taken("agent's chunks repeated as one message", stream(*_AGENT, event("message", WHOLE), END))
STREAMS.taken("replaced by a moderated text", stream(*chunks(OTHER), event("message_replace", WHOLE), END))
STREAMS.taken("a character split over escapes of two chunks", stream(
    *chunks(plan(GOOD, analysis="fits \ud83d").encode("utf-8", "backslashreplace").decode(), 30), END))  # fmt: skip
STREAMS.words("replaced by nothing to be done", stream(*_CHUNKS, event("message_replace", "Cannot help."), END))
STREAMS.refused("agent's chunks and another message", stream(*_AGENT, event("message", OTHER), END), "AMBIGUOUS")
STREAMS.refused(
    "agent's chunks, and a message of half of it", stream(*_AGENT, event("message", WHOLE[:-9]), END), "AMBIGUOUS"
)
STREAMS.refused("no end", stream(*_CHUNKS), "INCOMPLETE")
STREAMS.refused("no end, the last chunk missing", stream(*_CHUNKS[:-1]), "INCOMPLETE")
STREAMS.refused("an end, a chunk in the middle missing", stream(*_CHUNKS[:3], *_CHUNKS[4:], END), "MALFORMED_JSON")
STREAMS.refused("an end, the last chunk missing", stream(*_CHUNKS[:-1], END), "INCOMPLETE")
STREAMS.refused(
    "error event with HTTP status 200", stream(*_CHUNKS, event("error", status=500, message="x")), "INCOMPLETE"
)
STREAMS.refused("error event behind the end", stream(*_CHUNKS, END, event("error", code="x")), "INCOMPLETE")
STREAMS.refused("an error alone", stream(event("error", status=400, code="quota")), "INCOMPLETE")
STREAMS.refused("paused for a person", stream(*_CHUNKS, event("human_input_required"), END), "INCOMPLETE")
STREAMS.refused(
    "workflow that failed", stream(*_CHUNKS, END, event("workflow_finished", data={"status": "failed"})), "INCOMPLETE"
)
STREAMS.refused(
    "workflow that half succeeded",
    stream(*_CHUNKS, END, event("workflow_finished", data={"status": "partial-succeeded"})),
    "INCOMPLETE",
)
STREAMS.refused("workflow that never finished", stream(event("workflow_started"), *_CHUNKS, END), "INCOMPLETE")
STREAMS.refused(
    "two messages, one after the other", stream(*_CHUNKS, END, event("message", "x", message_id="m-2")), "AMBIGUOUS"
)
STREAMS.refused(
    "two messages interleaved",
    stream(*_CHUNKS[:2], event("message", "0", message_id="m-2"), *_CHUNKS[2:], END),
    "AMBIGUOUS",
)
STREAMS.refused("the end of another message", stream(*_CHUNKS, event("message_end", message_id="m-2")), "AMBIGUOUS")
STREAMS.refused("chunks of two tasks interleaved", stream(
    *(event("message", chunk, message_id=None, task_id=f"t{number % 2}") for number, chunk in enumerate((WHOLE[:99], WHOLE[99:]))),
    event("message_end", message_id=None)), "AMBIGUOUS")  # fmt: skip
STREAMS.refused("chunks behind the end", stream(*_CHUNKS[:-1], END, _CHUNKS[-1]), "AMBIGUOUS")
STREAMS.refused("agent's and other chunks mixed", stream(*_CHUNKS[:2], *_AGENT[2:], END), "AMBIGUOUS")
STREAMS.refused("a data line that is no JSON", stream(*_CHUNKS, "data: oops", END), "MALFORMED_JSON")
STREAMS.refused("a data line that is a list", stream(*_CHUNKS, "data: []", END), "SCHEMA_VIOLATION")
STREAMS.refused("a data line without an event", stream(*_CHUNKS, 'data: {"answer": "0"}', END), "SCHEMA_VIOLATION")
STREAMS.refused("words between the lines", stream(*_CHUNKS, "HTTP/1.1 200 OK", END), "MALFORMED_JSON")
STREAMS.refused("a chunk that is a number", stream(*_CHUNKS, event("message", 0), END), "SCHEMA_VIOLATION")
STREAMS.refused(
    "the event's name twice", stream(*_CHUNKS, 'data: {"event": "error", "event": "message_end"}'), "DUPLICATE_KEY"
)
STREAMS.refused("cut within the end", stream(*_CHUNKS) + END[:-9], "INCOMPLETE")
STREAMS.refused("cut within a line's name", stream(*_CHUNKS) + "dat", "INCOMPLETE")
STREAMS.refused(
    "JSON of one event over two lines",
    stream(*_CHUNKS[:-1], _CHUNKS[-1].replace(", ", ",\ndata: ", 1), END),
    "MALFORMED_JSON",
)
STREAMS.refused("two answers in one message", stream(*_CHUNKS, *chunks(OTHER), END), "AMBIGUOUS")
STREAMS.taken("the same answer twice in one message", stream(*_CHUNKS, *_CHUNKS, END))
STREAMS.refused("an end without an answer", stream(END), "EMPTY")
STREAMS.refused("nothing but pings", stream("data: [DONE]", _PING), "INCOMPLETE")
STREAMS.taken(
    "other events between", stream(event("agent_thought", thought=BAD), *_CHUNKS, event("tts_message", audio="00"), END)
)
STREAMS.taken(
    "a claim beside the instruction", stream(*chunks(plan(GOOD, claim("BOOK_MUREX_DEALS", ["a1"], deal_count=6))), END)
)

TABLES = (BLOCKS, FENCES, THOUGHTS, SHAPES, STREAMS)
