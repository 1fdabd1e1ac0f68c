"""The invariants of HAWK that a history is held to, as a table: each has a name, a sentence, and a fold that looks for
what breaks it. A new kind of event joins by being named in the fold it concerns; a new invariant is one more row.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from shared.audit.executions import ExecutionFold
from shared.audit.grants import PLANS, USES, GrantFold
from shared.audit.history import Findings, PastEvent
from shared.audit.outcomes import OutcomeFold
from shared.audit.replies import EVENTS_OF_REPLIES, ReplyFold
from shared.events.base import Event
from shared.events.catalogue import EVENTS
from shared.events.execution import ExecutionEvent


class Fold(Protocol):
    """Takes the events of its invariant one by one; what can only be told in the end is told by `finish`."""

    def take(self, past: PastEvent, event: Event) -> None: ...

    def finish(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Invariant:
    """`events`: the names of the events the fold looks at."""

    name: str
    says: str
    events: frozenset[str]
    fold: Callable[[Findings], Fold]


INVARIANTS: Final = (
    Invariant(
        "outcomes",
        "every response ends in exactly one outcome",
        frozenset(
            {
                "ResponseReceived", "ProposalMade", "ConfigurationProposed", "OverrideProposed", "ProposalRefused",
                "PlanClosed",
                "ProgressReported",
            }
        ),
        OutcomeFold,
    ),
    Invariant(
        "executions",
        "workflows are whole or without effect, deals booked once, allocations within capacity",
        frozenset(name for name, kind in EVENTS.items() if issubclass(kind, ExecutionEvent)),
        ExecutionFold,
    ),
    Invariant(
        "replies",
        "what settled a deal answers a message of HAWK's about it",
        EVENTS_OF_REPLIES,
        ReplyFold,
    ),
    Invariant(
        "grants",
        "nothing ran without a valid grant of the right tier, used once",
        frozenset({"GrantIssued"}) | PLANS | USES,
        GrantFold,
    ),
)  # fmt: skip


#: The invariant that is found by comparing with the kept bytes (`shared.audit.kept_answers`).
ANSWERS: Final = "answers"
#: The one that is read from the relay's list (`shared.audit.unpublished`).
PUBLISHED: Final = "published"
#: What each invariant says, by name.
SAYS: Final = {
    **{invariant.name: invariant.says for invariant in INVARIANTS},
    ANSWERS: "the kept bytes of every answer have its SHA-256",
    PUBLISHED: "every event that the relay passed over was published after all",
}


@dataclass(frozen=True, slots=True)
class Held:
    """An invariant while a history is held to it."""

    invariant: Invariant
    fold: Fold
    findings: Findings


def hold() -> tuple[Held, ...]:
    """All invariants, at the beginning of a history."""
    held = []
    for invariant in INVARIANTS:
        findings = Findings()
        held.append(Held(invariant, invariant.fold(findings), findings))
    return tuple(held)


def broken_invariants(history: Iterable[tuple[PastEvent, Event]]) -> dict[str, list[str]]:
    """Name of each invariant that a history breaks -> what breaks it. For tests and harnesses."""
    held = hold()
    for past, event in history:
        for each in held:
            if type(event).__name__ in each.invariant.events:
                each.fold.take(past, event)
    for each in held:
        each.fold.finish()
    return {each.invariant.name: each.findings.sentences for each in held if each.findings}
