"""Words that say otherwise than the action raise the risk that people see, and nothing else of the plan."""

from dataclasses import replace

import pytest

from services.executor.planning import decider
from services.executor.planning.commands import DrawPlan
from services.executor.planning.workflow import Workflow
from services.executor.rollout.checking import EVERYTHING
from shared.events.base import Notice
from shared.events.plans import PlanDrawn
from shared.events.responses import Maker, Origin
from shared.hedging.plan import RiskLevel
from shared.policy.table import PRESETS
from tests.support import executions, hedges

COMMAND = DrawPlan(
    workflow=Workflow(
        executions.WORKFLOW,
        hedges.IDENTITY.response_id,
        Origin(component=1, attempt=1, maker=Maker(name="mira"), analysis="Hedge USD 10M."),
    ),
    order=hedges.order("USD", "1000000", entity_id="ENTITY0037"),
    facts=hedges.facts("USD"),
    rollout=EVERYTHING,
    now=executions.NOW,
)


def drawn(command: DrawPlan) -> PlanDrawn:
    found = decider.decide(command, PRESETS["plan"])
    assert isinstance(found, PlanDrawn)
    return found


@pytest.mark.parametrize("code", ["TEXT_CONTRADICTS", "TAKEN_BACK"])
def test_contradicting_text_raises_the_risk_and_leaves_the_effects_as_they_are(code: str) -> None:
    quiet = drawn(COMMAND)
    warning = Notice(code=code, message="The text says USD 10M.", path="$")
    warned = COMMAND.workflow.origin.model_copy(update={"warnings": (warning,)})
    told = drawn(replace(COMMAND, workflow=replace(COMMAND.workflow, origin=warned)))
    assert quiet.plan.risk.level is RiskLevel.LOW
    assert told.plan.risk.level is RiskLevel.MEDIUM
    assert "contradicts" in told.plan.risk.reasons[-1]
    assert told.effects_digest == quiet.effects_digest
    assert told.plan_digest != quiet.plan_digest
