"""Reasons why a plan is refused: one closed list, in the order of the checks (interfaces sections 4 and 7)."""

from enum import StrEnum
from typing import Final, Self


class Reason(StrEnum):
    """A code with what is wrong and what would be right. Every closed list of refusals is one of these."""

    def __new__(cls, code: str, meaning: str = "", cure: str = "") -> Self:
        """Make a member: a string that is its code. A test finds one without meaning or cure."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning, member.cure = meaning, cure
        return member

    meaning: str
    cure: str


class PlanningCode(Reason):
    """Codes of `PlanRefusal`. Stable names: approvers, dashboards and the upstream AI read them."""

    # fmt: off
    MISSING_FIELDS = ("MISSING_FIELDS",
        "the instruction type needs fields the order lacks", "send the order with every field named")
    INSTRUCTION_TYPE_NOT_SUPPORTED = ("INSTRUCTION_TYPE_NOT_SUPPORTED",
        "HAWK does not plan this instruction type yet", "instruct the desk by hand")
    UNKNOWN_CURRENCY = ("UNKNOWN_CURRENCY",
        "the currency is not a configured, active exposure currency", "use one of currency_configuration")
    INVALID_AMOUNT = ("INVALID_AMOUNT",
        "the amount is not above zero or has more decimals than its currency", "correct the amount")
    AMOUNT_OUT_OF_RANGE = ("AMOUNT_OUT_OF_RANGE",
        "the amount lies outside the deal sizes of its currency", "split or enlarge the order")
    LOT_SIZE = "LOT_SIZE", "the amount does not lie on the dealing step of its currency", "round the amount to the step"
    UNKNOWN_ENTITY = "UNKNOWN_ENTITY", "the entity is not in entity_master or not active", "use an active entity"
    ENTITY_CURRENCY_MISMATCH = ("ENTITY_CURRENCY_MISMATCH",
        "the entity's currency is another one", "use an entity of the exposure currency")
    CONFIGURATION_INVALID = ("CONFIGURATION_INVALID",
        "reference data the plan needs are missing or contradictory", "correct the row named")
    INVALID_DATE = ("INVALID_DATE",
        "a stated date cannot be used", "state a business day that fits, or leave the date out")
    RATE_MISSING = ("RATE_MISSING",
        "a rate this plan needs is not there or not in force", "publish the rate on hawk.reference")
    NO_HEDGE_FOUND = "NO_HEDGE_FOUND", "no open hedge carries the reference given", "refer to an open hedge"
    ROLLOVER_INVALID = ("ROLLOVER_INVALID",
        "the rollover does not fit the hedge it refers to", "correct amount, dates or reference")
    TERMINATION_FAILED = ("TERMINATION_FAILED",
        "the termination does not fit the hedge it refers to", "correct amount or reference")
    USD_PB_LIMIT_EXCEEDED = ("USD_PB_LIMIT_EXCEEDED",
        "with this order the USD limit of the currency would be exceeded", "wait or ask for less")
    CAPACITY_EXHAUSTED = ("CAPACITY_EXHAUSTED",
        "no entity has hedging capacity left", "wait for capacity or choose another entity")
    # Decided by the executor around planning; listed here so that the list is closed.
    DUPLICATE_MSG_UID = "DUPLICATE_MSG_UID", "another instruction has this msg_uid", "send a new msg_uid"
    ROLLOUT_NOT_ALLOWED = ("ROLLOUT_NOT_ALLOWED",
        "the rollout mode does not admit this action or amount", "ask for the rollout to be widened")
    STOPPED = "STOPPED", "the stop switch is on", "two persons resume"
    # fmt: on


# A refused check keeps its record: stage 1A runs and says no (interfaces section 7, last paragraph).
CODES_WITH_RECORD: Final = frozenset({PlanningCode.USD_PB_LIMIT_EXCEEDED, PlanningCode.CAPACITY_EXHAUSTED})
