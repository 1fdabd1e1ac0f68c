"""The facts that a policy judges, and how amounts are written in its sentences. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from shared.policy.table import SubjectKind


@dataclass(frozen=True, slots=True)
class EarlierOrders:
    """What the same person asked for before, on one day, for one entity, in the currency of the order."""

    entity: str
    usd: Decimal
    own: Decimal
    orders: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.orders)


@dataclass(frozen=True, slots=True)
class PolicySubject:
    """What is to be judged.

    Args:
        amount_usd: USD equivalent of the order at the plan's pinned rate; zero or more.
        amount_own: the order's amount in `currency`; zero or more.
        largest_deal_usd: USD equivalent of the largest single deal of the plan; zero or more.
        instruction_type: letter of the instruction (U I R T A Q), empty where there is none.
        maker_verified: the caller has checked the proof of who asked. A name that is only claimed may be anybody's.
        entities: those of the order; empty for what is of no entity.
        earlier: orders of the same person and day, where the policy adds them up.
    """

    kind: SubjectKind
    amount_usd: Decimal
    amount_own: Decimal
    currency: str
    largest_deal_usd: Decimal
    instruction_type: str = ""
    maker_verified: bool = False
    entities: tuple[str, ...] = ()
    earlier: tuple[EarlierOrders, ...] = ()


def money(amount: Decimal, currency: str) -> str:
    """Return an amount as people write it: `USD 60,000,000.00`; other currencies with the decimals given."""
    exponent = amount.as_tuple().exponent
    decimals = max(2 if currency == "USD" else 0, -exponent if isinstance(exponent, int) else 0)
    return f"{currency} {amount:,.{decimals}f}"
