"""Facts of a change of the configuration, from the proposal to the row in force.

Streams `response-<id>`, `plan-<workflow>` and `execution-<workflow>`, and `reference-configuration` for the whole. The
row itself changes by a `ReferenceRowSet` on its own stream, as every reference row does.
"""

from typing import Any

from shared.events.approvals import Approver
from shared.events.base import Event, date, datetime
from shared.events.execution import ExecutionBegun, ExecutionEvent
from shared.events.plans import WorkflowPlanned, WorkflowRefused
from shared.events.responses import Originated
from shared.hedging.changes.configuration import ColumnChange, ConfigurationChange, ConfigurationPlan, References, Write


class ConfigurationProposed(Originated):
    """An answer recommends to change one row of the configuration. Starts a workflow, as `ProposalMade` does."""

    change: ConfigurationChange


class ConfigurationPlanned(WorkflowPlanned):
    """The planned change, before anything is changed. People approve it by `plan_digest`."""

    change: ConfigurationChange
    plan: ConfigurationPlan


class ConfigurationRefused(WorkflowRefused):
    """The change cannot be made; every finding is listed. No row is written."""

    change: ConfigurationChange


class ConfigurationAuthorized(ExecutionBegun):
    """A change of the configuration is executed: at once, or at `due_at`, when its effective date begins."""

    due_at: datetime | None


class ConfigurationConsulted(ExecutionEvent):
    """F1, F2: the row in force and what refers to it were read."""

    operations: tuple[int, ...]
    stream: str
    version: int
    references: References


class ConfigurationChanged(ExecutionEvent):
    """F3: the row has these values from `version` of its stream on."""

    operation: int
    table: str
    key: str
    write: Write
    stream: str
    version: int
    columns: tuple[ColumnChange, ...]
    before: dict[str, Any] | None
    after: dict[str, Any]
    effective_date: date | None
    changed_at: datetime


class ConfigurationRecorded(ExecutionEvent):
    """F4: the change as the audit_trail records it."""

    operation: int
    audit_id: str
    table: str
    key: str
    write: Write
    columns: tuple[ColumnChange, ...]
    maker: str
    approvers: tuple[Approver, ...]
    recorded_at: datetime


class ConfigurationAdvanced(Event):
    """The configuration as a whole has a new version (stream `reference-configuration`): this row of it changed.

    Each change is checked against all rows beside it; two that are made at once would not see each other's row. The one
    stream lets the slower of them decide again.
    """

    workflow_id: str
    table: str
    key: str
    reference_version: int
