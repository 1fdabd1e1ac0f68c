"""Checks that the executor followed the people's decisions on the rollout, decision by decision. Pure."""

from typing import Final

from shared.errors import InvalidInput
from shared.events.base import Event
from shared.events.decisions import DecisionName, name_of
from shared.events.identity import ROLLOUT_STREAM
from shared.events.rollout import ExecutionResumed, ExecutionStopped, RolloutTakenIn, RolloutTerms
from tools.verification.checks.history import Findings, PastEvent

DECISIONS: Final = frozenset({"RolloutOpened", "RolloutTermsSet", "ExecutionStopped", "ExecutionResumed"})
EVENTS_OF_ROLLOUT: Final = DECISIONS | {"RolloutTakenIn"}


class RolloutFold:
    """Keeps the decisions by their version in the stream, and what the executor says it follows."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._decided: dict[int, tuple[DecisionName, Event]] = {}
        self._taken: list[tuple[str, RolloutTakenIn]] = []

    def take(self, past: PastEvent, event: Event) -> None:
        """Keep a decision by its version, or what the executor took in; report one in another stream."""
        recorded = past.event
        if isinstance(event, RolloutTakenIn):
            self._taken.append((past.place, event))
        elif recorded.stream == ROLLOUT_STREAM:
            try:
                name = name_of(recorded.version, recorded.type, recorded.schema_version, recorded.data)
            except InvalidInput as error:
                self._findings.add(f"{past.place}: {recorded.type} cannot be named: {error.reason}")
                return
            self._decided[recorded.version] = name, event
        else:
            self._findings.add(f"{past.place}: {recorded.type} decides on the rollout in a wrong stream.")

    def finish(self) -> None:
        """Report each rollout of the executor that does not follow from the decisions."""
        after = self._after_each()
        for place, taken in self._taken:
            kept = taken.decision
            if kept is None:
                continue
            if kept not in after:
                self._findings.add(
                    f"{place}: the executor follows version {kept.version} of the rollout, which was never decided."
                )
            elif not self._agrees(taken, *after[kept]):
                terms, stopped = after[kept]
                self._findings.add(
                    f"{place}: the executor follows {_in_words(taken.terms, taken.stopped)}; version {kept.version} of "
                    f"the rollout is {_in_words(terms, stopped)}."
                )

    def _agrees(self, taken: RolloutTakenIn, terms: RolloutTerms | None, stopped: bool) -> bool:
        """Return True if a rollout follows from the decisions; a lost stop that arrived late counts under the decision
        before."""
        late = taken.stopped and any(isinstance(event, ExecutionStopped) for _, event in self._decided.values())
        return taken.terms == terms and (taken.stopped == stopped or late)

    def _after_each(self) -> dict[DecisionName, tuple[RolloutTerms | None, bool]]:
        """Return the rollout after each decision."""
        terms: RolloutTerms | None = None
        stopped = False
        after = {}
        for _, (name, decision) in sorted(self._decided.items()):
            match decision:
                case ExecutionStopped():
                    terms, stopped = decision.terms, True
                case ExecutionResumed():
                    stopped = False
                case _:
                    terms = getattr(decision, "terms", terms)
            after[name] = (terms, stopped)
        return after


def _in_words(terms: RolloutTerms | None, stopped: bool) -> str:
    mode = "the initial mode" if terms is None else terms.mode
    return f"{mode}, {'stopped' if stopped else 'not stopped'}"
