"""The transitions of a workflow's execution, of one deal, and of the progress that dashboards show. Data.

`state.evolve` moves an execution and its deals by `EXECUTION` and `DEAL` and refuses any other move, before the event
is appended; tests hold every reported state against `PROGRESS`, and `PROGRESS` against `EXECUTION`. docs/execution.md
draws its diagrams from them.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, get_args

from shared.events import booking, disputes, murex, overrides, reversals, revocations, undoing
from shared.events import execution as facts
from shared.events.base import Event
from shared.events.progress import WorkflowState
from shared.events.states import NEVER_APPLIED


class Status(StrEnum):
    """The status of an execution. `NONE`: no grant was used. `REVOKED`: none can be used any more."""

    NONE = "NONE"
    BOOKING = "BOOKING"
    COMPLETED = "COMPLETED"
    POSTED = "POSTED"
    COMPENSATING = "COMPENSATING"
    COMPENSATED = "COMPENSATED"
    NEEDS_INTERVENTION = "NEEDS_INTERVENTION"
    REVERSING = "REVERSING"
    REVERSED = "REVERSED"
    REVOKED = "REVOKED"


class DealStatus(StrEnum):
    """The status of one deal with Murex."""

    PLANNED = "PLANNED"
    SENT = "SENT"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    DISPUTED = "DISPUTED"
    CONTRADICTED = "CONTRADICTED"
    DECLINED = "DECLINED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    CANCEL_REFUSED = "CANCEL_REFUSED"
    BOOKED_MANUALLY = "BOOKED_MANUALLY"


#: Event -> where it may find the execution -> where it takes it.
EXECUTION: Final[Mapping[type[Event], Mapping[Status, Status]]] = MappingProxyType(
    {
        facts.ExecutionPrepared: {Status.NONE: Status.BOOKING},
        revocations.GrantRevoked: {Status.NONE: Status.REVOKED},
        # A person has booked by hand what was missing, or found that all is gone: what waited goes on.
        facts.ExecutionCompleted: dict.fromkeys((Status.BOOKING, Status.NEEDS_INTERVENTION), Status.COMPLETED),
        booking.JournalPosted: {Status.COMPLETED: Status.POSTED},
        undoing.CompensationStarted: {Status.BOOKING: Status.COMPENSATING},
        undoing.WorkflowCompensated: dict.fromkeys(
            (Status.COMPENSATING, Status.NEEDS_INTERVENTION), Status.COMPENSATED
        ),
        undoing.InterventionRequired: dict.fromkeys(
            (
                Status.COMPENSATING,
                Status.COMPENSATED,
                Status.COMPLETED,
                Status.POSTED,
                Status.REVERSING,
                Status.REVERSED,
            ),
            Status.NEEDS_INTERVENTION,
        ),
        reversals.ReversalStarted: dict.fromkeys((Status.COMPLETED, Status.POSTED), Status.REVERSING),
        # From NEEDS_INTERVENTION once a person has settled the deals that Murex would not give up.
        reversals.ExecutionReversed: dict.fromkeys((Status.REVERSING, Status.NEEDS_INTERVENTION), Status.REVERSED),
    }
)

#: Where `InterventionSettled` may take an execution that waits for a person; the event itself says which it is.
SETTLED: Final[frozenset[Status]] = frozenset(Status(outcome) for outcome in get_args(overrides.Settled))

#: The same of one deal. `DealPlanned` brings it into being.
DEAL: Final[Mapping[type[Event], Mapping[DealStatus, DealStatus]]] = MappingProxyType(
    {
        murex.DealSent: dict.fromkeys((DealStatus.PLANNED, DealStatus.SENT), DealStatus.SENT),
        murex.DealStatusEnquired: {
            DealStatus.SENT: DealStatus.SENT,
            # Asked about a deal that was acknowledged: Murex has contradicted itself.
            DealStatus.ACKNOWLEDGED: DealStatus.DISPUTED,
            DealStatus.DISPUTED: DealStatus.DISPUTED,
        },
        booking.DealAcknowledged: {DealStatus.SENT: DealStatus.ACKNOWLEDGED},
        disputes.DealConfirmed: {DealStatus.DISPUTED: DealStatus.ACKNOWLEDGED},
        disputes.DealContradicted: {DealStatus.DISPUTED: DealStatus.CONTRADICTED},
        booking.DealDeclined: dict.fromkeys((DealStatus.SENT, DealStatus.DISPUTED), DealStatus.DECLINED),
        murex.DealCancelSent: dict.fromkeys(
            (
                DealStatus.SENT,
                DealStatus.ACKNOWLEDGED,
                DealStatus.DISPUTED,
                DealStatus.DECLINED,
                DealStatus.CANCELLING,
                DealStatus.CANCELLED,
                DealStatus.BOOKED_MANUALLY,
            ),
            DealStatus.CANCELLING,
        ),
        # A confirmation may be late: a person was asked in between.
        undoing.CancelConfirmed: dict.fromkeys(
            (DealStatus.CANCELLING, DealStatus.CANCEL_REFUSED), DealStatus.CANCELLED
        ),
        undoing.CancelRefused: {DealStatus.CANCELLING: DealStatus.CANCEL_REFUSED},
        overrides.DealBookedByHand: dict.fromkeys(
            (
                DealStatus.SENT,
                DealStatus.DISPUTED,
                DealStatus.CONTRADICTED,
                DealStatus.DECLINED,
                DealStatus.CANCELLING,
                DealStatus.CANCEL_REFUSED,
            ),
            DealStatus.BOOKED_MANUALLY,
        ),
        overrides.DealCancelledByHand: {
            # While the others are still being booked, a deal that is not in Murex is a decline.
            DealStatus.SENT: DealStatus.DECLINED,
            DealStatus.DISPUTED: DealStatus.DECLINED,
            DealStatus.CANCELLING: DealStatus.CANCELLED,
            DealStatus.CANCEL_REFUSED: DealStatus.CANCELLED,
            DealStatus.BOOKED_MANUALLY: DealStatus.CANCELLED,
        },
    }
)

_NOT_APPLIED: Final = tuple(sorted(NEVER_APPLIED))

#: State on hawk.progress -> the states that may be reported next, besides itself. The empty one is the beginning.
PROGRESS: Final[Mapping[str, tuple[WorkflowState, ...]]] = MappingProxyType(
    {
        "": ("PROPOSED",),
        "PROPOSED": ("PLANNED", "REFUSED"),
        "PLANNED": ("AWAITING_APPROVAL", "APPROVED", *_NOT_APPLIED),
        "AWAITING_APPROVAL": ("APPROVED", *_NOT_APPLIED),
        # An inquiry and a change of the configuration are complete at once; the record of a refused check ends refused.
        # What waits for its turn may be refused then, or lapse before.
        "APPROVED": ("PREPARED", "COMPLETED", "REFUSED", "STALE_CONTEXT", "EXPIRED", "REVOKED"),
        # A reversal books nothing: its deals are cancelled, and a person is asked where Murex keeps one.
        "PREPARED": ("BOOKING", "FAILED", "NEEDS_INTERVENTION"),
        "BOOKING": ("COMPLETED", "FAILED", "NEEDS_INTERVENTION"),
        "FAILED": ("COMPENSATING",),
        "COMPENSATING": ("COMPENSATED", "NEEDS_INTERVENTION"),
        "COMPENSATED": ("NEEDS_INTERVENTION",),
        "COMPLETED": ("POSTED", "NEEDS_INTERVENTION", "REVERSING"),
        "POSTED": ("NEEDS_INTERVENTION", "REVERSING"),
        "REVERSING": ("REVERSED", "NEEDS_INTERVENTION"),
        "REVERSED": ("NEEDS_INTERVENTION",),
        # A person has settled deals: what waited goes on, a reversal with the workflow that it takes back. That one is
        # REVERSING again while its reversing journal waits.
        "NEEDS_INTERVENTION": ("COMPENSATED", "COMPLETED", "POSTED", "REVERSING", "REVERSED"),
    }
)


def unlisted(states: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the steps of a workflow, as it reported them from its beginning, that `PROGRESS` does not know."""
    found = []
    before = ""
    for state in states:
        if state != before and state not in PROGRESS.get(before, ()):
            found.append((before, state))
        before = state
    return tuple(found)
