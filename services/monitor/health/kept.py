"""What a source said last, and since when it says nothing. It is asked only while somebody looks, and not too often."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import structlog

from shared.messaging.kafka import within

T = TypeVar("T")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """What is known of a source.

    Args:
        value: what it said last; None until it has answered once.
        as_of: when that was.
        away_since: when it first gave no answer after that; None while it answers.
        reason: why it gave none; empty while it answers.
        took_ms: how long its last answer took.
    """

    value: T | None = None
    as_of: datetime | None = None
    away_since: datetime | None = None
    reason: str = ""
    took_ms: int = 0


class Kept(Generic[T]):
    """One source, asked at most once in so many seconds, however many look; a failure counts as long as an answer."""

    def __init__(
        self,
        name: str,
        ask: Callable[[], Awaitable[T]],
        clock: Callable[[], datetime],
        *,
        seconds: float,
        patience: float,
    ) -> None:
        self.name = name
        self._ask = ask
        self._clock = clock
        self._seconds = seconds
        self._patience = patience
        self._asked_at: float | None = None
        self._known: Known[T] = Known()
        self._one = asyncio.Lock()

    async def get(self) -> Known[T]:
        """Return what is known, asking first if that is old. Never raises what the source raises."""
        async with self._one:
            loop = asyncio.get_running_loop()
            if self._asked_at is None or loop.time() - self._asked_at >= self._seconds:
                began = loop.time()
                self._known = await self._answer(began)
                self._asked_at = began
        return self._known

    async def _answer(self, began: float) -> Known[T]:
        before = self._known
        try:
            value = await within(self._ask(), self._patience)
        except Exception as error:
            reason = str(error).strip() or type(error).__name__
            if isinstance(error, TimeoutError):
                reason = f"No answer within {self._patience:g} s."
            if before.away_since is None:
                _log.warning("source_away", source=self.name, why=f"{type(error).__name__}: {error}")
            away_since = before.away_since or self._clock()
            return Known(before.value, before.as_of, away_since, reason[:REASON_CHARACTERS_MAX], before.took_ms)
        took = round((asyncio.get_running_loop().time() - began) * 1000)
        return Known(value, self._clock(), took_ms=took)


#: Characters of a reason that are shown: the error of a driver, sometimes with a statement behind it.
REASON_CHARACTERS_MAX = 300
