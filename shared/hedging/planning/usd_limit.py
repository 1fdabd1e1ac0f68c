"""The USD prime-brokerage check: hedged plus reserved plus requested, per currency, over all entities (domain
facts 5.6).

Hedged is the snapshots' HEDGED amount, whatever its NAV type, plus HAWK's own later movements. Limits are
read in the row's unit; USD_THOUSANDS is the corrected reading of the fixtures (domain facts 9.5).
"""

from decimal import Decimal
from typing import Final

from shared.hedging.capacity import UsdCheck, UsdStatus, usd_status
from shared.hedging.facts import Facts
from shared.hedging.gl_entries import Ledger
from shared.hedging.plan import LineageKind
from shared.hedging.planning.intake import Intake
from shared.hedging.planning.rates import to_usd
from shared.hedging.planning.stops import configuration_invalid
from shared.hedging.planning.waterfall import hedged_snapshot
from shared.hedging.typed_rows import (
    ANY,
    Threshold,
)
from shared.money.amounts import ZERO, quantize, times

USD: Final = "USD"
LIMIT_TYPE: Final = "USD_PB_DEPOSIT"
UNITS: Final = {"USD": Decimal(1), "USD_THOUSANDS": Decimal(1_000)}


def check_usd_limit(facts: Facts, intake: Intake, *, opens: bool = True) -> UsdCheck:
    """Check the total with the whole order against the limit; UNKNOWN without a configured limit.

    Args:
        opens: the order's amount is added. What the order takes off open hedges is subtracted in any case; a hedge that
            is rolled over keeps what it holds.

    Raises:
        PlanningStopped: CONFIGURATION_INVALID when limits do not ascend, their unit is unknown, or two rows
            tie.
    """
    rates = intake.rates[Ledger.IFRS]
    requested = quantize(to_usd(intake.amount, intake.family, rates) if opens else ZERO, USD)
    snapshot = quantize(to_usd(hedged_snapshot(facts, intake.currency.currency), intake.family, rates), USD)
    use = facts.usd_use
    ended = sum((each.usd for each in intake.closings if each.kind is LineageKind.TERMINATION), ZERO)
    used = snapshot + quantize(use.reserved_usd, USD) + quantize(use.hedged_usd - ended, USD)
    total = used + requested
    limits = usd_limits(facts, intake.currency.currency)
    if limits is None:
        return UsdCheck(UsdStatus.UNKNOWN, None, None, None, used, requested, total, use.stream, use.version)
    status = usd_status(total, *limits)
    return UsdCheck(status, *limits, used, requested, total, use.stream, use.version)


def usd_limits(facts: Facts, currency: str) -> tuple[Decimal, Decimal, Decimal] | None:
    """Return warning, critical and maximum in USD; the currency's own row precedes a general one; None without a row.

    Raises:
        PlanningStopped: CONFIGURATION_INVALID when two rows apply at once, levels do not ascend, or the unit is
            unknown.
    """
    rows = [row for row in facts.thresholds if row.threshold_type == LIMIT_TYPE]
    own = [row for row in rows if row.currency == currency] or [row for row in rows if row.currency in ANY]
    if not own:
        return None
    if len(own) > 1:
        names = ", ".join(row.threshold_id for row in own)
        raise configuration_invalid("threshold_configuration", f"Limits {names} apply at once. Keep one in force.")
    row = own[0]
    if not row.warning < row.critical < row.maximum:
        found = f"{row.warning}, {row.critical}, {row.maximum}"
        message = f"{row.threshold_id}: expected warning < critical < maximum, found {found}. Correct the row."
        raise configuration_invalid("threshold_configuration", message)
    return _in_usd(row, row.warning), _in_usd(row, row.critical), _in_usd(row, row.maximum)


def _in_usd(row: Threshold, value: Decimal) -> Decimal:
    if row.unit not in UNITS:
        message = f"{row.threshold_id}: unit {row.unit!r} is neither USD nor USD_THOUSANDS. Correct the row."
        raise configuration_invalid("threshold_configuration", message)
    return quantize(times(value, UNITS[row.unit]), USD)
