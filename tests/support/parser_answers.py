"""Answers for tests of the parser: the smallest good one, and ways to wrap it."""

import json
from typing import Any

from services.parser.response import Reading, read_response

#: The amount of the plan's own example.
GOOD_DATA = {
    "instruction_type": "INCEPTION",
    "exposure_currency": "USD",
    "hedge_amount_order": 25000000,
    "entity_id": "ENTITY0037",
}


def instruction(action: dict[str, Any] | None = None, **data: Any) -> dict[str, Any]:
    """A good instruction, with members of `data` replaced; `...` takes one out."""
    members = {key: value for key, value in {**GOOD_DATA, **data}.items() if value is not ...}
    return {"action_type": "CREATE_HEDGE_INSTRUCTION", "data": members, **(action or {})}


def plan_text(*actions: Any, **beside: Any) -> str:
    """A plan object as JSON text."""
    return json.dumps({"analysis": "fits", "recommended_actions": list(actions), **beside})


def read(text: str | bytes, **headers: str) -> Reading:
    """Read an answer without a key to verify makers with."""
    return read_response(text.encode() if isinstance(text, str) else text, headers, None)


def read_actions(*actions: Any) -> Reading:
    """Read a plan object with these actions."""
    return read(plan_text(*actions))


def codes(reading: Reading) -> list[str]:
    """Codes of all refusals, in order of precedence."""
    return [refusal.code for refusal in reading.all_refusals]


def dify(answer: str, message_id: str = "m-1") -> str:
    """A Dify blocking answer."""
    return json.dumps({"event": "message", "message_id": message_id, "answer": answer, "metadata": {}})


def transcript(answer: str, size: int = 24, message_id: str = "m-1", line_end: str = "\n") -> str:
    """A Dify stream that gives the answer in chunks."""
    chunks = [answer[start : start + size] for start in range(0, len(answer), size)]
    events: list[dict[str, Any]] = [{"event": "message", "message_id": message_id, "answer": chunk} for chunk in chunks]
    events.append({"event": "message_end", "message_id": message_id, "metadata": {}})
    return "".join(f"data: {json.dumps(event)}{line_end}{line_end}" for event in events)


def envelope(answer: Any, **members: Any) -> str:
    """An envelope around an answer."""
    return json.dumps({"response_id": "r-1", "user_id": "mira", "prompt": "hedge", "answer": answer, **members})
