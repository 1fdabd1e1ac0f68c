"""Whether the executor kept to what people decided on the rollout, version by version. Pure."""

from typing import Any, Final

from shared.audit.history import Findings, PastEvent
from shared.events.base import Event
from shared.events.identity import ROLLOUT_STREAM
from shared.events.rollout import ExecutionResumed, ExecutionStopped, RolloutTakenIn, RolloutTerms

#: By name, so that the opening of an installation counts where there is such an event.
DECISIONS: Final = frozenset({"RolloutOpened", "RolloutTermsSet", "ExecutionStopped", "ExecutionResumed"})
EVENTS_OF_ROLLOUT: Final = DECISIONS | {"RolloutTakenIn"}


class RolloutFold:
    """Keeps the decisions by their version in the stream, and what the executor says it keeps to."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._decided: dict[int, Event] = {}
        self._taken: list[tuple[str, RolloutTakenIn]] = []

    def take(self, past: PastEvent, event: Event) -> None:
        if isinstance(event, RolloutTakenIn):
            self._taken.append((past.place, event))
        elif past.event.stream == ROLLOUT_STREAM:
            self._decided[past.event.version] = event
        else:
            self._findings.add(f"{past.place}: {type(event).__name__} decides on the rollout in another stream.")

    def finish(self) -> None:
        stand = self._stand()
        for place, taken in self._taken:
            version = _version(taken)
            if version not in stand:
                self._findings.add(
                    f"{place}: the executor keeps to version {version} of the rollout; nobody decided it."
                )
            elif stand[version] != (taken.terms, taken.stopped):
                terms, stopped = stand[version]
                self._findings.add(
                    f"{place}: the executor keeps to {_told(taken.terms, taken.stopped)}; version {version} of the "
                    f"rollout is {_told(terms, stopped)}."
                )

    def _stand(self) -> dict[int, tuple[RolloutTerms | None, bool]]:
        terms: RolloutTerms | None = None
        stopped = False
        stand = {}
        for version, decision in sorted(self._decided.items()):
            match decision:
                case ExecutionStopped():
                    stopped = True
                case ExecutionResumed():
                    stopped = False
                case _:
                    terms = getattr(decision, "terms", terms)
            stand[version] = (terms, stopped)
        return stand


def _version(taken: Any) -> int:
    """Which decision it names; a decision may be named by more than its version."""
    named = getattr(taken, "decision", None)
    return int(taken.rollout_version if named is None else named.version)


def _told(terms: RolloutTerms | None, stopped: bool) -> str:
    mode = "the mode it began in" if terms is None else terms.mode
    return f"{mode}, {'stopped' if stopped else 'not stopped'}"
