"""What happens to an answer: recorded once, counted when repeated, refused when it contradicts. Pure."""

import json
from typing import Any, Final

from services.parser.answer import Reading
from services.parser.codes import ParsingCode, refusal
from services.parser.commands import RecordAnswer
from services.parser.grouping import Component
from services.parser.reading import plain
from services.parser.state import ResponseState
from services.parser.validation import Action
from shared.errors import Defect
from shared.events.base import Event
from shared.events.configuration import ConfigurationProposed
from shared.events.identity import workflow_id
from shared.events.overrides import OverrideProposed
from shared.events.responses import (
    ProposalMade,
    ProposalRefused,
    ResponseContradicted,
    ResponseReceived,
    ResponseRepeated,
)

#: The first attempt at a proposal; a re-plan is the next one and is not the parser's.
FIRST_ATTEMPT: Final = 1
#: Characters of a refused action as JSON that its refusal carries; the kept answer has all of it.
REFUSED_ACTION_CHARACTERS_MAX: Final = 16_384


def decide(state: ResponseState, command: RecordAnswer) -> tuple[Event, ...]:
    """The events an answer leads to, for the stream of its response id."""
    reading = command.reading
    if state.content_sha256 is None:
        return (_received(reading), *(_proposal(reading, component) for component in reading.components))
    if state.content_sha256 == reading.evidence.sha256:
        return (
            ResponseRepeated(
                response_id=reading.response_id,
                content_sha256=reading.evidence.sha256,
                repeats=state.repeats + 1,
            ),
        )
    return (_contradicted(state, reading),)


def workflow_of(reading: Reading, component: Component) -> str:
    """The workflow that a component starts."""
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


Proposed = ProposalMade | ConfigurationProposed | OverrideProposed


def _proposal(reading: Reading, component: Component) -> Proposed | ProposalRefused:
    if component.refusals:
        return ProposalRefused(
            response_id=reading.response_id,
            component=component.number,
            actions=tuple(_kept(action) for action in component.actions),
            refusals=component.refusals,
        )
    change, order = component.change, component.order
    if change is not None:
        return ConfigurationProposed(
            workflow_id=workflow_of(reading, component),
            response_id=reading.response_id,
            component=component.number,
            attempt=FIRST_ATTEMPT,
            maker=reading.maker,
            prompt=reading.prompt,
            analysis=reading.analysis,
            change=change,
            claimed=tuple(action.claimed for action in component.actions),
            warnings=(*reading.warnings, *component.warnings),
        )
    override = component.override
    if override is not None:
        return OverrideProposed(
            workflow_id=workflow_of(reading, component),
            response_id=reading.response_id,
            component=component.number,
            attempt=FIRST_ATTEMPT,
            maker=reading.maker,
            prompt=reading.prompt,
            analysis=reading.analysis,
            override=override,
            claimed=tuple(action.claimed for action in component.actions),
            warnings=(*reading.warnings, *component.warnings),
        )
    if order is None:
        raise Defect(f"Component {component.number} of response {reading.response_id} has no refusal and no order.")
    return ProposalMade(
        workflow_id=workflow_of(reading, component),
        response_id=reading.response_id,
        component=component.number,
        attempt=FIRST_ATTEMPT,
        maker=reading.maker,
        prompt=reading.prompt,
        analysis=reading.analysis,
        order=order,
        claims=tuple(action.claim for action in component.actions if action.claim is not None),
        claimed=tuple(action.claimed for action in component.actions),
        warnings=(*reading.warnings, *component.warnings),
    )


def _contradicted(state: ResponseState, reading: Reading) -> ResponseContradicted:
    """The other answer is kept once; its repeats are told by its digest."""
    digest = reading.evidence.sha256
    return ResponseContradicted(
        response_id=reading.response_id,
        content_sha256=digest,
        content="" if digest in state.contradictions else reading.evidence.content,
        refusals=(
            refusal(
                ParsingCode.DUPLICATE_RESPONSE,
                f"Response {reading.response_id} has another content (SHA-256 {state.content_sha256}); "
                f"this one (SHA-256 {digest}) is kept, not executed. Publish it under its own id.",
                "$.response_id",
            ),
        ),
    )


def _kept(action: Action) -> dict[str, Any]:
    kept = plain(action.raw)
    if len(json.dumps(kept, ensure_ascii=False)) > REFUSED_ACTION_CHARACTERS_MAX:
        return {"id": action.action_id, "shortened": True}
    return kept if isinstance(kept, dict) else {"value": kept}
