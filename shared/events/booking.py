"""Facts of stages 2 and 3 of a plan: the deals, the ledger entries and the posting. Stream `execution-<workflow>`."""

from shared.events.base import Amount, Value, date, datetime
from shared.events.execution import ExecutionEvent
from shared.hedging.deals import Deal
from shared.hedging.gl_entries import GlEntry, GlEntryDetail
from shared.hedging.journal import JournalLine
from shared.hedging.order import NavType
from shared.hedging.plan import (
    DiscountedSpot,
    Effectiveness,
    HedgeEvent,
    HfmEntry,
    PinnedRate,
    ProxyReport,
    RiskRecord,
)


class BlueprintRead(ExecutionEvent):
    """C1, C2: booking configuration and switches were read."""

    operations: tuple[int, ...]
    event_id: str
    booking_model: str


class BookingStarted(ExecutionEvent):
    """C3: stage 2 of an event begins."""

    operation: int
    event_id: str
    event: HedgeEvent
    started_at: datetime


class DealPlanned(ExecutionEvent):
    """C4 on: a deal of the plan exists, not yet sent."""

    operation: int
    event_id: str
    instruction_id: str
    deal: Deal
    planned_at: datetime


class DealsReleased(ExecutionEvent):
    """The set-based update that marks an event's deals as sent; the messages are `DealSent`."""

    operation: int
    event_id: str
    deal_booking_ids: tuple[str, ...]
    released_at: datetime


class DealEvent(ExecutionEvent):
    """An event of one deal."""

    event_id: str
    deal_booking_id: str
    deal_sequence: int


class DealReceipted(DealEvent):
    """Murex has the message of a deal."""

    attempt: int
    received_at: datetime


class DealAcknowledged(DealEvent):
    """Murex booked a deal. `in_reply_to`: the request of HAWK's that it answered, a booking request or an enquiry."""

    attempt: int
    in_reply_to: int
    contract_id: str
    trade_ids: tuple[str, ...]
    booking_reference: str
    level: str
    acknowledged_at: datetime


class DealDeclined(DealEvent):
    """A deal will not be booked; final. `in_reply_to`: the request that Murex answered so; none where HAWK gave up."""

    attempt: int
    in_reply_to: int | None = None
    code: str
    reason: str
    declined_at: datetime


class AnswerIgnored(DealEvent):
    """An answer of Murex settled nothing by itself: a duplicate, a late one, of an unknown deal, a contradiction."""

    answer: str
    why: str
    ignored_at: datetime


class BookedDeal(Value):
    """A deal as Murex holds it."""

    deal_booking_id: str
    contract_id: str
    booking_reference: str


class DealsBooked(ExecutionEvent):
    """The set-based update that marks an event's deals as booked, with Murex's references."""

    operation: int
    event_id: str
    deals: tuple[BookedDeal, ...]
    booked_at: datetime


class GlEntryPrepared(ExecutionEvent):
    """One of the eight balanced pairs."""

    operation: int
    event_id: str
    entity_id: str
    instruction_id: str
    gl_package_id: str
    entry: GlEntry
    prepared_at: datetime


class GlDetailPrepared(ExecutionEvent):
    """The lines of the eight pairs, one set-based insert."""

    operation: int
    event_id: str
    details: tuple[GlEntryDetail, ...]
    prepared_at: datetime


class ProxyReportPrepared(ExecutionEvent):
    operation: int
    event_id: str
    report: ProxyReport
    prepared_at: datetime


class DiscountedSpotRecorded(ExecutionEvent):
    operation: int
    event_id: str
    spot: DiscountedSpot
    recorded_at: datetime


class HfmEntryPrepared(ExecutionEvent):
    operation: int
    event_id: str
    entry: HfmEntry
    prepared_at: datetime


class EffectivenessAssessed(ExecutionEvent):
    operation: int
    event_id: str
    entity_id: str
    currency: str
    nav_type: NavType
    hedging_instrument: str
    inception_date: date
    result: Effectiveness
    assessed_at: datetime


class RiskRecorded(ExecutionEvent):
    operation: int
    event_id: str
    entity_id: str
    currency: str
    record: RiskRecord
    recorded_at: datetime


class EventBooked(ExecutionEvent):
    """The last operation of an event: stage 2 completed, with the package that stage 3 posts from."""

    operation: int
    event_id: str
    entity_id: str
    currency: str
    nav_type: NavType
    booking_model: str
    allocated: Amount
    fx_rate: Amount
    gl_package_id: str
    gl_date: date
    amounts: dict[str, str]
    rates: tuple[PinnedRate, ...]
    deals: int
    murex_reference: str
    booked_at: datetime


class EventPosting(Value):
    """The journal lines of one hedge event, made from its package."""

    event_id: str
    gl_package_id: str
    entity_id: str
    lines: tuple[JournalLine, ...]


class JournalPosted(ExecutionEvent):
    """Stage 3 of the workflow: the journal lines of every event, in one transaction."""

    postings: tuple[EventPosting, ...]
    posted_at: datetime


class PostingDeferred(ExecutionEvent):
    """Stage 3 could not post; it is tried again at `retry_at`."""

    event_ids: tuple[str, ...]
    code: str
    reason: str
    attempts: int
    retry_at: datetime
    deferred_at: datetime
