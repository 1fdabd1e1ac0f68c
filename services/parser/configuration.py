"""Reader of `data` of a configuration change. Pure.

Whether the row is there and the values fit its columns, planning decides: the parser knows no columns.
"""

import re
from typing import Any, Final

from services.parser.fields import Faults, read_date, read_optional
from services.parser.reading import Number, plain
from shared.events.parsing_codes import ParsingCode
from shared.exact_json import member_path
from shared.hedging.changes.configuration import ConfigurationChange, Write

#: Characters of a row's key; the longest keys are those of settings. With the table it has to fit a stream's name.
KEY_CHARACTERS_MAX: Final = 150
#: Columns of one change; the widest table of the configuration has thirty.
COLUMNS_MAX: Final = 60
#: Digits of a whole number within a JSON column.
WHOLE_DIGITS_MAX: Final = 15

KEY_FORM: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._:/-]{{0,{KEY_CHARACTERS_MAX - 1}}}")
_WHOLE: Final = re.compile(rf"-?(?:0|[1-9][0-9]{{0,{WHOLE_DIGITS_MAX - 1}}})")


def read_change(raw: dict[str, Any], data: dict[str, Any], path: str, faults: Faults) -> ConfigurationChange | None:
    """Return the change an action states, or None when anything is wrong with the action.

    Args:
        raw: the action; its table and operation were compared with the catalogue before. Without an operation it is
            an UPDATE, as the name of the action says.
        data: its members that say something.
    """
    column, key = _key(data["key"], f"{path}.key", faults) if "key" in data else (None, None)
    changes = _changes(data["changes"], f"{path}.changes", faults) if "changes" in data else {}
    effective = read_optional(read_date, data, "effective_date", path, faults)
    table, operation = raw.get("table"), raw.get("operation")
    if faults.refusals or key is None or not changes or not isinstance(table, str):
        return None
    write: Write = "INSERT" if operation == "INSERT" else "UPDATE"
    return ConfigurationChange(table, write, key, column, changes, effective)


def _key(value: Any, path: str, faults: Faults) -> tuple[str | None, str | None]:
    """Read `"BUF_USD_001"`, or the key beside its column: `{"buffer_rule_id": "BUF_USD_001"}`."""
    column = None
    if isinstance(value, dict) and len(value) == 1:
        ((column, value),) = value.items()
        path = member_path(path, column)
    text = value.literal if isinstance(value, Number) else value
    if isinstance(text, str) and KEY_FORM.fullmatch(text):
        return column, text
    faults.add(
        ParsingCode.INVALID_IDENTIFIER,
        f"The key of a row must be a text of 1 to {KEY_CHARACTERS_MAX} letters, digits and . _ : / -, "
        "or an object with the key column and that text.",
        path,
    )
    return None, None


def _changes(value: Any, path: str, faults: Faults) -> dict[str, Any]:
    if not isinstance(value, dict) or not 0 < len(value) <= COLUMNS_MAX:
        faults.add(
            ParsingCode.SCHEMA_VIOLATION,
            f"changes must be an object: 1 to {COLUMNS_MAX} columns and their new values.",
            path,
        )
        return {}
    return {column: _column(new, member_path(path, column), faults) for column, new in plain_keys(value).items()}


def plain_keys(value: dict[str, Any]) -> dict[str, Any]:
    """Return the members under names that an event can hold."""
    return {str(plain(name)): member for name, member in value.items()}


def _column(value: Any, path: str, faults: Faults) -> Any:
    """Return a column's value: a number keeps the text it was written as, so that no digit is lost."""
    return _member(value, path, faults) if isinstance(value, dict | list) else plain(value)


def _member(value: Any, path: str, faults: Faults) -> Any:
    """Return a value within a JSON column. Only whole numbers are numbers there: JSON has no exact fractions."""
    if isinstance(value, Number):
        if _WHOLE.fullmatch(value.literal):
            return int(value.literal)
        faults.add(
            ParsingCode.SCHEMA_VIOLATION,
            "A number within a JSON column must be a whole number. Write an amount or rate as text.",
            path,
        )
        return None
    if isinstance(value, dict):
        return {name: _member(each, member_path(path, name), faults) for name, each in plain_keys(value).items()}
    if isinstance(value, list):
        return [_member(each, f"{path}[{index}]", faults) for index, each in enumerate(value)]
    return plain(value)
