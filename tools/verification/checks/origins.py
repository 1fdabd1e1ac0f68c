"""Checks that every plan is of a proposal, every proposal of a response, with equal contents. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from shared.events.base import Event
from shared.events.catalogue import EVENTS
from shared.events.identity import reversal_id, workflow_id
from shared.events.responses import Originated, ResponseReceived
from shared.events.reversals import ReversalPlanned, ReversalRefused, ReversalRequested
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.spilled import Spilled

#: The fields that a proposal copies from its response, and a plan from its proposal of any kind.
_OF_RESPONSE: Final = ("maker", "prompt", "analysis")
_OF_PROPOSAL: Final = (*_OF_RESPONSE, "order", "change", "override", "claims", "claimed", "warnings")
#: What a reversal's plan takes over from the request.
_OF_REQUEST: Final = ("maker", "reason")

_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"))

PROPOSALS: Final = frozenset({"ProposalMade", "ConfigurationProposed", "OverrideProposed"})
EVENTS_OF_ORIGINS: Final = frozenset({"ResponseReceived"}) | {
    name for name, kind in EVENTS.items() if issubclass(kind, Originated)
}


@dataclass(frozen=True, slots=True)
class _Made:
    """`parts`: what was taken over, by name, as a short digest each: the texts themselves may be large."""

    place: str
    of: str
    parts: Mapping[str, bytes]


class OriginFold:
    """Keeps the contents of each and compares them at the end: their streams have no common order."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._responses = Spilled[_Made]()
        self._proposals = Spilled[_Made]()
        self._plans = Spilled[tuple[str, _Made]]()

    def take(self, past: PastEvent, event: Event) -> None:
        """Keep digests of what a response, proposal or plan is made of; check its workflow id at once."""
        data = past.event.data
        match event:
            case ResponseReceived():
                self._responses[event.response_id] = _Made(past.place, "", _parts(data, _OF_RESPONSE))
            case ReversalRequested() | ReversalPlanned() | ReversalRefused():
                self._expect(past, event.workflow_id, reversal_id(event.reverses, event.origin.attempt))
                parts = _parts(data, _OF_REQUEST)
                if isinstance(event, ReversalRequested):
                    self._proposals[event.workflow_id] = _Made(past.place, "", parts)
                else:
                    of = event.origin.predecessor or event.workflow_id
                    self._plans[past.place] = (event.workflow_id, _Made(past.place, of, parts))
            case Originated():
                response, component = event.response_id, event.origin.component
                self._expect(past, event.workflow_id, workflow_id(response, component, event.origin.attempt))
                if type(event).__name__ in PROPOSALS:
                    self._proposals[event.workflow_id] = _Made(past.place, response, _parts(data, _OF_PROPOSAL))
                else:
                    of = workflow_id(response, component, 1)
                    self._plans[past.place] = (event.workflow_id, _Made(past.place, of, _parts(data, _OF_PROPOSAL)))
            case _:
                return

    def finish(self) -> None:
        """Report each proposal and plan whose origin is missing or differs."""
        for workflow, proposal in self._proposals.each():
            if not proposal.of:
                continue
            response = self._responses.get(proposal.of)
            for why in _differing(proposal, response, f"response {proposal.of}"):
                self._findings.add(f"{proposal.place}: workflow {workflow} is proposed, but {why}.")
        # A plan that was drawn again is of the proposal of the first: a reversal's is found from one to the next.
        before = Spilled[str]()
        for _, (workflow, made) in self._plans.each():
            before[workflow] = made.of
        for _, (workflow, plan) in self._plans.each():
            origin = plan.of
            while origin not in self._proposals and before.get(origin, origin) != origin:
                origin = before[origin]
            for why in _differing(plan, self._proposals.get(origin), f"proposal {origin}"):
                self._findings.add(f"{plan.place}: workflow {workflow} is planned, but {why}.")

    def _expect(self, past: PastEvent, found: str, expected: str) -> None:
        if found != expected:
            self._findings.add(f"{past.place}: workflow {found} is named, but its origin gives {expected}.")


def _parts(data: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, bytes]:
    said = {**data, **data.get("origin", {})}
    return {name: _digest(said[name]) for name in names if name in said}


def _digest(value: Any) -> bytes:
    return sha256(_ENCODER.encode(value).encode()).digest()[:16]


def _differing(made: _Made, origin: _Made | None, named: str) -> Iterator[str]:
    if origin is None:
        yield f"there is no {named}"
        return
    other = [name for name, part in made.parts.items() if origin.parts.get(name, part) != part]
    if other:
        yield f"{named} differs in {', '.join(other)}"
