"""Traps that still catch the parser. Each is expected to fail, and fails the tests once it no longer does.

None is known today. A trap that is found before it is repaired belongs here, with what is wrong.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Trap and name -> what is wrong today.
KNOWN: Final[Mapping[tuple[str, str], str]] = MappingProxyType({})
