"""Whoever is asked for two persons is never content with two spellings of one, nor with the asker under another."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.approval import set_aside
from services.approval.held.decider import DecideHeld
from services.approval.held.decider import decide as decide_held
from services.approval.held.state import Held, Said, State
from services.approval.held.view import held_document
from services.approval.publication import decider as publication
from services.approval.requests.cards import Card, Viewer, card_document
from services.approval.requests.commands import RecordDecision, RequestApproval, WithdrawRequest
from services.approval.requests.decider import Refused, decide
from services.approval.requests.reversal import AskReversal
from services.approval.requests.reversal import decide as decide_reversal
from services.approval.requests.state import NOTHING, Approval, Status, evolve
from services.approval.requests.submission import Submission, response_id, same_submission, submitted_event
from services.approval.rollout import commands as rollout
from services.approval.rollout.decider import decide as decide_rollout
from services.approval.rollout.state import Rollout, after_new
from services.approval.two_persons import Actor
from shared.events.base import Event
from shared.events.deadletters import SetAsideProposed
from shared.events.held import HeldPerson
from shared.events.publication import PublicationConfirmed, PublicationProposed
from shared.messaging.orders import standing_order
from shared.people.identity import with_subject
from shared.policy.holding import persons_enough
from shared.policy.table import DEFAULT_POLICY, SubjectKind
from shared.security.tokens import Person
from tests.support.approvals import DAY, DIGEST, request_for
from tests.support.rollout import FULL, OBSERVE, opened_state
from tests.support.spellings import NAME, SPELLINGS
from tests.support.units import WHEN
from tests.unit.approval.test_publication import LIFETIME, LISTED

EVERY_ROLE = ("TRADER", "SENIOR_TRADER", "RISK_MANAGER", "OPERATIONS")
ANNA, NAMESAKE = with_subject("Anna Lee", "7f0c"), with_subject("Anna Lee", "aa11")

spellings = pytest.mark.parametrize("other", SPELLINGS.values(), ids=list(SPELLINGS))


def applied(state: Approval, command: RequestApproval | RecordDecision) -> Approval:
    outcome = decide(state, command)
    assert not isinstance(outcome, Refused), outcome
    for event in outcome:
        if isinstance(event, Event):
            state = evolve(state, event)
    return state


def decision(person: str) -> RecordDecision:
    return RecordDecision(person, EVERY_ROLE, "APPROVE", DIGEST, "", WHEN, DAY)


def code(outcome: object) -> str:
    assert isinstance(outcome, Refused), outcome
    return outcome.code


@spellings
def test_the_asker_does_not_approve_under_another_spelling(other: str) -> None:
    waiting = applied(NOTHING, request_for(usd="60000000", maker=NAME))
    assert code(decide(waiting, decision(other))) == "MAKER_IS_CHECKER"
    waiting = applied(NOTHING, request_for(usd="60000000", maker=other, verified=False))
    assert code(decide(waiting, decision(NAME))) == "MAKER_IS_CHECKER", "a claim forbids too"


@spellings
def test_a_second_spelling_is_no_second_person(other: str) -> None:
    for kind in (SubjectKind.CONFIGURATION, SubjectKind.OVERRIDE):
        once = applied(applied(NOTHING, request_for(kind=kind, maker="sue")), decision(NAME))
        assert once.status is Status.AWAITING_APPROVAL
        assert code(decide(once, decision(other))) == "SAME_PERSON"


@spellings
def test_the_asker_under_another_spelling_may_take_the_request_back_and_ask_for_a_reversal(other: str) -> None:
    waiting = applied(NOTHING, request_for(maker=NAME))
    assert not isinstance(decide(waiting, WithdrawRequest(other, "", WHEN)), Refused)
    viewer = Viewer(Person(other, ()), WHEN)
    assert card_document(Card(waiting, None, None, {}, {}), viewer)["may_withdraw"]
    granted = replace(waiting, status=Status.APPROVED)
    asked = decide_reversal(granted, [NOTHING], AskReversal("w1", other, (), "wrong", WHEN))
    assert not isinstance(asked, Refused)


@spellings
def test_a_second_spelling_changes_no_rollout_and_resumes_nothing(other: str) -> None:
    def actor(person: str) -> Actor:
        return Actor(person, EVERY_ROLE, WHEN)

    def after(state: Rollout, command: rollout.RolloutCommand) -> Rollout:
        events = decide_rollout(state, command, DEFAULT_POLICY)
        assert not isinstance(events, Refused), events
        for event in events:
            state = after_new(state, event)
        return state

    state = after(opened_state(OBSERVE), rollout.ProposeChange(actor(NAME), FULL, 1, "go", DAY))
    assert state.change is not None
    confirm = rollout.ConfirmChange(actor(other), state.change.digest)
    assert code(decide_rollout(state, confirm, DEFAULT_POLICY)) == "SAME_PERSON"
    state = after(state, rollout.Stop(actor("sue"), "wait"))
    state = after(state, rollout.ProposeResumption(actor(NAME), state.version, "go on", DAY))
    assert state.resumption is not None
    resume = rollout.ConfirmResumption(actor(other), state.resumption.digest)
    assert code(decide_rollout(state, resume, DEFAULT_POLICY)) == "SAME_PERSON"


@spellings
def test_a_second_spelling_publishes_no_event(other: str) -> None:
    def actor(person: str) -> Actor:
        return Actor(person, EVERY_ROLE, WHEN)

    none = publication.Publication()
    proposed = publication.decide(LISTED, none, publication.Propose(actor(NAME), "put right", LIFETIME))
    assert isinstance(proposed, PublicationProposed)
    confirm = publication.Confirm(actor(other), proposed.digest)
    assert code(publication.decide(LISTED, publication.publication_of([proposed]), confirm)) == "SAME_PERSON"
    assert publication.may_confirm(proposed, other, EVERY_ROLE, WHEN) is not None
    confirm = publication.Confirm(actor("sue"), proposed.digest)
    assert isinstance(publication.decide(LISTED, publication.publication_of([proposed]), confirm), PublicationConfirmed)


@spellings
def test_a_second_spelling_sets_no_message_aside(other: str) -> None:
    place = set_aside.Place("hawk-parser", "hawk.ai.responses", 0, 7)
    propose = set_aside.SetAside(place, Actor(NAME, EVERY_ROLE, WHEN), "blocks all", None)
    proposed = set_aside.decide(set_aside.State(), propose, DEFAULT_POLICY)
    assert isinstance(proposed, SetAsideProposed)
    waiting = set_aside.State(proposed)
    again = replace(propose, by=Actor(other, EVERY_ROLE, WHEN))
    assert isinstance(set_aside.decide(waiting, again, DEFAULT_POLICY), SetAsideProposed), "one's own is replaced"
    confirm = replace(again, digest=proposed.digest)
    assert code(set_aside.decide(waiting, confirm, DEFAULT_POLICY)) == "SAME_PERSON"
    confirmed = set_aside.decide(waiting, replace(confirm, by=Actor("sue", EVERY_ROLE, WHEN)), DEFAULT_POLICY)
    assert not isinstance(confirmed, Refused | SetAsideProposed)
    assert standing_order([proposed, confirmed], WHEN) == confirmed
    forged = confirmed.model_copy(update={"confirmed_by": confirmed.confirmed_by.model_copy(update={"person": other})})
    assert standing_order([proposed, forged], WHEN) is None, "the consumer looks itself"


@spellings
def test_a_second_spelling_confirms_no_period(other: str) -> None:
    def by(person: str) -> HeldPerson:
        return HeldPerson(person=person, role="OPERATIONS", comment="", at=WHEN)

    held = Held("h1", "held-x", DIGEST, 2, {}, State.WAITING, "", (by(NAME),))
    command = DecideHeld("h1", DIGEST, "CONFIRM", "", other, EVERY_ROLE, WHEN)
    assert code(decide_held(held, Said((by(NAME),)), command)) == "SAME_PERSON"
    assert not held_document(held, Person(other, EVERY_ROLE))["may_confirm"]
    assert not persons_enough(2, (by(NAME), by(other))), "the executor looks itself"
    assert persons_enough(2, (by(NAME), by(other), by("sue")))


@spellings
def test_a_repeated_answer_under_another_spelling_is_the_same_response(other: str) -> None:
    assert response_id(NAME, "k1") == response_id(other, "k1")
    before = submitted_event(Submission("r1", NAME, "buy", "", WHEN), "proof")
    assert same_submission(before, Submission("r1", other, "buy", "", WHEN + timedelta(seconds=1)))
    assert not same_submission(before, Submission("r1", other, "sell", "", WHEN))


def test_two_namesakes_with_subjects_are_two_and_a_new_name_changes_nobody() -> None:
    waiting = applied(NOTHING, request_for(usd="60000000", maker=ANNA))
    assert code(decide(waiting, decision(with_subject("Anna Smith", "7f0c")))) == "MAKER_IS_CHECKER"
    assert not isinstance(decide(waiting, decision(NAMESAKE)), Refused)
    claimed = applied(NOTHING, request_for(usd="60000000", maker="anna lee", verified=False))
    for person in (ANNA, NAMESAKE):
        assert code(decide(claimed, decision(person))) == "MAKER_IS_CHECKER", "a claim may mean either"
