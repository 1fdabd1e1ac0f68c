"""The person who asked changes the amount while the request waits. Pure.

What was decided was decided on another plan, so nothing of it is kept: the changed order is handed in as an answer of
that person, read, planned and approved like any other, and the plan that waited is superseded by it.
"""

from collections.abc import Mapping
from decimal import Decimal
from json import dumps
from typing import Any, Final
from uuid import UUID, uuid5

from services.approval.requests.commands import AmendRequest
from services.approval.requests.refusing import UNKNOWN, Fault, Refused, not_open
from services.approval.requests.state import Approval
from services.approval.requests.submission import Submission
from shared.events.approvals import ApprovalAmended
from shared.events.identity import workflow_id
from shared.people.identity import same_person

_NAMESPACE: Final = UUID("5f0f4b8f-6d0e-5a4e-9a52-2a3f5a1b7c90")
#: Fields of an order that an answer may state, as it names them.
_STATED: Final = (
    "exposure_currency", "entity_id", "nav_type", "hedge_method", "order_id", "sub_order_id", "previous_order_id",
    "value_date", "instruction_date", "tenor_or_maturity", "hedging_instrument", "reference_event_ids", "msg_uid",
)  # fmt: skip
#: Where a field comes from that the answer gave; HAWK finds the others again.
_GIVEN: Final = frozenset({"stated", "words"})
#: Instructions that people approve, and that have an amount.
_AMENDABLE: Final = frozenset({"I", "R", "T", "A"})


def amend(state: Approval, command: AmendRequest) -> ApprovalAmended | Refused:
    """Return the amendment, which ends the request; by the maker alone, while it waits."""
    request = state.request
    if request is None:
        return UNKNOWN
    if not same_person(command.person, request.maker.name):
        reason = f"Only the person who asked ({request.maker.name}) changes a request; you may reject it."
        return Refused(Fault.FORBIDDEN, "NOT_THE_MAKER", reason)
    if (closed := not_open(state, command.at)) is not None:
        return closed
    if command.order.get("instruction_type") not in _AMENDABLE:
        reason = "Only an order has an amount. Withdraw this and ask for what you want."
        return Refused(Fault.CONFLICT, "NOT_AMENDABLE", reason)
    if Decimal(str(command.order["amount"])) == command.amount:
        return Refused(Fault.INVALID, "NOTHING_CHANGED", "This is the amount that waits already. Name another one.")
    response = str(uuid5(_NAMESPACE, request.workflow_id))
    return ApprovalAmended(
        workflow_id=request.workflow_id,
        person=command.person,
        amount=command.amount,
        reason=command.reason,
        response_id=response,
        successor=workflow_id(response, 1, 1),
        amended_at=command.at,
    )


def submission_of(amended: ApprovalAmended, order: Mapping[str, Any]) -> Submission:
    """Return the changed order as an answer of the person who changed it. Its words name no amount."""
    given = order.get("provenance", {})
    data = {name: order[name] for name in _STATED if given.get(name) in _GIVEN and order.get(name)}
    action = {
        "action_type": "CREATE_HEDGE_INSTRUCTION",
        "data": {
            "instruction_type": order["instruction_type"],
            "hedge_amount_order": format(amended.amount, "f"),
            **data,
        },
    }
    answer = {"analysis": "The amount was changed by the person who asked.", "recommended_actions": [action]}
    return Submission(
        response_id=amended.response_id,
        maker=amended.person,
        answer=dumps(answer, ensure_ascii=False),
        prompt=f"Amendment of workflow {amended.workflow_id}",
        at=amended.amended_at,
    )
