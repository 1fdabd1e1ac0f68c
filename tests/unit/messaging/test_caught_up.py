"""As of when a partition is caught up: everything below an end that was asked for at a time of our own."""

from datetime import UTC, datetime, timedelta

from shared.messaging.caught_up import CaughtUp
from shared.messaging.offsets import Partition

PARTITION = Partition("hawk.control", 0)
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_an_idle_partition_is_caught_up_at_every_look() -> None:
    caught_up = CaughtUp()
    looks = [caught_up.look(PARTITION, at(second), 7, 7, 7) for second in range(3)]
    assert looks == [at(0), at(1), at(2)]
    assert caught_up.look(PARTITION, at(9), 0, 0, 0) == at(9), "nothing was ever published"


def test_a_message_that_waits_holds_the_partition_back_until_it_is_handled() -> None:
    caught_up = CaughtUp()
    assert caught_up.look(PARTITION, at(0), 7, 8, 7) is None
    assert caught_up.look(PARTITION, at(1), 8, 8, 7) is None
    assert caught_up.look(PARTITION, at(2), 8, 8, 8) == at(2)


def test_while_messages_keep_coming_it_is_caught_up_as_of_the_oldest_question() -> None:
    caught_up = CaughtUp()
    assert caught_up.look(PARTITION, at(0), 10, 20, 15) is None
    assert caught_up.look(PARTITION, at(1), 15, 30, 19) is None
    assert caught_up.look(PARTITION, at(2), 20, 40, 25) == at(0)
    assert caught_up.look(PARTITION, at(3), 30, 50, 39) is None
    assert caught_up.look(PARTITION, at(4), 40, 60, 45) == at(2)


def test_what_was_read_beyond_the_end_says_that_the_topic_was_made_anew() -> None:
    caught_up = CaughtUp()
    assert caught_up.look(PARTITION, at(0), 57, 3, 57) is None
    assert caught_up.look(PARTITION, at(1), 0, 3, 0) is None
    assert caught_up.look(PARTITION, at(2), 3, 3, 3) == at(2)


def test_a_partition_that_came_back_is_asked_about_anew() -> None:
    caught_up = CaughtUp()
    assert caught_up.look(PARTITION, at(0), 0, 10, 0) is None
    caught_up.keep(frozenset())
    assert caught_up.look(PARTITION, at(5), 10, 20, 15) is None, "the question of the first assignment is forgotten"
