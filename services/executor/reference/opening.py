"""A hedge that was open before HAWK started: it comes once, fits its entity, and never changes. Pure."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from services.executor.reference.commands import Command, SetRow
from shared.errors import InvalidInput

OPENING_HEDGES: Final = "opening_hedges"


def entity_of(command: Command) -> str:
    """Return the entity that the row names; empty if it names none."""
    return str(command.row["entity_id"]) if isinstance(command, SetRow) else ""


def judge_opening(command: Command, entity: Mapping[str, Any] | None, *, known: bool, today: date) -> None:
    """Refuse what would change a hedge that other workflows may have closed in part, or that contradicts its entity.

    Args:
        entity: the row of its entity in force, if there is one.
        known: a hedge of this id was imported before.
        today: the business date. What is traded from today on is HAWK's own to book.

    Raises:
        InvalidInput: OPENING_HEDGE_KNOWN, or OPENING_HEDGE_INVALID with everything that is wrong.
    """
    what = f"hawk.reference: {OPENING_HEDGES} {command.key}"
    if known or not isinstance(command, SetRow):
        raise InvalidInput(
            code="OPENING_HEDGE_KNOWN",
            reason=f"{what} was imported before, and an opening hedge never changes. Close it by an order, or import "
            "another one under an id of its own.",
        )
    wrong = [*_against_entity(command.row, entity), *_amounts(command.row), *_days(command.row, today)]
    if wrong:
        raise InvalidInput(code="OPENING_HEDGE_INVALID", reason=f"{what}: {' '.join(wrong)}")


def _against_entity(row: Mapping[str, Any], entity: Mapping[str, Any] | None) -> list[str]:
    if entity is None or entity["currency_code"] == row["exposure_currency"]:
        return []
    return [
        f"exposure_currency is {row['exposure_currency']}, that of entity {row['entity_id']} is "
        f"{entity['currency_code']}. Correct one."
    ]


def _amounts(row: Mapping[str, Any]) -> list[str]:
    wrong = []
    if Decimal(str(row["notional_amount"])) <= 0:
        wrong.append(f"notional_amount is {row['notional_amount']}. State an amount above zero.")
    if Decimal(str(row["notional_usd"])) < 0:
        wrong.append(f"notional_usd is {row['notional_usd']}. State what the hedge holds of the USD limit.")
    carried = row.get("carried_amounts")
    if carried is not None and not (isinstance(carried, dict) and all(_is_amount(each) for each in carried.values())):
        wrong.append(
            "carried_amounts is not an object of amount keys with amounts in SGD as text. Correct it, or leave it out."
        )
    return wrong


def _is_amount(value: object) -> bool:
    try:
        return isinstance(value, str) and Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _days(row: Mapping[str, Any], today: date) -> list[str]:
    if date.fromisoformat(str(row["trade_date"])) < today:
        return []
    return [f"trade_date is {row['trade_date']}. A hedge that HAWK did not book was traded before today, {today}."]
