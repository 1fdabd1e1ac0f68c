"""A kind of workflow: everything in which a hedge, a change of the configuration, an override and a reversal differ.

From the proposal to the plan, and from the grant to the first event of the execution, all kinds go one way, which
`proposals` and `grants` know. A new kind is a folder with one subclass of `WorkflowKind`, and a row of `registry`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from services.executor.execution.grant import Ending, used_grant
from services.executor.planning.state import PlanState
from services.executor.planning.workflow import Workflow
from services.executor.ports import Ports
from services.executor.progress.reporting import Progress
from services.executor.rollout.checking import Standing, WorkItem
from shared.errors import Defect
from shared.events import identity
from shared.events.approvals import UsedGrant
from shared.events.responses import Originated
from shared.messaging.unit_of_work import UnitOfWork
from shared.policy.table import Policy
from shared.security.grants import GrantClaims

ProposalT = TypeVar("ProposalT", bound=Originated)
PlannedT = TypeVar("PlannedT", bound=Originated)
FactsT = TypeVar("FactsT")
"""What a kind is planned from."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant that is used now: its claims and its text, the rollout it is used under, and the moment."""

    claims: GrantClaims
    text: str
    rollout: Standing
    now: datetime

    def used_for(self, subject: Originated) -> UsedGrant:
        """Return what the first event of the execution keeps of the grant."""
        return used_grant(self.claims, subject)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Under which a plan is drawn: the rollout, the policy and the moment."""

    rollout: Standing
    policy: Policy
    now: datetime


class WorkflowKind(ABC, Generic[ProposalT, PlannedT, FactsT]):
    """One kind of workflow. `load`, `admit` and `apply` do the I/O; the other methods are pure."""

    proposal: ClassVar[type[Originated]]
    """The event that starts a workflow of this kind."""
    planned: ClassVar[tuple[type[Originated], ...]]
    """The events that a grant of this kind can be for."""

    def workflow_id(self, asked: ProposalT | PlannedT, attempt: int) -> str:
        """Return the id of the workflow of this attempt."""
        return identity.workflow_id(asked.response_id, asked.origin.component, attempt)

    @abstractmethod
    async def load(self, uow: UnitOfWork, asked: ProposalT | PlannedT, now: datetime) -> FactsT:
        """Read what a plan is drawn from, in this transaction."""

    @abstractmethod
    def draw(self, workflow: Workflow, asked: ProposalT | PlannedT, facts: FactsT, under: Circumstances) -> Originated:
        """Return the plan or the refusal, as the first event of the plan's stream."""

    @abstractmethod
    def opening(self, event: Originated) -> Progress:
        """Return the first messages of the progress of a workflow that was planned or refused."""

    @abstractmethod
    def work(self, subject: PlannedT) -> WorkItem:
        """Return what the rollout judges."""

    async def admit(self, ports: Ports, uow: UnitOfWork, state: PlanState, subject: PlannedT, grant: Grant) -> bool:
        """Return whether the plan may begin now; where it has to wait, write that it waits."""
        del ports, uow, state, subject, grant
        return True

    @abstractmethod
    def compare(self, subject: PlannedT, facts: FactsT, now: datetime) -> Any | Ending:
        """Draw the plan again and return it where it does what was approved, else how the workflow ends.

        An ending STALE_CONTEXT has a successor, which is planned from the present facts.
        """

    @abstractmethod
    async def apply(
        self, ports: Ports, uow: UnitOfWork, state: PlanState, subject: PlannedT, plan: Any, facts: FactsT, grant: Grant
    ) -> None:
        """Begin the execution of `plan`, which `compare` returned, in this transaction."""


AnyKind = WorkflowKind[Any, Any, Any]


class Kinds:
    """The kinds of workflow that an executor knows."""

    def __init__(self, kinds: Iterable[AnyKind]) -> None:
        self.all = tuple(kinds)
        self._by_proposal = {each.proposal: each for each in self.all}
        self._by_planned = {event_type: each for each in self.all for event_type in each.planned}

    def of_proposal(self, event: Originated) -> AnyKind:
        """Return the kind that a proposal starts.

        Raises:
            Defect: no kind is registered for it.
        """
        return self._find(event, self._by_proposal)

    def proposes(self, event: Originated) -> bool:
        """Return True if an event starts a workflow of one of the kinds."""
        return type(event) in self._by_proposal

    def of_planned(self, event: Originated) -> AnyKind:
        """Return the kind of a plan that a grant is for.

        Raises:
            Defect: no kind is registered for it.
        """
        return self._find(event, self._by_planned)

    @staticmethod
    def _find(event: Originated, kinds: dict[type[Originated], AnyKind]) -> AnyKind:
        kind = kinds.get(type(event))
        if kind is None:
            raise Defect(f"No kind of workflow is registered for {type(event).__name__}.")
        return kind
