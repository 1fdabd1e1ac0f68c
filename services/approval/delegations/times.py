"""Days and times as people of the desk write them: Singapore time where nothing else is said. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from shared.hedging.facts import SINGAPORE

#: What a person may write.
PATTERN: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?)?$"


def beginning(text: str) -> datetime:
    """Return the moment that a day or a time begins.

    Raises:
        ValueError: there is no such day or time.
    """
    return _moment(text, days_more=0)


def ending(text: str) -> datetime:
    """Return the moment that a day or a time ends: a day counts to its midnight. Raises ValueError likewise."""
    return _moment(text, days_more=1)


def _moment(text: str, *, days_more: int) -> datetime:
    if "T" not in text:
        day = date.fromisoformat(text) + timedelta(days=days_more)
        return datetime.combine(day, time(), SINGAPORE).astimezone(UTC)
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo is not None else at.replace(tzinfo=SINGAPORE)).astimezone(UTC)
