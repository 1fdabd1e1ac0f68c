"""The JSON Schema of a response, from the parser's own lists, forms and limits.

It is for authors of responses: for a prompt, a structured output, a check before publishing. The parser does not use it
and checks more: whether a date is a day, an id names a dependency, a key is there twice.
"""

import string
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from services.parser.catalogue import (
    CATALOGUE,
    CLAIMED_DEAL_FIELDS,
    HEDGE_METHODS,
    INSTRUCTION_FIELDS,
    INSTRUCTION_TYPES,
    MODELS,
    RESOLUTIONS,
    ActionType,
)
from services.parser.configuration import COLUMNS_MAX, KEY_FORM
from services.parser.fields import (
    AMOUNT_DECIMALS_MAX,
    AMOUNT_DIGITS_MAX,
    CLAIMED_ROWS_MAX,
    COUNT_MAX,
    DATE_FORM,
    IDENTIFIER_FORM,
    REFERENCES_MAX,
    TENOR_FORM,
    TEXT_CHARACTERS_MAX,
)
from services.parser.near_names import BLOCK_KEY
from services.parser.response import ACTIONS_MAX
from services.parser.validation import DEPENDENCIES_MAX
from shared.hedging.order import REQUIRED_FIELDS, InstructionType, NavType
from shared.money.currencies import decimals_of, is_currency

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

#: The name an answer gives to a field that the order calls otherwise.
NAMES_IN_ANSWERS: Final = MappingProxyType({"amount": "hedge_amount_order"})


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _text(pattern: str) -> Schema:
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def currencies() -> dict[int, list[str]]:
    """Return the currencies of an amount, by their decimals."""
    letters = string.ascii_uppercase
    codes = (a + b + c for a in letters for b in letters for c in letters)
    found: dict[int, list[str]] = {}
    for code in filter(is_currency, codes):
        found.setdefault(decimals_of(code), []).append(code)
    return dict(sorted(found.items()))


def amount(decimals: int) -> Schema:
    """Return the schema of an amount above zero with at most so many decimals: plain digits as text, or a number."""
    point = rf"(?:\.[0-9]{{1,{decimals}}})?" if decimals else ""
    return {
        "description": f"Above zero, plain digits, at most {decimals} decimals; no sign, exponent, grouping or unit.",
        "oneOf": [
            {
                "type": "string",
                "pattern": rf"^(?:0|[1-9][0-9]{{0,{AMOUNT_DIGITS_MAX - 1}}}){point}$",
                "not": {"pattern": r"^[0.]*$"},
            },
            {
                "type": "number" if decimals else "integer",
                "exclusiveMinimum": 0,
                "exclusiveMaximum": 10**AMOUNT_DIGITS_MAX,
            },
        ],
    }


#: Field of `data` -> what it holds. A test holds the keys against the catalogue.
INSTRUCTION: Final[Mapping[str, Schema]] = MappingProxyType(
    {
        "instruction_type": {"enum": list(INSTRUCTION_TYPES)},
        "exposure_currency": _ref("currency"),
        "hedge_amount_order": _ref(f"amount{AMOUNT_DECIMALS_MAX}"),
        "entity_id": _ref("id"),
        "nav_type": {"enum": [each.value for each in NavType]},
        "hedge_method": {"enum": list(HEDGE_METHODS)},
        "order_id": _ref("id"),
        "sub_order_id": _ref("id"),
        "previous_order_id": _ref("id"),
        "value_date": _ref("date"),
        "instruction_date": _ref("date"),
        "tenor_or_maturity": {"anyOf": [_text(TENOR_FORM.pattern), _ref("date")]},
        "hedging_instrument": _ref("id"),
        "reference_event_ids": {
            "type": "array", "items": _ref("id"), "maxItems": REFERENCES_MAX, "uniqueItems": True,
        },
        "msg_uid": _ref("id"),
    }
)  # fmt: skip

_ROW_OF_DEAL: Final[Schema] = {
    "type": "object",
    "properties": {
        name: _ref(f"amount{AMOUNT_DECIMALS_MAX}" if name == "notional_amount" else "id")
        for name in CLAIMED_DEAL_FIELDS
    },
    "additionalProperties": False,
}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": COUNT_MAX}

CLAIMS: Final[Mapping[ActionType, Mapping[str, Schema]]] = MappingProxyType(
    {
        ActionType.BOOK_MUREX_DEALS: {
            "model": {"enum": list(MODELS)},
            "deal_count": _COUNT,
            "event_id": _ref("id"),
            "deals": {"type": "array", "items": _ROW_OF_DEAL, "maxItems": CLAIMED_ROWS_MAX},
        },
        ActionType.GENERATE_GL_ENTRIES: {
            "entry_count": _COUNT,
            "entries": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
                },
                "maxItems": CLAIMED_ROWS_MAX,
            },
        },
        ActionType.UPDATE_ALLOCATION: {
            "allocated_amount": _ref(f"amount{AMOUNT_DECIMALS_MAX}"),
            "entity_id": _ref("id"),
        },
    }
)

_KEY: Final[Schema] = {"anyOf": [_text(KEY_FORM.pattern), {"type": "number", "minimum": 0}]}
CONFIGURATION: Final[Mapping[str, Schema]] = MappingProxyType(
    {
        "key": {
            "description": "Key of the row, or an object with the key column and that key.",
            "anyOf": [
                *_KEY["anyOf"],
                {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": _KEY},
            ],
        },
        "changes": {
            "description": "Columns and their new values; amounts and rates as text.",
            "type": "object", "minProperties": 1, "maxProperties": COLUMNS_MAX,
        },
        "effective_date": _ref("date"),
    }
)  # fmt: skip


def _needed(kind: InstructionType) -> list[str]:
    return [NAMES_IN_ANSWERS.get(name, name) for name in REQUIRED_FIELDS[kind]]


def _rule_of_type(kind: InstructionType) -> Schema:
    names = [name for name, meant in INSTRUCTION_TYPES.items() if meant is kind]
    then: Schema = {"required": _needed(kind)}
    if "reference_event_ids" in then["required"]:
        then["properties"] = {"reference_event_ids": {"minItems": 1}}
    return {"if": {"properties": {"instruction_type": {"enum": names}}, "required": ["instruction_type"]}, "then": then}


def _rule_of_decimals(decimals: int, codes: list[str]) -> Schema:
    return {
        "if": {"properties": {"exposure_currency": {"enum": codes}}, "required": ["exposure_currency"]},
        "then": {"properties": {"hedge_amount_order": _ref(f"amount{decimals}")}},
    }


def _instruction_data() -> Schema:
    rules = [_rule_of_type(kind) for kind in InstructionType if REQUIRED_FIELDS[kind]]
    rules += [_rule_of_decimals(each, codes) for each, codes in currencies().items() if each < AMOUNT_DECIMALS_MAX]
    return {"properties": {name: INSTRUCTION[name] for name in INSTRUCTION_FIELDS}, "allOf": rules}


def _override_data() -> Schema:
    return {
        "properties": {
            "deal_booking_id": _ref("id"),
            "resolution": {"enum": list(RESOLUTIONS)},
            "external_reference": {**_ref("id"), "description": "The contract in Murex; needed for BOOKED_MANUALLY."},
            "reason": {"type": "string", "minLength": 1, "maxLength": TEXT_CHARACTERS_MAX, "pattern": r"\S"},
        },
        "if": {"properties": {"resolution": {"const": "BOOKED_MANUALLY"}}, "required": ["resolution"]},
        "then": {"required": ["external_reference"]},
    }


def _data_of(kind: ActionType) -> Schema:
    special: Mapping[ActionType, Callable[[], Schema]] = {
        ActionType.CREATE_HEDGE_INSTRUCTION: _instruction_data,
        ActionType.OVERRIDE_DEAL: _override_data,
        ActionType.UPDATE_CONFIGURATION: lambda: {"properties": dict(CONFIGURATION)},
    }
    entry = CATALOGUE[kind]
    members = special[kind]() if kind in special else {"properties": dict(CLAIMS[kind])}
    required = {"required": list(entry.required)} if entry.required else {}
    return {"type": "object", "additionalProperties": False, **required, **members}


def _action(kind: ActionType) -> Schema:
    entry = CATALOGUE[kind]
    required = ["action_type", "data", *(["table"] if len(entry.tables) > 1 else [])]
    return {
        "type": "object",
        "required": required,
        "properties": {
            "action_type": {"const": kind.value},
            "table": {"enum": list(entry.tables)},
            "operation": {"enum": list(entry.operations)},
            "id": _ref("action_id"),
            "dependencies": {"type": "array", "items": _ref("action_id"), "maxItems": DEPENDENCIES_MAX},
            "approval_required": {"description": "Recorded and shown, without force."},
            "approval_level": {"description": "Recorded and shown, without force."},
            "risk_score": {"description": "Recorded and shown, without force."},
            "data": _data_of(kind),
        },
    }


def answer_schema() -> Schema:
    """Return the schema of a response as a JSON object, also for one inside text, a Dify response or an envelope."""
    executed = list(ActionType)
    by_decimals = currencies()
    return {
        "$schema": DIALECT,
        "title": "Answer of an AI analyst to HAWK",
        "description": "An analysis and the actions it recommends. Generated from the parser's own definitions by "
        "`make docs`.",
        "type": "object",
        "anyOf": [{"required": ["analysis"]}, {"required": [BLOCK_KEY]}],
        "properties": {
            "analysis": {"type": "string"},
            BLOCK_KEY: {
                "type": "array",
                "maxItems": ACTIONS_MAX,
                "items": {"oneOf": [_ref(kind.value) for kind in executed]},
            },
        },
        "$defs": {
            "id": _text(IDENTIFIER_FORM.pattern),
            "action_id": {"anyOf": [_ref("id"), {"type": "number", "minimum": 0}]},
            "date": {**_text(DATE_FORM.pattern), "format": "date"},
            "currency": {"enum": sorted(code for codes in by_decimals.values() for code in codes)},
            **{f"amount{each}": amount(each) for each in sorted({*by_decimals, AMOUNT_DECIMALS_MAX})},
            **{kind.value: _action(kind) for kind in executed},
        },
    }
