"""The request: the order as the answer states it, and the order once every field is known.

Pure values. Provenance of a field: `stated` in the action, found in the `words` around it, read from
`reference` data, taken from a desk `default`, or issued by the `system` (plan 3.1, interfaces section 4).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final


class InstructionType(StrEnum):
    """Utilisation, inception, rollover, termination, amendment, inquiry (domain facts 3.1)."""

    U = "U"
    I = "I"  # noqa: E741  the bank's own letter for an inception
    R = "R"
    T = "T"
    A = "A"
    Q = "Q"


INSTRUCTION_NAMES: Final = {
    "U": "utilisation",
    "I": "inception",
    "R": "rollover",
    "T": "termination",
    "A": "amendment",
    "Q": "inquiry",
}
"""The types in words, as people read them."""


class NavType(StrEnum):
    """The two parts of an entity's net asset value."""

    COI = "COI"
    RE = "RE"


class Provenance(StrEnum):
    """The source of a field's value."""

    STATED = "stated"
    WORDS = "words"
    REFERENCE = "reference"
    DEFAULT = "default"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Order:
    """The instruction as proposed. `None` means absent; `provenance` names each present field as stated or
    words.
    """

    instruction_type: InstructionType
    exposure_currency: str | None = None
    amount: Decimal | None = None
    entity_id: str | None = None
    nav_type: NavType | None = None
    hedge_method: str | None = None
    hedging_instrument: str | None = None
    instruction_date: date | None = None
    value_date: date | None = None
    tenor_or_maturity: str | None = None
    order_id: str | None = None
    sub_order_id: str | None = None
    previous_order_id: str | None = None
    reference_event_ids: tuple[str, ...] = ()
    msg_uid: str | None = None
    provenance: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement of the answer about the plan; compared with it, never a part of it. `data` holds JSON values."""

    action_id: str
    action_type: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CompletedOrder:
    """The order with every field resolved. `entity_id` None: the waterfall spreads it over entities.

    `supersedes_msg_uid`: the utilisation of that day that this inception follows (domain facts 3.1). An inquiry
    has the amount zero.
    """

    instruction_type: InstructionType
    exposure_currency: str
    amount: Decimal
    entity_id: str | None
    nav_type: NavType
    hedge_method: str
    hedging_instrument: str
    instruction_date: date
    value_date: date
    tenor_or_maturity: str
    order_id: str
    sub_order_id: str | None
    previous_order_id: str | None
    reference_event_ids: tuple[str, ...]
    msg_uid: str
    instruction_fingerprint: str
    provenance: dict[str, str]
    supersedes_msg_uid: str | None = None


# What may be absent: never amount or currency (but for Q). What R, T and A need is never filled in (domain facts 3.2,
# interfaces section 4). The order's own id is HAWK's to issue; the order it refers to is stated.
REQUIRED_FIELDS: Final[Mapping[InstructionType, tuple[str, ...]]] = MappingProxyType(
    {
        InstructionType.U: ("exposure_currency", "amount"),
        InstructionType.I: ("exposure_currency", "amount"),
        InstructionType.R: (
            "exposure_currency", "amount", "previous_order_id", "hedge_method", "value_date",
            "tenor_or_maturity", "reference_event_ids",
        ),
        InstructionType.T: (
            "exposure_currency", "amount", "previous_order_id", "hedge_method", "value_date",
            "reference_event_ids",
        ),
        InstructionType.A: (
            "exposure_currency", "amount", "previous_order_id", "hedge_method", "tenor_or_maturity",
        ),
        InstructionType.Q: (),
    }
)  # fmt: skip

#: Types that close hedges: they name the order whose hedges these are.
CLOSING_TYPES: Final = frozenset({InstructionType.R, InstructionType.T, InstructionType.A})
#: Types that pass stage 1A: capacity is asked for. A rollover keeps what is hedged, a termination gives it back.
CHECKED_TYPES: Final = frozenset({InstructionType.U, InstructionType.I, InstructionType.A})
#: Types that ask and write nothing financial: they need no person.
ASKING_TYPES: Final = frozenset({InstructionType.U, InstructionType.Q})


def missing_fields(order: Order) -> tuple[str, ...]:
    """Return the fields that the instruction type needs and the order lacks, in the order of the table above."""
    return tuple(name for name in REQUIRED_FIELDS[order.instruction_type] if getattr(order, name) in {None, ()})
