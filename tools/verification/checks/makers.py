"""Checks that every verified maker is confirmed by the approval service's signature. Pure."""

from collections.abc import Sequence
from typing import Any, Final

from shared.events.approvals import AnswerSubmitted
from shared.events.base import Event
from shared.events.responses import ResponseReceived
from shared.security.maker_proof import MAKER_PROOF_TYPE, content_sha256
from tools.verification.checks.grants import claims_of, unsigned
from tools.verification.checks.history import Findings, PastEvent

EVENTS_OF_MAKERS: Final = frozenset({"AnswerSubmitted", "ResponseReceived"})


class MakerFold:
    """Keeps who submitted which answer with a proof that holds, and who is said to have asked.

    Args:
        keys: public keys of the approval service, of all days; None leaves signatures unjudged.
    """

    def __init__(self, findings: Findings, keys: Sequence[str] | None) -> None:
        self._findings = findings
        self._keys = keys
        self._proved: set[tuple[str, str]] = set()
        self._known: list[tuple[str, str, str]] = []

    def take(self, past: PastEvent, event: Event) -> None:
        """Keep submitted answers and makers who count as known; check their proofs at once."""
        match event:
            case AnswerSubmitted():
                self._submitted(past, event)
            case ResponseReceived() if event.maker.verified:
                self._known.append((past.place, event.response_id, event.maker.name))
                proof = getattr(event.maker, "proof", None)
                if proof is not None:
                    self._judge(past, proof, _covered(event.response_id, event.maker))
            case _:
                return

    def finish(self) -> None:
        """Report each known maker without a valid proof of handing the answer in."""
        for place, response, maker in self._known:
            if (response, maker) not in self._proved:
                self._findings.add(
                    f"{place}: response {response} has {maker} as its verified maker, without a valid proof."
                )

    def _submitted(self, past: PastEvent, event: AnswerSubmitted) -> None:
        content = content_sha256(event.answer, event.prompt) if isinstance(event.answer, str) else None
        covered = {"response_id": event.response_id, "maker": event.maker, "content_sha256": content}
        if self._judge(past, event.maker_proof, covered):
            self._proved.add((event.response_id, event.maker))

    def _judge(self, past: PastEvent, proof: str, covered: dict[str, Any]) -> bool:
        why = "" if self._keys is None else unsigned(proof, MAKER_PROOF_TYPE, self._keys)
        if not why and claims_of(proof) != covered:
            why = "it is for another response, prompt or person"
        if why:
            self._findings.add(f"{past.place}: the proof that {covered['maker']} asked does not hold: {why}.")
        return not why


def _covered(response_id: str, maker: Any) -> dict[str, Any]:
    return {"response_id": response_id, "maker": maker.name, "content_sha256": maker.content_sha256}
