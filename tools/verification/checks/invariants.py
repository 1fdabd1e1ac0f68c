"""The invariants of HAWK that a history is held to, as a table: each has a name, a sentence, and a fold that looks for
what breaks it. A new kind of event joins by being named in the fold it concerns; a new invariant is one more row.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from shared.events.base import Event
from shared.events.catalogue import EVENTS
from shared.events.execution import ExecutionEvent
from tools.verification.checks.causes import EVENTS_OF_CAUSES, CauseFold
from tools.verification.checks.executions import ExecutionFold
from tools.verification.checks.grants import PLANS, USES, GrantFold
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.makers import EVENTS_OF_MAKERS, MakerFold
from tools.verification.checks.origins import EVENTS_OF_ORIGINS, OriginFold
from tools.verification.checks.outcomes import OutcomeFold
from tools.verification.checks.persons import EVENTS_OF_PERSONS, PersonFold
from tools.verification.checks.plan_digests import EVENTS_OF_DIGESTS, DigestFold
from tools.verification.checks.policies import EVENTS_OF_POLICY, PolicyFold
from tools.verification.checks.replies import EVENTS_OF_REPLIES, ReplyFold
from tools.verification.checks.requests import EVENTS_OF_REQUESTS, RequestFold
from tools.verification.checks.rollouts import EVENTS_OF_ROLLOUT, RolloutFold


class Fold(Protocol):
    """Takes the events of its invariant one by one; what can only be told in the end is told by `finish`."""

    def take(self, past: PastEvent, event: Event) -> None:
        """Take the next event, in feed order; a contradiction that shows at once becomes a finding."""

    def finish(self) -> None:
        """Report what only the end of the history shows; called once, after the last event."""


GrantKeys = Sequence[str] | None
"""Public keys of the approval service, today's and those of earlier days, as PEM; None leaves signatures unjudged."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """`events`: the names of the events the fold looks at."""

    name: str
    says: str
    events: frozenset[str]
    fold: Callable[[Findings, GrantKeys], Fold]


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
        lambda findings, _: OutcomeFold(findings),
    ),
    Invariant(
        "origins",
        "every plan is one of a proposal, every proposal one of a response",
        EVENTS_OF_ORIGINS,
        lambda findings, _: OriginFold(findings),
    ),
    Invariant(
        "causes",
        "what a service took in is what another recorded",
        EVENTS_OF_CAUSES,
        lambda findings, _: CauseFold(findings),
    ),
    Invariant(
        "makers",
        "whoever counts as known to have asked was vouched for by a signature",
        EVENTS_OF_MAKERS,
        MakerFold,
    ),
    Invariant(
        "requests",
        "plan, request, decisions, grant and execution agree in digests, amount, maker and people",
        EVENTS_OF_REQUESTS,
        lambda findings, _: RequestFold(findings),
    ),
    Invariant(
        "executions",
        "workflows are whole or without effect, deals booked once, allocations within capacity",
        frozenset(name for name, kind in EVENTS.items() if issubclass(kind, ExecutionEvent)),
        lambda findings, _: ExecutionFold(findings),
    ),
    Invariant(
        "replies",
        "what settled a deal answers a message of HAWK's about it",
        EVENTS_OF_REPLIES,
        lambda findings, _: ReplyFold(findings),
    ),
    Invariant(
        "digests",
        "every plan is the one its digests name",
        EVENTS_OF_DIGESTS,
        lambda findings, _: DigestFold(findings),
    ),
    Invariant(
        "grants",
        "nothing ran without a valid, signed grant of the right tier, used once",
        frozenset({"GrantIssued"}) | PLANS | USES,
        GrantFold,
    ),
    Invariant(
        "persons",
        "what takes two persons was decided by two",
        EVENTS_OF_PERSONS,
        lambda findings, _: PersonFold(findings),
    ),
    Invariant(
        "rollout",
        "the executor kept to what people decided on the rollout",
        EVENTS_OF_ROLLOUT,
        lambda findings, _: RolloutFold(findings),
    ),
    Invariant(
        "policy",
        "the executor planned by what was set as policy",
        EVENTS_OF_POLICY,
        lambda findings, _: PolicyFold(findings),
    ),
)  # fmt: skip


#: The invariant that is found by comparing with the kept bytes (`tools.verification.checks.kept_answers`).
ANSWERS: Final = "answers"
#: The one that is read from the relay's list (`tools.verification.checks.unpublished`).
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


def hold(keys: GrantKeys = None) -> tuple[Held, ...]:
    """All invariants, at the beginning of a history."""
    held = []
    for invariant in INVARIANTS:
        findings = Findings()
        held.append(Held(invariant, invariant.fold(findings, keys), findings))
    return tuple(held)


def broken_invariants(history: Iterable[tuple[PastEvent, Event]], keys: GrantKeys = None) -> dict[str, list[str]]:
    """Name of each invariant that a history breaks -> what breaks it. For tests and harnesses."""
    held = hold(keys)
    for past, event in history:
        for each in held:
            if type(event).__name__ in each.invariant.events:
                each.fold.take(past, event)
    for each in held:
        each.fold.finish()
    return {each.invariant.name: each.findings.sentences for each in held if each.findings}
