"""What Unicode says of characters, as far as names need it. `shared.people.write_tables` writes the file."""

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

FILE: Final = Path(str(resources.files("shared.people").joinpath("tables.json")))


@cache
def ignorable() -> frozenset[str]:
    """Return the characters that show nothing (Default_Ignorable_Code_Point)."""
    return frozenset(chr(each) for first, last in _ranges(_read()["ignorable"]) for each in range(first, last + 1))


@cache
def looks_like() -> Mapping[str, str]:
    """Return for each character what it may be mistaken for (UTS 39, the prototypes of `confusables.txt`)."""
    found = {}
    for target, sources in _read()["looks_like"].items():
        prototype = "".join(chr(int(code, 16)) for code in target.split())
        found.update({chr(int(code, 16)): prototype for code in sources.split()})
    return MappingProxyType(found)


def scripts_of(character: str) -> frozenset[str] | None:
    """Return the scripts of a character of identifiers, by their four letters; None for any other character.

    Empty for what belongs to no script of its own: digits, hyphen, the usual marks.
    """
    firsts, ranges = _allowed()
    at = bisect_right(firsts, ord(character)) - 1
    if at < 0 or ord(character) > ranges[at][0]:
        return None
    return ranges[at][1]


@cache
def _allowed() -> tuple[tuple[int, ...], tuple[tuple[int, frozenset[str]], ...]]:
    """Return where each range begins; where it ends, and its scripts."""
    rows = sorted(
        (first, last, frozenset(scripts.split()))
        for scripts, text in _read()["allowed"].items()
        for first, last in _ranges(text)
    )
    return tuple(row[0] for row in rows), tuple((row[1], row[2]) for row in rows)


def _ranges(text: str) -> Iterator[tuple[int, int]]:
    for part in text.split():
        first, _, last = part.partition("-")
        yield int(first, 16), int(last or first, 16)


@cache
def _read() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return content
