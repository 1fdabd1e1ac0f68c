"""Readers of `data` for actions that start no plan of their own kind: claims and overrides. Pure.

A claim is compared with the computed plan and never changes it, so only its form is checked here.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.parser.catalogue import CLAIMED_DEAL_FIELDS, MODELS, RESOLUTIONS, ActionType
from services.parser.fields import (
    Faults,
    read_amount,
    read_count,
    read_identifier,
    read_optional,
    read_optional_choice,
    read_rows,
    read_text,
    refuse_unknown_fields,
)
from services.parser.reading import plain
from shared.events.parsing_codes import ParsingCode
from shared.exact_json import member_path
from shared.hedging.changes.override import DealOverride


def _deals_claim(data: dict[str, Any], path: str, faults: Faults) -> dict[str, Any]:
    read: dict[str, Any] = {
        "model": read_optional_choice(data, "model", MODELS, path, faults),
        "deal_count": read_optional(read_count, data, "deal_count", path, faults),
        "event_id": read_optional(read_identifier, data, "event_id", path, faults),
    }
    if "deals" in data:
        rows = read_rows(data["deals"], f"{path}.deals", faults)
        read["deals"] = [_deal_row(row, f"{path}.deals[{index}]", faults) for index, row in enumerate(rows)]
    return _said(read)


def _deal_row(row: dict[str, Any], path: str, faults: Faults) -> dict[str, Any]:
    refuse_unknown_fields(row, CLAIMED_DEAL_FIELDS, path, faults)
    stated = {key: value for key, value in row.items() if value is not None and key in CLAIMED_DEAL_FIELDS}
    read: dict[str, Any] = {
        key: read_identifier(value, f"{path}.{key}", faults)
        for key, value in stated.items()
        if key != "notional_amount"
    }
    read["notional_amount"] = _amount_text(stated, "notional_amount", path, faults)
    return _said(read)


def _entries_claim(data: dict[str, Any], path: str, faults: Faults) -> dict[str, Any]:
    read: dict[str, Any] = {"entry_count": read_optional(read_count, data, "entry_count", path, faults)}
    if "entries" in data:
        rows = read_rows(data["entries"], f"{path}.entries", faults)
        read["entries"] = [_scalars(row, f"{path}.entries[{index}]", faults) for index, row in enumerate(rows)]
    return _said(read)


def _allocation_claim(data: dict[str, Any], path: str, faults: Faults) -> dict[str, Any]:
    return _said(
        {
            "allocated_amount": _amount_text(data, "allocated_amount", path, faults),
            "entity_id": read_optional(read_identifier, data, "entity_id", path, faults),
        }
    )


def read_override(data: dict[str, Any], path: str, faults: Faults) -> DealOverride | None:
    """Return how a person settled a deal, or None when anything is wrong with the action."""
    deal = read_optional(read_identifier, data, "deal_booking_id", path, faults)
    resolution = read_optional_choice(data, "resolution", RESOLUTIONS, path, faults)
    reference = read_optional(read_identifier, data, "external_reference", path, faults)
    reason = read_optional(read_text, data, "reason", path, faults)
    if resolution == "BOOKED_MANUALLY" and "external_reference" not in data:
        faults.add(ParsingCode.MISSING_FIELDS, "Missing: external_reference (id of the deal booked by hand).", path)
    if faults.refusals or deal is None or resolution is None or reason is None:
        return None
    stands = resolution == "BOOKED_MANUALLY"
    return DealOverride(deal, "BOOKED_MANUALLY" if stands else "CANCELLED", reference, reason)


def _amount_text(data: dict[str, Any], key: str, path: str, faults: Faults) -> str | None:
    amount = read_optional(read_amount, data, key, path, faults)
    return None if amount is None else format(amount, "f")


def _scalars(row: dict[str, Any], path: str, faults: Faults) -> dict[str, Any]:
    """Return a row whose columns only the plan or the configuration can judge: plain values, numbers as text."""
    for key, value in row.items():
        if isinstance(value, dict | list):
            faults.add(ParsingCode.SCHEMA_VIOLATION, "Expected a text, a number or a boolean.", member_path(path, key))
    return {key: plain(value) for key, value in row.items()}


def _said(read: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in read.items() if value is not None}


#: Reader of `data` by action; gives what a claim says as JSON values, amounts as text.
DATA_READERS: Final[Mapping[ActionType, Callable[[dict[str, Any], str, Faults], dict[str, Any]]]] = {
    ActionType.BOOK_MUREX_DEALS: _deals_claim,
    ActionType.GENERATE_GL_ENTRIES: _entries_claim,
    ActionType.UPDATE_ALLOCATION: _allocation_claim,
}
