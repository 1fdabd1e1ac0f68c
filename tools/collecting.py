"""Garbage collection by hand, for a program that goes through a million things and leaves no rings behind.

Python looks for rings after so many new objects, through all that is alive: of a long history that is a third of the
work, in vain. What is not in a ring goes at once, as ever.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def collecting_by_hand() -> Iterator[Callable[[], object]]:
    """Collect when the caller says so, by what this gives, and as ever after the block."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield gc.collect
    finally:
        if was:
            gc.enable()
