"""How often the relay looks for events: soon after one, seldom when nothing has come for a while."""

import math

from hypothesis import given
from hypothesis import strategies as st

from shared.relay.relay import BUSY_POLL_SECONDS, IDLE_POLL_SECONDS, POLL_SHARE, poll_seconds

SILENCES = st.floats(min_value=0.0, max_value=1e6)


def test_a_relay_that_has_never_sealed_anything_polls_as_one_that_is_idle() -> None:
    assert poll_seconds(math.inf, 0.0) == IDLE_POLL_SECONDS


def test_after_a_batch_it_looks_again_at_once() -> None:
    assert poll_seconds(0.0, 0.0) == BUSY_POLL_SECONDS


@given(SILENCES, SILENCES)
def test_the_longer_the_silence_the_rarer_the_looks_within_bounds(one: float, other: float) -> None:
    shorter, longer = sorted((one, other))
    assert BUSY_POLL_SECONDS <= poll_seconds(shorter, 0.0) <= poll_seconds(longer, 0.0) <= IDLE_POLL_SECONDS


@given(st.floats(min_value=0.0, max_value=10.0))
def test_an_event_waits_a_share_of_the_silence_before_it_at_most(silence: float) -> None:
    looks = [0.0]
    while looks[-1] < silence:
        looks.append(looks[-1] + poll_seconds(looks[-1], 0.0))
    assert looks[-1] - silence <= max(BUSY_POLL_SECONDS, silence * POLL_SHARE)


def test_an_idle_relay_asks_the_database_twenty_times_a_second_at_most() -> None:
    assert poll_seconds(60.0, 0.0) >= 1 / 20


@given(st.floats(min_value=0.0, max_value=0.01))
def test_on_a_busy_machine_it_polls_for_a_quarter_of_the_time(took: float) -> None:
    assert poll_seconds(0.0, took) >= 3 * took


def test_a_slow_poll_does_not_keep_events_waiting_for_long() -> None:
    assert poll_seconds(0.0, 10.0) == IDLE_POLL_SECONDS
