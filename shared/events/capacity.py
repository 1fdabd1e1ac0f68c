"""Facts of one exposure (`exposure-<entity>-<currency>-<nav>`) and of one USD limit (`usdpb-<currency>`).

A reservation is pending until its workflow completes; then it is hedged with a trade date, or released. A workflow that
closes hedges reserves only by how much it hedges more than it closes, and its hedged amount may be below zero.
The totals are what the stream holds after the event: the expected version makes them exact.
"""

from shared.events.base import Amount, Event, date


class CapacityReserved(Event):
    """`amount` (exposure currency) of an exposure's capacity is spoken for."""

    workflow_id: str
    entity_id: str
    currency: str
    nav_type: str
    amount: Amount
    amount_usd: Amount
    reserved_total: Amount
    hedged_total: Amount


class CapacityHedged(Event):
    """A workflow completed: what it hedged, less what it closed, counts from its trade date on; below zero, it closed
    more.

    `reserved`: what it held until then; None where that is the amount itself.
    """

    workflow_id: str
    entity_id: str
    currency: str
    nav_type: str
    amount: Amount
    amount_usd: Amount
    reserved_total: Amount
    hedged_total: Amount
    trade_date: date
    reserved: Amount | None = None


class CapacityReleased(Event):
    """A reservation was given back because its workflow was compensated."""

    workflow_id: str
    entity_id: str
    currency: str
    nav_type: str
    amount: Amount
    amount_usd: Amount
    reserved_total: Amount
    hedged_total: Amount
    reason: str


class UsdLimitReserved(Event):
    """`amount_usd` of a currency's USD prime-brokerage limit is spoken for, over all entities."""

    workflow_id: str
    currency: str
    amount_usd: Amount
    reserved_total_usd: Amount
    hedged_total_usd: Amount


class UsdLimitHedged(Event):
    """A reserved USD amount became a hedged one; below zero when more was closed than opened."""

    workflow_id: str
    currency: str
    amount_usd: Amount
    reserved_total_usd: Amount
    hedged_total_usd: Amount
    trade_date: date
    reserved_usd: Amount | None = None


class UsdLimitReleased(Event):
    """A reserved USD amount was given back."""

    workflow_id: str
    currency: str
    amount_usd: Amount
    reserved_total_usd: Amount
    hedged_total_usd: Amount
    reason: str
