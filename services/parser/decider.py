"""What happens to a response: recorded once, counted when repeated, refused when it contradicts. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Final

from services.parser.codes import by_precedence, refusal
from services.parser.grouping import Component
from services.parser.reading import plain
from services.parser.response import Reading
from services.parser.validation import Action
from shared.errors import Defect
from shared.events.base import Event
from shared.events.catalogue import draft_of
from shared.events.configuration import ConfigurationProposed
from shared.events.identity import PREVIEW_PREFIX, workflow_id
from shared.events.overrides import OverrideProposed
from shared.events.parsing_codes import ParsingCode
from shared.events.previews import PreviewRead, ProposalPreviewed
from shared.events.responses import (
    Origin,
    Originated,
    ProposalMade,
    ProposalRefused,
    ResponseContradicted,
    ResponseReceived,
    ResponseRepeated,
)

Proposed = ProposalMade | ConfigurationProposed | OverrideProposed

#: The first attempt at a proposal; a re-plan is the next one and is not the parser's.
FIRST_ATTEMPT: Final = 1
#: Characters of a refused action as JSON that its refusal carries; the kept response has all of it.
REFUSED_ACTION_CHARACTERS_MAX: Final = 16_384


@dataclass(frozen=True, slots=True)
class ResponseState:
    """`content_sha256` None: nothing came under this id yet. `contradictions`: digests of other responses."""

    content_sha256: str | None = None
    repeats: int = 0
    contradictions: frozenset[str] = frozenset()


def evolve(state: ResponseState, event: Event) -> ResponseState:
    """Return the state after an event; events that do not matter here change nothing."""
    if isinstance(event, ResponseReceived):
        return replace(state, content_sha256=event.content_sha256)
    if isinstance(event, ResponseRepeated):
        return replace(state, repeats=event.repeats)
    if isinstance(event, ResponseContradicted):
        return replace(state, contradictions=state.contradictions | {event.content_sha256})
    return state


def state_of(events: Iterable[Event]) -> ResponseState:
    """Return the state after a stream of events."""
    return reduce(evolve, events, ResponseState())


def decide(state: ResponseState, reading: Reading) -> tuple[Event, ...]:
    """Return the events that a response leads to, for the stream of its response id."""
    if state.content_sha256 is None:
        return (_received(reading), *(_proposal(reading, component) for component in reading.components))
    if state.content_sha256 == reading.evidence.sha256:
        return (
            ResponseRepeated(
                response_id=reading.response_id, content_sha256=reading.evidence.sha256, repeats=state.repeats + 1
            ),
        )
    return (_contradicted(state, reading),)


def preview(reading: Reading) -> tuple[Event, ...]:
    """Return the events of a preview, for the stream of its own: what an answer of another id would have become."""
    drafts = [
        ProposalPreviewed(
            response_id=reading.response_id,
            component=component.number,
            draft=draft_of(proposal),
        )
        for component in reading.components
        if not isinstance(proposal := _proposal(reading, component), ProposalRefused)
    ]
    read = PreviewRead(
        response_id=reading.response_id,
        shape=reading.shape,
        maker=reading.maker,
        prompt=reading.prompt,
        analysis=reading.analysis,
        outcome=reading.outcome,
        drafts=len(drafts),
        refusals=reading.all_refusals,
        warnings=reading.all_warnings,
    )
    return (read, *drafts)


def not_a_preview(reading: Reading) -> Reading:
    """Return the reading refused: under such an id, only what the approval service vouches for is a preview.

    Whoever may write to the topic could show a person what that person never handed in.
    """
    why = refusal(
        ParsingCode.INVALID_IDENTIFIER,
        f"Ids that begin with {PREVIEW_PREFIX} are for previews, which people ask for over HTTP. Publish the answer "
        "under another id.",
        "$.response_id",
    )
    return replace(reading, components=(), refusals=by_precedence((why, *reading.refusals)))


def workflow_of(reading: Reading, component: Component) -> str:
    """Return the workflow that a component starts."""
    return workflow_id(reading.response_id, component.number, FIRST_ATTEMPT)


def _received(reading: Reading) -> ResponseReceived:
    return ResponseReceived(
        response_id=reading.response_id,
        content_sha256=reading.evidence.sha256,
        size_bytes=reading.evidence.size_bytes,
        shape=reading.shape,
        maker=reading.maker,
        prompt=reading.prompt,
        analysis=reading.analysis,
        outcome=reading.outcome,
        workflows=tuple(workflow_of(reading, each) for each in reading.components if not each.refusals),
        refusals=reading.all_refusals,
        warnings=reading.all_warnings,
        content=reading.evidence.content,
    )


def _proposal(reading: Reading, component: Component) -> Originated | ProposalRefused:
    if component.refusals:
        return ProposalRefused(
            response_id=reading.response_id,
            component=component.number,
            actions=tuple(_kept(action) for action in component.actions),
            refusals=component.refusals,
        )
    workflow, response = workflow_of(reading, component), reading.response_id
    origin = Origin(
        component=component.number,
        attempt=FIRST_ATTEMPT,
        maker=reading.maker,
        prompt=reading.prompt,
        analysis=reading.analysis,
        claims=tuple(action.claim for action in component.actions if action.claim is not None),
        claimed=tuple(action.claimed for action in component.actions),
        warnings=(*reading.warnings, *component.warnings),
    )
    if component.change is not None:
        return ConfigurationProposed(workflow_id=workflow, response_id=response, origin=origin, change=component.change)
    if component.override is not None:
        return OverrideProposed(workflow_id=workflow, response_id=response, origin=origin, override=component.override)
    if component.order is None:
        raise Defect(f"Component {component.number} of response {response} has no refusal and no order.")
    return ProposalMade(workflow_id=workflow, response_id=response, origin=origin, order=component.order)


def _contradicted(state: ResponseState, reading: Reading) -> ResponseContradicted:
    """Keep the content of another response once; its repeats name its digest."""
    digest = reading.evidence.sha256
    return ResponseContradicted(
        response_id=reading.response_id,
        content_sha256=digest,
        content="" if digest in state.contradictions else reading.evidence.content,
        refusals=(
            refusal(
                ParsingCode.DUPLICATE_RESPONSE,
                f"Response {reading.response_id} was received before with other content (SHA-256 "
                f"{state.content_sha256}); "
                f"this one (SHA-256 {digest}) is kept but not executed. Publish it under its own id.",
                "$.response_id",
            ),
        ),
    )


def _kept(action: Action) -> dict[str, Any]:
    kept = plain(action.raw)
    if len(json.dumps(kept, ensure_ascii=False)) > REFUSED_ACTION_CHARACTERS_MAX:
        return {"id": action.action_id, "shortened": True}
    return kept if isinstance(kept, dict) else {"value": kept}
