"""The same order a second time: what is said of it at planning, at apply and on the open card. Pure."""

from collections.abc import Sequence
from typing import Final

from shared.hedging.order import InstructionType
from shared.hedging.plan import PlanWarning

SECOND_INSTRUCTION: Final = "SECOND_INSTRUCTION_TODAY"
#: Types of which a second one of the day is worth a look (domain facts 3.1): the others name the hedge they change.
ONCE_A_DAY: Final = frozenset({InstructionType.U, InstructionType.I})
#: Orders that a warning names: a burst of a thousand makes no card of a thousand lines.
NAMED_MAX: Final = 5


def second_instruction(
    kind: str, currency: str, *, received: Sequence[str] = (), waiting: Sequence[str] = ()
) -> PlanWarning | None:
    """The warning of an order beside others of its type and currency; None when it is alone.

    Args:
        received: orders that were applied today and are in effect.
        waiting: orders that are planned and neither applied nor closed, of whatever day.
    """
    told = []
    if received:
        told.append(f"Another {kind} for {currency} was received today: {_named(received)}.")
    if waiting:
        told.append(f"Another {kind} for {currency} waits to be applied: {_named(waiting)}.")
    if not told or kind not in ONCE_A_DAY:
        return None
    return PlanWarning(SECOND_INSTRUCTION, f"{' '.join(told)} Check that both are meant.", "instruction_type")


def _named(orders: Sequence[str]) -> str:
    return ", ".join(orders[:NAMED_MAX]) + (" and more" if len(orders) > NAMED_MAX else "")
