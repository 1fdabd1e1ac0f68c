"""Pages with text by people and parts generated from code.

A part is between a line `<!-- generated: NAME -->` and the next `<!-- end -->`; a test fails when it is not current.
"""

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from shared.errors import Defect

Parts = Mapping[str, Callable[[], str]]
"""The functions that generate the parts of a page, by the name of the part."""

_PART: Final = re.compile(r"<!-- generated: (?P<name>[a-z]+) -->\n.*?<!-- end -->", re.DOTALL)


def with_parts(page: str, parts: Parts) -> str:
    """Return the page with the current text of every generated part, by name.

    Raises:
        Defect: a part is there twice, is missing, or is not known.
    """
    found = [match["name"] for match in _PART.finditer(page)]
    if sorted(found) != sorted(parts):
        raise Defect(f"The page has the generated parts {found}, expected each of {sorted(parts)} once. Correct it.")
    return _PART.sub(lambda match: _marked(match["name"], parts[match["name"]]()), page)


def write(file: Path, text: str) -> None:
    """Write a page, and say on stderr whether that changed it."""
    same = file.exists() and file.read_text(encoding="utf-8") == text
    file.write_text(text, encoding="utf-8")
    sys.stderr.write(f"{file}: {'unchanged' if same else 'updated'}.\n")


def write_parts(file: Path, parts: Parts) -> None:
    """Write the generated parts of a page.

    Raises:
        Defect: see `with_parts`.
    """
    write(file, with_parts(file.read_text(encoding="utf-8"), parts))


def _marked(name: str, text: str) -> str:
    return f"<!-- generated: {name} -->\n\n{text}\n\n<!-- end -->"
