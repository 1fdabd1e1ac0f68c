"""What all pages say is away: servers and services that have given no answer for some seconds, and what is stale."""

from datetime import UTC, datetime, timedelta

from services.monitor.health.away import SURE, away
from services.monitor.health.found import ProcessFound
from services.monitor.health.kept import Known

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
LONG = NOW - SURE
ANSWERS: Known[object] = Known(object(), NOW)


def gone(since: datetime = LONG) -> Known[object]:
    return Known(object(), since, since, "No broker answers.")


def process(name: str, since: datetime | None = None) -> ProcessFound:
    return ProcessFound(name, None if since else True, away_since=since)


def found(*processes: ProcessFound) -> Known[tuple[ProcessFound, ...]]:
    return Known(processes, NOW)


def test_nothing_is_away_while_all_answer() -> None:
    assert away(ANSWERS, ANSWERS, found(process("relay"), process("executor-1")), NOW) == ()
    assert away(ANSWERS, ANSWERS, None, NOW) == ()


def test_servers_that_are_away_make_what_is_shown_stale_since_then() -> None:
    told = away(gone(), gone(LONG - timedelta(seconds=9)), None, NOW)
    assert [(each.subject, each.since, each.stale) for each in told] == [
        ("Kafka", LONG, True),
        ("PostgreSQL", LONG - timedelta(seconds=9), True),
    ]


def test_one_answer_that_is_late_alarms_nobody() -> None:
    just = NOW - SURE + timedelta(seconds=1)
    assert away(gone(just), ANSWERS, found(process("executor", just)), NOW) == ()


def test_a_service_is_away_when_the_last_of_its_processes_is() -> None:
    before = LONG - timedelta(minutes=2)
    one = found(process("executor-1", before), process("executor-2"), process("relay", before))
    assert [(each.subject, each.stale) for each in away(ANSWERS, ANSWERS, one, NOW)] == [("The relay", True)]
    both = found(process("executor-1", before), process("executor-2", LONG))
    (executor,) = away(ANSWERS, ANSWERS, both, NOW)
    assert (executor.subject, executor.since, executor.stale) == ("The executor", LONG, False)
    assert executor.sentence == "Nothing is planned, booked or undone."
