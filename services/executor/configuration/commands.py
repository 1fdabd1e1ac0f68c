"""What may be asked of a configuration change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.executor.execution.commands import VerifiedGrant
from shared.events.base import Notice
from shared.events.configuration import ConfigurationPlanned, ConfigurationProposed
from shared.events.responses import Claimed, Maker
from shared.hedging.changes.configuration import ConfigurationChange, ConfigurationPlan

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What a change is planned from.

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
    """Plan a change from these facts, as this workflow. `asked_on` is the day of its first plan."""

    workflow_id: str
    response_id: str
    component: int
    attempt: int
    predecessor: str | None
    maker: Maker
    prompt: str
    analysis: str
    change: ConfigurationChange
    claimed: tuple[Claimed, ...]
    warnings: tuple[Notice, ...]
    facts: RowFacts
    asked_on: date
    now: datetime

    @classmethod
    def of(cls, proposal: ConfigurationProposed, facts: RowFacts, now: datetime) -> "DrawChange":
        """The first plan of a proposal."""
        return cls(
            workflow_id=proposal.workflow_id,
            response_id=proposal.response_id,
            component=proposal.component,
            attempt=proposal.attempt,
            predecessor=None,
            maker=proposal.maker,
            prompt=proposal.prompt,
            analysis=proposal.analysis,
            change=proposal.change,
            claimed=proposal.claimed,
            warnings=proposal.warnings,
            facts=facts,
            asked_on=facts.today,
            now=now,
        )

    @classmethod
    def again(cls, stale: ConfigurationPlanned, workflow_id: str, facts: RowFacts, now: datetime) -> "DrawChange":
        """The successor of a plan whose row is no longer what was approved."""
        return cls(
            workflow_id=workflow_id,
            response_id=stale.response_id,
            component=stale.component,
            attempt=stale.attempt + 1,
            predecessor=stale.workflow_id,
            maker=stale.maker,
            prompt=stale.prompt,
            analysis=stale.analysis,
            change=stale.change,
            claimed=stale.claimed,
            warnings=stale.warnings,
            facts=facts,
            asked_on=stale.plan.asked_on,
            now=now,
        )


@dataclass(frozen=True, slots=True)
class ApplyChange:
    """Make the change of `plan`, drawn again from the facts of now and equal in its effects to the one granted.

    `execution_version`: of the workflow's execution stream; 0, or 1 where the change had waited for its day.
    `configuration_version`: of the configuration the plan was checked against.
    """

    subject: ConfigurationPlanned
    plan: ConfigurationPlan
    grant: VerifiedGrant
    execution_version: int
    configuration_version: int
    now: datetime
