"""The console on a whole HAWK, in a real Chromium: the plan's story by keyboard alone, and what may come between."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_configuration import change
from tests.e2e.test_execute_route import answer
from tests.e2e.test_stale_context import ENTITY as YEN_ENTITY
from tests.e2e.test_stale_context import move_rate, set_rate
from tests.support.console_hand import DONE, PATIENCE, Opening, card_of, confirm, press, waiting
from tests.support.hawk import Hawk

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

UNUSED_RULE = "BUF_PHP_004"
"""Of an entity that no test of the shared HAWK trades for, so that its buffer may be moved."""
BOOKED = re.compile(r"Hedge ORD-\S+ created and booked in Murex\.")


@contextmanager
def offline(page: Page) -> Iterator[None]:
    page.context.set_offline(True)
    try:
        yield
    finally:
        page.context.set_offline(False)


def test_answer_is_handed_in_previewed_approved_and_booked_by_keyboard_alone(hawk: Hawk, signed_in: Opening) -> None:
    page = signed_in("tom")
    press(page, page.get_by_role("link", name="Hand in an answer"))
    press(page, page.get_by_label("Answer of the AI"), "End")
    page.keyboard.insert_text(json.dumps(answer("AUD", "1100000", "ENTITY0001")))
    press(page, page.get_by_role("button", name="Preview"))
    expect(page.get_by_text("Create hedge instruction (AUD 1.1M)").first).to_be_visible(timeout=PATIENCE)
    press(page, page.get_by_role("button", name="Submit"))
    expect(page.get_by_role("region", name="Decision")).to_be_visible(timeout=PATIENCE)
    confirm(page)
    expect(page.get_by_text(DONE).first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(BOOKED).first).to_be_visible(timeout=PATIENCE)


def test_order_is_approved_and_booked_by_keyboard_alone(hawk: Hawk, signed_in: Opening) -> None:
    workflow_id = waiting(hawk, "tom", "AUD", "1200000", "ENTITY0001")
    page = signed_in("tom")
    order = card_of(page, hawk, workflow_id)
    expect(page.get_by_text("Create hedge instruction (AUD 1.2M)").first).to_be_visible()
    confirm(page)
    expect(page.get_by_text(DONE).first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(f"Hedge {order} created and booked in Murex.").first).to_be_visible(timeout=PATIENCE)
    hawk.in_state(workflow_id, "POSTED")


def test_second_approver_sees_the_first_and_then_it_runs(hawk: Hawk, signed_in: Opening) -> None:
    asked = change("buffer_configuration", UNUSED_RULE, {"buffer_percentage": "7.5"})
    (workflow,) = hawk.response(hawk.hand_in(asked, "ann"))["workflows"]
    workflow_id = hawk.in_state(workflow["workflow_id"], "AWAITING_APPROVAL")["workflow_id"]
    first, second = signed_in("mira"), signed_in("rita")
    for page in (first, second):
        press(page, page.get_by_role("row").filter(has_text=UNUSED_RULE).get_by_role("link").first)
    confirm(first)
    expect(first.get_by_text("1 of 2").first).to_be_visible(timeout=PATIENCE)
    expect(second.get_by_role("region", name="Who decides")).to_contain_text("mira", timeout=PATIENCE)
    confirm(second)
    for page in (first, second):
        expect(page.get_by_text(DONE).first).to_be_visible(timeout=PATIENCE)
    hawk.in_state(workflow_id, "COMPLETED")


def test_maker_of_a_large_order_may_not_approve_and_reads_why(hawk: Hawk, signed_in: Opening) -> None:
    workflow_id = waiting(hawk, "sam", "USD", "60000000", "ENTITY0037")
    page = signed_in("sam")
    press(page, page.get_by_role("tab", name=re.compile("^Mine")), "ArrowRight")
    card_of(page, hawk, workflow_id)
    bar = page.get_by_role("region", name="Decision")
    expect(bar.get_by_role("button", name="Approve & Execute")).to_have_attribute("aria-disabled", "true")
    expect(bar).to_contain_text("You asked for this, so another person must approve it.")
    assert hawk.in_state(workflow_id, "AWAITING_APPROVAL")["decisions"] == []
    assert hawk.decide(workflow_id, hawk.token("mira", "SENIOR_TRADER"), "REJECT").status_code == 201


def test_page_that_lost_its_line_shows_the_truth_when_it_is_back(hawk: Hawk, signed_in: Opening) -> None:
    workflow_id = waiting(hawk, "tom", "AUD", "1300000", "ENTITY0001")
    page = signed_in("tom")
    card_of(page, hawk, workflow_id)
    with offline(page):
        hawk.approve(workflow_id, "tom")
        hawk.in_state(workflow_id, "POSTED")
        page.evaluate("dispatchEvent(new Event('offline'))")
    expect(page.get_by_text(DONE).first).to_be_visible(timeout=PATIENCE)


def test_two_who_decide_at_once_make_one_decision(hawk: Hawk, signed_in: Opening) -> None:
    workflow_id = waiting(hawk, "tom", "AUD", "1400000", "ENTITY0001")
    pages = [signed_in("mira"), signed_in("sam")]
    for page in pages:
        card_of(page, hawk, workflow_id)
        press(page, page.get_by_role("region", name="Decision").get_by_role("button", name="Approve & Execute"))
    for page in pages:
        page.get_by_role("dialog").get_by_role("button", name="Approve & Execute").evaluate("button => button.click()")
    for page in pages:
        expect(page.get_by_text(DONE).first).to_be_visible(timeout=PATIENCE)
    decided = hawk.in_state(workflow_id, "POSTED")["decisions"]
    assert len(decided) == 1


def test_reload_during_progress_and_a_second_tab_show_one_truth(hawk: Hawk, signed_in: Opening) -> None:
    workflow_id = waiting(hawk, "tom", "AUD", "1500000", "ENTITY0001")
    page = signed_in("tom")
    card_of(page, hawk, workflow_id)
    confirm(page)
    page.reload()
    beside = page.context.new_page()
    beside.goto(page.url)
    for each in (page, beside):
        expect(each.get_by_text(DONE).first).to_be_visible(timeout=PATIENCE)
    assert len(hawk.in_state(workflow_id, "POSTED")["decisions"]) == 1


def test_rejected_order_ends_with_its_reason(hawk: Hawk, signed_in: Opening) -> None:
    workflow_id = waiting(hawk, "tom", "AUD", "1600000", "ENTITY0001")
    page = signed_in("mira")
    card_of(page, hawk, workflow_id)
    press(page, page.get_by_role("region", name="Decision").get_by_role("button", name="Reject"))
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").first.fill("Not this month")
    press(page, dialog.get_by_role("button", name="Reject"))
    rejected = hawk.in_state(workflow_id, "REJECTED")
    assert "Not this month" in str(rejected["reason_text"])
    expect(page.get_by_text(re.compile("Rejected")).first).to_be_visible(timeout=PATIENCE)


def test_queue_of_another_person_changes_without_a_reload(hawk: Hawk, signed_in: Opening) -> None:
    page = signed_in("mira")
    workflow_id = waiting(hawk, "tom", "AUD", "1700000", "ENTITY0001")
    order = str((hawk.get(f"/workflows/{workflow_id}") or {})["order_id"])
    show = page.get_by_role("button", name=re.compile("new request"))
    expect(show.or_(page.get_by_role("row").filter(has_text=order)).first).to_be_visible(timeout=PATIENCE)
    if show.count():
        press(page, show)
    expect(page.get_by_role("row").filter(has_text=order)).to_be_visible(timeout=PATIENCE)


def test_request_that_its_maker_takes_back_ends_for_who_reads_it(hawk: Hawk, signed_in: Opening) -> None:
    workflow_id = waiting(hawk, "tom", "AUD", "1800000", "ENTITY0001")
    maker, reader = signed_in("tom"), signed_in("mira")
    for page in (maker, reader):
        card_of(page, hawk, workflow_id)
    press(maker, maker.get_by_role("region", name="Decision").get_by_role("button", name="Withdraw"))
    press(maker, maker.get_by_role("dialog").get_by_role("button", name="Withdraw"))
    hawk.in_state(workflow_id, "WITHDRAWN")
    for page in (maker, reader):
        expect(page.get_by_role("main").get_by_text("Withdrawn").first).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_role("button", name="Approve & Execute")).to_have_count(0)


def test_plan_that_changes_while_the_dialog_is_open_is_not_approved(
    hawk: Hawk, signed_in: Opening, tmp_path: Path
) -> None:
    workflow_id = waiting(hawk, "tom", "JPY", "450000000", YEN_ENTITY)
    page = signed_in("mira")
    card_of(page, hawk, workflow_id)
    press(page, page.get_by_role("region", name="Decision").get_by_role("button", name="Approve & Execute"))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible(timeout=PATIENCE)
    # The browser's loop runs in this thread, and a query brings its own.
    with ThreadPoolExecutor() as apart:
        before = apart.submit(move_rate, hawk, tmp_path, "JPY/SGD", "prevailing", 200).result()
    hawk.approve(workflow_id, "tom")
    successor = hawk.in_state(workflow_id, "STALE_CONTEXT")["successor"]
    expect(dialog).to_contain_text("Not recorded.", timeout=PATIENCE)
    expect(dialog).to_contain_text("The plan changed while you read it.")
    hawk.in_state(successor, "AWAITING_APPROVAL")
    press(page, dialog.get_by_role("button", name="Show what changed"))
    expect(page.get_by_text("What changed").first).to_be_visible(timeout=PATIENCE)
    with ThreadPoolExecutor() as apart:  # other tests move the rate further, and a rate has so many decimals
        apart.submit(set_rate, hawk, tmp_path, "JPY/SGD", "prevailing", before).result()
    assert hawk.decide(successor, hawk.token("mira", "SENIOR_TRADER"), "REJECT").status_code == 201
