"""Facts of the parser: what the upstream AI said, and what HAWK read in it. Stream `response-<id>`."""

from typing import Any, Literal

from shared.events.base import Event, Notice, Refusal, Value
from shared.hedging.order import Claim, Order

Outcome = Literal["PROPOSED", "PARTLY_REFUSED", "REFUSED", "ANALYSIS_ONLY"]


class Maker(Value):
    """The person who asked. `verified` is the finding of the event's writer; a reader that relies on it checks `proof`.

    `proof` is the approval service's signature that vouches for the name, `content_sha256` what the parser found to be
    the answer and prompt it covers. A reversal's proof covers its reason, which the event also holds.
    """

    name: str
    verified: bool = False
    proof: str | None = None
    content_sha256: str | None = None


class Claimed(Value):
    """The AI's statement about approval and risk of an action: recorded, shown, without force."""

    action_id: str
    approval_required: bool | None = None
    approval_level: str | None = None
    risk_score: str | None = None


class Origin(Value):
    """The origin of a workflow: the recommendation, who asked, and what was said about it.

    `attempt` counts from 1; a plan that is drawn again is the next attempt and names its `predecessor`. A reversal is
    asked for by a person: it has no component, prompt, analysis or claims.
    """

    component: int = 0
    attempt: int
    predecessor: str | None = None
    maker: Maker
    prompt: str = ""
    analysis: str = ""
    claims: tuple[Claim, ...] = ()
    claimed: tuple[Claimed, ...] = ()
    warnings: tuple[Notice, ...] = ()

    def succeeding(self, workflow_id: str) -> "Origin":
        """Return the origin of the workflow that is planned in place of `workflow_id`."""
        return self.model_copy(update={"attempt": self.attempt + 1, "predecessor": workflow_id})


class Originated(Event):
    """A fact about a workflow that carries where the workflow comes from: it was proposed, planned or refused."""

    workflow_id: str
    response_id: str
    origin: Origin


class ResponseReceived(Event):
    """An answer was read. `workflows` holds the id of each proposal made of it, in order of its components."""

    response_id: str
    content_sha256: str
    size_bytes: int
    shape: str
    maker: Maker
    prompt: str
    analysis: str
    outcome: Outcome
    workflows: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    warnings: tuple[Notice, ...]
    content: str
    """The answer as it came, decoded (undecodable bytes as backslash escapes), at most 1 MiB."""


class ResponseRepeated(Event):
    """An answer came again, unchanged, under its id. `repeats` counts from 1."""

    response_id: str
    content_sha256: str
    repeats: int


class ResponseContradicted(Event):
    """Another answer came under an id that was used before. It is refused and kept as evidence."""

    response_id: str
    content_sha256: str
    content: str
    refusals: tuple[Refusal, ...]


class ProposalMade(Originated):
    """One connected component of the recommended actions, typed and validated. Starts a workflow."""

    order: Order


class ProposalRefused(Event):
    """One component was refused as a whole; an action block is never half taken."""

    response_id: str
    component: int
    actions: tuple[dict[str, Any], ...]
    refusals: tuple[Refusal, ...]
