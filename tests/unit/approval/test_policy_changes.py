"""A change of the policy: who proposes it, who has to agree, under which policy, and what is refused."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.approval.policy.commands import ApproveTable, ProposeTable, RejectTable
from services.approval.policy.decider import decide
from services.approval.policy.state import PolicyState, after_new, policy_state_of
from services.approval.policy.view import policy_document
from services.approval.requests.decider import Refused
from services.approval.two_persons import Actor
from shared.events.catalogue import encode
from shared.events.policy import PolicyChangeApproved, PolicyChangeProposed, PolicyChangeRejected, PolicySet
from shared.policy.backtest import Backtest
from shared.policy.recorded import table_of
from shared.policy.table import ANY_APPROVER, DEFAULT_POLICY, STRICT_POLICY, Condition, Fact, Policy, Rule
from shared.security.tokens import Person
from tests.support.rollout import policy_set
from tests.support.units import WHEN

DAY = timedelta(days=1)
LOWER = replace(DEFAULT_POLICY, four_eyes_from=Decimal(1_000_000))
THREE = replace(
    DEFAULT_POLICY, rules=(Rule("policy by three", (Condition(Fact.KIND, ("POLICY",)),), (ANY_APPROVER,) * 3),)
)


def actor(person: str, *roles: str, at: timedelta = timedelta(0)) -> Actor:
    return Actor(person, roles, WHEN + at)


MIRA, RITA, SAM = actor("mira", "SENIOR_TRADER"), actor("rita", "RISK_MANAGER"), actor("sam", "SENIOR_TRADER")
OLGA, ANN = actor("olga", "OPERATIONS"), actor("ann", "ANALYST")


def start(policy: Policy = DEFAULT_POLICY) -> PolicyState:
    first = policy_set(policy)
    state = policy_state_of([(first, encode(first))])
    assert state is not None
    return state


def proposal(policy: Policy = LOWER, by: Actor = MIRA, expected: str = "plan-1") -> ProposeTable:
    return ProposeTable(by, table_of(policy), expected, "four eyes sooner", Backtest(policy).result(WHEN), DAY)


def after(state: PolicyState, *commands: Any) -> PolicyState:
    for command in commands:
        events = decide(state, command(state) if callable(command) else command)
        assert not isinstance(events, Refused), events
        for event in events:
            state = after_new(state, event)
    return state


def agree(by: Actor) -> Any:
    return lambda state: ApproveTable(by, state.proposal.digest)


def code(state: PolicyState, command: Any) -> str:
    outcome = decide(state, command(state) if callable(command) else command)
    assert isinstance(outcome, Refused), outcome
    return outcome.code


def test_two_others_one_of_them_a_risk_manager_put_a_proposed_table_in_force() -> None:
    state = after(start(), proposal())
    assert state.proposal is not None
    assert state.proposal.table.version == "policy-2"
    (first,) = decide(state, agree(SAM)(state))  # type: ignore[misc]
    assert isinstance(first, PolicyChangeApproved)
    state = after(state, agree(SAM))
    assert state.policy == DEFAULT_POLICY, "one person is not enough"
    approved, changed = decide(state, agree(RITA)(state))  # type: ignore[misc]
    assert isinstance(approved, PolicyChangeApproved)
    assert isinstance(changed, PolicySet)
    assert (changed.table.version, changed.follows) == ("policy-2", state.name)
    assert [each.person for each in changed.approved_by] == ["sam", "rita"]
    state = after(state, agree(RITA))
    assert state.policy == replace(LOWER, version="policy-2")
    assert state.proposal is None
    assert state.next_version == "policy-3"


@pytest.mark.parametrize(
    ("given", "by", "refused"),
    [
        ((), actor("MIRA", "RISK_MANAGER"), "MAKER_IS_CHECKER"),
        ((), ANN, "NO_APPROVING_ROLE"),
        ((), actor("rita", "RISK_MANAGER@ENTITY0009"), "ROLE_OF_ANOTHER_ENTITY"),
        ((agree(SAM),), actor("Sam", "RISK_MANAGER"), "SAME_PERSON"),
        ((agree(SAM),), OLGA, "ROLE_INSUFFICIENT"),
        ((), actor("rita", "RISK_MANAGER", at=DAY), "EXPIRED"),
    ],
)
def test_who_may_not_agree_is_refused(given: tuple[Any, ...], by: Actor, refused: str) -> None:
    assert code(after(start(), proposal(), *given), agree(by)) == refused


def test_a_proposal_is_agreed_to_by_the_digest_that_was_shown() -> None:
    state = after(start(), proposal())
    newer = after(state, replace(proposal(), comment="another"))
    assert code(newer, agree(RITA)(state)) == "DIGEST_MISMATCH"
    assert code(start(), ApproveTable(RITA, "sha256:0")) == "NOTHING_PROPOSED"


def test_what_the_back_test_found_is_part_of_what_is_signed() -> None:
    (one,) = decide(start(), proposal())  # type: ignore[misc]
    found = replace(proposal(), backtest=proposal().backtest.model_copy(update={"refused": 7}))
    (other,) = decide(start(), found)  # type: ignore[misc]
    assert isinstance(one, PolicyChangeProposed)
    assert isinstance(other, PolicyChangeProposed)
    assert one.digest != other.digest


@pytest.mark.parametrize(
    ("command", "refused"),
    [
        (proposal(by=ANN), "NO_APPROVING_ROLE"),
        (proposal(expected="plan-0"), "VERSION_CONFLICT"),
        (proposal(DEFAULT_POLICY), "NOTHING_TO_CHANGE"),
        (proposal(replace(DEFAULT_POLICY, four_eyes_from=Decimal(50_000_001))), "POLICY_BELOW_FLOOR"),
        (proposal(replace(DEFAULT_POLICY, two_persons={})), "POLICY_BELOW_FLOOR"),
        (proposal(replace(DEFAULT_POLICY, rules=(Rule("", (), ()),))), "POLICY_INVALID"),
    ],
)
def test_a_proposal_that_could_never_be_in_force_is_refused(command: ProposeTable, refused: str) -> None:
    assert code(start(), command) == refused


def test_a_table_that_is_changed_is_judged_by_the_stricter_of_old_and_new() -> None:
    for before, proposed in ((DEFAULT_POLICY, THREE), (THREE, LOWER)):
        state = after(start(before), proposal(proposed, expected="plan-1"), agree(RITA), agree(SAM))
        assert state.policy == before, "the policy with the rule asks for three"
        assert after(state, agree(OLGA)).policy == replace(proposed, version="policy-2")


def test_one_no_ends_a_proposal_and_who_proposed_it_may_take_it_back() -> None:
    for by in (RITA, MIRA, actor("mira", "ANALYST")):
        state = after(start(), proposal())
        (event,) = decide(state, RejectTable(by, state.proposal.digest, "too strict"))  # type: ignore[union-attr, misc]
        assert isinstance(event, PolicyChangeRejected)
        assert after(state, RejectTable(by, state.proposal.digest, "no")).proposal is None  # type: ignore[union-attr]
    assert code(after(start(), proposal()), lambda state: RejectTable(ANN, state.proposal.digest, "no")) == (
        "NO_APPROVING_ROLE"
    )


def test_the_document_says_in_words_what_changes_who_is_missing_and_why_a_viewer_may_not_agree() -> None:
    state = after(start(), proposal(), agree(SAM))
    shown = policy_document(state, Person("mira", ("SENIOR_TRADER",)), WHEN)
    pending = shown["pending"]
    assert shown["version"] == "plan-1"
    assert pending["taken_out"] == ["From USD 50,000,000.00 the person who asked does not approve."]
    assert pending["put_in"] == ["From USD 1,000,000.00 the person who asked does not approve."]
    assert [place["filled_by"] for place in pending["places"]] == [None, {"person": "sam", "role": "SENIOR_TRADER"}]
    assert pending["may_confirm"] is False
    assert pending["why"].startswith("You asked for this")
    assert policy_document(state, Person("rita", ("RISK_MANAGER",)), WHEN)["pending"]["may_confirm"] is True
    assert policy_document(state, Person("rita", ("RISK_MANAGER",)), WHEN + DAY)["pending"] is None


def test_a_preset_is_proposed_like_any_other_table() -> None:
    state = after(start(), proposal(STRICT_POLICY), agree(RITA), agree(OLGA))
    assert state.policy == replace(STRICT_POLICY, version="policy-2")
    assert [each.table.version for each in state.history] == ["plan-1", "policy-2"]
