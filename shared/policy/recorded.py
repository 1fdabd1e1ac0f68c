"""The policy on its way to and from the event that sets it."""

from decimal import Decimal
from types import MappingProxyType

from shared.events.policy import (
    PolicyAlone,
    PolicyCap,
    PolicyCondition,
    PolicyPersons,
    PolicyRule,
    PolicyTable,
    PolicyThreshold,
)
from shared.policy.shape import faults_of_shape
from shared.policy.table import (
    AloneLimit,
    Basis,
    Cap,
    CapOf,
    Condition,
    Fact,
    Period,
    Policy,
    RoleThreshold,
    Rule,
    SubjectKind,
)


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
        rules=tuple(_rule_recorded(each) for each in policy.rules),
        alone=tuple(PolicyAlone(who=each.who, up_to_usd=each.up_to_usd) for each in policy.alone),
        caps=tuple(
            PolicyCap(
                of=each.of.value,
                who=each.who,
                period=each.period.value,
                amount_usd=each.amount_usd,
                count=each.count,
            )
            for each in policy.caps
        ),
        sums_percent=policy.sums_percent,
        signed_from=policy.signed_from,
    )


def policy_of(table: PolicyTable) -> Policy:
    """Return the policy that an event sets.

    Raises:
        ValueError: its thresholds do not begin at zero and ascend, it names a role or kind that there is not, or
            something in it cannot be evaluated.
    """
    policy = Policy(
        version=table.version,
        basis=Basis(table.basis),
        thresholds=tuple(RoleThreshold(Decimal(each.amount), each.role) for each in table.thresholds),
        deal_usd_above=table.deal_usd_above,
        deal_role=table.deal_role,
        four_eyes_from=table.four_eyes_from,
        two_persons=MappingProxyType({SubjectKind(each.kind): each.role for each in table.two_persons}),
        rules=tuple(_rule_of(each) for each in table.rules),
        alone=tuple(AloneLimit(each.who, each.up_to_usd) for each in table.alone),
        caps=tuple(
            Cap(CapOf(each.of), each.who, Period(each.period), each.amount_usd, each.count) for each in table.caps
        ),
        sums_percent=table.sums_percent,
        signed_from=table.signed_from,
    )
    if faults := faults_of_shape(policy):
        raise ValueError(f"Policy {policy.version}: {' '.join(faults)}")
    return policy


def _rule_recorded(rule: Rule) -> PolicyRule:
    when = tuple(
        PolicyCondition(fact=each.fact.value, any_of=each.any_of, at_least=each.at_least) for each in rule.when
    )
    return PolicyRule(name=rule.name, when=when, required=rule.required)


def _rule_of(rule: PolicyRule) -> Rule:
    when = tuple(Condition(Fact(each.fact), each.any_of, each.at_least) for each in rule.when)
    return Rule(rule.name, when, rule.required)
