"""Who may ask that a dead letter be published again."""

import pytest

from services.approval.http.replays import AskReplay, keep_request, replay_request
from shared.events.deadletters import ReplayRequested, replay_stream
from tests.support.units import WHEN, MemoryUnitOfWork

LETTER = "executor-" + "0" * 32


def ask(*roles: str) -> ReplayRequested | str:
    return replay_request(AskReplay(LETTER, "olga", roles, "fixed", WHEN))


@pytest.mark.parametrize(
    ("roles", "counts"), [(("OPERATIONS",), "OPERATIONS"), (("TRADER", "RISK_MANAGER"), "RISK_MANAGER")]
)
def test_operations_or_risk_may_ask_the_service_that_refused_it(roles: tuple[str, ...], counts: str) -> None:
    asked = ask(*roles)
    assert isinstance(asked, ReplayRequested)
    assert (asked.service, asked.role, asked.requested_by) == ("executor", counts, "olga")


@pytest.mark.parametrize("roles", [(), ("TRADER",), ("SENIOR_TRADER", "AUDITOR")])
def test_others_may_not_and_are_told_who_may(roles: tuple[str, ...]) -> None:
    assert "OPERATIONS or RISK_MANAGER" in str(ask(*roles))


async def test_requests_of_one_letter_follow_each_other() -> None:
    asked = ask("OPERATIONS")
    assert isinstance(asked, ReplayRequested)
    unit = MemoryUnitOfWork({replay_stream(LETTER): [asked]})
    await keep_request(unit, asked)
    assert [(event.stream, event.version) for event in await unit.commit()] == [(replay_stream(LETTER), 2)]
