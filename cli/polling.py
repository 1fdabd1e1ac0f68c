"""Waiting for a service to come to know something: looking again, for a time."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

FoundT = TypeVar("FoundT")

POLL_SECONDS: Final = 0.1
"""Between two looks: a person does not notice it, and a service is not kept busy by it."""


def polled(look: Callable[[], FoundT | None], seconds_max: float) -> FoundT | None:
    """What `look` finds; None when it has found nothing after so long. It looks once at least."""
    deadline = time.monotonic() + seconds_max
    while (found := look()) is None and time.monotonic() <= deadline:
        time.sleep(POLL_SECONDS)
    return found
