"""The invariants of a history, as a table: each has a name, a sentence, and a fold that finds what breaks it. To add a
kind of event, name it in the fold it concerns; to add an invariant, add a row."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from shared.events.base import Event
from shared.events.catalogue import EVENTS
from shared.events.execution import ExecutionEvent
from tools.verification.checks.causes import EVENTS_OF_CAUSES, CauseFold
from tools.verification.checks.delegations import EVENTS_OF_DELEGATIONS, DelegationFold
from tools.verification.checks.emergencies import EVENTS_OF_EMERGENCIES, EmergencyFold
from tools.verification.checks.executions import ExecutionFold
from tools.verification.checks.grants import PLANS, USES, GrantFold
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.makers import EVENTS_OF_MAKERS, MakerFold
from tools.verification.checks.origins import EVENTS_OF_ORIGINS, OriginFold
from tools.verification.checks.outcomes import OutcomeFold
from tools.verification.checks.passkeys import EVENTS_OF_PASSKEYS, PasskeyFold
from tools.verification.checks.persons import EVENTS_OF_PERSONS, PersonFold
from tools.verification.checks.plan_digests import EVENTS_OF_DIGESTS, DigestFold
from tools.verification.checks.policies import EVENTS_OF_POLICY, PolicyFold
from tools.verification.checks.replies import EVENTS_OF_REPLIES, ReplyFold
from tools.verification.checks.requests import EVENTS_OF_REQUESTS, RequestFold
from tools.verification.checks.revocations import EVENTS_OF_REVOCATIONS, RevocationFold
from tools.verification.checks.rollouts import EVENTS_OF_ROLLOUT, RolloutFold


class Fold(Protocol):
    """Takes the events of its invariant one by one; `finish` reports what only the end of the history shows."""

    def take(self, past: PastEvent, event: Event) -> None:
        """Take the next event, in feed order; a contradiction that shows at once becomes a finding."""

    def finish(self) -> None:
        """Report what only the end of the history shows; called once, after the last event."""


GrantKeys = Sequence[str] | None
"""Public keys of the approval service, today's and those of earlier days, as PEM; None leaves signatures unjudged."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """An invariant: its name, its sentence, the names of its events, and the fold that finds what breaks it."""

    name: str
    says: str
    events: frozenset[str]
    fold: Callable[[Findings, GrantKeys], Fold]


def _unsigned(fold: Callable[[Findings], Fold]) -> Callable[[Findings, GrantKeys], Fold]:
    """Return a fold that checks no signature, so that it needs no keys."""
    return lambda findings, _: fold(findings)


_OUTCOMES: Final = frozenset(
    {
        "ResponseReceived", "ProposalMade", "ConfigurationProposed", "OverrideProposed", "ProposalRefused",
        "PlanClosed", "ProgressReported",
    }
)  # fmt: skip
_EXECUTIONS: Final = frozenset(name for name, kind in EVENTS.items() if issubclass(kind, ExecutionEvent))
_GRANTS: Final = (
    frozenset({"GlassBroken", "GrantIssued", "PolicySet", "DelegationConfirmed", "DelegationEnded"}) | PLANS | USES
)

INVARIANTS: Final = (
    Invariant("outcomes", "every response has exactly one outcome",
              _OUTCOMES, _unsigned(OutcomeFold)),
    Invariant("origins", "every plan is of a proposal, every proposal of a response",
              EVENTS_OF_ORIGINS, _unsigned(OriginFold)),
    Invariant("causes", "every message that a service handled was recorded by another service",
              EVENTS_OF_CAUSES, _unsigned(CauseFold)),
    Invariant("makers", "every verified maker is confirmed by a signature",
              EVENTS_OF_MAKERS, MakerFold),
    Invariant("requests", "plan, request, decisions, grant and execution agree in digests, amount, maker and people",
              EVENTS_OF_REQUESTS, _unsigned(RequestFold)),
    Invariant("executions", "workflows are complete or without effect, deals booked once, allocations within capacity",
              _EXECUTIONS, _unsigned(ExecutionFold)),
    Invariant("replies", "every deal was settled by a reply to a message of HAWK about it",
              EVENTS_OF_REPLIES, _unsigned(ReplyFold)),
    Invariant("digests", "every plan has the digests in its event",
              EVENTS_OF_DIGESTS, _unsigned(DigestFold)),
    Invariant("grants", "every execution used a valid, signed grant of the right tier, once",
              _GRANTS, GrantFold),
    Invariant("emergencies", "every emergency was declared and reviewed by others than those who took part",
              EVENTS_OF_EMERGENCIES, _unsigned(EmergencyFold)),
    Invariant("persons", "every decision that needs two persons was made by two",
              EVENTS_OF_PERSONS, _unsigned(PersonFold)),
    Invariant("revocations", "every grant that was taken back was never used, and was asked back by a person",
              EVENTS_OF_REVOCATIONS, _unsigned(RevocationFold)),
    Invariant("rollout", "the executor followed the people's decisions on the rollout",
              EVENTS_OF_ROLLOUT, _unsigned(RolloutFold)),
    Invariant("policy", "the executor planned by the approval policy that was set",
              EVENTS_OF_POLICY, _unsigned(PolicyFold)),
    Invariant("delegations", "every delegation was agreed to by enough people, and the executor knew it as it was",
              EVENTS_OF_DELEGATIONS, _unsigned(DelegationFold)),
    Invariant("passkeys", "every decision that a passkey had to sign was signed, by a passkey of that person",
              EVENTS_OF_PASSKEYS, _unsigned(PasskeyFold)),
)  # fmt: skip


#: The invariant that compares with the kept bytes (`tools.verification.checks.kept_answers`).
ANSWERS: Final = "answers"
#: The invariant that reads the relay's list (`tools.verification.checks.unpublished`).
PUBLISHED: Final = "published"
#: The sentence of each invariant, by name.
SAYS: Final = {
    **{invariant.name: invariant.says for invariant in INVARIANTS},
    ANSWERS: "the kept bytes of every response have its SHA-256",
    PUBLISHED: "every event that the relay passed over is published",
}


@dataclass(frozen=True, slots=True)
class Held:
    """An invariant during the check of a history."""

    invariant: Invariant
    fold: Fold
    findings: Findings


def hold(keys: GrantKeys = None) -> tuple[Held, ...]:
    """Return all invariants, at the beginning of a history."""
    held = []
    for invariant in INVARIANTS:
        findings = Findings()
        held.append(Held(invariant, invariant.fold(findings, keys), findings))
    return tuple(held)


def broken_invariants(history: Iterable[tuple[PastEvent, Event]], keys: GrantKeys = None) -> dict[str, list[str]]:
    """Return the findings of each invariant that a history breaks, by its name. For tests and harnesses."""
    held = hold(keys)
    for past, event in history:
        for each in held:
            if type(event).__name__ in each.invariant.events:
                each.fold.take(past, event)
    for each in held:
        each.fold.finish()
    return {each.invariant.name: each.findings.sentences for each in held if each.findings}
