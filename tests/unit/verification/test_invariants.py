"""Each invariant of the checks: a recorded workflow keeps all, a planted fault is found by name."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.executor.execution.commands import RecordAnswer
from shared.events.approvals import Approver
from shared.events.base import Event
from shared.events.catalogue import decode, encode
from shared.events.decisions import DecisionName, name_of
from shared.events.held import HeldPerson, HeldReferenceReleased
from shared.events.identity import POLICY_STREAM as POLICY
from shared.events.identity import ROLLOUT_STREAM as ROLLOUT
from shared.events.policy import PolicyTakenIn
from shared.events.rollout import ExecutionStopped, RolloutTakenIn, RolloutTerms
from shared.eventstore.port import RecordedEvent, event_id
from shared.policy.table import PRESETS, Policy
from tests.support.delegating import confirmed
from tests.support.emergencies import reviewed
from tests.support.executions import NOW, Execution, answer_of, drawn
from tests.support.history import golden_events
from tests.support.revoking import revocation_faults
from tests.support.rollout import named, policy_set, resumed, terms_set
from tools.verification.checks.history import PastEvent
from tools.verification.checks.invariants import ANSWERS, INVARIANTS, PUBLISHED, SAYS, broken_invariants

Events = list[RecordedEvent]
Change = Callable[[Events], Events]

GOLDEN = golden_events("a_coi.json")
WORKFLOW = next(event.data["workflow_id"] for event in GOLDEN if event.type == "ExecutionPrepared")
OTHER = "11111111-1111-5111-8111-111111111111"


def broken(events: Events) -> dict[str, list[str]]:
    return broken_invariants((PastEvent(place, event), decode(event)) for place, event in enumerate(events, start=1))


def changed(kind: str, number: int = 0, **data: Any) -> Change:
    """One event of a kind says something else. A function as a value is given what was said before."""

    def change(events: Events) -> Events:
        place = [place for place, event in enumerate(events) if event.type == kind][number]
        before = events[place].data
        said = {name: value(before[name]) if callable(value) else value for name, value in data.items()}
        return [*events[:place], replace(events[place], data={**before, **said}), *events[place + 1 :]]

    return change


def but(**said: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda before: {**before, **said}


def without(kind: str, number: int = 0) -> Change:
    def change(events: Events) -> Events:
        place = [place for place, event in enumerate(events) if event.type == kind][number]
        return events[:place] + events[place + 1 :]

    return change


def caused_by(kind: str, other: str | None) -> Change:
    """One event of a kind names another cause: an event of a kind, or nothing."""

    def change(events: Events) -> Events:
        cause = next((str(event.event_id) for event in events if event.type == other), "")
        return [
            replace(event, metadata={**event.metadata, "causation_id": cause}) if event.type == kind else event
            for event in events
        ]

    return change


def repeated(kind: str, **data: Any) -> Change:
    """The last event of a kind once more at the end of the history, with other data."""

    def change(events: Events) -> Events:
        last = [event for event in events if event.type == kind][-1]
        return [*events, replace(last, version=last.version + 100, data={**last.data, **data})]

    return change


def elsewhere(kind: str, workflow: str) -> Change:
    """The last event of a kind once more, as if on the stream of another workflow."""

    def change(events: Events) -> Events:
        last = [event for event in events if event.type == kind][-1]
        stream = last.stream.replace(last.data["workflow_id"], workflow)
        return [*events, replace(last, stream=stream, data={**last.data, "workflow_id": workflow})]

    return change


def claiming(**claims: Any) -> Callable[[str], str]:
    """The signed text with other claims; its signature no longer fits, which only a key would tell."""

    def change(grant: str) -> str:
        head, payload, signature = grant.split(".")
        told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) | claims
        return f"{head}.{base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip('=')}.{signature}"

    return change


def with_tier(policy: dict[str, Any]) -> dict[str, Any]:
    return {**policy, "tier": "RISK_MANAGER"}


def requiring(policy: dict[str, Any]) -> dict[str, Any]:
    return {**policy, "required": ["SENIOR_TRADER"]}


def of_millions(usd: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda plan: {**plan, "usd_equivalent": usd}


def over_capacity(assessment: dict[str, Any]) -> dict[str, Any]:
    return {**assessment, "available": "24999999.99"}


def over_limit(check: dict[str, Any]) -> dict[str, Any]:
    return {**check, "maximum_usd": "1.00"}


def other_contract(deals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**deals[0], "contract_id": "MX-OTHER"}, *deals[1:]]


def one_contract_twice(deals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [deals[0], {**deals[1], "contract_id": deals[0]["contract_id"]}, *deals[2:]]


def of_another_amount(order: dict[str, Any]) -> dict[str, Any]:
    return {**order, "amount": "49000000.00"}


MALLORY = {"person": "mallory", "role": "TRADER", "at": "2026-11-22T17:48:35.652168Z"}
STOPPED_BY = Approver(person="ann", role="TRADER", at=NOW)


FULL = RolloutTerms(mode="FULL")
OPENED = DecisionName(version=1, digest="sha256:" + "0" * 64)
STOP = ExecutionStopped(follows=OPENED, terms=FULL, reason="look", stopped_by=STOPPED_BY)


def decision_of(version: int, event: Event) -> DecisionName:
    new = encode(event)
    return name_of(version, new.type, new.schema_version, new.data)


def following(stream: str, *, decision: DecisionName | None, stopped: bool = True) -> Change:
    """A stop at the end of the history, and what the executor then says to keep to."""

    def recorded(stream: str, event: Event) -> RecordedEvent:
        new = encode(event)
        metadata = {"causation_id": str(event_id(ROLLOUT, 1))}
        return RecordedEvent(stream, 1, event_id(stream, 1), new.type, 1, new.data, metadata, NOW)

    def change(events: Events) -> Events:
        stop = recorded(stream, STOP)
        if decision is None:
            return [*events, stop]
        kept = RolloutTakenIn(decision=decision, terms=FULL, stopped=stopped, reason="", doubted=None, taken_in_at=NOW)
        return [*events, stop, recorded("control-executor", kept)]

    return change


def planned_by(policy: Policy, *, stream: str = POLICY, version: int = 1) -> Change:
    """The policy `plan` is set at the end of the history; the executor then says that it plans by another."""

    def change(events: Events) -> Events:
        new = encode(policy_set())
        kept = RecordedEvent(stream, 1, event_id(stream, 1), new.type, 1, new.data, {"causation_id": ""}, NOW)
        name = named(policy_set(), 1)
        taken = PolicyTakenIn(
            decision=name.model_copy(update={"version": version}), table=policy_set(policy).table, taken_in_at=NOW
        )
        said = encode(taken)
        metadata = {"causation_id": str(kept.event_id)}
        own = "control-executor"
        return [*events, kept, RecordedEvent(own, 1, event_id(own, 1), said.type, 1, said.data, metadata, NOW)]

    return change


def decided_by(event: Event, **persons: dict[str, str]) -> Change:
    """A decision of two persons at the end of the history, whose second one is said to be somebody else."""

    def change(events: Events) -> Events:
        new, stream = encode(event), "setaside-x"
        data = {**new.data, **{name: {**new.data[name], **person} for name, person in persons.items()}}
        return [*events, RecordedEvent(stream, 1, event_id(stream, 1), new.type, 1, data, {}, NOW)]

    return change


FAULTS: list[tuple[str, Change, str]] = [
    ("outcomes", without("ProposalMade"), "but [] are proposed"),
    ("outcomes", repeated("ProposalMade", workflow_id=OTHER), "names the workflows"),
    ("outcomes", repeated("ProposalMade"), "is proposed again"),
    ("outcomes", repeated("ResponseReceived"), "is received again"),
    ("outcomes", without("ResponseReceived"), "never received"),
    ("outcomes", changed("ResponseReceived", outcome="REFUSED"), "is REFUSED, with 1 proposals"),
    (
        "outcomes",
        repeated("ProgressReported", state="COMPENSATED", final=True),
        "ends as COMPENSATED after it ended as POSTED",
    ),
    ("grants", without("GrantIssued"), "the approval service never issued the grant"),
    ("grants", without("PlanDrawn"), "it has no plan"),
    ("grants", changed("ExecutionPrepared", grant=but(plan_digest="other")), "its grant is for plan"),
    ("grants", changed("ExecutionPrepared", grant=but(effects_digest="other")), "its grant is for effects"),
    ("grants", changed("ExecutionPrepared", grant=but(tier="AUTO")), "under tier AUTO; the plan needs tier TRADER"),
    ("grants", changed("ExecutionPrepared", grant=but(approvers=[])), "its grant names other approvers"),
    ("grants", changed("GrantIssued", expires_at="2020-01-01T00:00:00Z"), "its grant expired at 2020-01-01"),
    ("grants", changed("GrantIssued", grant=claiming(plan_digest="other")), "differs in plan_digest"),
    ("grants", changed("GrantIssued", grant="unsigned"), "cannot be read"),
    ("grants", changed("PlanDrawn", policy=with_tier), "the plan needs tier RISK_MANAGER"),
    ("grants", changed("PlanDrawn", policy=requiring), "the plan needs SENIOR_TRADER"),
    ("grants", changed("PlanDrawn", plan=of_millions("61000000.00")), "the plan needs tier SENIOR_TRADER"),
    ("grants", changed("PlanDrawn", effects_digest="other"), "its plan is"),
    ("grants", repeated("ExecutionPrepared"), "is used again"),
    ("grants", repeated("GrantIssued"), "is issued again"),
    ("grants", elsewhere("ExecutionPrepared", OTHER), "is for workflow"),
    ("replies", changed("DealAcknowledged", in_reply_to=2), "replies to message 2, which was never sent"),
    ("replies", changed("DealSent", message_sequence=4), "has number 4, but is message 1"),
    ("replies", without("DealSent", 3), "replies to message 1, which was never sent"),
    ("grants", changed("GrantIssued", approvers=[MALLORY]), "differs in approvers"),
    ("origins", without("ProposalMade"), "is planned, but there is no proposal"),
    ("origins", without("ResponseReceived"), "is proposed, but there is no response"),
    ("origins", changed("ProposalMade", order=of_another_amount), "is planned, but proposal"),
    ("origins", changed("PlanDrawn", order=of_another_amount), "differs in order"),
    ("origins", changed("PlanDrawn", origin=but(analysis="Safe.")), "differs in analysis"),
    ("origins", changed("ProposalMade", origin=but(maker={"name": "mallory", "verified": False})), "differs in maker"),
    ("origins", changed("ResponseReceived", prompt="hedge 1M"), "differs in prompt"),
    ("origins", changed("ProposalMade", origin=but(component=2)), "but its origin gives"),
    ("causes", caused_by("PlanDrawn", None), "PlanDrawn follows from nothing, which was never recorded"),
    ("causes", caused_by("ApprovalRequested", "ProposalMade"), "which is ProposalMade"),
    ("causes", caused_by("ExecutionPrepared", "PlanDrawn"), "which is PlanDrawn"),
    ("causes", without("GrantIssued"), "ExecutionPrepared follows from"),
    ("causes", changed("GrantIssued", workflow_id=OTHER), "follows from GrantIssued of workflow " + OTHER),
    ("makers", changed("ResponseReceived", maker={"name": "mira", "verified": True}), "without a valid proof"),
    ("requests", changed("ApprovalRequested", amount_usd="1000000.00"), "its plan is of USD 25000000.00"),
    ("requests", changed("ApprovalRequested", plan_digest="other"), "about plan other"),
    ("requests", changed("ApprovalRequested", maker=but(name="mallory")), "mallory is named as the maker; mira asked"),
    ("requests", without("PlanDrawn"), "it has no plan"),
    ("requests", without("ApprovalRequested"), "no approval was requested"),
    ("requests", without("DecisionRecorded"), "tom (TRADER) approved no such plan"),
    ("requests", changed("DecisionRecorded", person="mallory"), "mallory decides, but person:tom recorded it"),
    ("requests", changed("DecisionRecorded", plan_digest="other"), "tom (TRADER) approved no such plan"),
    ("requests", changed("DecisionRecorded", decision="REJECT"), "tom (TRADER) approved no such plan"),
    ("requests", changed("GrantIssued", grant=claiming(amount_usd="1000000.00")), "it is for USD 1000000.00"),
    ("requests", changed("GrantIssued", grant=claiming(amount_usd=[])), "it is for USD []"),
    ("requests", changed("GrantIssued", grant=claiming(maker="mallory")), "it names mallory as the maker; mira asked"),
    ("requests", changed("GrantIssued", grant=claiming(maker_verified=True)), "it differs on whether the maker is"),
    ("requests", changed("GrantIssued", grant=claiming(policy_version="old")), "its digests, tier or policy differ"),
    ("requests", changed("ExecutionPrepared", grant=but(maker="mallory")), "for mallory; mira asked"),
    ("requests", changed("ExecutionPrepared", grant=but(policy_version="old")), "under policy old"),
    ("delegations", decided_by(confirmed()), "DelegationConfirmed stands in a wrong stream"),
    ("emergencies", reviewed("eve", "SAM"), "SAM reviews an emergency, but had a part in it"),
    *revocation_faults(WORKFLOW),
    ("rollout", following(ROLLOUT, decision=decision_of(2, STOP)), "which was never decided"),
    ("rollout", following(ROLLOUT, decision=OPENED), "version 1 of the rollout, which was never decided"),
    ("rollout", following(ROLLOUT, decision=decision_of(1, STOP), stopped=False), "not stopped; version 1"),
    ("rollout", following("plan-x", decision=None), "decides on the rollout in a wrong stream"),
    ("persons", decided_by(terms_set(FULL), confirmed_by={"person": "RITA\u200b"}), "who are one person"),
    ("persons", decided_by(resumed(), proposed_by={"person": "\u043elga"}), "by \u043elga and olga, who are one"),
    ("policy", planned_by(PRESETS["strict"]), "by a table that is not version 1"),
    ("policy", planned_by(PRESETS["plan"], version=2), "version 2 of the policy, which was never set"),
    ("policy", planned_by(PRESETS["plan"], stream="plan-x"), "sets a policy in a wrong stream"),
    ("passkeys", changed("ApprovalRequested", policy=but(signed=True)), "signed it with no passkey"),
    ("digests", changed("PlanDrawn", origin=but(analysis="Safe.")), "has digest"),
    ("digests", changed("PlanDrawn", effects_digest="other"), ", not other"),
    ("executions", without("RiskRecorded"), "it is completed, but operations [45] took no effect"),
    ("executions", repeated("RiskRecorded"), "operations [45] took effect more than once"),
    ("executions", repeated("RiskRecorded", operation=48), "operations [48] are not in its plan"),
    ("executions", changed("ExecutionCompleted", completed_operations=46), "completed with 46 of 47 operations"),
    ("executions", repeated("ExecutionCompleted"), "it ends more than once"),
    ("executions", without("DealAcknowledged", 2), "Murex acknowledged nothing"),
    ("executions", repeated("DealAcknowledged"), "Murex acknowledged MX"),
    ("executions", changed("DealsBooked", deals=other_contract), "is booked as MX-OTHER"),
    ("executions", changed("DealsBooked", deals=one_contract_twice), "is of deal"),
    ("executions", changed("DealsBooked", deals=lambda deals: deals[1:]), "are booked, but"),
    ("executions", without("DealsBooked"), "are not booked"),
    ("executions", repeated("DealPlanned"), "is planned 2 times"),
    ("executions", changed("AllocationCommitted", assessment=over_capacity), "but 24999999.99 is available"),
    ("executions", changed("CapacityAssessed", usd_check=over_limit), "above the limit of USD 1.00"),
]


def test_recorded_workflow_keeps_every_invariant() -> None:
    assert broken(GOLDEN) == {}


def test_stop_that_the_executor_took_in_breaks_nothing() -> None:
    taken_in = following(ROLLOUT, decision=decision_of(1, STOP))
    assert broken(taken_in(GOLDEN)) == {}


def test_policy_that_the_executor_took_in_breaks_nothing() -> None:
    assert broken(planned_by(PRESETS["plan"])(GOLDEN)) == {}


@pytest.mark.parametrize(("invariant", "fault", "told"), FAULTS, ids=[f"{name}: {told}" for name, _, told in FAULTS])
def test_planted_fault_is_found_by_the_invariant_it_breaks(invariant: str, fault: Change, told: str) -> None:
    found = broken(fault(GOLDEN))
    assert any(told in sentence for sentence in found[invariant]), found


def test_what_two_persons_decided_breaks_nothing_and_a_row_released_by_one_does() -> None:
    assert "persons" not in broken(decided_by(terms_set(FULL))(decided_by(resumed())(GOLDEN)))
    olga, otto, again = (
        HeldPerson(person=name, role="OPERATIONS", comment="", at=NOW) for name in ("olga", "otto", "OLGA")
    )
    for people, found in (((olga, otto), False), ((olga,), False), ((olga, otto, again), True)):
        released = HeldReferenceReleased(held_id="h", held_stream="held-x", digest="d", by=people)
        assert ("persons" in broken(decided_by(released)(GOLDEN))) is found


def test_every_invariant_has_a_planted_fault_and_a_sentence() -> None:
    assert (
        {name for name, _, _ in FAULTS}
        == {invariant.name for invariant in INVARIANTS}
        == set(SAYS) - {ANSWERS, PUBLISHED}
    )


def events_of(execution: Execution) -> list[tuple[PastEvent, Event]]:
    stream = f"execution-{execution.subject.workflow_id}"
    found = []
    for version, event in enumerate(execution.events, start=1):
        new = encode(event)
        recorded = RecordedEvent(stream, version, event_id(stream, version), new.type, 1, new.data, {}, NOW)
        found.append((PastEvent(version, recorded), event))
    return found


def declined() -> list[tuple[PastEvent, Event]]:
    """A workflow that was undone after a decline; without its plan and grant, which are another invariant's."""
    execution = Execution(drawn())
    execution.acknowledge(1, 2)
    execution.take(RecordAnswer(answer_of(execution.sent[2], "NOK"), NOW))
    execution.cancel_all()
    return events_of(execution)


def test_compensated_workflow_is_without_effect() -> None:
    assert "executions" not in broken_invariants(declined())


def test_a_workflow_that_is_asked_about_and_undone_keeps_the_replies() -> None:
    assert "replies" not in broken_invariants(declined())


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        ("DealDeclined", {"in_reply_to": None}, "is declined by Murex without a request"),
        ("DealDeclined", {"in_reply_to": 2}, "replies to message 2"),
        ("CancelConfirmed", {"in_reply_to": 1}, "replies to message 1, which is a DealSent"),
    ],
)
def test_a_deal_that_is_settled_in_reply_to_nothing_is_found(kind: str, fields: dict[str, Any], told: str) -> None:
    history = declined()
    place = next(at for at, (_, event) in enumerate(history) if type(event).__name__ == kind)
    past, event = history[place]
    history[place] = (past, event.model_copy(update=fields))
    (finding, *_) = broken_invariants(history)["replies"]
    assert told in finding


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda history, undone: [each for each in history if each is not undone[0]], "are still in effect"),
        (lambda history, undone: [*history, undone[0]], "are not undone in reverse order"),
        (lambda history, undone: [*history, events_of(booked())[-1]], "it is completed and compensated"),
    ],
    ids=["left", "twice", "completed too"],
)
def test_half_undone_workflow_is_found(spoil: Callable[..., Any], told: str) -> None:
    history = declined()
    undone = [each for each in history if each[0].event.type == "OperationCompensated"]
    found = broken_invariants(spoil(history, undone))
    assert any(told in sentence for sentence in found["executions"]), found


def booked() -> Execution:
    execution = Execution(drawn())
    execution.acknowledge()
    return execution
