"""The use of the caps of a policy: one stream for each cap, whose expected version keeps two decisions from using what
is left at once. Streams `cap-<of>-<who>-<day or month>`.
"""

from typing import Literal

from shared.events.base import Amount, Event, date, datetime


class _CapUsed(Event):
    """`used_usd` and `used_count` are the cap's after this event; `begins` is its day, or the first of its month."""

    workflow_id: str
    of: Literal["MAKER", "APPROVER", "ENTITY"]
    who: str
    period: Literal["DAY", "MONTH"]
    begins: date
    amount_usd: Amount
    used_usd: Amount
    used_count: int


class CapReserved(_CapUsed):
    """A decision used a part of a cap; `cap_usd` and `cap_count` are what the policy `policy_version` says."""

    cap_usd: Amount | None
    cap_count: int | None
    policy_version: str
    reserved_at: datetime


class CapReleased(_CapUsed):
    """The workflow ended without effect: what its decision used is free again."""

    reason: str
