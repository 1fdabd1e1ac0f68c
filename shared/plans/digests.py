"""The digests of a plan: what people approve it by, and what applying it must reproduce. Pure.

`plan_digest` covers the whole event that tells of the plan, all but itself, as it is published: so whatever is shown of
the event is covered, and an outsider can compute it with nothing but the event's JSON. A page
that shows a plan computes it again, else the digest that people name could be shown beside another plan.
"""

from collections.abc import Mapping
from functools import singledispatch
from typing import Any, Final, TypeVar

from shared.canonical import digest, digest_of_stored
from shared.errors import Defect, InvalidInput
from shared.events.plans import PlanRefused, WorkflowPlanned
from shared.events.responses import Originated
from shared.hedging.changes.configuration import ConfigurationPlan, configuration_effects
from shared.hedging.changes.override import OverridePlan, override_effects
from shared.hedging.changes.reversing import ReversalPlan, reversal_effects
from shared.hedging.effects import effects_of
from shared.hedging.plan import HedgePlan

#: An event that people, or the policy alone, approve by its digest.
Planned = WorkflowPlanned | PlanRefused
P = TypeVar("P", bound=Originated)

#: What a planned event holds until it is complete and has its digest.
UNSEALED: Final = ""
_OWN: Final = "plan_digest"


def stored_plan_digest(data: Mapping[str, Any]) -> str:
    """Return the same as `plan_digest`, of data that were just read from a text of the store, or of a message."""
    return digest_of_stored({name: value for name, value in data.items() if name != _OWN})


def plan_digest(data: Mapping[str, Any]) -> str:
    """Return the digest of a planned event.

    Args:
        data: of the event, as it is stored and published: JSON values.
    Raises:
        TypeError: a binary float is among them.
    """
    return digest({name: value for name, value in data.items() if name != _OWN})


def sealed(event: P) -> P:
    """Return the event with its plan digest."""
    return event.model_copy(update={_OWN: plan_digest(event.model_dump(mode="json"))})


@singledispatch
def effects(plan: object, tier: str) -> Any:
    """Return what applying a plan has to reproduce, as JSON values. Each kind of plan registers its own.

    Raises:
        Defect: nothing is registered for this kind of plan.
    """
    raise Defect(f"No effects are registered for a {type(plan).__name__} of tier {tier}.")


effects.register(HedgePlan, effects_of)
effects.register(ConfigurationPlan, configuration_effects)
effects.register(ReversalPlan, reversal_effects)
effects.register(OverridePlan, override_effects)


def effects_digest(plan: object, tier: str) -> str:
    """Return the digest of what applying a plan has to reproduce."""
    return digest(effects(plan, tier))


def plan_of(event: Planned) -> Any | None:
    """Return what would be applied; None for a refusal that keeps no record."""
    return event.refusal.record if isinstance(event, PlanRefused) else event.plan


def check_digests(event: Planned, data: Mapping[str, Any]) -> None:
    """Refuse a plan that is not the one its digests name.

    Args:
        data: what `event` was read from, by a reader that refuses numbers with a fraction.
    Raises:
        InvalidInput: PLAN_DIGEST_MISMATCH.
    """
    plan, policy = plan_of(event), event.policy
    if plan is None or policy is None:
        raise _mismatch(event, "it has no plan or no policy that could be approved")
    if (found := stored_plan_digest(data)) != event.plan_digest:
        raise _mismatch(event, f"it names {event.plan_digest}, but its content has {found}")
    if (found := effects_digest(plan, policy.tier)) != event.effects_digest:
        raise _mismatch(event, f"it names the effects {event.effects_digest}, but those of its plan are {found}")


def _mismatch(event: Planned, why: str) -> InvalidInput:
    return InvalidInput(
        code="PLAN_DIGEST_MISMATCH",
        reason=f"{type(event).__name__} of workflow {event.workflow_id}: {why}. "
        "It was changed after it was planned, so nobody is asked to approve it.",
    )
