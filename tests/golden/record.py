"""Record a workflow of a running HAWK as a golden history: `python -m tests.golden.record DSN WORKFLOW_ID NAME KEY`.

KEY is the file with which that HAWK checks grants; it is kept beside the history, as the "key of its day".
Refuses a database that `hawk verify` would not call ok, so that no accident becomes the measure.
`python -m tests.golden.record rows NAME` keeps the events and writes the rows that today's projections make of them.
"""

import asyncio
import itertools
import json
import shutil
import sys
from typing import Any

import asyncpg

from shared.eventstore.port import RecordedEvent
from shared.eventstore.postgres import recorded_event
from tests.support.history import GOLDEN, fold, golden_events, rendered
from tools.verification.verify import verify

EVENTS_OF = """
SELECT xid::text AS transaction, stream, version, event_id, type, schema_version,
       data::text AS data, metadata::text AS metadata, recorded_at
FROM es.events
WHERE data->>'workflow_id' = $1
   OR stream = (SELECT 'response-' || (data->>'response_id') FROM es.events WHERE stream = 'plan-' || $1 LIMIT 1)
   OR stream IN (SELECT 'reference-gl_periods-' || period_id FROM hawk.gl_journal_lines WHERE workflow_id = $1)
ORDER BY xid, id
"""


async def record(dsn: str, workflow_id: str, name: str) -> None:
    """Write NAME.json and NAME.rows.json."""
    report = await verify(dsn, None)
    if not report.ok:
        raise SystemExit("This HAWK does not verify:\n" + "\n".join(report.findings))
    connection = await asyncpg.connect(dsn)
    try:
        records = await connection.fetch(EVENTS_OF, workflow_id)
    finally:
        await connection.close()
    transactions = [
        [recorded_event(one) for one in group]
        for _, group in itertools.groupby(records, key=lambda one: str(one["transaction"]))
    ]
    events = {"transactions": [[_document(event) for event in group] for group in transactions]}
    _write(f"{name}.json", events)
    write_rows(name)


def write_rows(name: str) -> None:
    """Write NAME.rows.json from NAME.json."""
    _write(f"{name}.rows.json", rendered(fold(golden_events(name + ".json"))))


def _document(event: RecordedEvent) -> dict[str, Any]:
    return {
        "stream": event.stream,
        "version": event.version,
        "event_id": str(event.event_id),
        "type": event.type,
        "schema_version": event.schema_version,
        "recorded_at": event.recorded_at.isoformat(),
        "metadata": dict(event.metadata),
        "data": dict(event.data),
    }


def _write(name: str, document: Any) -> None:
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    (GOLDEN / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1] == "rows":
        write_rows(sys.argv[2])
    else:
        asyncio.run(record(*sys.argv[1:4]))
        shutil.copyfile(sys.argv[4], GOLDEN / f"{sys.argv[3]}.grant_public.pem")
