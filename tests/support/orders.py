"""Answers of the AI with an order in them, in an envelope with an id and a user of the test's choice."""

from itertools import count
from typing import Any
from uuid import uuid4

_numbers = count(1)


def order(
    currency: str, amount: str, entity: str | None = None, *, user: str = "mira", **fields: Any
) -> dict[str, Any]:
    """An inception on COI of one entity, as the parser takes it; `fields` replaces or adds data."""
    data: dict[str, Any] = {
        "instruction_type": "INCEPTION",
        "exposure_currency": currency,
        "hedge_amount_order": amount,
        "nav_type": "COI",
    }
    if entity is not None:
        data["entity_id"] = entity
    action = {"action_type": "CREATE_HEDGE_INSTRUCTION", "table": "hedge_instructions", "data": {**data, **fields}}
    return envelope({"analysis": f"{currency} {amount} fits.", "recommended_actions": [action]}, user=user)


def envelope(answer: object, *, user: str = "mira") -> dict[str, Any]:
    """An answer under a new response id."""
    return {
        "response_id": f"test-{next(_numbers)}-{uuid4().hex[:12]}",
        "user_id": user,
        "prompt": "A test asks",
        "answer": answer,
    }
