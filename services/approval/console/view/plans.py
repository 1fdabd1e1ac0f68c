"""The plan of a card as a typed value, by its kind. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from shared.hedging.changes.configuration import ConfigurationPlan
from shared.hedging.changes.override import OverridePlan
from shared.hedging.changes.reversing import ReversalPlan
from shared.hedging.plan import HedgePlan

Plan = HedgePlan | ConfigurationPlan | OverridePlan | ReversalPlan


class Kind(StrEnum):
    """What people decide on. CHECK: the record of a check that was refused; nobody decides on it."""

    HEDGE = "hedge"
    CONFIGURATION = "configuration"
    OVERRIDE = "override"
    REVERSAL = "reversal"
    CHECK = "check"


#: The member of a summary that only this kind has.
_MEMBERS: Final = (
    ("configuration", Kind.CONFIGURATION),
    ("override", Kind.OVERRIDE),
    ("reversal", Kind.REVERSAL),
    ("refusal", Kind.CHECK),
)
_READERS: Final[Mapping[Kind, TypeAdapter[Any]]] = {
    Kind.HEDGE: TypeAdapter(HedgePlan),
    Kind.CONFIGURATION: TypeAdapter(ConfigurationPlan),
    Kind.OVERRIDE: TypeAdapter(OverridePlan),
    Kind.REVERSAL: TypeAdapter(ReversalPlan),
}


def kind_of(summary: Mapping[str, Any]) -> Kind:
    """Return the kind of a plan by its summary."""
    return next((kind for member, kind in _MEMBERS if member in summary), Kind.HEDGE)


def plan_of(kind: Kind, detail: Mapping[str, Any]) -> Plan | None:
    """Return the plan; None where none is kept, or one that this release does not read."""
    reader = _READERS.get(kind)
    if reader is None or not detail:
        return None
    try:
        plan: Plan = reader.validate_python(dict(detail))
    except ValidationError:
        return None
    return plan
