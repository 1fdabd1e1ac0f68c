"""Recommended actions to typed actions: the closed catalogue, strictly. Pure.

Everything wrong with an action is reported, with JSON path and what would be right; nothing is repaired.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from services.parser.catalogue import CATALOGUE, CLAIMS, HEDGE_METHODS, INSTRUCTION_TYPES, ActionRules, ActionType
from services.parser.claims import DATA_READERS, read_override
from services.parser.codes import by_precedence, shown
from services.parser.configuration import read_change
from services.parser.fields import (
    AMOUNT_DECIMALS_MAX,
    Faults,
    read_amount,
    read_currency,
    read_date,
    read_identifier,
    read_identifiers,
    read_optional,
    read_optional_choice,
    read_tenor,
    refuse_unknown_fields,
)
from services.parser.reading import Number, plain
from shared.events.base import Refusal
from shared.events.parsing_codes import ParsingCode
from shared.events.responses import Claimed
from shared.hedging.changes.configuration import ConfigurationChange
from shared.hedging.changes.override import DealOverride
from shared.hedging.order import Claim, InstructionType, NavType, Order, Provenance, missing_fields
from shared.money.currencies import decimals_of

#: Ids one action may depend on: every other action of the response.
DEPENDENCIES_MAX: Final = 50
#: Characters of what the AI says about approval and risk; it is shown beside the computed values.
CLAIMED_CHARACTERS_MAX: Final = 100

_AMOUNT_FIELD: Final = "hedge_amount_order"


@dataclass(frozen=True, slots=True)
class Action:
    """One recommended action as it was understood. With refusals it is only known by its place and ids."""

    index: int
    action_id: str
    action_type: ActionType | None
    dependencies: tuple[str, ...]
    order: Order | None
    claim: Claim | None
    claimed: Claimed
    raw: Any
    path: str
    refusals: tuple[Refusal, ...]
    change: ConfigurationChange | None = None
    override: DealOverride | None = None


def validate_action(raw: Any, index: int, path: str) -> Action:
    """Read an item of `recommended_actions`.

    Args:
        path: JSON path of the item.
    Returns:
        An action whose `refusals`, in order of precedence, are empty exactly if it can be taken.
    """
    faults = Faults()
    if not isinstance(raw, dict):
        faults.add(ParsingCode.SCHEMA_VIOLATION, "An action must be an object with action_type and data.", path)
        raw_members: dict[str, Any] = {}
    else:
        raw_members = raw
    action_id = _action_id(raw_members, index, path, faults)
    dependencies = _dependencies(raw_members, path, faults)
    kind = _action_type(raw_members, path, faults) if isinstance(raw, dict) else None
    typed = _typed(kind, raw_members, action_id, path, faults) if kind is not None else _Typed()
    return Action(
        index=index,
        action_id=action_id,
        action_type=kind,
        dependencies=dependencies,
        order=typed.order,
        claim=typed.claim,
        claimed=_claimed(raw_members, action_id),
        raw=raw,
        path=path,
        refusals=by_precedence(faults.refusals),
        change=typed.change,
        override=typed.override,
    )


@dataclass(frozen=True, slots=True)
class _Typed:
    """What an action says: one of these, or nothing where it is refused."""

    order: Order | None = None
    claim: Claim | None = None
    change: ConfigurationChange | None = None
    override: DealOverride | None = None


def _typed(kind: ActionType, raw: dict[str, Any], action_id: str, path: str, faults: Faults) -> _Typed:
    entry = CATALOGUE[kind]
    _check_table(entry, raw, path, faults)
    _check_operation(entry, raw, path, faults)
    data = _data(entry, raw, path, faults)
    if data is None:
        return _Typed()
    if kind is ActionType.CREATE_HEDGE_INSTRUCTION:
        return _Typed(order=_order(data, f"{path}.data", faults))
    if kind is ActionType.UPDATE_CONFIGURATION:
        return _Typed(change=read_change(raw, data, f"{path}.data", faults))
    if kind is ActionType.OVERRIDE_DEAL:
        return _Typed(override=read_override(data, f"{path}.data", faults))
    read = DATA_READERS[kind](data, f"{path}.data", faults)
    return _Typed(claim=Claim(action_id, kind.value, read) if kind in CLAIMS else None)


def _action_type(raw: dict[str, Any], path: str, faults: Faults) -> ActionType | None:
    given = raw.get("action_type")
    if isinstance(given, str) and given in ActionType.__members__:
        return ActionType(given)
    agreed = ", ".join(ActionType)
    if given is None:
        faults.add(ParsingCode.SCHEMA_VIOLATION, f"action_type is missing. Write one of {agreed}.", path)
    elif not isinstance(given, str):
        faults.add(ParsingCode.SCHEMA_VIOLATION, f"action_type must be one of {agreed}.", f"{path}.action_type")
    else:
        faults.add(
            ParsingCode.UNKNOWN_ACTION_TYPE,
            f"{shown(given)} is not an action of the catalogue. Write one of {agreed}.",
            f"{path}.action_type",
        )
    return None


def _check_table(entry: ActionRules, raw: dict[str, Any], path: str, faults: Faults) -> None:
    given = raw.get("table")
    if given is None:
        if len(entry.tables) > 1:
            faults.add(ParsingCode.MISSING_FIELDS, f"table is missing. Name one of {', '.join(entry.tables)}.", path)
    elif not isinstance(given, str):
        faults.add(ParsingCode.SCHEMA_VIOLATION, "table must be text.", f"{path}.table")
    elif given not in entry.tables:
        faults.add(
            ParsingCode.TABLE_NOT_ALLOWED,
            f"This action may not write {shown(given)}. Its table is {' or '.join(entry.tables)}.",
            f"{path}.table",
        )


def _check_operation(entry: ActionRules, raw: dict[str, Any], path: str, faults: Faults) -> None:
    given = raw.get("operation")
    if given is not None and not isinstance(given, str):
        faults.add(ParsingCode.SCHEMA_VIOLATION, "operation must be text.", f"{path}.operation")
    elif given is not None and given not in entry.operations:
        faults.add(
            ParsingCode.OPERATION_NOT_ALLOWED,
            f"This action may not {shown(given)}. Its operation is {' or '.join(entry.operations)}.",
            f"{path}.operation",
        )


def _data(entry: ActionRules, raw: dict[str, Any], path: str, faults: Faults) -> dict[str, Any] | None:
    """Return the members of `data` that say something: null is as good as absent."""
    given = raw.get("data")
    if given is None:
        faults.add(ParsingCode.MISSING_FIELDS, "data is missing. State the action's fields in it.", path)
        return None
    if not isinstance(given, dict):
        faults.add(ParsingCode.SCHEMA_VIOLATION, "data must be a JSON object.", f"{path}.data")
        return None
    refuse_unknown_fields(given, entry.fields, f"{path}.data", faults)
    data = {key: value for key, value in given.items() if value is not None and key in entry.fields}
    missing = [key for key in entry.required if key not in data]
    if missing:
        faults.add(ParsingCode.MISSING_FIELDS, f"Missing: {', '.join(missing)}.", f"{path}.data")
    return data


def _order(data: dict[str, Any], path: str, faults: Faults) -> Order | None:
    kind = _instruction_type(data, path, faults)
    currency = read_optional(read_currency, data, "exposure_currency", path, faults)
    decimals = decimals_of(currency) if currency else AMOUNT_DECIMALS_MAX
    amount = None
    if _AMOUNT_FIELD in data:
        amount = read_amount(data[_AMOUNT_FIELD], f"{path}.{_AMOUNT_FIELD}", faults, decimals)
    instructed = read_optional(read_date, data, "instruction_date", path, faults)
    value_date = read_optional(read_date, data, "value_date", path, faults)
    _check_dates(instructed, value_date, path, faults)
    nav_type = read_optional_choice(data, "nav_type", tuple(NavType), path, faults)
    references = read_optional(read_identifiers, data, "reference_event_ids", path, faults)
    order = Order(
        instruction_type=kind or InstructionType.I,
        exposure_currency=currency,
        amount=amount,
        entity_id=read_optional(read_identifier, data, "entity_id", path, faults),
        nav_type=NavType(nav_type) if nav_type else None,
        hedge_method=read_optional_choice(data, "hedge_method", HEDGE_METHODS, path, faults),
        hedging_instrument=read_optional(read_identifier, data, "hedging_instrument", path, faults),
        instruction_date=instructed,
        value_date=value_date,
        tenor_or_maturity=read_optional(read_tenor, data, "tenor_or_maturity", path, faults),
        order_id=read_optional(read_identifier, data, "order_id", path, faults),
        sub_order_id=read_optional(read_identifier, data, "sub_order_id", path, faults),
        previous_order_id=read_optional(read_identifier, data, "previous_order_id", path, faults),
        reference_event_ids=references or (),
        msg_uid=read_optional(read_identifier, data, "msg_uid", path, faults),
        provenance={_order_field(key): Provenance.STATED.value for key in data},
    )
    if kind is None:
        return None
    _check_missing(order, data, path, faults)
    return order


def _instruction_type(data: dict[str, Any], path: str, faults: Faults) -> InstructionType | None:
    given = data.get("instruction_type")
    if given is None:
        return None
    kind = INSTRUCTION_TYPES.get(given) if isinstance(given, str) else None
    if kind is None and isinstance(given, str):
        faults.add(
            ParsingCode.INSTRUCTION_TYPE_NOT_SUPPORTED,
            f"Instruction type {shown(given)} is not supported. Write one of {', '.join(INSTRUCTION_TYPES)}.",
            f"{path}.instruction_type",
        )
    elif kind is None:
        faults.add(
            ParsingCode.SCHEMA_VIOLATION,
            "instruction_type must be text, such as INCEPTION.",
            f"{path}.instruction_type",
        )
    return kind


def _check_dates(instructed: date | None, value: date | None, path: str, faults: Faults) -> None:
    if instructed and value and value < instructed:
        faults.add(
            ParsingCode.INVALID_DATE,
            f"value_date {value} is before instruction_date {instructed}. State a later date, or none.",
            f"{path}.value_date",
        )


def _check_missing(order: Order, data: dict[str, Any], path: str, faults: Faults) -> None:
    """Note all missing fields in one finding; a field that is there but wrong has its own."""
    stated = {_order_field(key) for key, value in data.items() if value != []}
    missing = [_data_field(name) for name in missing_fields(order) if name not in stated]
    if missing:
        faults.add(
            ParsingCode.MISSING_FIELDS,
            f"Instruction type {order.instruction_type} needs more fields, which are never filled in. "
            f"Missing: {', '.join(missing)}.",
            path,
        )


def _order_field(key: str) -> str:
    return "amount" if key == _AMOUNT_FIELD else key


def _data_field(name: str) -> str:
    return _AMOUNT_FIELD if name == "amount" else name


def _action_id(raw: dict[str, Any], index: int, path: str, faults: Faults) -> str:
    """Return the action's own id, else its number in the list, written so that no id can be mistaken for it."""
    given = raw.get("id")
    if given is None:
        return f"#{index + 1}"
    return read_identifier(_id_text(given), f"{path}.id", faults) or f"#{index + 1}"


def _dependencies(raw: dict[str, Any], path: str, faults: Faults) -> tuple[str, ...]:
    given = raw.get("dependencies")
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > DEPENDENCIES_MAX:
        faults.add(
            ParsingCode.SCHEMA_VIOLATION,
            f"dependencies must be a list of at most {DEPENDENCIES_MAX} ids of actions.",
            f"{path}.dependencies",
        )
        return ()
    read = (
        read_identifier(_id_text(each), f"{path}.dependencies[{index}]", faults) for index, each in enumerate(given)
    )
    return tuple(dict.fromkeys(each for each in read if each is not None))


def _id_text(value: Any) -> Any:
    """Return the text of an id. Models number their actions: 1 and "1" are the same id."""
    return value.literal if isinstance(value, Number) else value


def _claimed(raw: dict[str, Any], action_id: str) -> Claimed:
    required = raw.get("approval_required")
    return Claimed(
        action_id=action_id,
        approval_required=required if isinstance(required, bool) else None,
        approval_level=_claimed_text(raw.get("approval_level")),
        risk_score=_claimed_text(raw.get("risk_score")),
    )


def _claimed_text(value: Any) -> str | None:
    text = plain(value)
    return text[:CLAIMED_CHARACTERS_MAX] if isinstance(text, str) else None
