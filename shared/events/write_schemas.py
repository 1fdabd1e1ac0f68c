"""Write the JSON Schema of today's version of every event: `python -m shared.events.write_schemas`.

Schemas of earlier versions stay in the folder untouched. `MANIFEST.json` holds the SHA-256 of each: a schema that is in
it is not written again, because events of that shape may be stored somewhere for good. Another shape is another version
with an upcaster. `--rewrite` is for shapes that no kept store holds yet.
"""

import json
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from shared.errors import Defect
from shared.events.base import Event
from shared.events.catalogue import EVENTS

FOLDER = Path(__file__).parent / "schemas"
MANIFEST = "MANIFEST.json"


def schema_name(event: type[Event]) -> str:
    """Return the file name of an event's schema: class name and schema version."""
    return f"{event.__name__}.v{event.SCHEMA_VERSION}.json"


def schema_of(event: type[Event]) -> dict[str, Any]:
    """Return the JSON Schema of an event's data as it is written (amounts are strings)."""
    return event.model_json_schema(mode="serialization")


def schema_text(event: type[Event]) -> str:
    """Return the schema as its file holds it."""
    return json.dumps(schema_of(event), indent=1, sort_keys=True) + "\n"


def digest_of(text: str) -> str:
    """Compute the SHA-256 of a schema's text in hexadecimal, as MANIFEST.json holds it."""
    return sha256(text.encode()).hexdigest()


def read_manifest(folder: Path) -> dict[str, str]:
    """Return file name -> SHA-256 of each schema that was ever released; empty for a new folder."""
    file = folder / MANIFEST
    manifest: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return manifest


def write(folder: Path, events: Mapping[str, type[Event]], *, rewrite: bool = False) -> list[str]:
    """Write what is new and give its names.

    Raises:
        Defect: the shape of a released version has changed; nothing was written.
    """
    texts = {schema_name(event): schema_text(event) for event in events.values()}
    manifest = read_manifest(folder)
    changed = [name for name, text in texts.items() if manifest.get(name, digest_of(text)) != digest_of(text)]
    if changed and not rewrite:
        raise Defect(
            f"The shape of {', '.join(sorted(changed))} differs from the released one. Raise SCHEMA_VERSION and add "
            "an upcaster; --rewrite is for shapes that no kept store holds."
        )
    new = [name for name in texts if name not in manifest or name in changed]
    folder.mkdir(exist_ok=True)
    for name in new:
        (folder / name).write_text(texts[name], encoding="utf-8")
    manifest |= {name: digest_of(texts[name]) for name in new}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return sorted(new)


def main() -> None:
    """Write the schemas of this release."""
    written = write(FOLDER, EVENTS, rewrite="--rewrite" in sys.argv[1:])
    sys.stderr.write(f"{len(written)} schemas written to {FOLDER}.\n")


if __name__ == "__main__":
    main()
