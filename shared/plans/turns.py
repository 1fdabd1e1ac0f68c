"""Texts about an approved workflow that waits until others are finished. Pure."""

import re
from typing import Final

#: The code under which card, list and progress say it.
WAITING_FOR_TURN: Final = "WAITING_FOR_TURN"

_SENTENCE: Final = re.compile(r"Waiting for its turn: (\d+) before it, about (\d+) seconds?")


def waiting_sentence(before: int, seconds: int) -> str:
    """Return for example "Waiting for its turn: 12 before it, about 30 seconds"."""
    return f"Waiting for its turn: {before} before it, about {seconds} second{'' if seconds == 1 else 's'}"


def seconds_left(before_then: int, seconds_then: int, before: int) -> int:
    """Return about how many seconds it still takes where so many are before it by now."""
    return max(1, seconds_then * (before + 1) // (before_then + 1))


def waiting_now(sentence: str, before: int | None) -> str:
    """Return the sentence of when the waiting began as it is with so many before it now; another one as it is."""
    then = _SENTENCE.fullmatch(sentence)
    if then is None or before is None:
        return sentence
    return waiting_sentence(before, seconds_left(int(then[1]), int(then[2]), before))
