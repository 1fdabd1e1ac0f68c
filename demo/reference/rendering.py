"""Common parts of all rows: author, first day, the numbers of the entities."""

from collections.abc import Iterator
from typing import Any, Final

from demo.reference.tables import ENTITY_TYPES, MARKETS

AUTHOR: Final = "DEMO"
EFFECTIVE: Final = "2025-01-01"  # first day of every configuration row of the demo
BUFFER_FULL: Final = "5"
BUFFER_NONE: Final = "0"

Levels = tuple[str, str, str]
Rendered = Iterator[tuple[str, dict[str, Any]]]


def numbered() -> Iterator[tuple[str, int, int]]:
    """Yield the entity id, the index of its market and the index of its type: ENTITY0001 to ENTITY0044, four per
    currency."""
    number = 0
    for market in range(len(MARKETS)):
        for kind in range(len(ENTITY_TYPES)):
            number += 1
            yield f"ENTITY{number:04d}", market, kind
