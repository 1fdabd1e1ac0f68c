"""Causes made on a real HAWK, one after another: Prometheus' own evaluation of what was scraped fires exactly their
alerts, and their runbooks, followed as written, end them."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.events import topics
from shared.telemetry.listed.catalogue import METRICS
from tests.e2e.test_closed_period import ACCOUNTING, set_period
from tests.e2e.test_override import DEALS, settled
from tests.support.broken_hawk import (
    AWAY_SECONDS_MAX,
    PLACE,
    Broken,
    Case,
    blocked,
    holding,
    largest_message,
    opening,
    past_the_guards,
    quiet,
    refusing,
    reject_what_waits,
    wrong_clock,
)
from tests.support.collector import Told, collecting
from tests.support.eventually import eventually
from tests.support.feeds import demo_headers
from tests.support.hawk import DECLINING_ENTITY, KEEPING_ENTITY, SHARED_SCRIPT, TURN_SECONDS_MAX, Hawk
from tests.support.orders import order
from tests.support.runbooks import follow
from tests.support.scraping import LONG_AFTER, SERVICES, scrape, shows
from tests.support.scratch import scratch_folder
from tests.support.superuser import chain_anew

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

TRACEPARENTS = """
    SELECT type, array_agg(metadata->>'traceparent') AS traceparents FROM es.events
    WHERE metadata->>'correlation_id' = ANY($1::text[]) GROUP BY type"""
PERSON, SECOND = {"NAME": "olga"}, {"SECOND": "raj"}


@pytest.fixture(scope="module")
def broken() -> Iterator[Broken]:
    with scratch_folder() as folder, collecting() as collector:
        script = folder / "murex.json"
        script.write_text(json.dumps(SHARED_SCRIPT), encoding="utf-8")
        spans = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        hawk = Hawk(folder / "data", {"HAWK_WORKFLOWS_IN_FLIGHT": "2", **spans})
        try:
            hawk.up("--murex-script", str(script))
            yield Broken(hawk, shows(hawk, "all at rest", quiet, AWAY_SECONDS_MAX), collector)
        finally:
            hawk.down()


def test_one_trace_leads_to_the_request_for_approval_and_another_one_on_from_the_decision(broken: Broken) -> None:
    hawk = broken.hawk
    answer = order(*PLACE)
    workflow_id = hawk.planned(answer)["workflow_id"]
    hawk.approve(workflow_id)
    hawk.in_state(workflow_id, "POSTED")
    told = hawk.query(TRACEPARENTS, [workflow_id, answer["response_id"]])
    traces = {row["type"]: {each.split("-")[1] for each in row["traceparents"]} for row in told}
    (first,), (second,) = traces["ResponseReceived"], traces["DecisionRecorded"]
    assert first != second
    assert {kind for kind, ids in traces.items() if ids == {first}} >= {
        "ProposalMade",
        "PlanDrawn",
        "ApprovalRequested",
    }
    assert {kind for kind, ids in traces.items() if ids == {second}} >= {
        "GrantIssued", "ExecutionPrepared", "DealSent", "DealAcknowledged", "ExecutionCompleted", "JournalPosted",
    }  # fmt: skip
    (asked,) = (row["traceparents"] for row in told if row["type"] == "ApprovalRequested")

    def of(trace: str) -> dict[str, Told]:
        return {each.span: each for each in list(broken.collector.spans) if each.trace == trace}

    def whole() -> bool:
        """Every span has come whose id another one has as its parent."""
        return all({each.parent for each in of(trace).values()} - {None} <= set(of(trace)) for trace in (first, second))

    everybody = {f"hawk-{name}" for name in ("parser", "executor", "approval", "monitor")}
    eventually(
        lambda: {each.service for each in of(first).values()},
        TURN_SECONDS_MAX,
        until=lambda services: services == everybody and whole(),
        what="the trace up to the request",
    )
    eventually(
        lambda: {each.service for each in of(second).values()},
        TURN_SECONDS_MAX,
        until=lambda services: services == everybody - {"hawk-parser"} | {"hawk-murex"} and whole(),
        what="the trace from the decision",
    )
    (begun,) = (each for each in of(second).values() if each.parent is None)
    assert begun.service == "hawk-approval"
    assert begun.links == ((first, asked[0].split("-")[2]),)
    assert asked[0].split("-")[2] in of(first)


def test_a_plan_that_nobody_decides(broken: Broken) -> None:
    hawk = broken.hawk
    with broken.cause("HawkApprovalsAgeing", lasts=4 * 60 + 10) as case:
        workflow_id = hawk.planned(order(*PLACE))["workflow_id"]
        case.show("it waits", lambda now: now.most("hawk_oldest_awaiting_approval_seconds") > 0)
        listed, _ = follow(hawk, "HawkApprovalsAgeing", WORKFLOW=workflow_id, NAME="tom")
        assert workflow_id in listed
        hawk.in_state(workflow_id, "REJECTED")


def test_somebody_stopped_hawk(broken: Broken) -> None:
    with broken.cause("HawkStopInForce") as case:
        broken.hawk.run("stop", "--reason", "rates look odd", "--as", "tom", "--role", "TRADER")
        case.show("stopped", lambda now: now.most("hawk_executor_stopped") == 1)
        told, *_ = follow(broken.hawk, "HawkStopInForce", TEXT="rates are right", NAME="rita", SECOND="tom")
        assert "rates look odd" in told


def test_a_message_is_refused(broken: Broken) -> None:
    hawk = broken.hawk
    with broken.cause("HawkDeadLetters", afterwards=LONG_AFTER) as case:
        value = json.dumps({"table": "currency_rates", "operation": "UPSERT", "row": {"rate_value": "1"}}).encode()
        hawk.wire.send("hawk.reference", ("odd", value), headers=demo_headers(hawk.data, "odd", value))
        case.show("refused", lambda now: now.most("hawk_messages_refused_total", topic="hawk.reference") > 0)
        letters = eventually(lambda: hawk.json("deadletters"), TURN_SECONDS_MAX, what="the dead letter")
        _, shown, _ = follow(hawk, "HawkDeadLetters", LETTER=letters[0]["id"], TEXT="looked at", **PERSON)
        assert letters[0]["code"] in shown


def test_a_row_is_not_plausible_and_a_journal_waits(broken: Broken, tmp_path: Path) -> None:
    hawk = broken.hawk
    workflow_id = hawk.planned(order("HKD", "1000000", "ENTITY0009"))["workflow_id"]
    (period,) = hawk.query(ACCOUNTING, hawk.json("show", workflow_id)["dates"]["period_id"])
    with broken.cause("HawkPostingWaits", "HawkReferenceHeld", "HawkApprovalsAgeing", lasts=300) as case:
        set_period(hawk, tmp_path, period, is_open=False)
        held = opening(hawk, tmp_path, period)
        hawk.approve(workflow_id)
        hawk.in_state(workflow_id, "COMPLETED")
        waiting = hawk.planned(order(*PLACE))["workflow_id"]
        case.show(
            "a journal and a row wait",
            lambda now: (
                now.most("hawk_attention_workflows", why="posting") > 0
                and now.most("hawk_reference_held_rows") > 0
                and now.most("hawk_oldest_awaiting_approval_seconds") > 0
            ),
        )
        follow(hawk, "HawkApprovalsAgeing", WORKFLOW=waiting, NAME="tom")
        follow(hawk, "HawkReferenceHeld", HELD=held, **PERSON)
        again = opening(hawk, tmp_path, period)
        stuck, *_ = follow(hawk, "HawkPostingWaits", HELD=again, **PERSON, **SECOND)
        assert workflow_id[:8] in stuck
        hawk.in_state(workflow_id, "POSTED")


def test_a_deal_that_only_a_person_can_settle(broken: Broken) -> None:
    hawk = broken.hawk
    with broken.cause("HawkNeedsPerson") as case:
        workflow_id = hawk.planned(order("TWD", "100000000", KEEPING_ENTITY))["workflow_id"]
        hawk.approve(workflow_id)
        hawk.in_state(workflow_id, "NEEDS_INTERVENTION")
        case.show("it needs a person", lambda now: now.most("hawk_workflows", state="NEEDS_INTERVENTION") > 0)
        _, shown, _ = follow(hawk, "HawkNeedsPerson", WORKFLOW=workflow_id)
        for row in hawk.query(DEALS, workflow_id):
            if row["deal_sequence"] in (1, 2):
                assert row["deal_booking_id"] in shown
                settled(hawk, row["deal_booking_id"])
        hawk.in_state(workflow_id, "COMPENSATED")


def test_murex_is_away_and_more_is_approved_than_is_carried_out(broken: Broken) -> None:
    hawk = broken.hawk
    workflows = [hawk.planned(order(*PLACE))["workflow_id"] for _ in range(3)]
    with broken.cause("HawkMurexSilent", "HawkProcessAway", "HawkApprovedWorkWaits", lasts=15) as case:
        hawk.run("process", "stop", "murex")
        for workflow_id in workflows:
            hawk.approve(workflow_id)
        case.show(
            "deals are silent, a plan waits",
            lambda now: (
                now.most("hawk_executor_longest_in_flight_seconds") > 10
                and now.most("hawk_executor_oldest_turn_seconds") > 0
            ),
        )
        follow(hawk, "HawkMurexSilent")
        follow(hawk, "HawkProcessAway", PROCESS="murex")
        hawk.all_in_state(workflows, "POSTED", AWAY_SECONDS_MAX)


def test_somebody_elses_transaction_is_open(broken: Broken) -> None:
    hawk = broken.hawk

    def held_up(case: Case) -> None:
        hawk.publish(order(*PLACE))
        case.show("the feed is held up", lambda now: now.most("hawk_relay_feed_stalled_seconds") > 1)
        follow(hawk, "HawkFeedHeldUp")

    with broken.cause("HawkFeedHeldUp") as case:
        asyncio.run(holding(hawk.known["postgres"]["dsn"], "SELECT pg_current_xact_id()", lambda: held_up(case)))
        reject_what_waits(hawk)


def test_a_lock_keeps_a_consumer_from_going_on(broken: Broken) -> None:
    hawk = broken.hawk

    def stuck(case: Case) -> None:
        value = json.dumps({"table": "currency_rates", "operation": "UPSERT", "row": {}}).encode()
        hawk.wire.send("hawk.ai.responses", ("odd", value))
        stuck = ("hawk_consumer_lag_messages", "hawk.ai.responses")
        case.show("it waits", lambda now: now.most(stuck[0], topic=stuck[1]) > 0, waits=lambda messages: messages == 1)
        follow(hawk, "HawkConsumerStuck")

    with broken.cause("HawkConsumerStuck", lasts=12) as case:
        lock = "LOCK TABLE parser.inbox IN EXCLUSIVE MODE"
        asyncio.run(holding(hawk.known["postgres"]["dsn"], lock, lambda: stuck(case)))


def test_a_message_meets_a_defect(broken: Broken) -> None:
    hawk, answer = broken.hawk, order(*PLACE)
    with broken.cause("HawkNotReady", "HawkConsumerStuck", lasts=12, afterwards=LONG_AFTER) as case:
        with refusing(hawk, answer["response_id"]):
            hawk.publish(answer)
            stuck = {"group": "hawk-monitor-views"}
            case.show(
                "the monitor cannot go on",
                lambda now: (
                    now.sum("hawk_ready", service="monitor") == 0
                    and now.most("hawk_consumer_lag_messages", **stuck) > 0
                ),
                waits=lambda messages: messages > 0,
            )
            follow(hawk, "HawkNotReady", **blocked(hawk), TEXT="it can never be kept", **PERSON, SECOND="tom")
            shows(hawk, "it goes on", lambda now: now.sum("hawk_ready", service="monitor") == 1)
        reject_what_waits(hawk)


def test_murex_declines_again_and_again(broken: Broken) -> None:
    hawk = broken.hawk
    with broken.cause("HawkManyUndone", afterwards=LONG_AFTER) as case:
        answers = [order("AUD", f"{number}00000", DECLINING_ENTITY) for number in range(1, 6)]
        workflows = [hawk.planned(answer)["workflow_id"] for answer in answers]
        for workflow_id in workflows:
            hawk.approve(workflow_id)
        hawk.all_in_state(workflows, "COMPENSATED", AWAY_SECONDS_MAX)
        case.show("all are undone", quiet)
        listed, _ = follow(hawk, "HawkManyUndone", WORKFLOW=workflows[0])
        assert all(workflow_id in listed for workflow_id in workflows)


def test_somebody_else_writes_on_the_topic_of_heads(broken: Broken) -> None:
    hawk = broken.hawk
    with broken.cause("HawkForeignHeads", afterwards=LONG_AFTER) as case:
        hawk.wire.send("hawk.audit.heads", ("head", b'{"position": 1}'))
        rejected = hawk.planned(order(*PLACE))["workflow_id"]
        follow(hawk, "HawkApprovalsAgeing", WORKFLOW=rejected, NAME="tom")
        case.show("it is noticed", lambda now: now.most("hawk_relay_foreign_heads_total") > 0 and quiet(now))
        follow(hawk, "HawkForeignHeads")


def test_events_are_too_large_for_their_topic(broken: Broken) -> None:
    hawk = broken.hawk
    with broken.cause("HawkEventsUnpublishable") as case:
        largest_message(hawk, topics.PROPOSALS, 200)
        response_id = hawk.hand_in(order(*PLACE)["answer"])
        case.show("they are passed over", lambda now: now.most("hawk_relay_unpublishable_events") > 1)
        largest_message(hawk, topics.PROPOSALS, topics.MESSAGE_BYTES_MAX)
        for position in [each["position"] for each in hawk.json("relay", "unpublished")["events"]]:
            given = {"POSITION": str(position), "TEXT": "the limit is raised", **PERSON, "SECOND": "rita"}
            listed, *_ = follow(hawk, "HawkEventsUnpublishable", **given)
            assert str(position) in listed
        (workflow,) = hawk.response(response_id)["workflows"]
        hawk.in_state(workflow["workflow_id"], "AWAITING_APPROVAL")
        follow(hawk, "HawkApprovalsAgeing", WORKFLOW=workflow["workflow_id"], NAME="tom")


def test_the_clock_of_the_database_is_wrong(broken: Broken) -> None:
    """For one service: a process has no clock of its own, and a test must not turn the machine's."""
    with broken.cause("HawkClockWrong") as case, wrong_clock(broken.hawk, "hawk_parser", 6):
        case.show("they differ", lambda now: now.most("hawk_clock_offset_seconds") > 5)


def test_more_comes_than_a_consumer_does(broken: Broken) -> None:
    with broken.cause("HawkConsumerBehind") as case:
        case.show_growing("it lags", "hawk_consumer_lag_messages", 5_000, moving="hawk_messages_handled_total")
        reject_what_waits(broken.hawk)


def test_more_comes_than_the_relay_publishes(broken: Broken) -> None:
    hawk = broken.hawk

    def behind(case: Case) -> None:
        case.show_growing("it lags", "hawk_relay_unpublished_events", 10_000, moving="hawk_messages_handled_total")

    with broken.cause("HawkRelayBehind") as case:
        lock = "LOCK TABLE es.checkpoints IN EXCLUSIVE MODE"
        asyncio.run(holding(hawk.known["postgres"]["dsn"], lock, lambda: behind(case), ends=True))
        reject_what_waits(hawk)


def test_the_relay_is_away(broken: Broken) -> None:
    with broken.cause("HawkNoRelay", "HawkProcessAway") as case:
        broken.hawk.run("process", "stop", "relay")
        case.show("it is missed", lambda now: now.sum("up", instance="relay") == 0)
        follow(broken.hawk, "HawkNoRelay")


def test_the_broker_is_away(broken: Broken) -> None:
    hawk = broken.hawk
    alerts = ("HawkRelayCannotPublish", "HawkControlUnread", "HawkAnswersUnread")
    with broken.cause(*alerts) as case:
        hawk.run("process", "stop", "kafka")
        answer = order(*PLACE)["answer"]
        response_id = hawk.hand_in(answer)
        case.show(
            "publishing fails and nothing is read",
            lambda now: (
                now.most("hawk_relay_publish_failing") == 1
                and now.most("hawk_executor_control_caught_up_seconds") > 10
                and now.most("hawk_executor_answers_caught_up_seconds") > 10
            ),
            AWAY_SECONDS_MAX,
        )
        follow(hawk, "HawkRelayCannotPublish")
        for alert in ("HawkControlUnread", "HawkAnswersUnread"):
            follow(hawk, alert)
        (workflow,) = hawk.response(response_id, AWAY_SECONDS_MAX)["workflows"]
        hawk.in_state(workflow["workflow_id"], "AWAITING_APPROVAL", seconds_max=AWAY_SECONDS_MAX)
        follow(hawk, "HawkApprovalsAgeing", WORKFLOW=workflow["workflow_id"], NAME="tom")


def test_the_database_is_away(broken: Broken) -> None:
    hawk = broken.hawk
    with broken.cause("HawkNotReady", "HawkNoRelay") as case:
        hawk.run("process", "stop", "postgres")
        case.show(
            "nobody but Murex can work",
            lambda now: now.sum("hawk_ready") == 1 and now.sum("hawk_relay_active") == 0,
            AWAY_SECONDS_MAX,
        )
        hawk.run("process", "start", "postgres")


def test_somebody_changes_the_chain(broken: Broken) -> None:
    """It is put right at the end as it never would be in earnest: computed again from events that nobody changed."""
    hawk = broken.hawk
    dsn = hawk.known["postgres"]["dsn"]
    hawk.settled()
    with broken.cause(
        "HawkHeadsNotPublished", "HawkChainContradicts", "HawkStopInForce", afterwards=LONG_AFTER
    ) as case:
        forged = "UPDATE es.seals SET hash = sha256(hash) WHERE position = (SELECT max(position) FROM es.seals)"
        asyncio.run(past_the_guards(dsn, lambda connection: connection.execute(forged)))
        shows(hawk, "no head is signed", lambda now: now.most("hawk_relay_heads_refused_total") > 0)
        told, _ = follow(
            hawk, "HawkChainContradicts", may_fail=("hawk verify",), TEXT="the chain was changed", NAME="rita"
        )
        assert "position" in told
        case.show(
            "heads are refused, and HAWK is stopped",
            lambda now: now.most("hawk_relay_heads_failing") == now.most("hawk_executor_stopped") == 1,
        )
        hawk.run("process", "stop", "relay")
        asyncio.run(past_the_guards(dsn, chain_anew))
        hawk.run("process", "start", "relay")
        follow(hawk, "HawkStopInForce", TEXT="it is in order", NAME="rita", SECOND="tom")


def test_running_processes_export_the_list_and_keep_to_its_bounds(broken: Broken) -> None:
    """Last, when everything has happened."""
    for process, text in scrape(broken.hawk).texts.items():
        listed = {metric.family: metric for metric in METRICS.values() if process in metric.processes}
        families = list(text_string_to_metric_families(text))
        assert {family.name for family in families} == set(listed), process
        for family in families:
            metric = listed[family.name]
            assert family.type == ("unknown" if family.type == "unknown" else metric.kind)
            for label in metric.labels:
                values = {sample.labels[label.name] for sample in family.samples}
                assert len(values) <= label.at_most, (process, family.name, label.name, values)
            names = {name for sample in family.samples for name in sample.labels} - {"le"}
            assert names <= {label.name for label in metric.labels}, (process, family.name)
    assert set(scrape(broken.hawk).texts) == set(SERVICES)
    assert not re.search(r"_created\b", "".join(scrape(broken.hawk).texts.values()))


def test_nothing_was_lost(broken: Broken) -> None:
    broken.hawk.settled()
    broken.hawk.verified()
