"""From a response to its plan without any server: the services' own code, one after the other, in memory.

No decision is made here. The parser's decider reads, the executor's decider plans and reports the progress, and the
monitor's pages show it. Pure: bytes, rows, a moment and a policy in, documents out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from cli.wording import Document
from services.executor.planning import decider as executor
from services.executor.planning.commands import DrawPlan
from services.executor.planning.workflow import Workflow
from services.executor.progress import messages
from services.executor.progress.reporting import Progress
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


def plan_response(content: bytes, rows: Rows, now: datetime, policy: Policy) -> Document:
    """Return the response as `hawk show` prints it once it is planned, each workflow with its rows.

    A workflow has in addition `order` (its fields by name), `gl_entries`, `journal_lines` and `undo` (last step first);
    without a plan they are empty. A refused inquiry is shown in its final state REFUSED: recording it needs no person.

    Args:
        content: the value that would be published on hawk.ai.responses.
        rows: reference rows by table. Hedges and reservations are only those in their snapshots.
        now: the moment of planning, timezone-aware.
    Raises:
        Defect: the response was read, but is not in the read model.
    """
    model = MemoryReadModel()
    plans: dict[str, HedgePlan] = {}
    reading = read_response(content, {}, None)
    for number, event in enumerate(parser.decide(ResponseState(), reading), start=1):
        following = _planned(event, rows, now, policy)
        for place, each in enumerate((event, *following)):
            model.write(changes_of(each, f"{type(each).__name__}:{place or number}"), now)
        drawn = following[0] if following else None
        plan = drawn.plan if isinstance(drawn, PlanDrawn) else None
        if isinstance(drawn, PlanRefused):
            plan = drawn.refusal.record
        if isinstance(event, ProposalMade) and plan is not None:
            plans[event.workflow_id] = plan
    row = model.response_now(reading.response_id)
    if row is None:
        raise Defect(f"Response {reading.response_id} was read, but there is nothing to show of it.")
    response = response_view(row)
    response["workflows"] = [_detailed(flow, plans.get(flow["workflow_id"])) for flow in response["workflows"]]
    return response


def _planned(event: Event, rows: Rows, now: datetime, policy: Policy) -> tuple[Event, ...]:
    """Return the plan of a proposal or its refusal, and the progress messages; nothing for another event."""
    if isinstance(event, ProposalMade):
        planned = _plan_hedge(event, rows, now, policy)
        return (planned, *_hedge_progress(planned).reports)
    # The executor's code for these kinds is imported here: few responses contain them.
    if isinstance(event, ConfigurationProposed):
        return _plan_change(event, rows, now, policy)
    return _plan_override(event, now, policy) if isinstance(event, OverrideProposed) else ()


def _plan_change(proposal: ConfigurationProposed, rows: Rows, now: datetime, policy: Policy) -> tuple[Event, ...]:
    """Plan a change of the configuration over rows that are loaded once and never changed since."""
    from services.executor.configuration import decider, messages
    from services.executor.configuration.commands import DrawChange
    from services.executor.configuration.memory import row_facts_of

    facts = row_facts_of(rows, proposal.change, now)
    drawn = decider.decide(DrawChange(Workflow.of(proposal), proposal.change, facts, facts.today, now), policy)
    return (drawn, *messages.opening(drawn).reports)


def _plan_override(proposal: OverrideProposed, now: datetime, policy: Policy) -> tuple[Event, ...]:
    """Plan the settling of a deal: without any execution there is no deal to settle."""
    from services.executor.override import decider, messages
    from services.executor.override.checking import Standing
    from services.executor.override.decider import DrawOverride

    standing = Standing(proposal.override, None, None)
    drawn = decider.decide(DrawOverride(Workflow.of(proposal), proposal.override, standing, now), policy)
    return (drawn, *messages.opening(drawn).reports)


def _plan_hedge(proposal: ProposalMade, rows: Rows, now: datetime, policy: Policy) -> PlanDrawn | PlanRefused:
    facts = _facts(proposal.order, rows, now)
    command = DrawPlan(Workflow.of(proposal), proposal.order, facts, now, EVERYTHING)
    return executor.decide(command, policy)


def _facts(order: Order, rows: Rows, now: datetime) -> Facts:
    """Return the facts for planning when nothing was executed yet: the open hedges are those from before HAWK."""
    hedges = [opening_hedge(row) for row in rows.get(OPENING_HEDGES, ())]
    asked = {order.order_id, order.previous_order_id, *order.reference_event_ids} - {None}
    referred = (hedge.currency for hedge in hedges if asked & {hedge.order_id, hedge.event_id})
    currency, nothing = order.exposure_currency or next(referred, ""), Decimal(0)
    selected = select_rows(rows, currency or None, order.entity_id, now.astimezone(SINGAPORE).date())
    usd = UsdUse(usd_limit_stream(currency), 0, currency, nothing, nothing)
    return facts_from_rows(selected, (), usd, now, open_hedges=[each for each in hedges if each.currency == currency])


def _hedge_progress(planned: PlanDrawn | PlanRefused) -> Progress:
    progress = messages.order_opening(planned)
    if isinstance(planned, PlanRefused) and planned.recorded:
        return messages.check_recorded(progress, planned.refusal.code, planned.refusal.message, planned.refused_at)
    return progress


def _detailed(workflow: Document, plan: HedgePlan | None) -> Document:
    nothing: Document = {"order": {}, "gl_entries": [], "journal_lines": []}
    return workflow | (nothing if plan is None else detail_document(plan)) | {"undo": workflow["reversal"]}
