"""A change of the configuration over the demo's rows, for tests that need a real plan of one."""

from typing import Any

from services.executor.configuration.commands import DrawChange
from services.executor.configuration.decider import decide
from services.executor.configuration.memory import row_facts_of
from services.executor.planning.workflow import Workflow
from shared.events import identity
from shared.events.configuration import ConfigurationPlanned, ConfigurationProposed, ConfigurationRefused
from shared.events.responses import Maker, Origin
from shared.hedging.changes.configuration import ConfigurationChange
from shared.policy.table import DEFAULT_POLICY
from tests.support import hedges

RESPONSE = "configuration-1"
WORKFLOW = identity.workflow_id(RESPONSE, 1, 1)
RULE = "BUF_USD_001"


def proposed(table: str = "buffer_configuration", key: str = RULE, **changes: Any) -> ConfigurationProposed:
    """What the parser makes of the answer; without columns a buffer of 7.5 %."""
    return ConfigurationProposed(
        workflow_id=WORKFLOW,
        response_id=RESPONSE,
        origin=Origin(
            component=1, attempt=1, maker=Maker(name="mira"), prompt="A wider buffer", analysis="The position moves."
        ),
        change=ConfigurationChange(table, "UPDATE", key, None, changes or {"buffer_percentage": "7.5"}),
    )


def outcome(proposal: ConfigurationProposed) -> ConfigurationPlanned | ConfigurationRefused:
    """Its plan, or its refusal."""
    facts = row_facts_of(hedges.demo_tables(), proposal.change, hedges.NOW)
    return decide(DrawChange(Workflow.of(proposal), proposal.change, facts, facts.today, hedges.NOW), DEFAULT_POLICY)


def planned() -> ConfigurationPlanned:
    event = outcome(proposed())
    if not isinstance(event, ConfigurationPlanned):
        raise AssertionError(f"refused: {event.refusals}")
    return event
