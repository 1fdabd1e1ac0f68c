"""Write the JSON Schema of today's version of every event: `python -m shared.events.write_schemas`.

Schemas of earlier versions stay in the folder untouched; a test refuses a change to a committed schema.
"""

import json
from pathlib import Path
from typing import Any

from shared.events.base import Event
from shared.events.catalogue import EVENTS

FOLDER = Path(__file__).parent / "schemas"


def schema_name(event: type[Event]) -> str:
    return f"{event.__name__}.v{event.SCHEMA_VERSION}.json"


def schema_of(event: type[Event]) -> dict[str, Any]:
    """The JSON Schema of an event's data as it is written (amounts are strings)."""
    return event.model_json_schema(mode="serialization")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for event in EVENTS.values():
        text = json.dumps(schema_of(event), indent=1, sort_keys=True) + "\n"
        (FOLDER / schema_name(event)).write_text(text)


if __name__ == "__main__":
    main()
