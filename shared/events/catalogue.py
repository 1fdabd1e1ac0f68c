"""Every event type HAWK knows, and the way to and from what the store and the topics carry."""

import contextlib
import inspect
import re
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from shared.errors import Defect, InvalidInput
from shared.events import (
    access,
    approvals,
    booking,
    capacity,
    caps,
    configuration,
    deadletters,
    delegations,
    disputes,
    emergency,
    execution,
    held,
    murex,
    overrides,
    passkeys,
    plans,
    policy,
    previews,
    progress,
    publication,
    reference,
    responses,
    reversals,
    revocations,
    rollout,
    undoing,
)
from shared.events.base import Event
from shared.events.bounds import bounded
from shared.events.previews import Draft
from shared.events.upcasters import check_chain, upcast
from shared.eventstore.port import NewEvent, RecordedEvent

_MODULES: tuple[ModuleType, ...] = (
    responses,
    plans,
    approvals,
    execution,
    booking,
    disputes,
    undoing,
    reversals,
    revocations,
    configuration,
    overrides,
    murex,
    capacity,
    progress,
    reference,
    held,
    rollout,
    access,
    policy,
    caps,
    delegations,
    passkeys,
    deadletters,
    publication,
    previews,
    emergency,
)


def _events_of(module: ModuleType) -> list[type[Event]]:
    """Return the event classes a module defines itself: not those it imports, not those others derive from."""
    return [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Event) and member.__module__ == module.__name__ and not member.__subclasses__()
    ]


#: Event type by name.
EVENTS: Mapping[str, type[Event]] = {event.__name__: event for module in _MODULES for event in _events_of(module)}

check_chain({name: event.SCHEMA_VERSION for name, event in EVENTS.items()})


#: A NUL in a text, or what looks like one.
_NUL: Final = "\\u0000"
#: Outside of the strings of a text: a number that is not whole.
_STRINGS: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_FRACTION: Final = re.compile(r"[0-9][.eE]")


def encode(event: Event, metadata: Mapping[str, str] | None = None) -> NewEvent:
    """Return the event as the store takes it: JSON values, amounts as strings."""
    return NewEvent(
        type=type(event).__name__,
        schema_version=event.SCHEMA_VERSION,
        data=event.model_dump(mode="json"),
        metadata=metadata or {},
        source=event,
        text=_text_of(event),
    )


def _text_of(event: Event) -> str | None:
    """Return the JSON text of an event, where nothing in it can be anything that the store does not take.

    No class of an event has a float; a number that is not whole can only be in a part that may hold any value. Whole
    numbers and depth were bounded when they came in (`bounded`, `shared.exact_json`), and `es.append` bounds them too.
    What is doubtful goes through the store's codec, which refuses with the place.
    """
    kind = type(event)
    with contextlib.suppress(PydanticSerializationError):  # a text that is not UTF-8
        text = event.__pydantic_serializer__.to_json(event).decode()
        if _NUL not in text and not (_holds_anything(kind) and _FRACTION.search(_STRINGS.sub("", text))):
            return text
    return None


@cache
def _holds_anything(kind: type[Event]) -> bool:
    """Return whether an event of a type has values of which its class does not say what they are."""
    kind.model_rebuild()
    return "any" in _kinds_in(kind.__pydantic_core_schema__)


def _kinds_in(schema: Any) -> set[str]:
    """Return the kinds of values in a schema of pydantic's core, by their names there."""
    if isinstance(schema, dict):
        kind = schema.get("type")
        return set().union(*map(_kinds_in, schema.values()), {kind} if isinstance(kind, str) else ())
    return set().union(*map(_kinds_in, schema)) if isinstance(schema, list | tuple) else set()


def draft_of(event: Event) -> Draft:
    """Return an event as the document that a preview holds of it."""
    return Draft(type=type(event).__name__, schema_version=event.SCHEMA_VERSION, data=event.model_dump(mode="json"))


def decode(recorded: RecordedEvent) -> Event:
    """Return a recorded event as today's class.

    Raises:
        Defect: the store holds a type, version or shape the catalogue cannot read.
    """
    if isinstance(recorded.source, Event):
        return recorded.source
    try:
        return decode_message(recorded.type, recorded.schema_version, recorded.data)
    except InvalidInput as error:
        raise Defect(
            f"Event {recorded.type} v{recorded.schema_version} of stream {recorded.stream} at version "
            f"{recorded.version} cannot be read: {error.reason}"
        ) from error


def decode_message(name: str, version: int, data: Mapping[str, Any]) -> Event:
    """Return an event from the outside, strictly: unknown types, versions, fields and shapes are refused.

    Raises:
        InvalidInput: EVENT_TYPE_UNKNOWN, EVENT_VERSION_UNKNOWN or EVENT_MALFORMED, with the place.
    """
    kind = EVENTS.get(name)
    if kind is None:
        raise InvalidInput(code="EVENT_TYPE_UNKNOWN", reason=f"HAWK knows no event type {name!r}.")
    if not 1 <= version <= kind.SCHEMA_VERSION:
        raise InvalidInput(
            code="EVENT_VERSION_UNKNOWN",
            reason=f"{name} v{version}: this release reads versions 1 to {kind.SCHEMA_VERSION}.",
        )
    try:
        event: Event = bounded(kind).validate_python(upcast(name, version, data, kind.SCHEMA_VERSION))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "(root)"
        raise InvalidInput(code="EVENT_MALFORMED", reason=f"{name} v{version}: {first['msg']} at {place}.") from error
    except (ArithmeticError, RecursionError) as error:
        # What pydantic leaves to Python's own arithmetic, for example of an exponent that no Decimal can be scaled to.
        raise InvalidInput(
            code="EVENT_MALFORMED",
            reason=f"{name} v{version}: a value cannot be computed with ({type(error).__name__}). Correct it.",
        ) from error
    return event
