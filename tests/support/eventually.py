"""Waiting for what happens elsewhere: poll until it is so, with a limit; never a blind sleep."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.05
"""Short against everything that is waited for, long against the cost of a look."""


def eventually(
    look: Callable[[], T],
    limit_seconds: float,
    *,
    until: Callable[[T], bool] = bool,
    what: str = "",
    every_seconds: float = POLL_SECONDS,
) -> T:
    """Call `look` until `until(result)` is true and give that result.

    A look that costs much takes `every_seconds` longer, so that it does not slow down what it waits for.

    An AssertionError or a lookup error inside `look` counts as "not yet".

    Raises:
        AssertionError: still not so after `limit_seconds`; tells the last result or error.
    """
    deadline = time.monotonic() + limit_seconds
    while True:
        last, done = _attempt(look, until)
        if done:
            return last  # type: ignore[return-value]
        if time.monotonic() > deadline:
            raise AssertionError(_sentence(what, limit_seconds, last))
        time.sleep(every_seconds)


async def eventually_async(
    look: Callable[[], Awaitable[T]],
    limit_seconds: float,
    *,
    until: Callable[[T], bool] = bool,
    what: str = "",
    every_seconds: float = POLL_SECONDS,
) -> T:
    """The same for a coroutine function."""
    deadline = time.monotonic() + limit_seconds
    while True:
        last: object
        try:
            result = await look()
            if until(result):
                return result
            last = result
        except (AssertionError, LookupError) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(_sentence(what, limit_seconds, last))
        await asyncio.sleep(every_seconds)


async def stays_async(look: Callable[[], Awaitable[T]], seconds: float, *, value: T, what: str = "") -> None:
    """Look again and again, for as long as what must not happen would take many times over.

    Raises:
        AssertionError: something else was seen.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = await look()
        assert found == value, f"{what or 'what has to stay'}: {found!r}"
        await asyncio.sleep(POLL_SECONDS)


def _attempt(look: Callable[[], T], until: Callable[[T], bool]) -> tuple[T | Exception, bool]:
    try:
        result = look()
        return result, until(result)
    except (AssertionError, LookupError) as error:
        return error, False


def _sentence(what: str, limit_seconds: float, last: object) -> str:
    return f"{what or 'what was waited for'}: not so after {limit_seconds} s; last seen: {last!r}"
