"""What the policy judges of a plan; the same facts for each service that asks it. Pure."""

from decimal import Decimal
from functools import singledispatch
from typing import Final

from shared.errors import Defect
from shared.hedging.changes.configuration import ConfigurationPlan
from shared.hedging.changes.override import OverridePlan
from shared.hedging.changes.reversing import ReversalPlan
from shared.hedging.plan import HedgePlan
from shared.policy.evaluation import PolicySubject
from shared.policy.table import SubjectKind

_ZERO: Final = Decimal(0)


@singledispatch
def subject_of(plan: object, *, maker_verified: bool) -> PolicySubject:
    """Return the facts that the policy judges, from the plan itself. Nothing the AI said about approval is among them.

    Each kind of plan registers its own.

    Args:
        maker_verified: the caller has checked the proof of who asked.
    Raises:
        Defect: nothing is registered for this kind of plan.
    """
    raise Defect(f"The policy knows no facts of a {type(plan).__name__} (maker verified: {maker_verified}).")


@subject_of.register
def _of_hedge(plan: HedgePlan, *, maker_verified: bool) -> PolicySubject:
    """Return a check for a plan without events (a utilisation, a question, a refused check): it books nothing."""
    return PolicySubject(
        kind=SubjectKind.HEDGE if plan.children else SubjectKind.CHECK,
        amount_usd=plan.usd_equivalent,
        amount_own=plan.order.amount,
        currency=plan.order.exposure_currency,
        largest_deal_usd=plan.deal_usd_max,
        instruction_type=plan.order.instruction_type.value,
        maker_verified=maker_verified,
        entities=tuple(sorted({child.entity_id for child in plan.children})),
    )


@subject_of.register
def _of_reversal(plan: ReversalPlan, *, maker_verified: bool) -> PolicySubject:
    """Return the amount of what is reversed."""
    return PolicySubject(
        kind=SubjectKind.REVERSAL,
        amount_usd=plan.amount_usd,
        amount_own=plan.amount,
        currency=plan.exposure_currency,
        largest_deal_usd=plan.largest_deal_usd,
        instruction_type=plan.instruction_type,
        maker_verified=maker_verified,
        entities=_entities(plan),
    )


def _entities(plan: ReversalPlan) -> tuple[str, ...]:
    """Return the entities whose entries or capacity a reversal changes."""
    return tuple(sorted({each.entity_id for each in plan.entries} | {each.entity_id for each in plan.exposures}))


@subject_of.register
def _of_configuration(_: ConfigurationPlan, *, maker_verified: bool) -> PolicySubject:
    return without_amount(SubjectKind.CONFIGURATION, maker_verified=maker_verified)


@subject_of.register
def _of_override(_: OverridePlan, *, maker_verified: bool) -> PolicySubject:
    return without_amount(SubjectKind.OVERRIDE, maker_verified=maker_verified)


def without_amount(kind: SubjectKind, *, maker_verified: bool) -> PolicySubject:
    """Return the facts of a plan without an amount: it counts as USD 0, and its people follow from the kind alone."""
    return PolicySubject(kind, _ZERO, _ZERO, "USD", _ZERO, maker_verified=maker_verified)
