"""Signatures of grants and makers: judged by the public keys that whoever verifies holds, of all days."""

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.events.approvals import AnswerSubmitted
from shared.events.catalogue import decode, encode
from shared.eventstore.port import RecordedEvent, event_id
from shared.plans.digests import plan_digest
from shared.security.grants import GRANT_TYPE
from shared.security.keys import KeyPair, ensure_grant_keys, read_pem
from shared.security.maker_proof import sign_maker_proof
from shared.security.signing import sign
from tests.support.history import golden_transactions
from tests.support.superuser import approver_replaced, signed_anew
from tools.verification.checks.grants import claims_of
from tools.verification.checks.history import PastEvent
from tools.verification.checks.invariants import broken_invariants

PROMPT = "Create USD 25M COI hedge"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[KeyPair, KeyPair]:
    """The approval service's key, and another one."""
    return ensure_grant_keys(tmp_path_factory.mktemp("ours")), ensure_grant_keys(tmp_path_factory.mktemp("theirs"))


def broken(events: list[RecordedEvent], *keys: KeyPair) -> dict[str, list[str]]:
    history = [(PastEvent(place, event), decode(event)) for place, event in enumerate(events, start=1)]
    return broken_invariants(history, [read_pem(pair.public) for pair in keys])


def signed(pair: KeyPair) -> list[RecordedEvent]:
    transactions = signed_anew(golden_transactions("a_coi.json"), read_pem(pair.private))
    return [event for events in transactions for event in events]


def forged(events: list[RecordedEvent]) -> list[RecordedEvent]:
    """Another approver in every event, the claims of the grant among them."""
    change = approver_replaced("tom", "mallory")
    said = [change(event, {"data": dict(event.data), "metadata": dict(event.metadata)}) for event in events]
    return [replace(event, **each) for event, each in zip(events, said, strict=True)]


def test_grant_signed_by_a_key_of_an_earlier_day_stays_good(keys: tuple[KeyPair, KeyPair]) -> None:
    ours, newer = keys
    assert broken(signed(ours), newer, ours) == {}


def test_approver_forged_in_every_event_is_found_by_the_signature_alone(keys: tuple[KeyPair, KeyPair]) -> None:
    ours, _ = keys
    events = forged(signed(ours))
    history = [(PastEvent(place, event), decode(event)) for place, event in enumerate(events, start=1)]
    assert broken_invariants(history) == {}, "all events agree with each other"
    (finding,) = broken(events, ours)["grants"]
    assert finding.endswith("is not what the approval service signed: its signature does not match its content.")


def test_grant_signed_by_a_key_that_is_not_in_the_files_is_found(keys: tuple[KeyPair, KeyPair]) -> None:
    ours, theirs = keys
    (finding,) = broken(signed(theirs), ours)["grants"]
    assert "it is signed with a key that is not known here" in finding
    assert "it is signed with a key that is not known here" in broken(signed(ours))["grants"][0], "no key at all"


def submitted(pair: KeyPair, **changes: Any) -> list[RecordedEvent]:
    """The recorded history as if mira had handed the answer in herself."""
    events = signed(pair)
    received = next(event for event in events if event.type == "ResponseReceived")
    response, answer = received.data["response_id"], received.data["content"]
    signed_text = {"response_id": response, "maker": "mira", "answer": answer, "prompt": PROMPT} | changes
    proof = sign_maker_proof(**signed_text, private_pem=read_pem(pair.private))
    event = AnswerSubmitted(
        response_id=response, maker="mira", maker_proof=proof, prompt=PROMPT, answer=answer,
        submitted_at=received.recorded_at,
    )  # fmt: skip
    stream, new = f"submission-{response}", encode(event)
    first = RecordedEvent(stream, 1, event_id(stream, 1), new.type, 1, new.data, {}, received.recorded_at)
    known = {"name": "mira", "verified": True, "proof": None, "content_sha256": None}
    return [first, *_planned_by(known, [_known(event, known) for event in events], pair)]


def _known(event: RecordedEvent, maker: dict[str, Any]) -> RecordedEvent:
    if isinstance(event.data.get("maker"), dict):
        return replace(event, data={**event.data, "maker": maker})
    if "origin" in event.data:
        return replace(event, data={**event.data, "origin": {**event.data["origin"], "maker": maker}})
    return event


def _planned_by(maker: dict[str, Any], events: list[RecordedEvent], pair: KeyPair) -> list[RecordedEvent]:
    """The digest of the plan covers who asked: everybody names the plan of this maker, the signed grant too."""
    plan = next(event for event in events if event.type == "PlanDrawn")
    old, new = plan.data["plan_digest"], plan_digest(plan.data)
    said = [replace(event, data=json.loads(json.dumps(event.data).replace(old, new))) for event in events]
    return [_granted(event, new, verified=maker["verified"], pair=pair) for event in said]


def _granted(event: RecordedEvent, digest: str, *, verified: bool, pair: KeyPair) -> RecordedEvent:
    if event.type != "GrantIssued":
        return event
    claims = claims_of(event.data["grant"]) or {}
    changed = claims | {"plan_digest": digest, "maker_verified": verified}
    signed_text = sign(changed, typ=GRANT_TYPE, private_pem=read_pem(pair.private))
    return replace(event, data={**event.data, "grant": signed_text})


def test_known_maker_who_was_vouched_for_breaks_nothing(keys: tuple[KeyPair, KeyPair]) -> None:
    ours, newer = keys
    assert broken(submitted(ours), newer, ours) == {}


@pytest.mark.parametrize(
    "change", [{"maker": "ann"}, {"answer": "another"}, {"prompt": "another"}, {"response_id": "another"}], ids=str
)
def test_proof_of_something_else_vouches_for_nobody(keys: tuple[KeyPair, KeyPair], change: dict[str, str]) -> None:
    ours, _ = keys
    proof, unproved = broken(submitted(ours, **change), ours)["makers"]
    assert "it is for another response, prompt or person" in proof
    assert "without a valid proof" in unproved


def test_proof_signed_by_somebody_else_vouches_for_nobody(keys: tuple[KeyPair, KeyPair]) -> None:
    ours, theirs = keys
    (proof, _) = broken(submitted(theirs), ours)["makers"]
    assert "it is signed with a key that is not known here" in proof
