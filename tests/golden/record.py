"""Record a workflow of a running HAWK as a golden history: `python -m tests.golden.record DSN WORKFLOW_ID NAME`.

Refuses a database that `hawk verify` would not call ok, so that no accident becomes the measure.
`python -m tests.golden.record rows NAME` keeps the events and writes the rows that today's projections make of them.
`python -m tests.golden.record digests NAME` gives the plans the digests of today's rule, wherever they are named, signs
the grants anew with a key that is thrown away (its public half is kept), then writes the rows.
"""

import asyncio
import itertools
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import asyncpg

from services.executor.rebuild.plan_digests import covered_by, effects_digest
from services.executor.rebuild.verify import verify
from shared.audit.grants import PLANS, claims_of
from shared.canonical import digest
from shared.events.catalogue import decode
from shared.eventstore.port import RecordedEvent
from shared.eventstore.postgres import recorded_event
from shared.security.grants import GRANT_TYPE
from shared.security.keys import ensure_grant_keys, read_pem
from shared.security.signing import sign
from tests.support.history import GOLDEN, fold, golden_events, rendered

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


def renew_digests(name: str) -> None:
    """Write NAME.json, NAME.grant_public.pem and NAME.rows.json for today's rule of digests."""
    text = (GOLDEN / f"{name}.json").read_text(encoding="utf-8")
    for event in golden_events(f"{name}.json"):
        if event.type in PLANS:
            plan = decode(event)
            text = text.replace(event.data["plan_digest"], digest(covered_by(plan, event.data)))
            text = text.replace(event.data["effects_digest"], effects_digest(plan) or "")
    document = json.loads(text)
    with tempfile.TemporaryDirectory() as folder:
        keys = ensure_grant_keys(Path(folder))
        public, private = read_pem(keys.public), read_pem(keys.private)
    for event in (event for transaction in document["transactions"] for event in transaction):
        if event["type"] == "GrantIssued":
            claims = claims_of(event["data"]["grant"]) or {}
            claims |= {"plan_digest": event["data"]["plan_digest"]}
            event["data"]["grant"] = sign(claims, typ=GRANT_TYPE, private_pem=private)
    _write(f"{name}.json", document)
    (GOLDEN / f"{name}.grant_public.pem").write_text(public, encoding="ascii")
    write_rows(name)


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
    elif sys.argv[1] == "digests":
        renew_digests(sys.argv[2])
    else:
        asyncio.run(record(*sys.argv[1:4]))
