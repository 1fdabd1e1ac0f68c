"""The commands of a configuration change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.executor.planning.workflow import Workflow
from shared.events.approvals import UsedGrant
from shared.events.configuration import ConfigurationPlanned
from shared.hedging.changes.configuration import ConfigurationChange, ConfigurationPlan

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class RowFacts:
    """The facts that a change is planned from.

    Args:
        today: the day in Singapore.
        row: in force, as its stream holds it; None when there is none. `version` is the stream's.
        tables: the rows of every table that configuration is checked against, as of one moment;
            `configuration_version` is that of the configuration as a whole at it.
    """

    today: date
    stream: str
    version: int
    row: Mapping[str, Any] | None
    tables: Rows
    configuration_version: int = 0


@dataclass(frozen=True, slots=True)
class DrawChange:
    """Plan a change from these facts. `asked_on` is the day of its first plan."""

    workflow: Workflow
    change: ConfigurationChange
    facts: RowFacts
    asked_on: date
    now: datetime


@dataclass(frozen=True, slots=True)
class ApplyChange:
    """Make the change of `plan`, drawn again from the present facts and equal in its effects to the one granted.

    `execution_version`: of the workflow's execution stream; 0, or 1 where the change had waited for its day.
    `configuration_version`: of the configuration the plan was checked against.
    """

    subject: ConfigurationPlanned
    plan: ConfigurationPlan
    grant: UsedGrant
    execution_version: int
    configuration_version: int
    now: datetime
