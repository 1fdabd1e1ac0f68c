"""Write the rights of the database roles from the declaration of the streams: `python -m shared.events.write_rights`.

The file it writes is one migration. Once installations exist, a change goes into a further migration with the rows that
are new; a test holds that all migrations together give what is declared.
"""

import sys
from pathlib import Path
from typing import Final

from shared.events.streams import STREAMS

FILE: Final = Path(__file__).parents[1] / "eventstore" / "migrations" / "0005_event_rights.sql"

HEAD: Final = """\
-- Written by `python -m shared.events.write_rights` from shared/events/streams.py; a test holds them equal.
-- Who may append which event types, up to which version of their shape, to which streams.

INSERT INTO es.event_rights (role_name, prefix, type, schema_version) VALUES
"""


def rights() -> list[tuple[str, str, str, int]]:
    """Return role, prefix of streams, event type and the highest version of its shape, in the order of the file."""
    return sorted(
        (kind.role, kind.prefix, event.__name__, event.SCHEMA_VERSION) for kind in STREAMS for event in kind.events
    )


def text() -> str:
    """Return the migration as its file holds it."""
    rows = (f"    ('{role}', '{prefix}', '{name}', {version})" for role, prefix, name, version in rights())
    return HEAD + ",\n".join(rows) + ";\n"


def main() -> None:
    """Write the rights of this release."""
    FILE.write_text(text(), encoding="utf-8")
    sys.stderr.write(f"{len(rights())} rights written to {FILE}.\n")


if __name__ == "__main__":
    main()
