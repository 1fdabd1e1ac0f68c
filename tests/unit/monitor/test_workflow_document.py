"""The page of one workflow from what the executor's own deciders make: groups, operations, undoing, figures."""

import json
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.executor.projections import status
from services.executor.tables.changes import Upsert
from services.monitor.facts import changes_of
from services.monitor.memory import MemoryReadModel
from services.monitor.workflow.document import Page, execution_status, page
from services.monitor.workflow.history import SHOWN_MAX, without_secrets
from shared.events import topics
from shared.events.identity import plan_stream
from shared.events.progress import ProgressReported
from tests.support import executions
from tests.support.executions import NOW, WORKFLOW, drawn
from tests.support.histories import MemoryHistories
from tests.support.overview_lines import MemoryLines
from tests.support.plans_of_each_kind import each_kind
from tests.support.reversing import REVERSAL
from tests.support.story import Told
from tests.support.workflow_lives import PREPARED_MS, Life, failing, late

Document = dict[str, Any]


def done() -> Life:
    return Life().prepared().all_booked().after(700).posted()


def group(document: Document, kind: str, sequence: int | None = None) -> Document:
    found: list[Document] = document["timeline"]["groups"]
    return next(
        each for each in found if each["kind"] == kind and (each["deal"] or {}).get("sequence") in (None, sequence)
    )


def types(document: Document, events: list[int]) -> list[str]:
    return [document["events"][number]["type"] for number in events]


async def test_there_is_a_row_for_each_group_of_events_in_the_order_of_the_work() -> None:
    document = await done().document()
    kinds = [each["kind"] for each in document["timeline"]["groups"]]
    assert kinds == ["request", "prepare", *["deal"] * 6, "complete", "journal"]
    deal = group(document, "deal", 3)
    assert types(document, deal["events"]) == ["DealSent", "DealReceipted", "DealAcknowledged"]
    assert (deal["attempts"], deal["result"]["contract_id"], deal["unusual"]) == (1, "MX11733", False)
    assert [group(document, kind)["result"]["count"] for kind in ("prepare", "complete", "journal")] == [30, 17, 4]
    assert (group(document, "prepare")["began"], document["timeline"]["completed_ms"]) == (0, 653)


async def test_every_event_of_the_execution_is_in_one_group_and_in_no_other() -> None:
    for life, workflow in ((done(), WORKFLOW), (failing().cancels(), WORKFLOW), (done().reversed(), REVERSAL)):
        document = await life.document(workflow)
        shown = Counter(number for each in document["timeline"]["groups"] for number in each["events"])
        wanted = {
            n for n, each in enumerate(document["events"]) if not each["stream"].startswith(("plan-", "progress-"))
        }
        assert shown == Counter(wanted)


async def test_silence_and_a_second_attempt_are_parts_of_the_bar_of_their_deal() -> None:
    document = await late().document()
    deal = group(document, "deal", 6)
    assert [each["tone"] for each in deal["segments"]] == ["silent", "again"]
    assert (deal["attempts"], deal["unusual"], deal["ended"] - deal["began"]) == (2, True, 15_634)
    assert 15_000 <= deal["result"]["silent_ms"] < 15_100
    assert document["reconciliation"]["attempts"] == 7
    assert [each["key"] for each in document["timeline"]["groups"] if each["unusual"]] == [deal["key"]]


async def test_a_deal_that_is_awaited_has_no_end() -> None:
    document = await Life().prepared().all_booked(but=[4]).document()
    deal = group(document, "deal", 4)
    assert (deal["ended"], deal["segments"][-1]["tone"], deal["result"]["kind"]) == (None, "open", "sent")
    assert [each["state"] for each in document["stages"]][4:] == ["done", "done", "running", "not_begun"]
    assert document["stages"][6]["detail"] == "5 of 6 acknowledged"


async def test_each_operation_names_the_event_that_did_it() -> None:
    document = await done().document()
    listed = document["operations"]["list"]
    assert [each["number"] for each in listed] == list(range(1, 48))
    assert {each["state"] for each in listed} == {"done"}
    by = {each["number"]: document["events"][each["event"]]["type"] for each in listed}
    assert (by[1], by[2], by[7], by[8]) == (
        "InstructionReceived", "CapacityAssessed", "CapacityAssessed", "FeasibilityDecided",
    )  # fmt: skip
    assert (by[30], by[31], by[47]) == ("DealsReleased", "DealsBooked", "EventBooked")


async def test_the_journal_is_planned_until_it_is_posted_and_then_names_the_event_that_posted_it() -> None:
    planned = (await Life().prepared().all_booked().document())["journal"]
    posted = (await done().document())["journal"]
    assert (planned["posted"], posted["posted"], posted["currency"]) == (False, True, "SGD")
    assert {each["event"] for each in planned["lines"]} == {None}
    assert [each | {"event": None} for each in posted["lines"]] == planned["lines"]
    assert planned["totals"] == posted["totals"]
    for ledger, sums in posted["totals"].items():
        own = [each for each in posted["lines"] if each["ledger"] == ledger]
        assert sum(Decimal(each["dr"]) for each in own) == Decimal(sums["dr"]) == Decimal(sums["cr"]) > 0


async def test_a_reversal_posts_the_counterparts_and_the_workflow_it_reverses_keeps_its_own_lines() -> None:
    before = (await done().document())["journal"]
    life = done().reversed()
    reversal, reversed_ = await life.document(REVERSAL), await life.document(WORKFLOW)
    assert [each["journal_id"] for each in reversed_["journal"]["lines"]] == [
        each["journal_id"] for each in before["lines"]
    ]
    own = reversal["journal"]["lines"]
    assert {reversal["events"][each["event"]]["type"] for each in own} == {"ReversalPosted"}
    sides = [(each["account"], each["dr"], each["cr"]) for each in before["lines"]]
    assert [(each["account"], each["cr"], each["dr"]) for each in own] == sides


async def test_an_order_of_three_entities_has_all_its_operations_with_their_events() -> None:
    document = await Life(drawn("HKD", "400000000")).prepared().all_booked().document()
    listed = document["operations"]["list"]
    assert (len(listed), document["operations"]["completed"]) == (125, 125)
    assert all(each["event"] is not None for each in listed)
    named = [each["deal"]["entity_id"] for each in document["timeline"]["groups"] if each["kind"] == "deal"]
    assert Counter(named) == {"ENTITY0009": 6, "ENTITY0010": 6, "ENTITY0011": 6}


async def test_a_rollback_goes_from_the_last_operation_to_the_first_and_counts_what_it_cannot_reverse() -> None:
    life = failing()
    before = (await life.document())["undoing"]
    assert (before["kind"], before["code"], before["ended"]) == ("compensation", "MX_BOOKING_ERROR", None)
    assert (before["cancels"]["total"], before["cancels"]["confirmed"]) == (5, 0)
    assert {each["state"] for each in before["operations"]["list"]} == {"waits"}
    assert (before["operations"]["total"], before["operations"]["never"]) == (21, 1)
    document = await life.cancels().document()
    after = document["undoing"]
    numbers = [each["operation"] for each in after["operations"]["list"]]
    assert numbers == sorted(numbers, reverse=True)
    assert {name: after["operations"][name] for name in ("total", "undone", "kept", "waits")} == {
        "total": 21, "undone": 20, "kept": 1, "waits": 0,
    }  # fmt: skip
    kept = [each["table"] for each in after["operations"]["list"] if each["state"] == "kept"]
    assert kept == ["audit_trail"]
    assert (after["cancels"]["confirmed"], after["ended"] is not None) == (5, True)
    assert Counter(each["state"] for each in document["operations"]["list"]) == {"undone": 21, "done": 9, "not_run": 17}
    assert {each["state"] for each in document["stages"][4:7]} == {"undone"}
    assert document["timeline"]["completed_ms"] is None


async def test_a_cancel_that_murex_refuses_waits_for_a_person() -> None:
    life = failing().cancels("CANCELLED", "REFUSED", "CANCELLED", "CANCELLED", "CANCELLED")
    document = await life.document()
    undoing = document["undoing"]
    assert (document["state"], undoing["needs_person"]) == ("NEEDS_INTERVENTION", True)
    assert (undoing["cancels"]["confirmed"], undoing["cancels"]["refused"]) == (4, 1)
    assert group(document, "person")["result"]["kind"] == "waits"
    assert {each["state"] for each in undoing["operations"]["list"]} == {"waits"}


async def test_what_a_person_settles_counts_as_by_hand_and_the_rest_is_taken_back() -> None:
    life = failing().cancels("CANCELLED", "REFUSED", "CANCELLED", "CANCELLED", "CANCELLED").after(60_000)
    document = await life.settled_by_hand(3).document()
    undoing = document["undoing"]
    assert document["state"] == "COMPENSATED"
    assert (undoing["cancels"]["confirmed"], undoing["cancels"]["by_hand"], undoing["cancels"]["refused"]) == (4, 1, 0)
    assert (undoing["needs_person"], undoing["operations"]["waits"]) == (False, 0)
    assert group(document, "cancel", 3)["result"]["kind"] == "cancelled_by_hand"


@pytest.mark.parametrize("planned", [*each_kind(), executions.planned("VND", "1", entity_id="ENTITY0041")])
async def test_every_kind_of_workflow_has_a_page_before_anything_is_applied(planned: Any) -> None:
    model, lines, histories = MemoryReadModel(), MemoryLines(), MemoryHistories()
    stream = plan_stream(planned.workflow_id)
    kept = histories.tell(stream, planned, NOW)
    model.write(changes_of(planned, "1"), NOW)
    lines.tell(Told(topics.PLANS, stream, 1, planned, NOW))
    row, line = await model.workflow(planned.workflow_id), await lines.line(planned.workflow_id)
    assert row is not None
    assert line is not None
    document = page(Page(row, line, [kept]), NOW, "")
    assert (len(document["stages"]), document["execution_status"], document["console"]) == (8, None, None)
    operations = getattr(getattr(planned, "plan", None), "operations", ())
    if operations:
        assert [each["number"] for each in document["operations"]["list"]] == [each.number for each in operations]
    assert json.loads(json.dumps(document)) == document


async def test_a_reversal_shows_what_it_takes_back_and_the_reversed_workflow_shows_by_what() -> None:
    life = done().reversed()
    of, by = (await life.document())["undoing"], (await life.document(REVERSAL))["undoing"]
    assert (of["kind"], of["reversal"], by["kind"], by["reverses"]) == ("reversed", REVERSAL, "reversal", WORKFLOW)
    for each in (of, by):
        assert (each["cancels"]["confirmed"], each["cancels"]["total"], each["reason"]) == (6, 6, "Booked twice")
        assert (each["operations"]["total"], each["operations"]["kept"], each["operations"]["waits"]) == (38, 2, 0)
        numbers = [step["operation"] for step in each["operations"]["list"]]
        assert numbers == sorted(numbers, reverse=True)
    reversal = await life.document(REVERSAL)
    assert {each["state"] for each in reversal["operations"]["list"]} == {"done"}
    assert (reversal["reconciliation"]["cancelled"], reversal["reconciliation"]["equal"]) == (6, True)
    assert not any(each["unusual"] for each in reversal["timeline"]["groups"])


async def test_a_reversal_reads_of_the_other_workflow_what_came_since_it_began() -> None:
    document = await done().reversed().document(REVERSAL)
    foreign = [each["type"] for each in document["events"] if each["stream"] == f"execution-{WORKFLOW}"]
    assert foreign[0] == "ReversalStarted"
    assert "DealSent" not in foreign


async def test_deals_and_ledgers_are_equal_once_they_are_posted_and_not_before() -> None:
    life = Life().prepared().all_booked()
    before = (await life.document())["reconciliation"]
    assert (before["booked"], before["equal"], before["ledgers"][0]["posted"]) == (6, None, False)
    after = (await life.after(700).posted().document())["reconciliation"]
    figures = [after[name] for name in ("planned", "sent", "acknowledged", "booked")]
    assert (figures, after["equal"]) == ([6] * 4, True)
    assert {each["ledger"]: each["dr"] for each in after["ledgers"]} == {"IFRS": "375000.00", "LOCAL": "375000.00"}
    assert all(each["dr"] == each["cr"] and each["posted"] for each in after["ledgers"])


async def test_a_journal_that_waits_says_why() -> None:
    document = await Life().prepared().all_booked().after(700).posted(period_open=False).document()
    journal = group(document, "journal")
    assert (journal["result"]["kind"], journal["result"]["code"], journal["unusual"]) == (
        "waits",
        "PERIOD_CLOSED",
        True,
    )
    assert document["stages"][7] == {"state": "waiting", "detail": "4 lines wait", "share": None}


async def test_execution_status_is_the_row_of_the_plans_table_as_the_executor_keeps_it() -> None:
    for life in (Life(), Life().requested(), Life().prepared(), done(), failing(), failing().cancels()):
        row = await life.model.workflow(WORKFLOW)
        assert row is not None
        (upsert,) = status.progress(ProgressReported.model_validate(row.progress))
        assert isinstance(upsert, Upsert)
        kept = {**upsert.key, **upsert.row}
        shown = execution_status(row)
        assert shown is not None
        assert shown == {name: kept[name] for name in shown}
        assert list(shown) == [
            "transaction_id", "total_operations", "completed_operations", "status", "stage_1a_status",
            "stage_1b_status", "stage_2_status",
        ]  # fmt: skip


async def test_before_anything_is_applied_the_page_has_the_plan_and_no_times() -> None:
    document = await Life().requested().document()
    assert document["timeline"]["zero"] is None
    assert {each["state"] for each in document["operations"]["list"]} == {"planned"}
    (request,) = document["timeline"]["groups"]
    assert (request["kind"], request["ended"], request["segments"]) == ("request", None, [])
    assert [each["state"] for each in document["stages"]][:5] == ["done", "done", "done", "waiting", "not_begun"]
    assert (document["undoing"], document["undo"]["total"]) == (None, 38)


async def test_a_history_that_is_longer_than_a_page_is_cut_and_says_so() -> None:
    life = done()
    history = await life.histories.events(life.sought)
    document = await life.document(history=[*history, *[history[-1]] * SHOWN_MAX])
    assert (len(document["events"]), document["events_more"]) == (SHOWN_MAX, True)
    assert (await life.document())["events_more"] is False


@settings(max_examples=40, deadline=None)
@given(
    order=st.permutations(range(1, 7)),
    waits=st.lists(st.integers(0, 5_000), min_size=6, max_size=6),
    declined=st.sampled_from([None, 1, 4]),
)
async def test_whatever_the_order_of_answers_bars_follow_each_other_and_figures_agree(
    order: list[int], waits: list[int], declined: int | None
) -> None:
    life, at = Life().prepared(), PREPARED_MS + 10
    for number, wait in zip(order, waits, strict=True):
        at += wait
        life.after(at)
        if number == declined:
            life.declined(number)
            break
        life.booked(number)
    document = await life.document(at=NOW + timedelta(milliseconds=at))
    figures, listed = document["reconciliation"], document["operations"]["list"]
    assert figures["booked"] in (0, 6)
    assert (figures["booked"] == 6) == (declined is None)
    assert sum(each["state"] == "done" for each in listed) == (47 if declined is None else 30)
    for each in document["timeline"]["groups"]:
        ends = [(part["from"], part["to"]) for part in each["segments"] if part["to"] is not None]
        assert all(begin <= end for begin, end in ends)
        assert all(one[1] == other[0] for one, other in pairwise(ends))
        assert each["ended"] is None or each["began"] <= each["ended"]


def test_grants_proofs_and_the_text_of_an_answer_are_withheld_and_named() -> None:
    given_ = {
        "jti": "j",
        "grant": "secret.grant.text",
        "origin": {"maker": {"name": "mira", "proof": "secret.proof"}},
        "list": [{"maker_proof": "secret"}],
        "content": "secret answer",
        "body": {"content": "no answer: a part of something else"},
    }
    data, places = without_secrets(given_)
    assert places == ["grant", "origin.maker.proof", "list[0].maker_proof", "content"]
    assert "secret" not in json.dumps(data)
    assert data["body"] == given_["body"]


def test_a_used_grant_is_no_permission_and_is_shown() -> None:
    used = {"grant": {"jti": "j", "tier": "TRADER"}}
    assert without_secrets(used) == (used, [])


@pytest.mark.parametrize("workflow", [WORKFLOW, REVERSAL])
async def test_the_document_is_json_and_holds_no_grant(workflow: str) -> None:
    text = json.dumps(await done().reversed().document(workflow))
    assert "secret.grant.text" not in text
