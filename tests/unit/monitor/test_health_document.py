"""The health page: what is well is quiet; what is not stands first, with its reason and its runbook."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import services.monitor
from services.monitor.health.attention import reading
from services.monitor.health.document import percentile_of
from services.monitor.health.found import (
    Backlog,
    BrokerFound,
    Consumer,
    Control,
    Holder,
    Letters,
    LimitsFound,
    ProcessFound,
    Reading,
    Relay,
    Urgent,
)
from services.monitor.health.rollout import rollout_of
from services.monitor.health.runbooks import RUNBOOKS, RunbookName
from services.monitor.health.store import answers_of, is_nothing_to_do
from services.monitor.overview.lines import Attention
from tests.support.health_documents import (
    BACKLOG,
    FOLLOWED,
    FULL,
    LIMITS,
    QUIET,
    STOP,
    consumers,
    known,
    processes,
    store,
    unwell,
    well,
)
from tests.support.queue_documents import NOW

AWAY = timedelta(minutes=2)


def codes(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["code"], each["subject"]) for each in document["attention"]]


def test_what_is_well_is_quiet() -> None:
    document = well()
    assert document["attention"] == []
    assert {each["state"] for each in document["sources"]} == {"ok"}
    assert {each["state"] for each in document["processes"]} == {"ready"}
    assert {each["state"] for each in document["consumers"]} == {"UP_TO_DATE"}


def test_everything_that_is_not_well_is_first_and_leads_to_a_runbook() -> None:
    document = unwell()
    assert codes(document) == [
        ("STOPPED", "HAWK"),
        ("PROCESS_AWAY", "parser"),
        ("NOT_READY", "executor-2"),
        ("FEED_HELD", "Event store"),
        ("PASSED_OVER", "Relay"),
        ("PERSON", "Murex"),
        ("SILENCE", "Murex"),
        ("LETTERS", "Dead letters"),
        ("STALLED", "executor on hawk.murex.answers, partition 2"),
        ("LIMIT", "CNY limit"),
    ]
    said = {each["code"]: each["sentence"] for each in document["attention"]}
    assert said["STOPPED"] == "Stopped by olga: price feed looks wrong"
    assert said["NOT_READY"] == "consumer:hawk-executor-murex defect: KeyError: 'deal'."
    assert (
        said["FEED_HELD"] == "The open transaction of process 4711 (hawk_reader, psql) holds up every event after it."
    )
    assert said["LIMIT"] == "USD 84,400,000.00 is above the warning level."
    assert {each["runbook"] for each in document["attention"]} <= RUNBOOKS.keys()


@pytest.mark.parametrize("source", ["broker", "store", "limits"])
def test_source_that_is_away_is_named_since_when_and_what_it_said_before_is_kept(source: str) -> None:
    usual = {
        "broker": BrokerFound(consumers(executor_murex=BACKLOG)),
        "store": store(letters=Letters((), 3, 3, NOW)),
        "limits": LIMITS,
    }
    document = well(**{source: known(usual[source], away=AWAY)})
    (look,) = document["attention"]  # what it said before alarms nobody a second time
    assert (look["code"], look["sentence"]) == ("SOURCE_AWAY", "The server does not answer.")
    assert look["since"] == (NOW - AWAY).isoformat()
    assert all(document[part] for part in ("consumers", "relay", "limits"))
    if source != "limits":
        named = {each["name"]: each for each in document["sources"]}[look["subject"]]
        assert (named["state"], named["since"], named["as_of"]) == ("away", look["since"], look["since"])


def test_source_that_never_answered_has_no_figures_and_the_rest_is_shown() -> None:
    document = well(store=known(None, away=AWAY), limits=known(None, away=AWAY))
    assert [document[part] for part in ("relay", "murex", "letters", "rollout", "limits", "capacities")] == [None] * 6
    assert all(document[part] for part in ("consumers", "processes"))
    assert codes(document) == [("SOURCE_AWAY", "PostgreSQL")]  # its limits are not a second trouble


def test_processes_that_nobody_named_are_not_known() -> None:
    document = well(processes=None)
    assert document["processes"] is None
    assert document["attention"] == []


def test_service_of_which_no_process_answers_is_one_trouble() -> None:
    gone = [ProcessFound(f"executor-{number}", None, "It does not answer.", away_since=NOW) for number in (1, 2)]
    nobody = tuple(
        Consumer(each.group, each.topic, 0 if "executor" in each.group else 1, each.backlogs) for each in consumers()
    )
    control = Control((FULL,), FOLLOWED, NOW - AWAY)
    everything = {"broker": known(BrokerFound(nobody)), "store": known(store(control=control))}
    both = well(**everything, processes=known(processes(*gone)))
    assert codes(both) == [("PROCESS_AWAY", "executor-1"), ("PROCESS_AWAY", "executor-2")]
    one = well(**everything, processes=known(processes(gone[0])))
    assert codes(one) == [("CONTROL", "executor"), ("PROCESS_AWAY", "executor-1"), ("NOBODY", "executor")]


def test_executor_that_does_not_follow_what_was_decided_begins_nothing() -> None:
    for control in (
        Control((FULL,), FOLLOWED, NOW - timedelta(seconds=11)),
        Control((FULL,), FOLLOWED, None),
        Control((FULL,), {**FOLLOWED, "doubted": {"version": 9}}, NOW),
    ):
        assert codes(well(store=known(store(control=control)))) == [("CONTROL", "executor")]


def test_stop_counts_from_the_moment_it_is_decided_and_until_it_is_taken_back() -> None:
    resumed = (9, "ExecutionResumed", {"proposed_by": {"person": "rita"}}, NOW)
    stopped = rollout_of(Control((STOP, FULL), FOLLOWED, NOW))
    assert (stopped.stopped, stopped.mode, stopped.people) == (True, "FULL", ("rita", "tom"))
    assert not rollout_of(Control((resumed, STOP, FULL), {**FOLLOWED, "stopped": True}, NOW)).stopped
    # The stop is so long ago that it is no longer read: the executor knows.
    long_ago = rollout_of(Control((FULL,), {**FOLLOWED, "stopped": True, "reason": "x"}, NOW))
    assert (long_ago.stopped, long_ago.reason, long_ago.stopped_by) == (True, "x", "")
    assert rollout_of(Control((), None, None)).mode is None


@pytest.mark.parametrize(
    ("backlog", "members", "state"),
    [
        (Backlog(0, 0), 1, Reading.UP_TO_DATE),
        (Backlog(0, 0), 0, Reading.NOBODY),
        (Backlog(0, 9, NOW - timedelta(seconds=3), NOW - timedelta(seconds=3)), 1, Reading.UP_TO_DATE),
        (Backlog(0, 9, NOW - timedelta(seconds=31), NOW), 1, Reading.BEHIND),
        (Backlog(0, 9, NOW - timedelta(seconds=31), NOW - timedelta(seconds=15)), 1, Reading.STALLED),
        # Handled one after the other, slowly: the oldest changes, and is young.
        (Backlog(0, 9, NOW - timedelta(seconds=2), NOW - timedelta(seconds=40)), 1, Reading.UP_TO_DATE),
        (Backlog(0, 9, None, NOW - timedelta(seconds=40)), 1, Reading.STALLED),
        (Backlog(0, 9, None, NOW), 1, Reading.UP_TO_DATE),
    ],
)
def test_reading_of_a_group(backlog: Backlog, members: int, state: Reading) -> None:
    assert reading(Consumer("hawk-x-y", "t", members, (backlog,)), NOW)[0] is state


def test_relay_that_lags_is_told_from_a_feed_that_is_held_up() -> None:
    late = Relay(5, 7, 0, 100, 6.0, 0.0, 0.0)
    assert codes(well(store=known(store(relay=late)))) == [("RELAY", "Relay")]
    nameless = Relay(5, 0, 0, 100, 6.0, 0.0, 6.0, Holder(12, "", "", 6))
    (look,) = well(store=known(store(relay=nameless)))["attention"]
    assert (look["code"], "process 12 (no name)" in look["sentence"]) == ("FEED_HELD", True)
    assert well(store=known(store(relay=QUIET)))["attention"] == []


def test_a_deal_that_was_just_sent_is_not_silent() -> None:
    fresh = Urgent(Attention.MUREX, NOW - timedelta(seconds=5), 6, None)
    document = well(store=known(store(urgent=(fresh,))))
    assert document["attention"] == []
    assert document["murex"]["silent_deals"] == 0


def test_a_deal_that_was_sent_again_is_silent_at_once() -> None:
    again = Urgent(Attention.SILENT, NOW - timedelta(seconds=5), 2, None)
    document = well(store=known(store(urgent=(again,))))
    assert [each["code"] for each in document["attention"]] == ["SILENCE"]
    assert document["murex"]["silent_deals"] == 2


def test_workflows_that_need_a_person_are_told_apart_by_their_code() -> None:
    reasons = ("MX_CONTRADICTION: two answers", "MX_BOOKING_ERROR: kept", "STOPPED: kept", None)
    urgent = tuple(Urgent(1, NOW - timedelta(minutes=place), 0, reason) for place, reason in enumerate(reasons))
    murex = well(store=known(store(urgent=urgent)))["murex"]
    assert (murex["disputes"], murex["kept"]) == (1, 2)
    assert murex["kept_since"] == (NOW - timedelta(minutes=2)).isoformat()


def test_figures_of_processes_that_need_somebody() -> None:
    figures = {"hawk_executor_oldest_turn_seconds": 301.0, "hawk_executor_turns_waiting": 12.0}
    queue = ProcessFound("executor-1", True, figures=figures)
    held = ProcessFound("approval", True, figures={"hawk_reference_held_rows": 2.0})
    relay = ProcessFound("relay", True, figures={"hawk_relay_heads_failing": 1.0, "hawk_relay_active": 0.0})
    document = well(processes=known(processes(queue, held, relay)))
    assert codes(document) == [("RELAY", "relay"), ("TURNS", "executor"), ("HELD", "hawk.reference")]
    assert {each["name"]: each["stands_by"] for each in document["processes"]}["relay"] is True


def message(workflow: str, second: int, state: str = "BOOKING", status: str = "") -> dict[str, Any]:
    at = (NOW - timedelta(minutes=5) + timedelta(seconds=second)).isoformat()
    return {"workflow_id": workflow, "state": state, "status": status, "at": at}


def test_answers_of_murex_are_timed_from_when_the_deals_were_sent() -> None:
    booked = [message("a", second, status=f"Deal {second} booked in Murex as MX{second} (1 of 3)") for second in (3, 2)]
    messages = [
        message("b", 9, status="Deal 1 booked in Murex as MX9 (1 of 1)"),  # sent before these messages begin
        *booked,
        message("a", 2, status="Deal 7 sent again, attempt 2"),
        message("a", 1, "PREPARED"),
    ]
    assert answers_of(messages, NOW - timedelta(hours=1)) == (2_000, 1_000)
    assert answers_of(messages, NOW) == ()


@given(st.lists(st.integers(0, 100_000), min_size=1), st.integers(1, 100))
def test_percentile_is_the_smallest_that_so_many_do_not_exceed(durations: list[int], per_cent: int) -> None:
    found = percentile_of(durations, per_cent)
    assert found in durations
    assert sum(each <= found for each in durations) * 100 >= per_cent * len(durations)
    assert sum(each < found for each in durations) * 100 < per_cent * len(durations)


def test_letters_that_are_kept_as_evidence_need_nobody() -> None:
    assert is_nothing_to_do("REFERENCE_OUTDATED")
    assert not is_nothing_to_do("REFERENCE_COLUMN_UNKNOWN")
    assert not is_nothing_to_do("SOMETHING_NEW")


def test_limits_keep_their_levels() -> None:
    document = well(limits=known(LimitsFound(LIMITS.limits, ())))
    cny = document["limits"][0]
    assert (cny["used"], cny["warning"], cny["critical"]) == ("84400000.00", "80000000.00", "90000000.00")


def test_every_runbook_that_is_linked_exists() -> None:
    assert list(get_args(RunbookName)) == list(RUNBOOKS)
    folder = Path(services.monitor.__file__).parent / "static"
    pages = "".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.js"))
    linked = set(re.findall(r'runbookLink\("([a-z]+)"', pages))
    assert linked
    assert linked <= RUNBOOKS.keys()
    assert {
        each["runbook"] for part in ("attention", "sources", "consumers") for each in unwell()[part]
    } <= RUNBOOKS.keys()


def test_every_runbook_says_what_it_means_and_what_to_do() -> None:
    for name, runbook in RUNBOOKS.items():
        assert runbook.steps, name
        assert runbook.means.endswith("."), name
        assert all(step.endswith((".", "?")) and step.count("`") % 2 == 0 for step in runbook.steps), name
