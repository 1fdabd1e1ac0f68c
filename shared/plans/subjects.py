"""The facts of a plan that the policy judges. Pure."""

from decimal import Decimal
from typing import Final

from shared.hedging.changes.configuration import ConfigurationPlan
from shared.hedging.changes.override import OverridePlan
from shared.hedging.changes.reversing import ReversalPlan
from shared.hedging.plan import HedgePlan
from shared.plans.digests import AnyPlan
from shared.policy.evaluation import PolicySubject
from shared.policy.table import SubjectKind

_ZERO: Final = Decimal(0)


def subject_of(plan: AnyPlan, *, maker_verified: bool) -> PolicySubject:
    """Return the facts for the policy, from the plan itself. Nothing the AI said about approval is among them.

    A hedge plan without events (a utilisation, a question, the record of a refused check) books nothing and is a check.
    A change of the configuration and an override have no amount: theirs is USD 0, and their people follow from the
    kind alone. A reversal is judged by the amount of what is reversed.

    Args:
        maker_verified: the caller has checked the proof of who asked.
    """
    match plan:
        case HedgePlan():
            return PolicySubject(
                kind=SubjectKind.HEDGE if plan.children else SubjectKind.CHECK,
                amount_usd=plan.usd_equivalent,
                amount_own=plan.order.amount,
                currency=plan.order.exposure_currency,
                largest_deal_usd=plan.deal_usd_max,
                instruction_type=plan.order.instruction_type.value,
                maker_verified=maker_verified,
            )
        case ReversalPlan():
            return PolicySubject(
                kind=SubjectKind.REVERSAL,
                amount_usd=plan.amount_usd,
                amount_own=plan.amount,
                currency=plan.exposure_currency,
                largest_deal_usd=plan.largest_deal_usd,
                instruction_type=plan.instruction_type,
                maker_verified=maker_verified,
            )
        case ConfigurationPlan():
            return _without_amount(SubjectKind.CONFIGURATION, maker_verified)
        case OverridePlan():
            return _without_amount(SubjectKind.OVERRIDE, maker_verified)


def _without_amount(kind: SubjectKind, maker_verified: bool) -> PolicySubject:
    return PolicySubject(kind, _ZERO, _ZERO, "USD", _ZERO, maker_verified=maker_verified)
