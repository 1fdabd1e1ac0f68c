"""Write the generated parts of docs/ai: `python -m tools.docs.ai_pages` (`make docs`).

`answer.schema.json` whole, and the tables of `refusals.md` between their marks. A test fails when one is not what the
code says today.
"""

import json
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from services.parser import codes as parsing
from shared.errors import Defect
from shared.hedging import configuration
from shared.hedging import refusals as planning
from tools.docs.answer_schema import answer_schema
from tools.docs.domain_page import BLOCK

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "ai"
SCHEMA: Final = FOLDER / "answer.schema.json"
REFUSALS: Final = FOLDER / "refusals.md"


def _table(codes: type[StrEnum], meanings: Mapping[StrEnum, tuple[str, str]]) -> str:
    rows = (f"| {code.value} | {meanings[code][0]} | {meanings[code][1]} |" for code in codes)
    return "\n".join(("| code | what is wrong | what would be right |", "|---|---|---|", *rows))


TABLES: Final[Mapping[str, Callable[[], str]]] = MappingProxyType(
    {
        "parsing": lambda: _table(parsing.ParsingCode, parsing.MEANINGS),  # type: ignore[arg-type]
        "planning": lambda: _table(planning.PlanningCode, planning.MEANINGS),  # type: ignore[arg-type]
        "configuration": lambda: _table(
            configuration.ConfigurationCode,
            configuration.CONFIGURATION_MEANINGS,  # type: ignore[arg-type]
        ),
    }
)


def schema_text() -> str:
    """The schema as its file holds it."""
    return json.dumps(answer_schema(), indent=1, ensure_ascii=False) + "\n"


def refusals_text(page: str) -> str:
    """The page of refusals with every table as it should be.

    Raises:
        Defect: a table stands twice, is missing, or is not known.
    """
    found = [match["name"] for match in BLOCK.finditer(page)]
    if sorted(found) != sorted(TABLES):
        raise Defect(
            f"refusals.md has the generated parts {found}, expected each of {sorted(TABLES)} once. Correct it."
        )
    return BLOCK.sub(
        lambda match: f"<!-- generated: {match['name']} -->\n\n{TABLES[match['name']]()}\n\n<!-- end -->", page
    )


def main() -> None:
    """Write what is generated in docs/ai."""
    before = REFUSALS.read_text(encoding="utf-8")
    for file, text in ((SCHEMA, schema_text()), (REFUSALS, refusals_text(before))):
        same = file.exists() and file.read_text(encoding="utf-8") == text
        file.write_text(text, encoding="utf-8")
        sys.stderr.write(f"{file}: {'as it was' if same else 'written anew'}.\n")


if __name__ == "__main__":
    main()
