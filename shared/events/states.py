"""Sets of the states of a workflow: which of them end it, and how."""

from typing import Final

from shared.events.progress import WorkflowState

States = frozenset[WorkflowState]

#: Planned and not yet applied.
WAITING: Final[States] = frozenset({"PLANNED", "AWAITING_APPROVAL", "APPROVED"})
#: Another workflow took its place; that one counts.
REPLACED: Final[States] = frozenset({"SUPERSEDED", "STALE_CONTEXT"})
#: Ended before any of it was applied.
NEVER_APPLIED: Final[States] = REPLACED | {"REFUSED", "REJECTED", "EXPIRED", "WITHDRAWN", "REVOKED"}
#: Nothing of what was applied is in effect any more.
TAKEN_BACK: Final[States] = frozenset({"COMPENSATED", "REVERSED"})
#: Every operation took effect; a reversal may have taken them back since.
EXECUTED: Final[States] = frozenset({"COMPLETED", "POSTED", "REVERSING", "REVERSED"})
#: What was asked for is done. After COMPLETED only the journal follows.
SUCCESSFUL: Final[States] = EXECUTED - {"REVERSING"}
#: Nothing more is reported, unless a person is needed after all.
FINAL: Final[States] = NEVER_APPLIED | TAKEN_BACK | {"POSTED", "NEEDS_INTERVENTION"}
#: Over for the person who asked: the final states, and COMPLETED.
ENDED: Final[States] = FINAL | SUCCESSFUL
