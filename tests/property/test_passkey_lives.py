"""Whatever people do about passkeys, in whatever order: none counts that two persons did not decide, or too early; and
the executor, which sees the decisions alone, knows no key that counts longer."""

from datetime import datetime, timedelta
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.approval.passkeys.commands import ConfirmProposal, PasskeyCommand, ProposeKey, ProposeRemoval
from services.approval.passkeys.commands import RejectProposal as Reject
from services.approval.passkeys.decider import decide
from services.approval.requests.decider import Refused
from services.approval.two_persons import Actor
from services.executor.rollout.passkeys import PasskeyDecision, fold, take
from shared.events.decisions import DecisionName
from shared.events.passkeys import PasskeyTakenIn
from shared.passkeys.keys import Keys, counts, evolve
from shared.people.identity import same_person
from tests.support.authenticators import Authenticator
from tests.support.units import WHEN

OWNER: Final = "rita"
PEOPLE: Final = ("rita", "RITA", "sam", "olga", "ann")
ROLES: Final = {"rita": "RISK_MANAGER", "RITA": "RISK_MANAGER", "sam": "TRADER", "olga": "OPERATIONS", "ann": "ANALYST"}
KEYS: Final = tuple(Authenticator(credential=bytes([each]) * 20).register(OWNER) for each in range(3))
DELAY: Final = timedelta(hours=24)


class PasskeyLives(RuleBasedStateMachine):
    """One owner, several others, a clock that only goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = WHEN
        self.state = Keys()
        self.taken: list[PasskeyTakenIn] = []
        self.lost: set[str] = set()

    def act(self, command: PasskeyCommand) -> None:
        events = decide(self.state, command)
        if isinstance(events, Refused):
            return
        for event in events:
            self.state = evolve(self.state, event)
            if isinstance(event, PasskeyDecision):
                name = DecisionName(version=self.state.version, digest="sha256:" + "0" * 64)
                taking = take(fold(self.taken), event, name, self.now)
                assert taking.refusal is None
                self.taken += [] if taking.note is None else [taking.note]

    def actor(self, person: str) -> Actor:
        return Actor(person, (ROLES[person],), self.now)

    @rule(key=st.sampled_from(KEYS))
    def propose(self, key) -> None:  # type: ignore[no-untyped-def]
        self.act(ProposeKey(self.actor(OWNER), key, DELAY))

    @rule(person=st.sampled_from(PEOPLE), which=st.integers(0, 3))
    def confirm(self, person: str, which: int) -> None:
        if digest := self.waiting(which):
            self.act(ConfirmProposal(self.actor(person), OWNER, digest, DELAY))

    @rule(person=st.sampled_from(PEOPLE), which=st.integers(0, 3))
    def reject(self, person: str, which: int) -> None:
        if digest := self.waiting(which):
            self.act(Reject(self.actor(person), OWNER, digest, "no"))

    @rule(person=st.sampled_from(PEOPLE), key=st.sampled_from(KEYS), lost=st.booleans())
    def remove(self, person: str, key, lost: bool) -> None:  # type: ignore[no-untyped-def]
        self.act(ProposeRemoval(self.actor(person), OWNER, key.credential_id, lost, "gone", DELAY))

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    def waiting(self, which: int) -> str | None:
        digests = list(self.state.waiting)
        return digests[which % len(digests)] if digests else None

    @invariant()
    def two_persons_and_a_day_stand_behind_each_key(self) -> None:
        for key in self.state.counting(self.now):
            added = key.added
            assert same_person(added.proposed_by.person, OWNER)
            assert not same_person(added.confirmed_by.person, OWNER)
            assert self.now - added.confirmed_by.at >= DELAY
            assert key.removed is None or self.now - key.removed.confirmed_by.at < DELAY
            assert key.lost_at is None

    @invariant()
    def the_executor_knows_the_same_keys(self) -> None:
        kept = {
            name
            for name, each in fold(self.taken).items()
            if each.passkey is not None and counts(self.now, each.works_from, each.ends_at)
        }
        assert kept == {key.passkey.credential_id for key in self.state.counting(self.now)}


PasskeyLives.TestCase.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
TestPasskeyLives = PasskeyLives.TestCase
