"""An answer to its plan with no server at all: what the services would make of it, one after the other, in memory.

Nothing is decided here. The parser's decider reads, the executor's decider plans, its narration says in which state
that leaves the workflow, and the monitor's pages show it. Pure: bytes, rows, a moment and a policy in, documents out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from cli.wording import Document
from services.executor.planning import decider as executor
from services.executor.planning.commands import DrawPlan
from services.executor.planning.workflow import Workflow
from services.executor.progress import narration
from services.executor.progress.journey import Journey
from services.executor.rollout.checking import EVERYTHING
from services.monitor.documents import detail_document
from services.monitor.facts import changes_of
from services.monitor.memory import MemoryReadModel
from services.monitor.views import response_view
from services.parser import decider as parser
from services.parser.decider import ResponseState
from services.parser.response import read_response
from shared.errors import Defect
from shared.events.base import Event
from shared.events.configuration import ConfigurationProposed
from shared.events.identity import usd_limit_stream
from shared.events.overrides import OverrideProposed
from shared.events.plans import PlanDrawn, PlanRefused
from shared.events.responses import ProposalMade
from shared.hedging.facts import SINGAPORE, Facts, UsdUse, facts_from_rows
from shared.hedging.open_hedges import opening_hedge
from shared.hedging.order import Order
from shared.hedging.plan import HedgePlan
from shared.hedging.selection import select_rows
from shared.policy.table import Policy

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
OPENING_HEDGES = "opening_hedges"


def plan_answer(answer: bytes, rows: Rows, now: datetime, policy: Policy) -> Document:
    """Return the response as `hawk show` prints it once it is planned, each workflow with what it would do, row by row.

    To a workflow come `order` (its fields by name), `gl_entries`, `journal_lines` and `undo` (last step first); without
    a plan they are empty. A check that refuses is shown as it ends, in state REFUSED: its record needs nobody.

    Args:
        answer: the value that would be published on hawk.ai.responses.
        rows: reference rows by table. Nothing is hedged or reserved besides what their snapshots say.
        now: the moment of planning, timezone-aware.
    Raises:
        Defect: the answer was read, and no response came of it.
    """
    model = MemoryReadModel()
    plans: dict[str, HedgePlan] = {}
    reading = read_response(answer, {}, None)
    for number, event in enumerate(parser.decide(ResponseState(), reading), start=1):
        _tell(model, event, number, now)
        told: tuple[Event, ...] = ()
        if isinstance(event, ProposalMade):
            planned = _planned(event, rows, now, policy)
            told = (planned, *_journey(planned).reports)
            plan = planned.plan if isinstance(planned, PlanDrawn) else planned.refusal.record
            if plan is not None:
                plans[event.workflow_id] = plan
        elif isinstance(event, ConfigurationProposed):
            # Imported here: few answers change the configuration.
            from cli.configuration_planning import plan_change

            told = plan_change(event, rows, now, policy)
        elif isinstance(event, OverrideProposed):
            from cli.override_planning import plan_override

            told = plan_override(event, now, policy)
        for place, after in enumerate(told, start=1):
            _tell(model, after, place, now)
    row = model.response_now(reading.response_id)
    if row is None:
        raise Defect(f"Response {reading.response_id} was read, but there is nothing to show of it.")
    response = response_view(row)
    response["workflows"] = [_detailed(flow, plans.get(flow["workflow_id"])) for flow in response["workflows"]]
    return response


def _tell(model: MemoryReadModel, event: Event, number: int, at: datetime) -> None:
    model.write(changes_of(event, f"{type(event).__name__}:{number}"), at)


def _planned(proposal: ProposalMade, rows: Rows, now: datetime, policy: Policy) -> PlanDrawn | PlanRefused:
    facts = _facts(proposal.order, rows, now)
    command = DrawPlan(Workflow.of(proposal), proposal.order, facts, now, EVERYTHING)
    return executor.decide(command, policy)


def _facts(order: Order, rows: Rows, now: datetime) -> Facts:
    """What planning may look at where nothing was executed yet: open are the hedges from before HAWK."""
    hedges = [opening_hedge(row) for row in rows.get(OPENING_HEDGES, ())]
    asked = {order.order_id, order.previous_order_id, *order.reference_event_ids} - {None}
    referred = (hedge.currency for hedge in hedges if asked & {hedge.order_id, hedge.event_id})
    currency, nothing = order.exposure_currency or next(referred, ""), Decimal(0)
    selected = select_rows(rows, currency or None, order.entity_id, now.astimezone(SINGAPORE).date())
    usd = UsdUse(usd_limit_stream(currency), 0, currency, nothing, nothing)
    return facts_from_rows(selected, (), usd, now, open_hedges=[each for each in hedges if each.currency == currency])


def _journey(planned: PlanDrawn | PlanRefused) -> Journey:
    journey = narration.order_opening(planned)
    if isinstance(planned, PlanRefused) and planned.recorded:
        return narration.check_recorded(journey, planned.refusal.code, planned.refusal.message, planned.refused_at)
    return journey


def _detailed(workflow: Document, plan: HedgePlan | None) -> Document:
    nothing: Document = {"order": {}, "gl_entries": [], "journal_lines": []}
    return workflow | (nothing if plan is None else detail_document(plan)) | {"undo": workflow["reversal"]}
