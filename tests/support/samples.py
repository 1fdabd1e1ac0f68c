"""A well-formed event of every type, made of its fields: for tests that need one of each and care for none."""

import types
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import BaseModel

from shared.events.catalogue import EVENTS
from shared.events.decisions import DecisionName

_PLAIN: Mapping[Any, Any] = {
    str: "wf-sample",
    UUID: "00000000-0000-8000-8000-000000000000",
    DecisionName: {"version": 1, "digest": "sha256:" + "0" * 64},
    int: 1,
    bool: True,
    Decimal: "25000000",
    datetime: "2026-11-23T09:00:00+00:00",
    date: "2026-11-23",
    time: "09:00:00",
    Any: "anything",
    object: "anything",
}


def sample(name: str) -> dict[str, Any]:
    """The data of an event of this type; every optional field is there, every list has one element."""
    return _of_model(EVENTS[name])


def changed(data: Any, kind: type, value: Any) -> Any:
    """The data with every leaf of one kind replaced, see `leaf_kind`; or every outermost list so many times longer."""
    if isinstance(data, dict):
        return {key: changed(part, kind, value) for key, part in data.items()}
    if isinstance(data, list):
        return data * value if kind is list else [changed(part, kind, value) for part in data]
    return value if leaf_kind(data) is kind else data


def leaf_kind(leaf: Any) -> type:
    """What a leaf of a sample stands for."""
    by_text = {_PLAIN[Decimal]: Decimal, _PLAIN[datetime]: date, _PLAIN[date]: date}
    return by_text.get(leaf, type(leaf)) if isinstance(leaf, str) else type(leaf)


def leaves(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every leaf with its path."""
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else None
    if parts is None:
        yield path, data
        return
    for key, part in parts:
        yield from leaves(part, (*path, key))


def _of_model(model: type[BaseModel]) -> dict[str, Any]:
    return {name: _of(field.annotation) for name, field in model.model_fields.items()}


def _of_dataclass(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: _of(hints[field.name]) for field in fields(kind)}


def _of(kind: Any) -> Any:
    """A value of a type; of alternatives the first that is not None."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _of(parts[0])
    if origin is Literal:
        return parts[0]
    if origin in (Union, types.UnionType):
        return _of(next(part for part in parts if part is not type(None)))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {str(_of(parts[0])): _of(parts[1])}
    if origin is not None:
        return [_of(part) for part in parts if part is not Ellipsis]
    if issubclass(kind, Enum):
        return next(iter(kind)).value
    return _of_dataclass(kind) if is_dataclass(kind) else _of_model(kind)
