"""The console on a whole HAWK at awkward moments: time that runs out, Back and Forward, and more than one press."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.console_hand import (
    APPROVE,
    DONE,
    PATIENCE,
    Opening,
    bar_of,
    card_of,
    confirm,
    dialog_of,
    order_of,
    press,
    row_of,
    waiting,
)
from tests.support.eventually import eventually
from tests.support.hawk import TURN_SECONDS_MAX, Hawk

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

LIFETIME_SECONDS = 15
"""Of a request that expires while it is read. Four go by until two persons have its dialog open, on a machine that is
busy with other work."""
EXPIRED = "This has expired. Ask for a new plan."
NOT_RECORDED = "Not recorded. This expired while you read it. Ask for a new plan."
ENDED_MAX = 1000 * (LIFETIME_SECONDS + TURN_SECONDS_MAX)


@pytest.fixture
def hasty(hawk: Hawk, tmp_path: Path) -> Iterator[Hawk]:
    """The shared HAWK while its requests live for some seconds. How long is a setting of the approval service: another
    one, with all else that the first was started with, works in its place."""
    own = psutil.Process(hawk.pids()["approval"])
    command = own.cmdline()
    environment = own.environ() | {"HAWK_APPROVAL_REQUEST_LIFETIME_SECONDS": str(LIFETIME_SECONDS)}
    hawk.run("process", "stop", "approval")
    with (tmp_path / "approval.log").open("wb") as log:
        other = subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=log, stderr=log)
    try:
        eventually(lambda: is_ready(hawk), TURN_SECONDS_MAX, what="an approval service in the place of the other")
        yield hawk
    finally:
        other.terminate()
        other.wait(TURN_SECONDS_MAX)
        hawk.run("process", "start", "approval")


def is_ready(hawk: Hawk) -> bool:
    try:
        return hawk.ask("GET", "/health/ready", None).is_success
    except httpx.TransportError:
        return False


def at_card(page: Page, workflow_id: str) -> Locator:
    """Go to a card by its address, as from a message of a colleague, without waiting for it; returns its button."""
    page.goto(f"/console/approvals/{workflow_id}", wait_until="commit")
    return bar_of(page).get_by_role("button", name=APPROVE)


def unaware_until_it_decides(page: Page, workflow_id: str) -> list[str]:
    """Keep from a page what becomes of a request until the page has sent its decision; gives what it sent."""
    sent: list[str] = []

    def pass_on(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.post_data or "")
        if sent:
            route.continue_()
        else:
            route.abort()

    page.route(re.compile(rf"/approvals/{workflow_id}\b"), pass_on)
    return sent


def hold(page: Page, address: re.Pattern[str]) -> list[Route]:
    """Keep what a page asks at an address on its way, until a test lets it go on; gives what is kept."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(address, keep)
    return held


def decisions_of(hawk: Hawk, workflow_id: str, state: str = "POSTED") -> list[tuple[str, str]]:
    return [(each["person"], each["decision"]) for each in hawk.in_state(workflow_id, state)["decisions"]]


def test_request_that_expires_while_it_is_read_says_so_and_is_decided_by_nobody(
    hasty: Hawk, signed_in: Opening
) -> None:
    reader, asked, unaware = pages = [signed_in(person) for person in ("tom", "mira", "sam")]
    workflow_id = waiting(hasty, "tom", "AUD", "1900000", "ENTITY0001")
    buttons = [at_card(page, workflow_id) for page in pages]
    for button in buttons[1:]:
        button.click()
    dialog, late = asked.get_by_role("dialog"), unaware.get_by_role("dialog")
    for each in (dialog, late):
        expect(each.get_by_role("button", name=APPROVE)).to_be_visible(timeout=PATIENCE)
    sent = unaware_until_it_decides(unaware, workflow_id)
    expect(bar_of(reader).get_by_role("button", name="Withdraw")).to_be_visible()
    for page in pages:
        page.evaluate("() => { window.neverReloaded = true; }")

    # The card that is read.
    expect(buttons[0]).to_have_accessible_description(EXPIRED, timeout=ENDED_MAX)
    expect(buttons[0]).to_have_attribute("aria-disabled", "true")
    expect(bar_of(reader)).to_contain_text(EXPIRED)
    expect(bar_of(reader).get_by_role("button", name="Withdraw")).to_have_count(0)
    expect(reader.get_by_role("main").get_by_text("Expired", exact=True).first).to_be_visible()

    # The dialog that is open.
    expect(dialog.get_by_role("alert")).to_have_text(NOT_RECORDED, timeout=PATIENCE)
    expect(dialog.get_by_role("button", name=APPROVE)).to_have_count(0)
    dialog.get_by_role("button", name="Close").click()
    expect(buttons[1]).to_have_attribute("aria-disabled", "true")
    expect(bar_of(asked).get_by_role("button", name="Reject")).to_have_count(0)

    # The dialog of a page that has not heard of it: its button can still be pressed.
    assert hasty.in_state(workflow_id, "EXPIRED")["decisions"] == []
    late.get_by_role("button", name=APPROVE).click()
    expect(late.get_by_role("alert")).to_have_text(NOT_RECORDED, timeout=PATIENCE)
    expect(late.get_by_role("button", name=APPROVE)).to_have_count(0)
    assert (len(sent), decisions_of(hasty, workflow_id, "EXPIRED")) == (1, [])
    assert all(page.evaluate("window.neverReloaded") for page in pages)


def test_back_and_forward_after_approving_show_the_same_truth(hawk: Hawk, signed_in: Opening) -> None:
    workflow_id = waiting(hawk, "tom", "AUD", "2000000", "ENTITY0001")
    page = signed_in("tom")
    order_id = order_of(hawk, workflow_id)
    page.goto(f"/?tab=all&q={order_id}")
    card_of(page, hawk, workflow_id)
    confirm(page)
    expect(page.get_by_text(DONE).first).to_be_visible(timeout=PATIENCE)
    hawk.in_state(workflow_id, "POSTED")
    for _ in range(2):
        page.go_back()
        expect(row_of(page, order_id)).to_contain_text("Approved", timeout=PATIENCE)
        expect(page.get_by_role("button", name=APPROVE)).to_have_count(0)
        page.go_forward()
        expect(page.get_by_text(DONE).first).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_role("button", name=APPROVE)).to_have_count(0)
    assert decisions_of(hawk, workflow_id) == [("tom", "APPROVE")]


def test_back_while_the_decision_is_on_its_way_leaves_the_queue_as_it_is(hawk: Hawk, signed_in: Opening) -> None:
    workflow_id = waiting(hawk, "tom", "AUD", "2100000", "ENTITY0001")
    page = signed_in("tom")
    title = page.title()
    card_of(page, hawk, workflow_id)
    decision = re.compile(rf"/approvals/{workflow_id}/decisions$")
    held = hold(page, decision)
    followed: list[str] = []
    page.on("request", lambda each: followed.append(each.url) if f"workflow_id={workflow_id}" in each.url else None)
    with page.expect_request(decision):
        confirm(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Approvals")).to_be_visible(timeout=PATIENCE)
    with page.expect_response(decision):
        held[0].continue_()
    # It was recorded all the same; and the page that was left neither renames this one nor goes on unseen.
    assert decisions_of(hawk, workflow_id) == [("tom", "APPROVE")]
    expect(page.get_by_role("heading", name="Approvals")).to_be_visible()
    assert (page.title(), followed) == (title, [])


def test_back_before_the_card_is_there_shows_the_queue(hawk: Hawk, signed_in: Opening) -> None:
    workflow_id = waiting(hawk, "tom", "AUD", "2400000", "ENTITY0001")
    page = signed_in("tom")
    row = row_of(page, order_of(hawk, workflow_id))
    reading = re.compile(rf"/approvals/{workflow_id}\?")
    held = hold(page, reading)
    with page.expect_request(reading):
        press(page, row.get_by_role("link").first)
    page.go_back()
    expect(row).to_be_visible(timeout=PATIENCE)
    with page.expect_response(reading):
        held[0].continue_()
    # The card that comes too late would say for ever that it waits, whatever becomes of it.
    hawk.approve(workflow_id, "tom")
    hawk.in_state(workflow_id, "POSTED")
    expect(page.get_by_role("heading", name="Approvals")).to_be_visible()
    expect(page.get_by_role("button", name=APPROVE)).to_have_count(0)


def test_button_that_is_pressed_twice_decides_once(hawk: Hawk, signed_in: Opening) -> None:
    workflow_id = waiting(hawk, "tom", "AUD", "2200000", "ENTITY0001")
    page = signed_in("tom")
    card_of(page, hawk, workflow_id)
    sent: list[str] = []
    page.on("request", lambda each: sent.append(each.url) if each.method == "POST" else None)
    dialog_of(page).get_by_role("button", name=APPROVE).dblclick()
    expect(page.get_by_text(DONE).first).to_be_visible(timeout=PATIENCE)
    assert decisions_of(hawk, workflow_id) == [("tom", "APPROVE")]
    assert len(sent) == 1, sent


def test_two_tabs_of_one_person_make_one_decision(hawk: Hawk, signed_in: Opening) -> None:
    workflow_id = waiting(hawk, "tom", "AUD", "2300000", "ENTITY0001")
    first = signed_in("mira")
    card_of(first, hawk, workflow_id)
    second = first.context.new_page()
    at_card(second, workflow_id)
    late = dialog_of(second)
    sent = unaware_until_it_decides(second, workflow_id)
    confirm(first)
    expect(first.get_by_text(DONE).first).to_be_visible(timeout=PATIENCE)
    late.get_by_role("button", name=APPROVE).click()
    for page in (first, second):
        expect(page.get_by_text(DONE).first).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_role("button", name=APPROVE)).to_have_count(0)
    assert (len(sent), decisions_of(hawk, workflow_id)) == (1, [("mira", "APPROVE")])
