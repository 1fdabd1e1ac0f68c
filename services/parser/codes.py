"""Why a response, or a proposal in it, is refused: one closed list by precedence (interfaces section 4).

Refusals are reported in this order, so that the first of several is the one nearest to the bytes.
"""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from shared.events.base import Refusal
from shared.exact_json import storable
from shared.hedging.refusals import Reason


class ParsingCode(Reason):
    """Codes of the parser. Stable names: the upstream AI, approvers and dashboards read them."""

    # fmt: off
    EMPTY = "EMPTY", "the value is empty or only white space", "publish the response"
    TOO_LARGE = (
        "TOO_LARGE", "the response is above 1 MiB, or recommends more than 50 actions",
        "split it into several responses")
    NOT_UTF8 = "NOT_UTF8", "the bytes are not UTF-8 text", "publish the response as UTF-8"
    INCOMPLETE = "INCOMPLETE", "the response was cut off, or its stream did not end", "ask the model again"
    MALFORMED_JSON = "MALFORMED_JSON", "the JSON is not well formed (RFC 8259)", "correct the place named"
    DUPLICATE_KEY = "DUPLICATE_KEY", "an object has a key twice", "state each key once"
    AMBIGUOUS = (
        "AMBIGUOUS", "the response has more than one meaning, or takes back what it recommends",
        "give exactly one action block, last")
    NEAR_NAME = (
        "NEAR_NAME", "something looks like an order, but a name in it is only nearly right", "write the name given")
    SCHEMA_VIOLATION = "SCHEMA_VIOLATION", "a part does not have the agreed shape", "give it the shape named"
    UNKNOWN_ACTION_TYPE = "UNKNOWN_ACTION_TYPE", "the action is not in the catalogue", "use an action of the catalogue"
    TABLE_NOT_ALLOWED = (
        "TABLE_NOT_ALLOWED", "the table does not belong to the action", "leave the table out or name the right one")
    OPERATION_NOT_ALLOWED = (
        "OPERATION_NOT_ALLOWED", "the operation does not belong to the action",
        "leave the operation out, or name the right one")
    INSTRUCTION_TYPE_NOT_SUPPORTED = (
        "INSTRUCTION_TYPE_NOT_SUPPORTED", "the instruction type is not U, I, R, T, A or Q", "use one of these types")
    UNKNOWN_FIELD = "UNKNOWN_FIELD", "`data` holds a field the action does not have", "leave the field out"
    MISSING_FIELDS = "MISSING_FIELDS", "`data` lacks fields the action needs", "state every field listed"
    INVALID_AMOUNT = (
        "INVALID_AMOUNT", "the amount is not a plain number above zero in the decimals of its currency",
        "write digits only, such as 25000000.00")
    INVALID_CURRENCY = (
        "INVALID_CURRENCY", "the currency is not an ISO 4217 code", "write the three capital letters, such as USD")
    INVALID_DATE = "INVALID_DATE", "the date is not a day of the calendar", "write it as YYYY-MM-DD"
    INVALID_IDENTIFIER = (
        "INVALID_IDENTIFIER", "an id has characters or a length that ids do not have",
        "use letters, digits and . _ : -")
    UNKNOWN_DEPENDENCY = (
        "UNKNOWN_DEPENDENCY", "an action depends on an id that the response does not have",
        "name the id of one of its actions")
    DEPENDENCY_CYCLE = "DEPENDENCY_CYCLE", "actions depend on each other in a circle", "take one dependency out"
    NO_INSTRUCTION = (
        "NO_INSTRUCTION", "a claim belongs to no instruction", "add the instruction, or name it as the dependency")
    DUPLICATE_RESPONSE = (
        "DUPLICATE_RESPONSE", "another response was published under this id before",
        "publish the response under an id of its own")
    DUPLICATE_ACTION = (
        "DUPLICATE_ACTION", "the same action, or the same action id, is in the response twice",
        "state each action once")
    # fmt: on


_RANK: Final = MappingProxyType({code.value: rank for rank, code in enumerate(ParsingCode)})

#: Characters of a value that a message shows: enough to recognise it, too few to carry a payload.
SHOWN_CHARACTERS_MAX: Final = 60

#: Refusals reported for one proposal. A broken response can be wrong in a hundred thousand places.
REFUSALS_MAX: Final = 20


class ResponseRefused(Exception):
    """Inside the pipeline only: the whole response is refused. The pipeline turns it into a value.

    `path` empty means the response as a whole. `prose` is the text around the refused part, to be shown.
    """

    prose: str = ""

    def __init__(self, code: ParsingCode, message: str, path: str = "") -> None:
        self.refusal = refusal(code, message, path or "$")
        super().__init__(message)


def refusal(code: ParsingCode, message: str, path: str = "") -> Refusal:
    """Return a refusal whose text can be stored whatever the response held."""
    return Refusal(code=code.value, message=storable(message), path=storable(path))


def by_precedence(refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
    """Sort refusals by precedence, equal codes by appearance; at most `REFUSALS_MAX` of them."""
    ordered = sorted(refusals, key=lambda each: _RANK[each.code])
    if len(ordered) <= REFUSALS_MAX:
        return tuple(ordered)
    last = ordered[REFUSALS_MAX - 1]
    message = f"{last.message} And {len(ordered) - REFUSALS_MAX} more."
    return (*ordered[: REFUSALS_MAX - 1], last.model_copy(update={"message": message}))


def shown(value: object) -> str:
    """Return a value as a message shows it: quoted, shortened, without line breaks."""
    text = str(value)
    cut = text if len(text) <= SHOWN_CHARACTERS_MAX else text[:SHOWN_CHARACTERS_MAX] + "…"
    return ascii(cut) if not cut.isprintable() else f"'{cut}'"
