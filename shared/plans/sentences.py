"""Sentences of the plan's own story that more than one place says: progress, the chat, the demo. Pure."""

from typing import Final

#: What is said of a workflow that took no effect after all, once all of it is undone and not before.
ROLLED_BACK: Final = "Execution failed. Transaction rolled back."


def executed_operations(total: int) -> str:
    """Return that every operation of a workflow took effect, as the beginning of a sentence."""
    return f"Successfully executed {total} database operations"


def booked_in_murex(order: str) -> str:
    """Return that a new hedge is there."""
    return f"Hedge {order} created and booked in Murex."
