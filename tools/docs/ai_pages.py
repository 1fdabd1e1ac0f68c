"""The generated parts of docs/ai: the whole of `answer.schema.json`, and the tables of `refusals.md`."""

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from services.parser import codes as parsing
from shared.hedging import refusals as planning
from shared.hedging.changes import configuration
from tools.docs.answer_schema import answer_schema
from tools.docs.generated_parts import Parts

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "ai"
SCHEMA: Final = FOLDER / "answer.schema.json"
REFUSALS: Final = FOLDER / "refusals.md"


def _table(codes: type[StrEnum], meanings: Mapping[StrEnum, tuple[str, str]]) -> str:
    rows = (f"| {code.value} | {meanings[code][0]} | {meanings[code][1]} |" for code in codes)
    return "\n".join(("| code | what is wrong | what would be right |", "|---|---|---|", *rows))


TABLES: Final[Parts] = MappingProxyType(
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
    """Return the schema as text of its file."""
    return json.dumps(answer_schema(), indent=1, ensure_ascii=False) + "\n"
