"""The operations of a plan as events: one builder per step, found by the operation in the plan.

What is executed is therefore what was planned: the loop runs over `plan.operations`, and an operation without a
builder stops the execution before anything is written.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from services.executor.execution import allocation_steps as allocation
from services.executor.execution import booking_steps as booking
from services.executor.execution.applied import Applied, Step
from shared.errors import Defect
from shared.events import booking as booking_facts
from shared.events import execution as facts
from shared.events.base import Event
from shared.hedging.operations import Operation, OperationKind, Phase, Stage

#: In the record of a read that is not about one entity.
EVERY_ENTITY: Final = "ALL"


def events_of(applied: Applied, phase: Phase) -> Iterator[Event]:
    """Return the events of all operations of a phase, in the order of their numbers; adjacent reads become one event.

    Raises:
        Defect: the plan names an operation this release cannot execute.
    """
    seen: dict[tuple[int | None, str | None, str, str, str], int] = {}
    reads: list[Operation] = []
    for operation in applied.plan.operations:
        if operation.phase is not phase:
            continue
        if operation.kind is OperationKind.READ:
            reads.append(operation)
            continue
        if reads:
            yield _reads(applied, tuple(reads))
            reads.clear()
        ordinal_key = (operation.part, operation.entity_id, operation.stage, operation.kind, operation.table)
        ordinal = seen.get(ordinal_key, 0)
        seen[ordinal_key] = ordinal + 1
        build = BUILDERS.get((operation.stage, phase, operation.kind, operation.table))
        if build is None:
            raise Defect(
                f"Workflow {applied.workflow_id}: operation {operation.number} ({operation.kind} {operation.table}, "
                f"stage {operation.stage}) has no builder. Nothing was written."
            )
        yield build(Step(applied, operation, ordinal))
    if reads:
        yield _reads(applied, tuple(reads))


def _reads(applied: Applied, operations: tuple[Operation, ...]) -> Event:
    """Return adjacent reads as the fact they established."""
    numbers = tuple(operation.number for operation in operations)
    plan, first = applied.plan, operations[0]
    if first.stage is Stage.CHECK:
        return facts.CapacityAssessed(
            workflow_id=applied.workflow_id,
            operations=numbers,
            assessments=plan.assessments,
            usd_check=plan.usd_check,
            reference_versions=plan.reference_versions,
        )
    if first.stage is Stage.ALLOCATION:
        return facts.OpenHedgesConsulted(
            workflow_id=applied.workflow_id, operation=first.number, entity_id=first.entity_id or EVERY_ENTITY
        )
    child = applied.child(first)
    return booking_facts.BlueprintRead(
        workflow_id=applied.workflow_id,
        operations=numbers,
        event_id=child.event.event_id,
        booking_model=child.event.booking_model,
    )


_1A, _1B, _2 = Stage.CHECK, Stage.ALLOCATION, Stage.BOOKING
_PREPARE, _COMPLETE = Phase.PREPARE, Phase.COMPLETE
_INSERT, _UPDATE = OperationKind.INSERT, OperationKind.UPDATE

Builder = Callable[[Step], Event]

BUILDERS: Final[Mapping[tuple[Stage, Phase, OperationKind, str], Builder]] = MappingProxyType(
    {
        (_1A, _PREPARE, _INSERT, "hedge_instructions"): allocation.instruction_received,
        (_1A, _PREPARE, _UPDATE, "hedge_instructions"): allocation.feasibility_decided,
        (_1B, _PREPARE, _INSERT, "hedge_instructions"): allocation.sub_order_recorded,
        (_1B, _PREPARE, _INSERT, "hedge_business_events"): allocation.hedge_event_created,
        (_1B, _PREPARE, _INSERT, "allocation_engine"): allocation.allocation_committed,
        (_1B, _PREPARE, _INSERT, "hedge_event_history"): allocation.lineage_recorded,
        (_1B, _PREPARE, _INSERT, "reallocation_audit"): allocation.reallocation_recorded,
        (_1B, _PREPARE, _INSERT, "audit_trail"): allocation.allocation_decided,
        (_1B, _PREPARE, _INSERT, "stage_bundles"): allocation.bundle_sealed,
        (_1B, _PREPARE, _INSERT, "stage2_queue"): allocation.booking_queued,
        (_1B, _PREPARE, _UPDATE, "allocation_engine"): allocation.allocation_finalized,
        (_1B, _PREPARE, _UPDATE, "hedge_business_events"): allocation.hedge_event_approved,
        (_1B, _PREPARE, _UPDATE, "hedge_instructions"): allocation.instruction_allocated,
        (_2, _PREPARE, _UPDATE, "hedge_business_events"): booking.booking_started,
        (_2, _PREPARE, _INSERT, "deal_bookings"): booking.deal_planned,
        (_2, _PREPARE, _UPDATE, "deal_bookings"): booking.deals_released,
        (_2, _COMPLETE, _UPDATE, "deal_bookings"): booking.deals_booked,
        (_2, _COMPLETE, _INSERT, "gl_entries"): booking.gl_entry_prepared,
        (_2, _COMPLETE, _INSERT, "gl_entries_detail"): booking.gl_detail_prepared,
        (_2, _COMPLETE, _INSERT, "mx_proxy_hedge_report"): booking.proxy_report_prepared,
        (_2, _COMPLETE, _INSERT, "mx_discounted_spot"): booking.discounted_spot_recorded,
        (_2, _COMPLETE, _INSERT, "hfm_template_entries"): booking.hfm_entry_prepared,
        (_2, _COMPLETE, _INSERT, "hedge_effectiveness"): booking.effectiveness_assessed,
        (_2, _COMPLETE, _INSERT, "risk_monitoring"): booking.risk_recorded,
        (_2, _COMPLETE, _INSERT, "audit_trail"): booking.booking_recorded,
        (_2, _COMPLETE, _UPDATE, "hedge_business_events"): booking.event_booked,
    }
)
