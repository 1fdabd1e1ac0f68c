"""What counts as an end of a workflow."""

from typing import Any

import pytest

from services.monitor.speed.telling import kind_of


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ({"state": "COMPLETED", "completed": True, "final": False}, "completed"),
        ({"state": "COMPLETED", "completed": True, "final": True}, "completed"),
        ({"state": "POSTED", "completed": False, "final": True}, None),
        ({"state": "REVERSED", "completed": False, "final": True}, None),
        ({"state": "COMPENSATED", "completed": False, "final": True}, "failed"),
        ({"state": "REJECTED", "completed": False, "final": True}, "failed"),
        ({"state": "NEEDS_INTERVENTION", "completed": False, "final": True}, "failed"),
        ({"state": "COMPENSATING", "completed": False, "final": False}, None),
        ([], None),
        ("COMPLETED", None),
    ],
)
def test_message_counts_once_at_the_end_of_a_workflow(message: Any, kind: str | None) -> None:
    assert kind_of(message) == kind
