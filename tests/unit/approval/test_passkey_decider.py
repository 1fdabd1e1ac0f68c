"""A passkey counts only after its owner proposed it, another person confirmed it, and a day went by."""

from datetime import timedelta

import pytest

from services.approval.passkeys.commands import ConfirmProposal, ProposeKey, ProposeRemoval, RejectProposal
from services.approval.passkeys.decider import KEYS_MAX, decide
from services.approval.requests.decider import Refused
from services.approval.two_persons import Actor
from shared.events.passkeys import PasskeyAdded
from shared.passkeys.keys import Keys, evolve
from tests.support.authenticators import Authenticator
from tests.support.units import WHEN

DAY = timedelta(days=1)
KEY = Authenticator().register("rita")


def at(person: str, *roles: str, later: timedelta = timedelta(0)) -> Actor:
    return Actor(person, roles or ("RISK_MANAGER",), WHEN + later)


def after(state: Keys, *commands: object) -> Keys:
    for command in commands:
        events = decide(state, command)  # type: ignore[arg-type]
        assert not isinstance(events, Refused), events
        for event in events:
            state = evolve(state, event)
    return state


def refused(state: Keys, command: object) -> str:
    outcome = decide(state, command)  # type: ignore[arg-type]
    assert isinstance(outcome, Refused), outcome
    return outcome.code


def proposed(later: timedelta = timedelta(0)) -> Keys:
    return after(Keys(), ProposeKey(at("rita", later=later), KEY, DAY))


def digest_of(state: Keys) -> str:
    (digest,) = state.waiting
    return digest


def counting() -> Keys:
    state = proposed()
    return after(state, ConfirmProposal(at("sam", "TRADER"), "rita", digest_of(state), DAY))


def removal(by: Actor, *, lost: bool) -> ProposeRemoval:
    return ProposeRemoval(by, "rita", KEY.credential_id, lost, "taxi", DAY)


def test_a_confirmed_key_counts_after_the_delay_and_not_before() -> None:
    state = counting()
    assert state.counting(WHEN + DAY - timedelta(microseconds=1)) == ()
    assert [key.passkey for key in state.counting(WHEN + DAY)] == [KEY]


@pytest.mark.parametrize("person", ["rita", "Rita", "RITA\u200b"])
def test_its_owner_confirms_it_under_no_spelling(person: str) -> None:
    state = proposed()
    assert refused(state, ConfirmProposal(at(person), "rita", digest_of(state), DAY)) == "SAME_PERSON"


def test_who_approves_nothing_has_no_key_and_confirms_none() -> None:
    assert refused(Keys(), ProposeKey(at("ann", "ANALYST"), KEY, DAY)) == "NO_APPROVING_ROLE"
    state = proposed()
    confirm = ConfirmProposal(at("ann", "ANALYST"), "rita", digest_of(state), DAY)
    assert refused(state, confirm) == "NO_APPROVING_ROLE"
    assert refused(state, RejectProposal(at("ann", "ANALYST"), "rita", digest_of(state), "no")) == "NO_APPROVING_ROLE"


def test_a_proposal_lapses_and_is_known_by_its_digest() -> None:
    state = proposed()
    late = ConfirmProposal(at("sam", later=DAY), "rita", digest_of(state), DAY)
    assert refused(state, late) == "EXPIRED"
    assert refused(state, ConfirmProposal(at("sam"), "rita", "sha256:other", DAY)) == "NOTHING_PROPOSED"


def test_one_key_is_registered_once_and_a_person_has_a_few() -> None:
    assert refused(proposed(), ProposeKey(at("rita"), KEY, DAY)) == "PASSKEY_KNOWN"
    assert refused(counting(), ProposeKey(at("rita", later=DAY), KEY, DAY)) == "PASSKEY_KNOWN"
    state = Keys()
    for number in range(KEYS_MAX):
        other = Authenticator(credential=bytes([number]) * 16).register("rita")
        state = after(state, ProposeKey(at("rita"), other, DAY))
    assert refused(state, ProposeKey(at("rita"), KEY, DAY)) == "PASSKEYS_TOO_MANY"


def test_a_removal_takes_two_and_ends_after_the_delay() -> None:
    state = after(counting(), removal(at("olga"), lost=False))
    assert state.counting(WHEN + 2 * DAY), "until it is confirmed the key counts"
    assert refused(state, ConfirmProposal(at("olga"), "rita", digest_of(state), DAY)) == "SAME_PERSON"
    assert refused(state, removal(at("rita"), lost=False)) == "REMOVAL_WAITS"
    done = after(state, ConfirmProposal(at("rita"), "rita", digest_of(state), 3 * DAY))
    assert done.counting(WHEN + 2 * DAY)
    assert done.counting(WHEN + 3 * DAY) == ()
    assert refused(done, removal(at("rita"), lost=False)) == "PASSKEY_REMOVED"


def test_a_lost_key_counts_no_more_at_once_and_again_where_it_was_found() -> None:
    assert refused(counting(), removal(at("olga"), lost=True)) == "NOT_THE_OWNER"
    state = after(counting(), removal(at("rita", later=DAY), lost=True))
    assert state.counting(WHEN + DAY) == ()
    found = after(state, RejectProposal(at("rita", later=DAY), "rita", digest_of(state), "found"))
    assert found.counting(WHEN + DAY)
    gone = after(state, ConfirmProposal(at("sam", later=DAY), "rita", digest_of(state), 9 * DAY))
    assert gone.counting(WHEN + 5 * DAY) == (), "the delay gives a lost key no time"


def test_that_it_is_lost_may_be_said_while_a_removal_waits() -> None:
    state = after(counting(), removal(at("olga"), lost=False), removal(at("rita", later=DAY), lost=True))
    assert state.counting(WHEN + DAY) == ()


def test_events_name_both_persons() -> None:
    state = proposed()
    (added,) = decide(state, ConfirmProposal(at("sam"), "rita", digest_of(state), DAY))  # type: ignore[misc]
    assert isinstance(added, PasskeyAdded)
    assert (added.proposed_by.person, added.confirmed_by.person) == ("rita", "sam")
    assert refused(Keys(), removal(at("rita"), lost=True)) == "PASSKEY_UNKNOWN"


def test_only_the_latest_report_is_taken_back() -> None:
    state = after(counting(), removal(at("olga"), lost=False), removal(at("rita", later=DAY), lost=True))
    first, _ = state.waiting
    kept = after(state, RejectProposal(at("sam", later=DAY), "rita", first, "she needs it"))
    assert kept.counting(WHEN + DAY) == ()
