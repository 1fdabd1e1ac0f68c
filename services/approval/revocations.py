"""Revocations in the store: what people asked for, in its stream and as a row for cards."""

from typing import Final

import asyncpg

from services.approval.requests.decider import Refused
from services.approval.requests.revocation import AskRevocation, decide
from services.approval.requests.state import approval_of
from shared.events.identity import approval_stream, revocation_stream
from shared.events.revocations import RevocationRequested
from shared.messaging.unit_of_work import UnitOfWork

#: The row of the request says nothing else than before; that it is written tells those who look at its card.
ASKED: Final = """
    WITH told AS (UPDATE approval.queue SET reason = reason WHERE workflow_id = $1)
    INSERT INTO approval.revocations (workflow_id, asked) VALUES ($1, $2)"""
_USED: Final = "SELECT used_at FROM approval.queue WHERE workflow_id = $1"


async def revoke(unit: UnitOfWork, workflow_id: str, command: AskRevocation) -> RevocationRequested | Refused:
    """Ask the executor to take a grant back; who asks again gets what was asked for first."""
    approval = approval_of((await unit.load(approval_stream(workflow_id))).events)
    loaded = await unit.load(revocation_stream(workflow_id))
    before = next((each for each in loaded.events if isinstance(each, RevocationRequested)), None)
    used = await unit.connection.fetchval(_USED, workflow_id)
    outcome = decide(approval, before, command, used=used is not None)
    if isinstance(outcome, RevocationRequested) and outcome is not before:
        unit.append(revocation_stream(workflow_id), loaded.version, outcome, correlation_id=workflow_id)
    return outcome


def asked_of(row: asyncpg.Record) -> RevocationRequested | None:
    """Read what was asked for from a row of a card."""
    asked = row.get("revocation")
    return None if asked is None else RevocationRequested.model_validate(asked)
