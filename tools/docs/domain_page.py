"""Write the generated parts of docs/domain.md: `python -m tools.docs.domain_page` (`make docs`).

The text of the page is written by people. Between a line `<!-- generated: NAME -->` and the next `<!-- end -->` stands
what the definitions in code say; a test fails when it is not what they say today.
"""

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from shared.errors import Defect
from tools.docs import conventions, pictures

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "domain.md"
BLOCK: Final = re.compile(r"<!-- generated: (?P<name>[a-z]+) -->\n.*?<!-- end -->", re.DOTALL)
BLOCKS: Final[Mapping[str, Callable[[], str]]] = MappingProxyType(
    {
        "conventions": conventions.conventions_table,
        "models": pictures.models_table,
        "flows": pictures.pictures,
        "amounts": pictures.amounts_table,
        "entries": pictures.entries_table,
        "operations": pictures.operations_table,
    }
)


def written_anew(page: str, blocks: Mapping[str, Callable[[], str]] = BLOCKS) -> str:
    """The page with every generated part, by name, as it should be.

    Raises:
        Defect: a part stands twice, is missing, or is not known.
    """
    found = [match["name"] for match in BLOCK.finditer(page)]
    if sorted(found) != sorted(blocks):
        raise Defect(f"The page has the generated parts {found}, expected each of {sorted(blocks)} once. Correct it.")
    return BLOCK.sub(lambda match: _block(match["name"], blocks[match["name"]]()), page)


def _block(name: str, text: str) -> str:
    """One generated part with its marks."""
    return f"<!-- generated: {name} -->\n\n{text}\n\n<!-- end -->"


def main() -> None:
    """Write the page of this release."""
    before = PAGE.read_text(encoding="utf-8")
    after = written_anew(before)
    PAGE.write_text(after, encoding="utf-8")
    sys.stderr.write(f"{PAGE}: {'as it was' if before == after else 'written anew'}.\n")


if __name__ == "__main__":
    main()
