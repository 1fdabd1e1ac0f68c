"""Codes of the parser's refusals: one closed list by precedence (interfaces section 4).

It stands with the events that carry them: whoever tells a person of a refusal says what would be right.
"""

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
