"""Progress messages of workflows, as short as a test needs them."""

from datetime import UTC, datetime

from shared.events.progress import ProgressReported


def report(workflow: str, sequence: int, *, final: bool = False, response: str = "r1") -> ProgressReported:
    return ProgressReported(
        workflow_id=workflow,
        response_id=response,
        order_id=None,
        sequence=sequence,
        state="POSTED" if final else "BOOKING",
        stage=None,
        operation=None,
        status="Booking",
        completed_operations=0,
        total_operations=47,
        progress=0,
        completed=False,
        final=final,
        stages={},
        at=datetime(2026, 11, 23, tzinfo=UTC),
    )
