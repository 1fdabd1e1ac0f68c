"""Traps that still catch the parser. Each is expected to fail, and fails the tests once it no longer does.

None of these gives an amount, currency or entity that the answer does not hold; they take a block from a place that is
no answer, or lose one in silence.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Trap and name -> what is wrong today.
KNOWN: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
    }
)  # fmt: skip
