"""Write the generated parts of docs/ai: `python -m tools.docs.ai_pages` (`make docs`).

`answer.schema.json` whole, and the tables of `refusals.md` between their marks. A test fails when one is not what the
code says today.
"""

import json
from pathlib import Path
from types import MappingProxyType
from typing import Final

from services.parser.codes import ParsingCode
from shared.hedging.changes.configuration import ConfigurationCode
from shared.hedging.refusals import PlanningCode, Reason
from tools.docs.answer_schema import answer_schema
from tools.docs.generated_parts import Parts, write, write_parts

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "ai"
SCHEMA: Final = FOLDER / "answer.schema.json"
REFUSALS: Final = FOLDER / "refusals.md"


def _table(codes: type[Reason]) -> str:
    rows = (f"| {code.value} | {code.meaning} | {code.cure} |" for code in codes)
    return "\n".join(("| code | what is wrong | what would be right |", "|---|---|---|", *rows))


TABLES: Final[Parts] = MappingProxyType(
    {
        "parsing": lambda: _table(ParsingCode),
        "planning": lambda: _table(PlanningCode),
        "configuration": lambda: _table(ConfigurationCode),
    }
)


def schema_text() -> str:
    """The schema as its file holds it."""
    return json.dumps(answer_schema(), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write what is generated in docs/ai."""
    write(SCHEMA, schema_text())
    write_parts(REFUSALS, TABLES)


if __name__ == "__main__":
    main()
