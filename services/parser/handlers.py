"""Messages in, events out: load the response, decide, append."""

from typing import Final

import asyncpg

from services.parser.decider import Proposed, decide, not_a_preview, preview, state_of
from services.parser.reading import Evidence, kept
from services.parser.response import Reading, read_response
from shared.events.base import Event
from shared.events.identity import is_preview, preview_stream, response_stream
from shared.events.responses import ResponseReceived
from shared.eventstore.port import NO_STREAM
from shared.messaging.message import Message
from shared.messaging.unit_of_work import UnitOfWork
from shared.telemetry.listed.instruments import counter

RESPONSES: Final = counter("hawk_parser_responses_total")

KEEP_RESPONSE: Final = """
    INSERT INTO parser.answers (sha256, size_bytes, bytes) VALUES ($1, $2, $3)
    ON CONFLICT (sha256) DO NOTHING
"""


class Parser:
    """The parser's handler. `public_pem`: of the approval service; None verifies no maker."""

    def __init__(self, public_pem: str | None) -> None:
        self._public_pem = public_pem

    async def on_response_published(self, unit: UnitOfWork, message: Message) -> None:
        """Record a response. It is never a dead letter: what cannot be taken is a refused response."""
        reading = read_response(message.value, message.headers, self._public_pem)
        if is_preview(reading.response_id):
            if reading.maker.verified:
                await _preview(unit, reading)
                return
            reading = not_a_preview(reading)
        loaded = await unit.load(response_stream(reading.response_id))
        events = decide(state_of(loaded.events), reading)
        for version, event in enumerate(events, loaded.version):
            unit.append(loaded.stream, version, event, correlation_id=_correlation(event, reading))
        unit.also(lambda connection: _keep(connection, reading.evidence, message.value))
        outcome = _outcome(events[0])
        unit.after_commit(lambda: RESPONSES.labels(outcome=outcome).inc())


async def _preview(unit: UnitOfWork, reading: Reading) -> None:
    """Record what an answer would become, once: its bytes are in the submission, and a repeat changes nothing."""
    loaded = await unit.load(preview_stream(reading.response_id))
    if not loaded.version:
        unit.append(loaded.stream, NO_STREAM, *preview(reading), correlation_id=reading.response_id)
        unit.after_commit(RESPONSES.labels(outcome="PREVIEW").inc)


async def _keep(connection: asyncpg.Connection, evidence: Evidence, value: bytes) -> None:
    """Keep the bytes of a response, once however often it comes: evidence of what the AI really sent."""
    await connection.execute(KEEP_RESPONSE, evidence.sha256, evidence.size_bytes, kept(value))


def _correlation(event: Event, reading: Reading) -> str:
    """Return the workflow when the event starts one, else the response."""
    return event.workflow_id if isinstance(event, Proposed) else reading.response_id


def _outcome(event: Event) -> str:
    return event.outcome if isinstance(event, ResponseReceived) else type(event).__name__
