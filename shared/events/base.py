"""The base of every event: frozen, closed, exact.

An event is a fact in the past tense. Its class name is its type, `SCHEMA_VERSION` its version; both travel
in `ce_type`. Fields are closed (`extra="forbid"`), so that a change of shape is a change of version.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer


def _exact(value: Any) -> Any:
    """Return an amount. Only text and Decimal make one: a JSON number has been through binary floating point."""
    if isinstance(value, Decimal | str):
        return value
    raise ValueError("an amount or rate is a string of decimal digits, never a JSON number")


#: Places before or after the point that an amount is written out in full with. Beyond, a few bytes (`1E-999999`) would
#: become a megabyte of zeros.
PLACES_WRITTEN_MAX = 200


def _plain(value: Decimal) -> str:
    return format(value, "f") if abs(value.adjusted()) < PLACES_WRITTEN_MAX else str(value)


#: An amount or a rate: a Decimal in memory, a plain decimal string in JSON.
Amount = Annotated[Decimal, BeforeValidator(_exact), PlainSerializer(_plain, return_type=str, when_used="json")]


class Value(BaseModel):
    """A part of an event: frozen, closed."""

    # Validators are built at their first use: no process needs all of them, and every command would wait for them.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Event(Value):
    """A fact. Subclasses are named in the past tense and registered in `shared.events.catalogue`."""

    SCHEMA_VERSION: ClassVar[int] = 1


class Refusal(Value):
    """The reason of a refusal: a stable code, a sentence for people, and the place (JSON path or offset)."""

    code: str
    message: str
    path: str = ""


class Notice(Value):
    """A warning: it changes nothing and is shown to everybody who decides."""

    code: str
    message: str
    path: str = ""


__all__ = ["Amount", "Event", "Notice", "Refusal", "Value", "date", "datetime"]
