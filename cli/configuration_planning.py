"""A change of the configuration planned with no server: the executor's decider over rows in memory. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.executor.configuration import decider, narration
from services.executor.configuration.commands import DrawChange, RowFacts
from services.executor.reference.commands import SetRow
from services.executor.reference.reading import command_of
from shared.events.base import Event
from shared.events.configuration import ConfigurationPlanned, ConfigurationProposed
from shared.events.identity import reference_stream
from shared.hedging.configuration import ConfigurationChange
from shared.hedging.facts import SINGAPORE
from shared.hedging.reference_keys import key_in
from shared.policy.table import Policy

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

#: Version of the stream of a row that was loaded and never changed since.
LOADED_ONCE = 1


def plan_change(proposal: ConfigurationProposed, rows: Rows, now: datetime, policy: Policy) -> tuple[Event, ...]:
    """The plan of a change or its refusal, and what is told of it.

    Args:
        rows: reference rows by table, each loaded once.
    """
    drawn = decider.decide(DrawChange.of(proposal, _facts(proposal.change, rows, now), now), policy)
    if isinstance(drawn, ConfigurationPlanned):
        return (drawn, *narration.planned(drawn).reports)
    return (drawn, *narration.refused(drawn).reports)


def _facts(change: ConfigurationChange, rows: Rows, now: datetime) -> RowFacts:
    found = next((row for row in rows.get(change.table, ()) if key_in(change.table, row) == change.key), None)
    return RowFacts(
        today=now.astimezone(SINGAPORE).date(),
        stream=reference_stream(change.table, change.key),
        version=0 if found is None else LOADED_ONCE,
        row=None if found is None else _as_kept(change.table, found),
        tables=rows,
    )


def _as_kept(table: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row as its event holds it."""
    command = command_of({"table": table, "operation": "UPSERT", "row": dict(row)})
    return command.row if isinstance(command, SetRow) else row
