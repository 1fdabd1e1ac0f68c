"""Good answers that look cut off, or like something else: none of them may be lost."""

# ruff: noqa: E501  an answer is one line of its table

import json

from tests.corpus.trap import END, GOOD, Table, chunks, dify, event, fenced, plan, stream  # isort: skip

WHOLE = plan(GOOD)
INDENTED = json.dumps(json.loads(WHOLE), indent=1)


def _moved(text: str, by: str) -> str:
    return text.replace("\n", f"\n{by}")


OPEN = Table("Fences in unusual places")
OPEN.taken("in a numbered list", dify(_moved(f"Steps:\n\n1. ```json\n{INDENTED}\n```", "   ") + "\n2. Approve it.\n"))
OPEN.taken("in a list of dots", dify(_moved(f"- ```json\n{INDENTED}\n```", "  ") + "\n- Approve it.\n"))
OPEN.taken("in a list within a list", dify(_moved(f"* It fits.\n* ```json\n{INDENTED}\n```", "      ")))
OPEN.taken("opened behind words", dify(f"Here it is: ```json\n{INDENTED}\n```\n"))
OPEN.taken("opened behind words, closed behind the block", dify(f"Here it is: ```json {WHOLE}``` Please approve."))
OPEN.taken("in a quotation", dify(_moved(f"> ```json\n{WHOLE}\n```", "> ")))
OPEN.taken("in a table's cell", dify(f"| order | ```{WHOLE}``` |"))
OPEN.taken("closed with more marks", dify(f"```json\n{WHOLE}\n`````\nThat is all."))
OPEN.taken("marks of the other kind within", dify(f"~~~json\n{WHOLE}\n~~~\nThe mark ``` is one of three."))
OPEN.taken("never closed, in Dify's answer", dify(f"So:\n```json\n{WHOLE}"))
OPEN.taken("never closed, in a stream", stream(*chunks(f"So:\n```json\n{WHOLE}\n"), END))
OPEN.refused("another one opened and nothing in it", dify(f"{fenced(WHOLE)}Or:\n```json\n"), "INCOMPLETE")
OPEN.taken("three marks in the words before", dify(f"The mark ``` is one of three.\n{fenced(WHOLE)}"))
OPEN.taken(
    "other blocks of JSON and code", dify(fenced('{"rate": 1.35}', WHOLE, '[{"deal": 1}]') + "```sql\nSELECT 1\n```")
)
OPEN.taken(
    "five fences, one on a line of words", dify(f"Rate: ```1.35```\n```json\n{{}}\n```\nand: ```json\n{WHOLE}\n```")
)

NAMED = Table("Tags that are only named")
for _text in (
    "I write no `<think>` here.", "The tags `<think>` and `</think>` are left out.", "It ends with ``</think>`` and no more.",
    "`<|channel|>analysis` is a channel, `<scratchpad>` an element.", "As `[THINK]` has it.", "The element `<answer>` is not used.",
):  # fmt: skip
    NAMED.taken(f"before the block: {_text}", dify(f"{_text}\n{fenced(WHOLE)}"))
    NAMED.taken(f"behind the block: {_text}", dify(f"{fenced(WHOLE)}{_text}"))
NAMED.words("in an analysis", dify("The tag `<think>` opens a thought."))
NAMED.words("around a draft, in marks of code", dify(f"`<think>{WHOLE}</think>`Nothing is to be done."))

_CHUNKS = chunks(WHOLE)
_NODE = event("node_finished", message_id=None, data={"outputs": {"text": WHOLE}})
_STARTED = event("workflow_started", message_id=None)
_FINISHED = event("workflow_finished", message_id=None, data={"status": "succeeded", "outputs": {"text": WHOLE}})
WIRE = Table("Streams as they are on the wire")
for _name, _ping in {
    "an object": "event: ping\ndata: {}", "nothing": "event: ping\ndata:", "a time": "event: ping\ndata: 2026-11-28T09:00:00Z",
    "a number": "event: ping\ndata: 1790000000", "an event": 'event: ping\ndata: {"event": "ping"}',
    "two lines": "event: ping\ndata: {\ndata: }", "no space": "event:ping\ndata:{}", "the id": "id: 7\nevent: ping\ndata: {}\nretry: 9",
}.items():  # fmt: skip
    WIRE.taken(f"a ping with {_name}", stream(_ping, *_CHUNKS[:2], _ping, *_CHUNKS[2:], _ping, END, _ping))
WIRE.taken(
    "names of events beside the data",
    stream(*(f"event: message\n{line}" for line in _CHUNKS), f"event: message_end\n{END}"),
)
WIRE.taken(
    "a piece of the answer right behind a ping", stream(*_CHUNKS[:2], f"event: ping\n{_CHUNKS[2]}", *_CHUNKS[3:], END)
)
WIRE.refused(
    "an error that only the wire names", stream(*_CHUNKS, 'event: error\ndata: {"message": "quota"}', END), "INCOMPLETE"
)
WIRE.refused("a ping and no end", stream(*_CHUNKS, "event: ping\ndata: {}"), "INCOMPLETE")
WIRE.refused("a workflow app", stream(_STARTED, _NODE, _FINISHED), "SCHEMA_VIOLATION")
WIRE.refused(
    "a workflow app that streams text",
    stream(_STARTED, event("text_chunk", data={"text": WHOLE}), _FINISHED),
    "SCHEMA_VIOLATION",
)
WIRE.refused(
    "a workflow app, cut off in its text",
    stream(_STARTED, event("text_chunk", data={"text": WHOLE})),
    "SCHEMA_VIOLATION",
)
WIRE.refused("a chatflow that was cut off", stream(_STARTED, _NODE), "INCOMPLETE")
WIRE.refused("a chatflow without its end", stream(_STARTED, _NODE, *_CHUNKS, _FINISHED), "INCOMPLETE")
WIRE.taken("a chatflow", stream(_STARTED, _NODE, *_CHUNKS, END, _FINISHED))
WIRE.refused(
    "a workflow app's blocking answer",
    json.dumps({"workflow_run_id": "r", "task_id": "t", "data": {"status": "succeeded", "outputs": {"text": WHOLE}}}),
    "SCHEMA_VIOLATION",
)

TABLES = (OPEN, NAMED, WIRE)
