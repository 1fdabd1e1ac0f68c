"""A change of the configuration planned with no server: the executor's decider over rows in memory. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.executor.configuration import decider, narration
from services.executor.configuration.commands import DrawChange
from services.executor.configuration.memory import row_facts_of
from services.executor.planning.workflow import Workflow
from shared.events.base import Event
from shared.events.configuration import ConfigurationProposed
from shared.policy.table import Policy

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def plan_change(proposal: ConfigurationProposed, rows: Rows, now: datetime, policy: Policy) -> tuple[Event, ...]:
    """The plan of a change or its refusal, and what is told of it.

    Args:
        rows: reference rows by table, each loaded once and never changed since.
    """
    facts = row_facts_of(rows, proposal.change, now)
    drawn = decider.decide(DrawChange(Workflow.of(proposal), proposal.change, facts, facts.today, now), policy)
    return (drawn, *narration.opening(drawn).reports)
