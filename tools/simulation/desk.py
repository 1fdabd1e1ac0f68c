"""Orders and what planning makes of them: the real planning code over reference rows, each answer kept.

A run of thousands of seeds asks for the same plans over and over; planning takes milliseconds. What is kept is a
function of the order, its workflow, the day, the pins and what is hedged and reserved, so a kept plan is the plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from services.executor.execution.freshness import changed, stale
from services.executor.execution.posting import Books, Period
from services.executor.exposure.usage import CapacityUse, UsdUsage
from services.executor.planning import decider
from services.executor.planning.commands import DrawPlan
from services.executor.planning.workflow import Workflow
from services.executor.rollout.checking import EVERYTHING
from shared.events.identity import usd_limit_stream, workflow_id
from shared.events.plans import PlanDrawn, PlanRefused
from shared.events.responses import Maker, Origin, ProposalMade
from shared.hedging.facts import SINGAPORE, ExposureUse, Facts, UsdUse, facts_from_rows
from shared.hedging.order import InstructionType, NavType, Order
from shared.hedging.plan import HedgePlan, PlanRefusal
from shared.hedging.planning.drawing import draw_plan
from shared.hedging.selection import select_rows
from shared.policy.table import PRESETS

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
ZERO = Decimal(0)
#: Plans kept at once; a process needs a few hundred.
PLANS_MAX = 2_000
#: Eleven o'clock in Singapore: before every cut-off. Plans of a day are drawn as of it.
MORNING = time(3, 0, tzinfo=UTC)

#: What is ordered. The amounts are such that two or three of a currency do not fit together: exposures and USD limits
#: are contended. Deals per event: COI of USD 6, RE 3, COI of CNY 10.
ORDERS: tuple[Order, ...] = (
    Order(InstructionType.I, "USD", Decimal(60_000_000), nav_type=NavType.COI, entity_id="ENTITY0037"),
    Order(InstructionType.I, "USD", Decimal(35_000_000), nav_type=NavType.RE, entity_id="ENTITY0037"),
    Order(InstructionType.I, "CNY", Decimal(120_000_000), nav_type=NavType.COI, entity_id="ENTITY0005"),
    Order(InstructionType.I, "CNY", Decimal(40_000_000), nav_type=NavType.RE, entity_id="ENTITY0005"),
)
#: How often each is chosen; those with many deals less often.
WEIGHTS = (3, 5, 2, 4)


def proposal_of(slot: int, kind: int) -> ProposalMade:
    """Return the proposal in a slot of a run, identical in every run, so that its plans are identical too."""
    response = f"simulated-{slot}-{kind}"
    return ProposalMade(
        workflow_id=workflow_id(response, 1, 1),
        response_id=response,
        origin=Origin(component=1, attempt=1, maker=Maker(name="mira"), prompt="simulated"),
        order=ORDERS[kind],
    )


@dataclass(frozen=True, slots=True)
class Use:
    """The hedged and reserved amounts of one currency."""

    exposures: tuple[CapacityUse, ...]
    usd: UsdUsage

    @property
    def key(self) -> tuple[object, ...]:
        """The amounts as a key of kept plans; stream versions are left out, because no plan depends on them."""
        return (
            tuple((use.stream, use.reserved, use.hedged) for use in self.exposures),
            self.usd.reserved_usd,
            self.usd.hedged_usd,
        )


class Desk:
    """Plans by the real code, kept by what they depend on.

    Args:
        rows: reference rows by table, as they travel on hawk.reference.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._facts: dict[tuple[str, str | None, date], Facts] = {}
        self._kept: dict[object, object] = {}
        self._judged: dict[object, str | None] = {}
        self.policy = PRESETS["plan"]
        self._periods = {
            str(row["period_id"]): Period(
                str(row["period_id"]), _day(row["start_date"]), _day(row["end_date"]), bool(row["is_open"])
            )
            for row in rows["gl_periods"]
        }
        self._accounts = frozenset(str(row["account_code"]) for row in rows["gl_coa"])

    def forget(self) -> None:
        """Keep no judgement of earlier runs: the code that made them was another."""
        self._judged.clear()

    def plan(
        self, asked: ProposalMade | PlanDrawn | PlanRefused, workflow: str, use: Use, now: datetime
    ) -> PlanDrawn | PlanRefused:
        """Plan a proposal, or a stale plan once more."""
        day = _singapore(now)
        key = ("plan", workflow, day, use.key)
        kept = self._kept.get(key)
        if not isinstance(kept, PlanDrawn | PlanRefused):
            facts, at = self._facts_of(asked.order, day, use), datetime.combine(day, MORNING)
            first = isinstance(asked, ProposalMade)
            of = Workflow.of(asked) if first else Workflow.succeeding(asked, workflow)
            kept = decider.decide(DrawPlan(of, asked.order, facts, at, EVERYTHING), self.policy)
            self._keep(key, kept)
        return kept

    def again(self, subject: PlanDrawn | PlanRefused, approved: HedgePlan, use: Use, now: datetime) -> "Drawn":
        """Plan an approved order again as of now, and return why it may no longer be applied, if so."""
        day = _singapore(now)
        key = ("again", subject.workflow_id, subject.plan_digest, day, use.key)
        drawn = self._kept.get(key)
        if not isinstance(drawn, HedgePlan | PlanRefusal):
            facts = replace(self._facts_of(subject.order, day, use), pins=approved.pins)
            drawn = draw_plan(subject.order, subject.origin.claims, facts, Workflow.of(subject).identity)
            self._keep(key, drawn)
        if key not in self._judged:
            self._judged[key] = changed(subject, drawn)
        today = self._facts_of(subject.order, day, use)
        return Drawn(drawn, stale(approved, today, now) or self._judged[key], today.settings)

    def books(self, *, period_open: bool) -> Books:
        """Return accounts and accounting periods for posting; unless `period_open`, no period at all."""
        periods = self._periods if period_open else {}
        return Books(periods, self._accounts)

    def _facts_of(self, order: Order, day: date, use: Use) -> Facts:
        currency = order.exposure_currency or ""
        key = (currency, order.entity_id, day)
        if key not in self._facts:
            nothing = UsdUse(usd_limit_stream(currency), 0, currency, ZERO, ZERO)
            rows = select_rows(self._rows, currency, order.entity_id, day)
            self._facts[key] = facts_from_rows(rows, (), nothing, datetime.combine(day, MORNING))
        exposures = tuple(
            ExposureUse(
                each.stream, 0, each.entity_id, each.currency, NavType(each.nav_type), each.reserved, each.hedged
            )
            for each in use.exposures
        )
        usd = UsdUse(use.usd.stream, 0, currency, use.usd.reserved_usd, use.usd.hedged_usd)
        return replace(self._facts[key], exposures=exposures, usd_use=usd)

    def _keep(self, key: object, value: object) -> None:
        if len(self._kept) >= PLANS_MAX:
            self._kept.clear()
            self._judged.clear()
        self._kept[key] = value


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plan drawn again. `why`: it may not be applied."""

    drawn: HedgePlan | PlanRefusal
    why: str | None
    settings: Mapping[str, str]


def _singapore(now: datetime) -> date:
    return now.astimezone(SINGAPORE).date()


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
