"""Which turn of a workflow a message or a due task begins, as far as it can be told before the turn. Pure.

The workflows of these tests are A-COI inceptions: six deals, answered in their order. So the sixth acknowledgement is
the one that completes, and the sixth cancellation the one that ends a compensation, or lets a reversal finish.
"""

import json

from shared.messaging.message import Message

LAST_DEAL = 6

TURNS = (
    "prepare", "receipt", "acknowledgement", "complete", "posting", "decline", "cancellation", "compensation",
    "enquiry", "sending again",
)  # fmt: skip
"""In the order of a workflow's life."""

OF_TASKS = {"APPLY": "prepare", "POST": "posting", "MUREX": "enquiry"}

REQUEST = "reversal request"

OF_REVERSALS = {
    "prepare": "reversal start",
    "cancellation": "reversal cancellation",
    "compensation": "reversal finish",
    "posting": "reversal posting",
}
"""The same messages and tasks mean something else when they are about a reversal or about what it takes back."""

REVERSAL = (REQUEST, *OF_REVERSALS.values())
"""In the order of a reversal's life."""


def turn_of(message: Message) -> str | None:
    """None: not a turn of interest, or the same turn as one before it."""
    name = message.headers.get("ce_type", "").split(".")[1:2]
    match name:
        case ["GrantIssued"]:
            return "prepare"
        case ["ReversalRequested"]:
            return REQUEST
        case ["MurexStatusReported"]:
            return "sending again"
        case ["MurexReceipted"]:
            return "receipt" if _deal(message) == 1 else None
        case ["MurexAnswered"] if json.loads(message.value)["answer"] == "NOK":
            return "decline"
        case ["MurexAnswered"]:
            return {1: "acknowledgement", LAST_DEAL: "complete"}.get(_deal(message))
        case ["MurexCancelled"]:
            return {1: "cancellation", LAST_DEAL: "compensation"}.get(_deal(message))
        case _:
            return None


def workflow_of(message: Message) -> str:
    return message.headers.get("ce_correlationid", "")


def _deal(message: Message) -> int:
    return int(json.loads(message.value)["deal_sequence"])
