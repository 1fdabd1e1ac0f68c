"""The name of a decision, for later decisions and for the services that follow it."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from shared.canonical import digest
from shared.events.base import Value

#: The largest whole number of JSON that every reader takes for the same one: no stream ever gets so long.
VERSION_MAX = 2**53 - 1


class DecisionName(Value):
    """One decision: its version in its stream, and the digest of what it says. Two that say something different never
    share a name, so a person who names a decision has seen that one and no other under its version."""

    version: Annotated[int, Field(strict=True, ge=1, le=VERSION_MAX)]
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


def name_of(version: int, kind: str, schema_version: int, data: Mapping[str, Any]) -> DecisionName:
    """Return the name of an event as it is recorded, by its version, type, schema version and data."""
    said = {"type": kind, "schema_version": schema_version, "data": data}
    return DecisionName(version=version, digest=digest(said))
