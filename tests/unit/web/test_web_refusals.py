"""What a refusal leaves behind: its first at once, the rest of a minute as a number, and a bound whatever comes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Transient
from shared.events.access import AccessRefused
from shared.web.refusals import CAUSES_MAX, SPAN, RefusalRecorder, RefusalTally, RefusedRequest

START = datetime(2026, 11, 23, 9, tzinfo=UTC)


def refusal(
    code: str = "TOKEN_EXPIRED", status: int = 401, person: str | None = None, method: str = "GET"
) -> RefusedRequest:
    return RefusedRequest(
        status, code, person, "10.0.0.7", method, "/approvals", "The token is not valid: it has expired."
    )


def test_the_first_of_a_cause_is_due_at_once_and_the_others_as_one_number() -> None:
    tally = RefusalTally("approval")
    for second in range(5):
        tally.note(refusal(), START + timedelta(seconds=second))
    (first,) = tally.due(START + timedelta(seconds=5))
    assert (first.code, first.count, first.source, first.route) == ("TOKEN_EXPIRED", 1, "10.0.0.7", "GET /approvals")
    assert tally.due(START + timedelta(seconds=30)) == ()
    (rest,) = tally.due(START + SPAN)
    assert (rest.count, rest.first_at, rest.last_at) == (4, START + timedelta(seconds=1), START + timedelta(seconds=4))
    tally.note(refusal(), START + 2 * SPAN)
    assert [event.count for event in tally.due(START + 2 * SPAN)] == [1]


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 3)), max_size=300))
def test_every_refusal_is_counted_and_a_minute_has_a_bounded_number_of_events(told: list[tuple[int, int]]) -> None:
    tally, now, events = RefusalTally("approval"), START, list[AccessRefused]()
    for cause, pause in told:
        now += timedelta(seconds=pause)
        tally.note(refusal(person=f"person-{cause}", code="ROLE_INSUFFICIENT", status=403), now)
        events += tally.due(now)
    events += tally.due(now + SPAN)
    assert sum(event.count for event in events) == len(told)
    minutes = (now - START) // SPAN + 1
    assert len(events) <= minutes * 2 * (CAUSES_MAX + 1)


@pytest.mark.parametrize(
    ("noted", "recorded"),
    [
        (refusal(), True),
        (refusal("TOKEN_MISSING"), False),
        (refusal("ROLE_INSUFFICIENT", 403, "eve"), True),
        (refusal("TOO_MANY_SUBMISSIONS", 429, "eve"), True),
        (refusal("DIGEST_MISMATCH", 409, "eve", "POST"), True),
        (refusal("NOT_FOUND", 404), False),
        (refusal("INVALID_REQUEST", 422, "eve", "POST"), False),
    ],
)
def test_what_concerns_security_is_recorded_and_nothing_else(noted: RefusedRequest, recorded: bool) -> None:
    assert noted.concerns_security is recorded


async def test_nothing_is_lost_while_the_database_is_away() -> None:
    kept: list[AccessRefused] = []
    away = True

    async def append(events: Sequence[AccessRefused]) -> None:
        if away:
            raise Transient("away")
        kept.extend(events)

    recorder = RefusalRecorder("approval", lambda: START, append)
    recorder.note(refusal())
    with pytest.raises(Transient):
        await recorder.record()
    away = False
    await recorder.record()
    await recorder.record()
    assert [event.code for event in kept] == ["TOKEN_EXPIRED"]
