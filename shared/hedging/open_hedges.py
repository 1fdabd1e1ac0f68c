"""Hedges that are open: what a rollover, a termination or an amendment may refer to (domain facts 3.1).

Outstanding = the amount the event opened, less every termination and rollover of it, those under way included: what
another workflow is closing can not be closed again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from shared.hedging.order import InstructionType, NavType


@dataclass(frozen=True, slots=True)
class OpenHedge:
    """An event that opened a hedge and still holds some of it. Amounts in the exposure currency, USD where it says so.

    `carried` are the amount keys of the hedge in the books, in SGD text, for its whole `notional`; empty for a
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
        """The amount that was closed, or is being closed."""
        return self.notional - self.outstanding


def opening_hedge(row: Mapping[str, Any]) -> OpenHedge:
    """Read a row of opening_hedges, values as text: a hedge from before HAWK, nothing of it closed yet.

    Raises:
        KeyError, ValueError, ArithmeticError: a column is missing or unreadable.
    """
    notional = Decimal(str(row["notional_amount"]))
    return OpenHedge(
        event_id=str(row["event_id"]),
        entity_id=str(row["entity_id"]),
        currency=str(row["exposure_currency"]),
        nav_type=NavType(row["nav_type"]),
        order_id=str(row["order_id"]),
        hedge_method=str(row["hedge_method"]),
        hedging_instrument=str(row["hedging_instrument"]),
        notional=notional,
        outstanding=notional,
        outstanding_usd=Decimal(str(row["notional_usd"])),
        trade_date=date.fromisoformat(str(row["trade_date"])),
        maturity_date=date.fromisoformat(str(row["maturity_date"])),
        carried=dict(row.get("carried_amounts") or {}),
    )


@dataclass(frozen=True, slots=True)
class EarlierInstruction:
    """Another instruction of that currency and business day (domain facts 3.1, same-day rules)."""

    received_at: datetime
    instruction_type: InstructionType
    order_id: str
    msg_uid: str
