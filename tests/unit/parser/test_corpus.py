"""Hostile and broken answers: of each comes what its table says, and of none any other order."""

import json

import pytest

from services.parser.answer import Reading, read_answer
from services.parser.commands import RecordAnswer
from services.parser.decider import decide
from services.parser.state import state_of
from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.configuration import ConfigurationProposed
from shared.events.responses import ProposalMade
from tests.corpus.all_traps import TABLES, TRAPS
from tests.corpus.trap import BAD, GOOD, Trap, envelope, plan

ENTRIES_MIN = 200


def read(trap: Trap) -> Reading:
    return read_answer(trap.answer, trap.headers, None)


def orders_of(events: tuple[Event, ...]) -> tuple[str, ...]:
    """What would be executed: of the events that start workflows, as the tables write it."""
    found = []
    for event in events:
        if isinstance(event, ProposalMade):
            order = event.order
            found.append(
                f"{order.instruction_type.value} {order.exposure_currency} {order.amount} {order.entity_id or '-'}"
            )
        elif isinstance(event, ConfigurationProposed):
            change = event.change
            changes = json.dumps(dict(change.changes), ensure_ascii=False)
            found.append(f"{change.operation} {change.table} {change.key} {changes}")
    return tuple(found)


def told(trap: Trap) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Outcome, codes and orders that the parser's own pipeline gives."""
    reading = read(trap)
    events = decide(state_of(()), RecordAnswer(reading))
    return reading.outcome, tuple(refusal.code for refusal in reading.all_refusals), orders_of(events)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: f"{trap.trap}: {trap.name}")
def test_trap_gives_exactly_what_its_table_says(trap: Trap) -> None:
    assert told(trap) == (trap.outcome, trap.codes, trap.orders)
