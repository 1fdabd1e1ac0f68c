"""The plan: everything people approve and the executor applies, as one immutable value that goes to JSON and
back.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from shared.hedging.capacity import Assessment, CapacityResult, UsdCheck
from shared.hedging.deals import Deal
from shared.hedging.gl_entries import GlEntry, GlEntryDetail, Ledger
from shared.hedging.journal import JournalLine
from shared.hedging.operations import Operation, OperationCounts
from shared.hedging.order import CompletedOrder, NavType
from shared.hedging.refusals import PlanningCode
from shared.hedging.reversal import ReversalStep


@dataclass(frozen=True, slots=True)
class PlanIdentity:
    """The workflow of a plan. All ids inside it derive from `workflow_id`; nothing is random."""

    workflow_id: str
    response_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class PinnedRate:
    """A rate the plan used, for one ledger. Swap points are a rate too (`rate_type` swap_points)."""

    currency_pair: str
    rate_type: str
    ledger: Ledger
    value: Decimal


@dataclass(frozen=True, slots=True)
class Pins:
    """The values fixed between planning and applying: rates and dates (design section 2).

    `pinned_at` is when the plan was drawn; validity and tolerance are configuration the executor reads.
    """

    rates: tuple[PinnedRate, ...]
    business_date: date
    trade_date: date
    value_date: date
    maturity_date: date
    pinned_at: datetime


@dataclass(frozen=True, slots=True)
class PlanDates:
    """Calendar days in Asia/Singapore. `business_date` is the day of planning, `trade_date` the day it deals
    for.
    """

    business_date: date
    trade_date: date
    value_date: date
    maturity_date: date
    accounting_date: date
    period_id: str


@dataclass(frozen=True, slots=True)
class ReferenceVersion:
    """A reference row the plan relied on, with the version it had."""

    table: str
    key: str
    version: int


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """Something an approver should see. Stable code, sentence, and the field it is about."""

    code: str
    message: str
    path: str


class RiskLevel(StrEnum):
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


@dataclass(frozen=True, slots=True)
class Risk:
    """Computed, never taken from the answer: the level and the reasons that gave it."""

    level: RiskLevel
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HedgeEvent:
    """The facts of the hedge_business_events row."""

    event_id: str
    business_event_type: str
    nav_type: NavType
    currency_type: str
    hedging_instrument: str
    accounting_method: str
    notional_amount: Decimal
    hedge_ratio: Decimal
    start_date: date
    trade_date: date
    value_date: date
    maturity_date: date
    fx_rate: Decimal
    counterparty: str
    booking_model: str
    portfolio_routing: tuple[str, ...]
    final_hedge_portfolio: str
    hedge_position_amount: Decimal
    hedge_position_currency: str
    expected_deal_count: int


class LineageKind(StrEnum):
    """The relation of an event to the hedges before it (domain facts 3.1)."""

    INCEPTION_NEW = "INCEPTION_NEW"
    INCEPTION_EXISTING = "INCEPTION_EXISTING"
    ROLLOVER = "ROLLOVER"
    TERMINATION = "TERMINATION"
    AMENDMENT = "AMENDMENT"


@dataclass(frozen=True, slots=True)
class Lineage:
    """The place of an event in the chain of its hedge, and what it changes of the hedged amount.

    `original_event_id` is the event it follows, None for a new hedge; `closes_*` is what it takes off that one (zero
    for an inception), `opens_*` what stays open of it (zero for a termination). `before` and `after` are what is
    outstanding of the event it follows. `carried` are the amount keys of the new hedge afterwards, in SGD text.
    Amounts in the exposure currency, `_usd` in USD at the rate each hedge was opened with.
    """

    kind: LineageKind
    original_event_id: str | None
    closes_amount: Decimal
    closes_usd: Decimal
    opens_amount: Decimal
    opens_usd: Decimal
    before: Decimal
    after: Decimal
    carried: dict[str, str]

    @property
    def closes(self) -> bool:
        """True if the event takes an amount off an open hedge."""
        return self.closes_amount != 0


@dataclass(frozen=True, slots=True)
class ChildIds:
    """Ids of the rows of one entity's part of the order."""

    instruction_id: str
    order_id: str
    sub_order_id: str
    allocation_id: str
    reallocation_id: str
    history_id: str
    bundle_id: str
    queue_id: str
    gl_package_id: str


@dataclass(frozen=True, slots=True)
class ProxyReport:
    """The mx_proxy_hedge_report row; a nil report for matched currencies (domain facts 10.3)."""

    report_id: str
    report_date: date
    proxy_component: str
    swap_direction: str
    currency_pair: str
    hedging_pl_sgd: Decimal
    usd_hedging_pl: Decimal
    swap_points: Decimal
    special_characteristics: str


@dataclass(frozen=True, slots=True)
class DiscountedSpot:
    """The mx_discounted_spot row."""

    spot_id: str
    currency_pair: str
    spot_rate: Decimal
    rate_date: date
    source_system: str


@dataclass(frozen=True, slots=True)
class HfmEntry:
    """The hfm_template_entries row (domain facts 1: DBS_BANK_LTD for branch and TMU, DBS_BANK_GRP else)."""

    template_id: str
    template_set: str
    entry_type: str
    entity_classification: str
    debit_account: str
    credit_account: str
    amount_sgd: Decimal
    processing_period: str
    special_cny_treatment: bool
    ndf_specific_treatment: bool


@dataclass(frozen=True, slots=True)
class Effectiveness:
    """The first test of the hedge: critical terms match, ratio 100 %, band 80 to 125 % (domain facts 7.8)."""

    effectiveness_id: str
    hedge_relationship_id: str
    measurement_period: str
    measurement_date: date
    next_test_date: date
    testing_method: str
    hedge_notional: Decimal
    hedged_item_value: Decimal
    hedge_ratio: Decimal
    effectiveness_ratio: Decimal
    lower_threshold: Decimal
    upper_threshold: Decimal
    effectiveness_status: str


@dataclass(frozen=True, slots=True)
class RiskRecord:
    """The risk_monitoring row: the USD total after this hedge against its maximum."""

    monitoring_id: str
    risk_metric: str
    current_value: Decimal
    threshold_type: str
    threshold_value: Decimal | None
    breach_level: str


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """One part of the order: one event of one entity, its deals, its ledger entries. `index` counts from 1.

    `allocated` is the event's own amount, always above zero; `net` is by how much it changes what is hedged.
    """

    index: int
    entity_id: str
    entity_name: str
    entity_type: str
    allocated: Decimal
    allocated_usd: Decimal
    ids: ChildIds
    assessment: Assessment
    event: HedgeEvent
    deals: tuple[Deal, ...]
    amount_keys: dict[str, str]
    gl_entries: tuple[GlEntry, ...]
    gl_details: tuple[GlEntryDetail, ...]
    journal: tuple[JournalLine, ...]
    proxy_report: ProxyReport
    discounted_spot: DiscountedSpot
    hfm_entry: HfmEntry
    effectiveness: Effectiveness
    risk_record: RiskRecord
    # None in plans drawn before hedges could be closed: those were all inceptions.
    lineage: Lineage | None = None

    @property
    def net(self) -> Decimal:
        """The change of the exposure's hedged amount: signed, in the exposure currency."""
        return self.allocated if self.lineage is None else self.lineage.opens_amount - self.lineage.closes_amount

    @property
    def net_usd(self) -> Decimal:
        """The change of the use of the USD limit."""
        return self.allocated_usd if self.lineage is None else self.lineage.opens_usd - self.lineage.closes_usd


@dataclass(frozen=True, slots=True)
class HedgePlan:
    """The whole plan of one workflow.

    `model` is None and `children` empty for a utilisation, an inquiry and the record of a refused check; then
    `operations` are the eight of stage 1A, or the reads of the inquiry. `answer` holds what was asked for (amounts as
    text).
    `usd_equivalent` is the order's amount, `allocated_usd` what was placed, `deal_usd_max` the largest deal.
    """

    identity: PlanIdentity
    order: CompletedOrder
    instruction_id: str
    request_id: str
    model: str | None
    currency_type: str
    dates: PlanDates
    pins: Pins
    reference_versions: tuple[ReferenceVersion, ...]
    usd_equivalent: Decimal
    allocated_usd: Decimal
    deal_usd_max: Decimal
    usd_check: UsdCheck
    capacity: CapacityResult
    assessments: tuple[Assessment, ...]
    children: tuple[ChildPlan, ...]
    operations: tuple[Operation, ...]
    counts: OperationCounts
    warnings: tuple[PlanWarning, ...]
    claim_warnings: tuple[PlanWarning, ...]
    risk: Risk
    reversal: tuple[ReversalStep, ...]
    answer: dict[str, str]

    @property
    def net_usd(self) -> Decimal:
        """The change of what is held against the USD limit: signed, the sum over its events."""
        return sum((child.net_usd for child in self.children), Decimal(0))


@dataclass(frozen=True, slots=True)
class PlanRefusal:
    """The reason why no plan was drawn. `record` is the stage-1A plan with the figures, only for the check codes."""

    code: PlanningCode
    message: str
    path: str
    record: HedgePlan | None = None


@dataclass(frozen=True, slots=True)
class RateMove:
    """A pinned rate that today is another or gone. `move_bp` is absolute and relative; None when gone."""

    currency_pair: str
    rate_type: str
    ledger: Ledger
    pinned: Decimal
    today: Decimal | None
    move_bp: Decimal | None
