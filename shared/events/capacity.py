"""Facts of one exposure (`exposure-<entity>-<currency>-<nav>`) and of one USD limit (`usdpb-<currency>`).

A reservation is pending until its workflow completes; then it is hedged with a trade date, or released.
"""

from shared.events.base import Amount, Event, date


class CapacityReserved(Event):
    """`amount` (exposure currency) of an exposure's capacity is spoken for."""

    workflow_id: str
    entity_id: str
    currency: str
    nav_type: str
    amount: Amount


class CapacityHedged(Event):
    """A reservation became a hedge: it counts as hedged from its trade date on."""

    workflow_id: str
    entity_id: str
    currency: str
    nav_type: str
    amount: Amount
    trade_date: date


class CapacityReleased(Event):
    """A reservation was given back because its workflow was compensated."""

    workflow_id: str
    entity_id: str
    currency: str
    nav_type: str
    amount: Amount
    reason: str


class UsdLimitReserved(Event):
    """`amount_usd` of a currency's USD prime-brokerage limit is spoken for, over all entities."""

    workflow_id: str
    currency: str
    amount_usd: Amount


class UsdLimitHedged(Event):
    """A reserved USD amount became a hedged one."""

    workflow_id: str
    currency: str
    amount_usd: Amount
    trade_date: date


class UsdLimitReleased(Event):
    """A reserved USD amount was given back."""

    workflow_id: str
    currency: str
    amount_usd: Amount
    reason: str
