"""Checks that every response has exactly one outcome, by its own events and by its workflows' progress. Pure."""

from shared.events.base import Event
from shared.events.configuration import ConfigurationProposed
from shared.events.overrides import OverrideProposed
from shared.events.plans import PlanClosed
from shared.events.progress import ProgressReported
from shared.events.responses import Outcome, ProposalMade, ProposalRefused, ResponseReceived
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.spilled import Spilled

#: Outcome of a response -> whether it made proposals, and whether it says why something was refused.
SHAPE_OF: dict[Outcome, tuple[bool, bool]] = {
    "PROPOSED": (True, False),
    "PARTLY_REFUSED": (True, True),
    "REFUSED": (False, True),
    "ANALYSIS_ONLY": (False, False),
}
#: Final states that a workflow may report one after the other; any other two contradict each other.
GOES_ON: dict[str, frozenset[str]] = {
    "NEEDS_INTERVENTION": frozenset({"COMPLETED", "POSTED", "COMPENSATED", "REVERSED"}),
    "COMPENSATED": frozenset({"NEEDS_INTERVENTION"}),
    "COMPLETED": frozenset({"POSTED", "NEEDS_INTERVENTION", "REVERSED"}),
    "POSTED": frozenset({"REVERSED", "NEEDS_INTERVENTION"}),
    "REVERSED": frozenset({"NEEDS_INTERVENTION"}),
}


class OutcomeFold:
    """Folds responses, proposals and final messages; says where there are two outcomes, or none that holds."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._responses = Spilled[tuple[str, ResponseReceived]]()
        self._proposals = Spilled[str]()
        self._refused: set[str] = set()
        self._final = Spilled[str]()
        self._closed = Spilled[str]()

    def take(self, past: PastEvent, event: Event) -> None:
        """Keep responses, proposals and endings; report a second one at once."""
        match event:
            case ResponseReceived():
                self._received(past, event)
            case ProposalMade() | ConfigurationProposed() | OverrideProposed():
                if event.workflow_id in self._proposals:
                    self._findings.add(f"{past.place}: workflow {event.workflow_id} is proposed again.")
                self._proposals[event.workflow_id] = event.response_id
            case ProposalRefused():
                self._refused.add(event.response_id)
            case PlanClosed():
                if event.workflow_id in self._closed:
                    before = self._closed[event.workflow_id]
                    self._findings.add(
                        f"{past.place}: workflow {event.workflow_id} ends as {event.state} after it ended as {before}."
                    )
                self._closed[event.workflow_id] = event.state
            case ProgressReported(final=True):
                self._told(past, event)
            case _:
                return

    def finish(self) -> None:
        """Compare the outcome of each response with its proposals."""
        made = Spilled[set[str]]()
        for workflow, response in self._proposals.each():
            made.setdefault(response, set()).add(workflow)
        for response, (place, event) in self._responses.each():
            found = made.pop(response, set())
            if set(event.workflows) != found:
                self._findings.add(
                    f"{place}: response {response} names the workflows {sorted(event.workflows)}, "
                    f"but {sorted(found)} are proposed."
                )
            refuses = bool(event.refusals) or response in self._refused
            if SHAPE_OF[event.outcome] != (bool(found), refuses):
                self._findings.add(
                    f"{place}: response {response} is {event.outcome}, with {len(found)} proposals and "
                    f"{len(event.refusals)} refusals."
                )
        for response, workflows in sorted(made.each()):
            self._findings.add(
                f"Workflows {sorted(workflows)} are proposed by response {response}, which was never received."
            )

    def _received(self, past: PastEvent, event: ResponseReceived) -> None:
        if event.response_id in self._responses:
            self._findings.add(f"{past.place}: response {event.response_id} is received again.")
        self._responses[event.response_id] = (past.place, event)

    def _told(self, past: PastEvent, event: ProgressReported) -> None:
        before = self._final.get(event.workflow_id, event.state)
        if event.state != before and event.state not in GOES_ON.get(before, frozenset()):
            self._findings.add(
                f"{past.place}: workflow {event.workflow_id} ends as {event.state} after it ended as {before}."
            )
        self._final[event.workflow_id] = event.state
