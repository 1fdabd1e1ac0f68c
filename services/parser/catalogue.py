"""The closed list of actions a response may recommend (interfaces section 4).

A table or an operation is compared with this list and then forgotten: no text of a response ever becomes the
name of a table or a column.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from shared.hedging.order import InstructionType


class ActionType(StrEnum):
    """What can be recommended."""

    CREATE_HEDGE_INSTRUCTION = "CREATE_HEDGE_INSTRUCTION"
    BOOK_MUREX_DEALS = "BOOK_MUREX_DEALS"
    GENERATE_GL_ENTRIES = "GENERATE_GL_ENTRIES"
    UPDATE_ALLOCATION = "UPDATE_ALLOCATION"
    UPDATE_CONFIGURATION = "UPDATE_CONFIGURATION"
    OVERRIDE_DEAL = "OVERRIDE_DEAL"


@dataclass(frozen=True, slots=True)
class ActionRules:
    """One kind of action.

    Args:
        tables: names `table` may have; a single one may be left out.
        operations: names `operation` may have; it may be left out.
        fields: members of `data`; any other is refused.
        required: those of them that must be there, whatever their values.
    """

    tables: tuple[str, ...]
    operations: tuple[str, ...]
    fields: tuple[str, ...]
    required: tuple[str, ...] = ()


#: Tables an approved UPDATE_CONFIGURATION may change.
CONFIGURATION_TABLES: Final = (
    "entity_master", "buffer_configuration", "threshold_configuration", "hedging_framework",
    "currency_configuration", "waterfall_logic_configuration", "overlay_configuration",
    "instruction_event_config", "murex_book_config", "proxy_configuration", "system_configuration",
    "gl_rules", "gl_coa", "hedge_be_config",
)  # fmt: skip

#: Members of an instruction's `data`.
INSTRUCTION_FIELDS: Final = (
    "instruction_type", "exposure_currency", "hedge_amount_order", "entity_id", "nav_type", "hedge_method",
    "order_id", "sub_order_id", "previous_order_id", "value_date", "instruction_date", "tenor_or_maturity",
    "hedging_instrument", "reference_event_ids", "msg_uid",
)  # fmt: skip

CATALOGUE: Final[Mapping[ActionType, ActionRules]] = MappingProxyType(
    {
        ActionType.CREATE_HEDGE_INSTRUCTION: ActionRules(
            ("hedge_instructions",), ("INSERT",), INSTRUCTION_FIELDS, ("instruction_type",)
        ),
        ActionType.BOOK_MUREX_DEALS: ActionRules(
            ("deal_bookings",), ("INSERT",), ("model", "deal_count", "event_id", "deals")
        ),
        ActionType.GENERATE_GL_ENTRIES: ActionRules(("gl_entries",), ("INSERT",), ("entry_count", "entries")),
        ActionType.UPDATE_ALLOCATION: ActionRules(
            ("allocation_engine",), ("UPDATE",), ("allocated_amount", "entity_id")
        ),
        ActionType.UPDATE_CONFIGURATION: ActionRules(
            CONFIGURATION_TABLES, ("UPDATE", "INSERT"), ("key", "changes", "effective_date"), ("key", "changes")
        ),
        ActionType.OVERRIDE_DEAL: ActionRules(
            ("deal_bookings",),
            ("UPDATE",),
            ("deal_booking_id", "resolution", "external_reference", "reason"),
            ("deal_booking_id", "resolution", "reason"),
        ),
    }
)

#: Actions about a workflow they belong to; they are compared with its plan and never change it.
CLAIMS: Final = frozenset({ActionType.BOOK_MUREX_DEALS, ActionType.GENERATE_GL_ENTRIES, ActionType.UPDATE_ALLOCATION})

#: Letter or name of an instruction type, as responses write it.
INSTRUCTION_TYPES: Final[Mapping[str, InstructionType]] = MappingProxyType(
    {
        **{each.value: each for each in InstructionType},
        "UTILIZATION": InstructionType.U,
        "INCEPTION": InstructionType.I,
        "ROLLOVER": InstructionType.R,
        "TERMINATION": InstructionType.T,
        "AMENDMENT": InstructionType.A,
        "INQUIRY": InstructionType.Q,
    }
)

#: Booking models a claim may name (domain facts 4.1).
MODELS: Final = ("A-COI", "A-RE", "B-COI", "B-RE", "C-COI", "C-RE")
#: How an overridden deal may end.
RESOLUTIONS: Final = ("BOOKED_MANUALLY", "CANCELLED")
#: Hedge methods of the instruction (domain facts 3.2).
HEDGE_METHODS: Final = ("COH", "MT")
#: Members of one claimed deal.
CLAIMED_DEAL_FIELDS: Final = (
    "deal_type", "portfolio_from", "portfolio_to", "currency_pair", "notional_amount",
)  # fmt: skip
