"""The policy on its way to and from the event that sets it."""

from decimal import Decimal
from types import MappingProxyType

from shared.events.policy import PolicyPersons, PolicyTable, PolicyThreshold
from shared.policy.table import Basis, Policy, RoleThreshold, SubjectKind


def table_of(policy: Policy) -> PolicyTable:
    """Return a policy as the values of an event."""
    return PolicyTable(
        version=policy.version,
        basis=policy.basis.value,
        thresholds=tuple(PolicyThreshold(amount=each.amount, role=each.role) for each in policy.thresholds),
        deal_usd_above=policy.deal_usd_above,
        deal_role=policy.deal_role,
        four_eyes_from=policy.four_eyes_from,
        two_persons=tuple(PolicyPersons(kind=kind.value, role=role) for kind, role in policy.two_persons.items()),
    )


def policy_of(table: PolicyTable) -> Policy:
    """Return the policy that an event sets.

    Raises:
        ValueError: its thresholds do not begin at zero and ascend, or it names a role or kind that there is not.
    """
    return Policy(
        version=table.version,
        basis=Basis(table.basis),
        thresholds=tuple(RoleThreshold(Decimal(each.amount), each.role) for each in table.thresholds),
        deal_usd_above=table.deal_usd_above,
        deal_role=table.deal_role,
        four_eyes_from=table.four_eyes_from,
        two_persons=MappingProxyType({SubjectKind(each.kind): each.role for each in table.two_persons}),
    )
