"""When cards were shown and what was decided, over the requests of a world in memory."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.approval.signals.figures import Decided


@dataclass
class MemorySignals:
    """`Signals` in memory."""

    approvals: Any
    first: dict[tuple[str, str], datetime] = field(default_factory=dict)

    async def shown(self, workflow_id: str, person: str, at: datetime) -> None:
        self.first.setdefault((workflow_id, person), at)

    async def first_shown(self, workflow_id: str, person: str) -> datetime | None:
        return self.first.get((workflow_id, person))

    async def decided(self, since: datetime) -> tuple[list[Decided], bool]:
        found = []
        for workflow in self.approvals.workflows:
            approval = await self.approvals.approval(workflow)
            if approval.request is not None and approval.decisions:
                request = approval.request
                tier, maker = request.policy.tier, request.maker.name
                found.append(Decided(workflow, request.requested_at, maker, tier, approval.decisions))
        return found, False
