"""Finds the events that the relay passed over and that are not published yet: sealed and kept, but unknown outside."""

from typing import Final

import asyncpg

#: Findings named one by one; a flood of one fault says nothing new after that.
NAMED_MAX: Final = 100

READ_PASSED_OVER: Final = """
SELECT listed.position, events.type, events.stream, events.version, listed.cause, listed.reason,
       count(*) OVER () AS listed_events
FROM es.unpublishable AS listed
LEFT JOIN es.events AS events ON events.event_id = listed.event_id
WHERE listed.published_at IS NULL
ORDER BY listed.position
LIMIT $1
"""


async def unpublished_findings(connection: asyncpg.Connection) -> tuple[str, ...]:
    """Return a sentence for each event that was passed over and is not published yet, the oldest first."""
    rows = await connection.fetch(READ_PASSED_OVER, NAMED_MAX)
    findings = [
        f"Position {row['position']}, {row['type']} of {row['stream']} version {row['version']}: it was passed over "
        f"({row['cause']}: {row['reason']}) and is not published. Publish it with `hawk relay publish`."
        for row in rows
    ]
    if rows and rows[0]["listed_events"] > len(rows):
        findings.append(f"{rows[0]['listed_events'] - len(rows)} more events were passed over and are not published.")
    return tuple(findings)
