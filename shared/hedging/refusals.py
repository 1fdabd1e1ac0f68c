"""Why a plan is refused: one closed list, in the order of the checks (interfaces sections 4 and 7)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class PlanningCode(StrEnum):
    """Codes of `PlanRefusal`. Stable names: approvers, dashboards and the upstream AI read them."""

    MISSING_FIELDS = "MISSING_FIELDS"
    INSTRUCTION_TYPE_NOT_SUPPORTED = "INSTRUCTION_TYPE_NOT_SUPPORTED"
    UNKNOWN_CURRENCY = "UNKNOWN_CURRENCY"
    INVALID_AMOUNT = "INVALID_AMOUNT"
    AMOUNT_OUT_OF_RANGE = "AMOUNT_OUT_OF_RANGE"
    LOT_SIZE = "LOT_SIZE"
    UNKNOWN_ENTITY = "UNKNOWN_ENTITY"
    ENTITY_CURRENCY_MISMATCH = "ENTITY_CURRENCY_MISMATCH"
    CONFIGURATION_INVALID = "CONFIGURATION_INVALID"
    INVALID_DATE = "INVALID_DATE"
    RATE_MISSING = "RATE_MISSING"
    NO_HEDGE_FOUND = "NO_HEDGE_FOUND"
    ROLLOVER_INVALID = "ROLLOVER_INVALID"
    TERMINATION_FAILED = "TERMINATION_FAILED"
    USD_PB_LIMIT_EXCEEDED = "USD_PB_LIMIT_EXCEEDED"
    CAPACITY_EXHAUSTED = "CAPACITY_EXHAUSTED"
    # Decided by the executor around planning; listed here so that the list is closed.
    DUPLICATE_MSG_UID = "DUPLICATE_MSG_UID"
    ROLLOUT_NOT_ALLOWED = "ROLLOUT_NOT_ALLOWED"
    STOPPED = "STOPPED"


# A refused check keeps its record: stage 1A runs and says no (interfaces section 7, last paragraph).
CODES_WITH_RECORD: Final = frozenset({PlanningCode.USD_PB_LIMIT_EXCEEDED, PlanningCode.CAPACITY_EXHAUSTED})

# Code -> (meaning, cure). A test walks the enum against this table.
MEANINGS: Final[Mapping[PlanningCode, tuple[str, str]]] = MappingProxyType(
    {
        PlanningCode.MISSING_FIELDS: (
            "the instruction type needs fields the order lacks", "send the order with every field named"),
        PlanningCode.INSTRUCTION_TYPE_NOT_SUPPORTED: (
            "HAWK does not plan this instruction type yet", "instruct the desk by hand"),
        PlanningCode.UNKNOWN_CURRENCY: (
            "the currency is not a configured, active exposure currency", "use one of currency_configuration"),
        PlanningCode.INVALID_AMOUNT: (
            "the amount is not above zero or has more decimals than its currency", "correct the amount"),
        PlanningCode.AMOUNT_OUT_OF_RANGE: (
            "the amount lies outside the deal sizes of its currency", "split or enlarge the order"),
        PlanningCode.LOT_SIZE: (
            "the amount does not lie on the dealing step of its currency", "round the amount to the step"),
        PlanningCode.UNKNOWN_ENTITY: (
            "the entity is not in entity_master or not active", "use an active entity"),
        PlanningCode.ENTITY_CURRENCY_MISMATCH: (
            "the entity's currency is another one", "use an entity of the exposure currency"),
        PlanningCode.CONFIGURATION_INVALID: (
            "reference data the plan needs are missing or contradictory", "correct the row named"),
        PlanningCode.INVALID_DATE: (
            "a stated date cannot be used", "state a business day that fits, or leave the date out"),
        PlanningCode.RATE_MISSING: (
            "a rate this plan needs is not there or not in force", "publish the rate on hawk.reference"),
        PlanningCode.NO_HEDGE_FOUND: (
            "no open hedge carries the reference given", "refer to an open hedge"),
        PlanningCode.ROLLOVER_INVALID: (
            "the rollover does not fit the hedge it refers to", "correct amount, dates or reference"),
        PlanningCode.TERMINATION_FAILED: (
            "the termination does not fit the hedge it refers to", "correct amount or reference"),
        PlanningCode.USD_PB_LIMIT_EXCEEDED: (
            "with this order the USD limit of the currency would be exceeded", "wait or ask for less"),
        PlanningCode.CAPACITY_EXHAUSTED: (
            "no entity has hedging capacity left", "wait for capacity or choose another entity"),
        PlanningCode.DUPLICATE_MSG_UID: (
            "another instruction bears this msg_uid", "send a new msg_uid"),
        PlanningCode.ROLLOUT_NOT_ALLOWED: (
            "the rollout mode does not admit this action or amount", "ask for the rollout to be widened"),
        PlanningCode.STOPPED: (
            "the stop switch is on", "two persons resume"),
    }
)  # fmt: skip
