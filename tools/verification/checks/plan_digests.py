"""Checks that each plan has the digests in its event, by computing them again. Pure."""

from typing import Any, Final

from shared.errors import InvalidInput
from shared.events.base import Event
from shared.plans.digests import effects_digest, plan_of, stored_plan_digest
from tools.verification.checks.grants import PLANS
from tools.verification.checks.history import Findings, PastEvent

EVENTS_OF_DIGESTS: Final = PLANS


class DigestFold:
    """Looks at each plan as it passes."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def take(self, past: PastEvent, event: Event) -> None:
        """Compute both digests of a plan again and report a difference; skip a plan without digest or policy."""
        planned: Any = event
        plan = plan_of(planned)
        if plan is None or planned.policy is None or planned.plan_digest is None:
            return
        try:
            computed = stored_plan_digest(past.event.data), effects_digest(plan, planned.policy.tier)
        except InvalidInput as error:
            self._findings.add(f"{past.place}: the plan of workflow {planned.workflow_id}: {error.reason}")
            return
        named = planned.plan_digest, planned.effects_digest
        for what, said, found in zip(("plan", "effects"), named, computed, strict=True):
            if said != found:
                self._findings.add(
                    f"{past.place}: the {what} of workflow {planned.workflow_id} has digest {found}, not {said}."
                )

    def finish(self) -> None:
        """Do nothing: each plan is checked when it is taken."""
