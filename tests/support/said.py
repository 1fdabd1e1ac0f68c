"""What an answer literally holds, read without the parser: the other opinion that properties compare it with."""

import json
import re
from collections.abc import Iterator
from typing import Any

_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, strict=False)
_LINES = re.compile(r"\r\n|\n|\r")
#: JSON texts tried in one answer; the answers of properties have a few.
_TRIED_MAX = 2_000


def said(value: bytes) -> str:
    """The innermost text of an answer: without envelope, Dify's message or stream around it."""
    text = value.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    while True:
        if re.match(r"(?:(?:event|id|retry)?:[^\r\n]*\s+)*data:", text):
            text = _streamed(text)
            continue
        document = _document(text)
        if not isinstance(document, dict) or "answer" not in document:
            return text
        inner = document["answer"]
        text = inner.strip() if isinstance(inner, str) else json.dumps(inner)


def amounts_said(value: bytes) -> set[tuple[str | None, str | None, str]]:
    """(order_id, currency, amount) of every object of an answer that states an amount, its digits as written."""
    found: set[tuple[str | None, str | None, str]] = set()
    text = said(value)
    for match in list(re.finditer(r"\{", text))[:_TRIED_MAX]:
        try:
            whole, _ = _DECODER.raw_decode(text, match.start())
        except (json.JSONDecodeError, RecursionError):
            continue
        for each in _objects(whole):
            if isinstance(each.get("hedge_amount_order"), str):
                found.add((each.get("order_id"), each.get("exposure_currency"), each["hedge_amount_order"]))
    return found


def _streamed(text: str) -> str:
    """The pieces of a stream, as its events say; a closing message that repeats the chunks is one with them."""
    chunks: list[str] = []
    for line in _LINES.split(text):
        event = _document(line.removeprefix("data:").strip()) if line.startswith("data:") else None
        if not isinstance(event, dict) or not isinstance(event.get("answer"), str):
            continue
        if event.get("event") == "message_replace":
            chunks.clear()
        elif event.get("event") == "message" and event["answer"] == "".join(chunks):
            continue
        chunks.append(event["answer"])
    return "".join(chunks).strip()


def _document(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except (json.JSONDecodeError, RecursionError):
        return None


def _objects(root: Any) -> Iterator[dict[str, Any]]:
    places = [root]
    while places:
        value = places.pop()
        if isinstance(value, dict):
            yield value
            places.extend(value.values())
        elif isinstance(value, list):
            places.extend(value)
