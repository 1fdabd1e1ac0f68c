"""The generated parts of docs/ai: the whole of `answer.schema.json`, and the tables of `refusals.md`."""

import json
from pathlib import Path
from types import MappingProxyType
from typing import Final

from shared.events.parsing_codes import ParsingCode
from shared.hedging.changes.configuration import ConfigurationCode
from shared.hedging.refusals import PlanningCode, Reason
from tools.docs.answer_schema import answer_schema
from tools.docs.generated_parts import Parts

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
    """Return the schema as text of its file."""
    return json.dumps(answer_schema(), indent=1, ensure_ascii=False) + "\n"
