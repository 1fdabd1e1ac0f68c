"""Delegations in a history: a true one breaks nothing; one that nobody proposed, or that the executor knows otherwise,
is found by name."""

from collections.abc import Callable

import pytest

from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.decisions import name_of
from shared.events.delegations import DelegationConfirmed, DelegationProposed, DelegationTakenIn
from shared.events.identity import DELEGATIONS_STREAM, EXECUTOR_DELEGATIONS_STREAM
from shared.eventstore.port import RecordedEvent, event_id
from tests.support.delegating import confirmed
from tests.support.units import WHEN
from tests.unit.verification.test_invariants import GOLDEN, broken


def recorded(stream: str, version: int, event: Event, **metadata: str) -> RecordedEvent:
    new = encode(event)
    return RecordedEvent(stream, version, event_id(stream, version), new.type, 1, new.data, metadata, WHEN)


def proposal_of(given: DelegationConfirmed) -> DelegationProposed:
    return DelegationProposed(
        delegation_id=given.delegation_id,
        delegate=given.delegate,
        roles=given.roles,
        starts_at=given.starts_at,
        ends_at=given.ends_at,
        digest=given.digest,
        proposed_by=given.proposed_by,
        reason="away",
        expires_at=given.ends_at,
    )


def known(given: DelegationConfirmed, **otherwise: object) -> list[RecordedEvent]:
    """A delegation from its proposal to what the executor says it knows."""
    proposed = recorded(DELEGATIONS_STREAM, 1, proposal_of(given))
    second = recorded(DELEGATIONS_STREAM, 2, given)
    taken = DelegationTakenIn(
        decision=name_of(second.version, second.type, second.schema_version, second.data),
        delegation_id=given.delegation_id,
        delegator=given.proposed_by.person,
        delegate=given.delegate,
        roles=given.roles,
        starts_at=given.starts_at,
        ends_at=given.ends_at,
        taken_in_at=WHEN,
    ).model_copy(update=otherwise)
    noted = recorded(EXECUTOR_DELEGATIONS_STREAM, 1, taken, causation_id=str(second.event_id))
    return [*GOLDEN, proposed, second, noted]


FAULTS: list[tuple[Callable[[], list[RecordedEvent]], str]] = [
    (lambda: [*GOLDEN, recorded(DELEGATIONS_STREAM, 1, confirmed())], "nobody proposed it"),
    (lambda: known(confirmed(by=("sam", "RISK_MANAGER"))), "sam, who gets the roles, has confirmed it"),
    (lambda: known(confirmed(role="TRADER", roles=("TRADER",))), "are not enough"),
    (lambda: known(confirmed(), delegate="mallory"), "as it was never confirmed"),
]


def test_a_delegation_that_enough_people_agreed_to_breaks_nothing() -> None:
    assert broken(known(confirmed())) == {}


@pytest.mark.parametrize(("history", "told"), FAULTS, ids=[told for _, told in FAULTS])
def test_a_fault_of_a_delegation_is_found(history: Callable[[], list[RecordedEvent]], told: str) -> None:
    found = broken(history())["delegations"]
    assert any(told in sentence for sentence in found), found
