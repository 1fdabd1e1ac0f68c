"""An order given a second time: the warnings at planning, at apply and on the open card. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.hedging.order import InstructionType
from shared.hedging.plan import PlanWarning

SECOND_INSTRUCTION: Final = "SECOND_INSTRUCTION_TODAY"
#: Types of which a second one of the day is worth a look (domain facts 3.1): the others name the hedge they change.
ONCE_A_DAY: Final = frozenset({InstructionType.U, InstructionType.I})
#: Orders that a warning names: a burst of a thousand makes no card of a thousand lines.
NAMED_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Other:
    """Another order of that type and currency: it waits, or was applied today and is in effect."""

    order_id: str
    waits: bool


def beside_others(
    warnings: Sequence[Mapping[str, Any]], kind: str, currency: str, others: Sequence[Other]
) -> list[Any]:
    """Return the warnings of an open card, with the present other orders instead of those its plan knew.

    The plan's own warning stays if nothing newer is known: people approve by a digest that covers it.
    """
    now = second_instruction(
        kind,
        currency,
        received=[other.order_id for other in others if not other.waits],
        waiting=[other.order_id for other in others if other.waits],
    )
    if now is None:
        return list(warnings)
    kept = [each for each in warnings if each["code"] != now.code]
    return [*kept, {"code": now.code, "message": now.message, "path": now.path}]


def second_instruction(
    kind: str,
    currency: str,
    *,
    received: Sequence[str] = (),
    waiting: Sequence[str] = (),
    received_number: int | None = None,
) -> PlanWarning | None:
    """Return the warning of an order beside others of its type and currency; None when it is alone.

    Args:
        received: orders that were applied today and are in effect.
        waiting: orders that are planned and neither applied nor closed, of whatever day.
        received_number: how many were received, where `received` holds the first of them; None when nobody counted.
    """
    parts = []
    if received:
        parts.append(f"Another {kind} for {currency} was received today: {_named(received, received_number)}.")
    if waiting:
        parts.append(f"Another {kind} for {currency} waits to be applied: {_named(waiting)}.")
    if not parts or kind not in ONCE_A_DAY:
        return None
    return PlanWarning(SECOND_INSTRUCTION, f"{' '.join(parts)} Check that both are meant.", "instruction_type")


def _named(orders: Sequence[str], number: int | None = None) -> str:
    named = orders[:NAMED_MAX]
    more = (len(orders) if number is None else number) - len(named)
    told = "" if more <= 0 else f" and {more} more" if number is not None else " and more"
    return ", ".join(named) + told
