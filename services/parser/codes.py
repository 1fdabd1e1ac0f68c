"""Why a response, or a proposal in it, is refused: one closed list by precedence (interfaces section 4).

Refusals are reported in this order, so that the first of several is the one nearest to the bytes.
"""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from shared.events.base import Refusal
from shared.events.parsing_codes import ParsingCode
from shared.exact_json import storable

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
