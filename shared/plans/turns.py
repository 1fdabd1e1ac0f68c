"""Texts about an approved workflow that waits until others are finished. Pure."""

from typing import Final

#: The code under which card, list and progress say it.
WAITING_FOR_TURN: Final = "WAITING_FOR_TURN"


def waiting_sentence(before: int, seconds: int) -> str:
    """Return for example "Waiting for its turn: 12 before it, about 30 seconds"."""
    return f"Waiting for its turn: {before} before it, about {seconds} second{'' if seconds == 1 else 's'}"
