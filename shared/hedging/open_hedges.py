"""Hedges that are open: what a rollover, a termination or an amendment may refer to (domain facts 3.1).

Outstanding = the amount the event opened, less every termination and rollover of it, those under way included: what
another workflow is closing can not be closed again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from shared.hedging.order import InstructionType, NavType


@dataclass(frozen=True, slots=True)
class OpenHedge:
    """An event that opened a hedge and still holds some of it. Amounts in the exposure currency, USD where it says so.

    `carried` are the amount keys the hedge stands at in the books, in SGD text, for its whole `notional`; empty for a
    hedge whose amounts are not known (one imported without them).
    """

    event_id: str
    entity_id: str
    currency: str
    nav_type: NavType
    order_id: str
    hedge_method: str
    hedging_instrument: str
    notional: Decimal
    outstanding: Decimal
    outstanding_usd: Decimal
    trade_date: date
    maturity_date: date
    carried: Mapping[str, str]

    @property
    def closed(self) -> Decimal:
        """What was closed of it, or is being closed."""
        return self.notional - self.outstanding


@dataclass(frozen=True, slots=True)
class EarlierInstruction:
    """Another instruction of the same currency and business day (domain facts 3.1, same-day rules)."""

    received_at: datetime
    instruction_type: InstructionType
    order_id: str
    msg_uid: str
