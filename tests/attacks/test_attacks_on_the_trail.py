"""A superuser who rewrites the trail and computes the chain anew: what contradicts him is another event, or a
signature. Pure: the recorded workflow in memory, held to the invariants as `hawk verify` does."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.events.base import Event
from shared.events.catalogue import decode, encode
from shared.events.decisions import DecisionName, name_of
from shared.events.identity import POLICY_STREAM
from shared.events.policy import PolicyTakenIn
from shared.events.rollout import RolloutTakenIn
from shared.eventstore.port import RecordedEvent, event_id
from shared.policy.table import PRESETS
from tests.attacks.attack import Attacker, attack
from tests.support.executions import NOW
from tests.support.history import golden_events, golden_grant_key
from tests.support.rollout import policy_set
from tools.verification.checks.history import PastEvent
from tools.verification.checks.invariants import broken_invariants

GOLDEN = golden_events("a_coi.json")
PASSED = "hawk verify: everything agrees, exit 0 (with the heads deleted, or left out)."


def found(events: list[RecordedEvent], invariant: str) -> list[str]:
    history = [(PastEvent(place, event), decode(event)) for place, event in enumerate(events, start=1)]
    return broken_invariants(history, [golden_grant_key()]).get(invariant, [])


def saying(change: Callable[[RecordedEvent, dict[str, Any]], object]) -> list[RecordedEvent]:
    """The history with the data of events changed in place."""
    events = []
    for event in GOLDEN:
        data = json.loads(json.dumps(dict(event.data)))
        change(event, data)
        events.append(replace(event, data=data))
    return events


def recorded(stream: str, version: int, event: Event, cause: str) -> RecordedEvent:
    new = encode(event)
    return RecordedEvent(
        stream, version, event_id(stream, version), new.type, new.schema_version, new.data, {"causation_id": cause}, NOW
    )


def test_the_recorded_workflow_breaks_nothing() -> None:
    names = ("origins", "causes", "makers", "requests", "rollout", "policy", "grants")
    assert all(not found(GOLDEN, name) for name in names)


@attack(
    by=Attacker.SUPERUSER,
    does="Changes the order of the proposal to USD 1M, under the plan of USD 25M that was executed.",
    before=PASSED,
    cure="Each plan must be that of its proposal, part by part.",
)
def test_proposal_of_another_order_than_the_plan() -> None:
    def change(event: RecordedEvent, data: dict[str, Any]) -> None:
        if event.type == "ProposalMade":
            data["order"]["amount"] = "1000000.00"

    (finding,) = found(saying(change), "origins")
    assert "differs in order" in finding


@attack(
    by=Attacker.SUPERUSER,
    does="Makes a known maker of a claimed one, in every event that names him.",
    before=PASSED,
    cure="Whoever counts as known needs a proof that the approval service signed.",
)
def test_maker_made_known_without_a_proof() -> None:
    def change(_: RecordedEvent, data: dict[str, Any]) -> None:
        for said in (data, data.get("origin", {})):
            if isinstance(said.get("maker"), dict):
                said["maker"] |= {"name": "ann", "verified": True}

    (finding,) = found(saying(change), "makers")
    assert "without a valid proof" in finding


@attack(
    by=Attacker.SUPERUSER,
    does="Changes the amount that people were asked about to USD 1M.",
    before=PASSED,
    cure="Plan, request and grant must name one amount; the grant's is signed.",
)
def test_request_for_another_amount_than_plan_and_grant() -> None:
    def change(event: RecordedEvent, data: dict[str, Any]) -> None:
        if event.type == "ApprovalRequested":
            data["amount_usd"] = "1000000.00"

    plan, grant = found(saying(change), "requests")
    assert "its plan is of USD 25000000.00" in plan
    assert "people were asked about USD 1000000.00" in grant


@attack(
    by=Attacker.SUPERUSER,
    does="Takes the decision of the only approver out of the trail; the grant stays.",
    before=PASSED,
    cure="Every approver of a grant must have decided, at that time, in that role, on that plan.",
)
def test_grant_without_the_decision_it_names() -> None:
    (finding,) = found([event for event in GOLDEN if event.type != "DecisionRecorded"], "requests")
    assert "tom (TRADER) approved no such plan" in finding


@attack(
    by=Attacker.SUPERUSER,
    does="Lets the executor have taken in that HAWK was resumed, which nobody decided.",
    before=PASSED,
    cure="What the executor kept to must be what people had decided at that version.",
)
def test_rollout_taken_in_that_nobody_decided() -> None:
    stream = "control-executor"
    nobodys = DecisionName(version=7, digest="sha256:" + "0" * 64)
    taken_in = RolloutTakenIn(decision=nobodys, terms=None, stopped=False, reason="", doubted=None, taken_in_at=NOW)
    new = encode(taken_in)
    metadata = {"causation_id": str(event_id("rollout", 7))}
    forged = RecordedEvent(stream, 1, event_id(stream, 1), new.type, 1, new.data, metadata, NOW)
    (finding,) = found([*GOLDEN, forged], "rollout")
    assert finding.endswith("which was never decided.")
    (cause,) = found([*GOLDEN, forged], "causes")
    assert "which was never recorded" in cause


@attack(
    by=Attacker.SUPERUSER,
    does="Lets the executor have planned by a policy under which one TRADER is enough, which nobody set.",
    before="There was no such event: the environment of each process said which policy holds.",
    cure="What the executor planned by must be what was set at that version, and caused by it.",
)
@pytest.mark.parametrize("which", ["nobody's", "another table"])
def test_policy_taken_in_that_nobody_set(which: str) -> None:
    true, other = policy_set(PRESETS["plan"]), policy_set(PRESETS["strict"])
    kept = recorded(POLICY_STREAM, 1, true, "approval")
    named = name_of(1, kept.type, kept.schema_version, kept.data)
    nobodys = DecisionName(version=7, digest=named.digest)
    taken = PolicyTakenIn(
        decision=nobodys if which == "nobody's" else named,
        table=true.table if which == "nobody's" else other.table,
        taken_in_at=NOW,
    )
    cause = str(event_id(POLICY_STREAM, 7)) if which == "nobody's" else str(kept.event_id)
    forged = recorded("control-executor", 1, taken, cause)
    (finding,) = found([*GOLDEN, kept, forged], "policy")
    assert ("which was never set" if which == "nobody's" else "by a table that is not") in finding
    assert len(found([*GOLDEN, kept, forged], "causes")) == (which == "nobody's")
    honest = recorded("control-executor", 1, taken.model_copy(update={"decision": named, "table": true.table}),
                      str(kept.event_id))  # fmt: skip
    assert not found([*GOLDEN, kept, honest], "policy") + found([*GOLDEN, kept, honest], "causes")


@attack(
    by=Attacker.SUPERUSER,
    does="Plants a whole execution whose first event was caused by no grant.",
    before=PASSED,
    cure="What a service took in must name the recorded event that it was taken in from.",
)
def test_execution_caused_by_nothing_that_was_recorded() -> None:
    events = [
        replace(event, metadata={**event.metadata, "causation_id": "todo:EXECUTE"})
        if event.type == "ExecutionPrepared"
        else event
        for event in GOLDEN
    ]
    (finding,) = found(events, "causes")
    assert "ExecutionPrepared follows from todo:EXECUTE, which was never recorded" in finding
