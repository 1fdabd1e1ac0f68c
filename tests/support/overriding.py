"""Deals that Murex keeps, and persons who settle them."""

from services.executor.execution.commands import RecordAnswer, SettleByHand
from services.executor.execution.state import Status
from services.executor.override.checking import Standing, check
from shared.events.approvals import Approver
from shared.events.overrides import DealBookedByHand, DealCancelledByHand, OverrideProposed
from shared.events.responses import Maker, Origin
from shared.hedging.changes.override import DealOverride, Outcome, Resolution
from tests.support.executions import NOW, WORKFLOW, Execution, answer_of, drawn

APPROVERS = (Approver(person="olga", role="OPERATIONS", at=NOW), Approver(person="sam", role="TRADER", at=NOW))


def in_need(*, declined: int = 1, cancelled: tuple[int, ...] = ()) -> Execution:
    """All deals but one booked, that one declined, and Murex refuses to cancel those that are not in `cancelled`."""
    execution = Execution(drawn())
    for sent in execution.sent:
        if sent.deal_sequence != declined:
            execution.take(RecordAnswer(answer_of(sent, "ACK"), NOW))
    (refused,) = [sent for sent in execution.sent if sent.deal_sequence == declined]
    execution.take(RecordAnswer(answer_of(refused, "NOK"), NOW))
    execution.answer_cancels(cancelled)
    if execution.state.status is not Status.NEEDS_INTERVENTION:
        raise AssertionError(f"expected to need a person, is {execution.state.status}")
    return execution


def deal_ids(execution: Execution) -> list[str]:
    """In the order of the plan."""
    return list(execution.state.deals)


def asked(deal: str, resolution: Resolution, reference: str | None = None) -> DealOverride:
    if resolution == "BOOKED_MANUALLY" and reference is None:
        reference = f"MAN-{deal}"
    return DealOverride(deal, resolution, reference, "looked it up in Murex")


def proposal(
    override: DealOverride, workflow_id: str = "wf-override", response_id: str = "response-1"
) -> OverrideProposed:
    """An answer asks for it."""
    return OverrideProposed(
        workflow_id=workflow_id,
        response_id=response_id,
        origin=Origin(component=1, attempt=1, maker=Maker(name="mira")),
        override=override,
    )


def settle(execution: Execution, override: DealOverride) -> Outcome | str:
    """A person settles a deal, if that may be; else the code of the refusal."""
    outcome = check(Standing(override, WORKFLOW, execution.state))
    if isinstance(outcome, tuple):
        return outcome[0].code.value
    deal = execution.state.deals[override.deal_booking_id]
    kind = DealBookedByHand if override.resolution == "BOOKED_MANUALLY" else DealCancelledByHand
    execution.take(
        SettleByHand(
            kind(
                workflow_id=WORKFLOW,
                override_workflow="wf-override",
                event_id=deal.event_id,
                deal_booking_id=override.deal_booking_id,
                deal_sequence=deal.deal.deal_sequence,
                external_reference=override.external_reference,
                reason=override.reason,
                approvers=APPROVERS,
                overridden_at=NOW,
            )
        )
    )
    return outcome
