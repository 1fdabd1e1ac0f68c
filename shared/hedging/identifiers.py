"""Every id inside a plan, derived from the workflow id: one workflow has the same ids on every machine."""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from shared.hedging.plan import ChildIds
from shared.money.amounts import text_of

STEM_DIGITS: Final = 16  # hexadecimal digits of the workflow id: 64 bits


def stem_of(workflow_id: str) -> str:
    """Return the first 16 digits of the workflow id, upper case, without hyphens: all ids of the plan contain them."""
    return workflow_id.replace("-", "").upper()[:STEM_DIGITS]


def order_id_of(workflow_id: str) -> str:
    """Derive the order id of an order that was proposed without one."""
    return f"ORD-{stem_of(workflow_id)}"


def msg_uid_of(workflow_id: str) -> str:
    """Derive the msg_uid: alphanumeric, at most 50 characters (domain facts 3.2)."""
    return f"HAWK{stem_of(workflow_id)}"


def instruction_id_of(workflow_id: str) -> str:
    """Derive the id of the order's own row of hedge_instructions."""
    return f"INST_{stem_of(workflow_id)}"


def request_id_of(workflow_id: str) -> str:
    """Derive the request id, which instructions and allocations of the plan share."""
    return f"REQ_{stem_of(workflow_id)}"


def event_id_of(workflow_id: str, index: int) -> str:
    """Derive the id of the hedge event at place `index` of the plan, counted from 1."""
    return f"EVENT_{stem_of(workflow_id)}_{index:02d}"


def child_ids(workflow_id: str, index: int, order_id: str, sub_order_id: str | None) -> ChildIds:
    """Derive the ids of the rows of the entity at place `index` (from 1)."""
    part = f"{stem_of(workflow_id)}_{index:02d}"
    return ChildIds(
        instruction_id=f"INST_{part}",
        order_id=order_id,
        sub_order_id=sub_order_id or f"{order_id}-{index:02d}",
        allocation_id=f"ALLOC_{part}",
        reallocation_id=f"REALLOC_{part}",
        history_id=f"HIST_{part}",
        bundle_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{workflow_id}/bundle/{index}")),
        queue_id=f"QUEUE_{part}",
        gl_package_id=f"GLPKG_{part}",
    )


def part_id(kind: str, workflow_id: str, index: int) -> str:
    """Derive the id of a row that a part has once, such as HFM_…_01, or the start of several ids."""
    return f"{kind}_{stem_of(workflow_id)}_{index:02d}"


def fingerprint(
    *,
    instruction_type: str,
    day: date,
    currency: str,
    amount: Decimal,
    order_ids: Sequence[str | None],
    msg_uid: str,
) -> str:
    """SHA-256 over type, date, currency, amount, order ids and msg_uid, each with its length (design section
    8, Q17).
    """
    parts = [instruction_type, day.isoformat(), currency, text_of(amount, currency)]
    parts += [each or "" for each in order_ids]
    parts.append(msg_uid)
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()
