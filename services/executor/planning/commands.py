"""The commands of planning."""

from dataclasses import dataclass
from datetime import datetime

from services.executor.planning.workflow import Workflow
from services.executor.rollout.checking import Standing
from shared.hedging.facts import Facts
from shared.hedging.order import Order


@dataclass(frozen=True, slots=True)
class DrawPlan:
    """Plan an order from these facts.

    `msg_uid_taken`: another instruction in effect has the order's own msg_uid.
    `rollout`: what HAWK may do at this moment.
    """

    workflow: Workflow
    order: Order
    facts: Facts
    now: datetime
    rollout: Standing
    msg_uid_taken: bool = False
