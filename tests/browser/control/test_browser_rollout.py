"""Rollout and stop in a browser: one person stops, two resume, two change the terms; only what is true now is said."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opening, Watched
from tests.support.canned_console import CannedConsole, problem
from tests.support.control_documents import (
    LIMITS,
    NO_ROLE,
    at,
    pending_change,
    pending_resumption,
    rollout,
    stopped,
)
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways

ADDRESS = "/console/rollout"
CLAIMS_NOT_IN_FORCE = "THE STOP of 2026-11-27 08:02:00 UTC IS NOT IN FORCE: the executor has not taken it in for 66 s."


async def test_mode_limits_and_what_the_executor_keeps_to(opened: Opening, console: CannedConsole) -> None:
    console.answers["/rollout"] = rollout(mode="LIMITED", limits=LIMITS)
    page = await opened(ADDRESS)
    await expect(page).to_have_title("[SIMULATOR] Rollout and stop, HAWK console")
    terms = page.get_by_role("region", name="What is in force")
    await expect(terms).to_contain_text("LIMITED")
    await expect(terms).to_contain_text("Inception (I), Rollover (R)")
    await expect(terms).to_contain_text("USD 10,000,000.00")
    await expect(terms).to_contain_text("rita (RISK_MANAGER), tom (TRADER)")
    await expect(page.get_by_role("region", name="The executor")).to_contain_text("keeps to version 7")
    link = page.get_by_role("link", name="Rollout and stop")
    await expect(link).to_have_attribute("aria-current", "page")


async def test_one_person_stops_with_a_reason_and_the_strip_turns_red(opened: Opening, console: CannedConsole) -> None:
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Stop HAWK").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await expect(dialog).to_contain_text("SIMULATOR")
    await expect(dialog).to_contain_text("One person stops, two resume.")
    await dialog.get_by_role("button", name="Stop HAWK").click()
    await expect(dialog).to_contain_text("Say why.")
    await expect(dialog.get_by_label("Reason")).to_be_focused()
    assert console.posted == []
    await dialog.get_by_label("Reason").fill("price feed looks wrong")
    console.answers["/rollout"] = stopped()
    console.answers["POST /stop"] = 201, stopped()
    await dialog.get_by_role("button", name="Stop HAWK").click()
    await expect(dialog).to_have_count(0)
    assert [(path, body) for path, body, _ in console.posted] == [("/stop", {"reason": "price feed looks wrong"})]
    await expect(page.get_by_role("heading", name="Stopped by olga (OPERATIONS).")).to_be_visible()
    await expect(page.locator(".strip")).to_have_attribute("data-stopped", "true")
    await expect(page.locator(".strip")).to_contain_text("STOPPED since 16:02 by olga: price feed looks wrong")
    assert console.posted[0][2]["x-hawk-csrf"] == "c5rf"


async def test_escape_cancels_and_focus_comes_back(opened: Opening) -> None:
    page = await opened(ADDRESS)
    press = page.get_by_role("button", name="Stop HAWK")
    await press.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(press).to_be_focused()


async def test_two_resume_the_second_by_the_digest_that_was_shown(opened: Opening, console: CannedConsole) -> None:
    console.answers["/rollout"] = stopped()
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Propose to resume").click()
    await page.get_by_label("Reason").fill("the feed is right again")
    waits = stopped(pending_resumption=pending_resumption(may_confirm=False, why="You have already approved this."))
    console.answers["POST /resume"] = 201, waits
    await page.get_by_role("dialog").get_by_role("button", name="Propose to resume").click()
    confirm = page.get_by_role("button", name="Confirm and resume")
    await expect(confirm).to_have_attribute("aria-disabled", "true")
    await expect(confirm).to_have_accessible_description("You have already approved this.")
    assert console.posted[0][:2] == ("/resume", {"reason": "the feed is right again", "expected_version": 8})
    console.answers["/rollout"] = stopped(pending_resumption=pending_resumption())
    await page.reload()
    await page.get_by_role("button", name="Confirm and resume").click()
    await expect(page.get_by_role("dialog")).to_contain_text("HAWK goes on at once.")
    await expect(page.get_by_role("dialog")).to_contain_text("sha256:" + "ab" * 32)
    console.answers["/rollout"] = rollout()
    console.answers["POST /resume"] = 201, rollout()
    await page.get_by_role("dialog").get_by_role("button", name="Confirm and resume").click()
    await expect(page.get_by_role("heading", name="Not stopped.")).to_be_visible()
    assert console.posted[1][:2] == ("/resume", {"digest": "sha256:" + "ab" * 32})
    await expect(page.locator(".strip")).to_have_attribute("data-stopped", "false")


async def test_other_terms_are_proposed_with_what_is_now_beside_them(opened: Opening, console: CannedConsole) -> None:
    page = await opened(ADDRESS)
    await expect(page.get_by_role("radio", name="FULL")).to_be_checked()
    await expect(page.get_by_label("Cap of one order")).to_be_hidden()
    await page.get_by_role("radio", name="LIMITED").check()
    await page.get_by_role("button", name="Propose", exact=True).click()
    await expect(page.get_by_text("Tick at least one.")).to_be_visible()
    await expect(page.get_by_text("An amount of USD in digits")).to_have_count(2)
    await page.get_by_label("Inception (I)").check()
    await page.get_by_label("Cap of one order").fill("10,000,000.00")
    await page.get_by_label("Cap of a day").fill("50000000")
    await page.get_by_label("Comment").fill("small orders first")
    await page.get_by_role("button", name="Propose", exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Inception (I); USD 10,000,000.00 an order, USD 50,000,000 a day")
    console.answers["POST /rollout"] = 201, rollout(pending=pending_change())
    await dialog.get_by_role("button", name="Propose").click()
    await expect(page.get_by_role("region", name="Change to LIMITED")).to_contain_text("Waits for a second person")
    limits = {"action_types": ["I"], "order_cap_usd": "10000000.00", "day_cap_usd": "50000000"}
    sent = {"mode": "LIMITED", "limits": limits, "expected_version": 7, "comment": "small orders first"}
    assert console.posted[0][:2] == ("/rollout", sent)


async def test_a_second_person_confirms_other_terms(opened: Opening, console: CannedConsole) -> None:
    console.answers["/rollout"] = rollout(pending=pending_change())
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Confirm these terms").click()
    await expect(page.get_by_role("dialog")).to_contain_text("the first desk begins with small orders")
    console.answers["/rollout"] = rollout(mode="LIMITED", limits=LIMITS, version=9)
    console.answers["POST /rollout"] = 201, rollout(mode="LIMITED", limits=LIMITS, version=9)
    await page.get_by_role("dialog").get_by_role("button", name="Confirm these terms").click()
    await expect(page.get_by_role("region", name="What is in force")).to_contain_text("LIMITED")
    await expect(page.get_by_role("region", name="Change to LIMITED")).to_have_count(0)


async def test_what_is_forbidden_says_why_beside_the_button(opened: Opening, console: CannedConsole) -> None:
    console.answers["/rollout"] = rollout(may={"stop": NO_ROLE, "resume": NO_ROLE, "propose": NO_ROLE})
    page = await opened(ADDRESS)
    for name in ("Stop HAWK", "Propose"):
        press = page.get_by_role("button", name=name, exact=True)
        await expect(press).to_have_accessible_description(NO_ROLE["why"])
        await press.press("Enter")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.locator(".reason:focus")).to_have_text(NO_ROLE["why"])
    assert await axe_findings(page) == []


async def test_a_stop_that_is_not_in_force_says_so_and_can_be_thrown_again(
    opened: Opening, console: CannedConsole
) -> None:
    console.answers["/rollout"] = stopped(in_force=False, notice=CLAIMS_NOT_IN_FORCE)
    page = await opened(ADDRESS)
    await expect(page.get_by_role("alert").filter(has_text="NOT IN FORCE")).to_be_visible()
    await expect(page.get_by_role("button", name="Stop again")).to_be_visible()
    assert await axe_findings(page) == []


async def test_a_refusal_is_said_and_nothing_is_claimed(
    opened: Opening, console: CannedConsole, watched: Watched
) -> None:
    watched.allow("status of 409")
    console.answers["/rollout"] = stopped()
    console.answers["POST /resume"] = 409, problem(409, "VERSION_CONFLICT", "The rollout is at version 9.")
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Propose to resume").click()
    await page.get_by_label("Reason").fill("right again")
    await page.get_by_role("dialog").get_by_role("button", name="Propose to resume").click()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text(
        "Not recorded. The rollout is at version 9."
    )
    await expect(page.get_by_label("Reason")).to_have_value("right again")
    assert await axe_findings(page) == []


@pytest.mark.parametrize(
    ("recorded", "said"), [(True, "Stopped by olga"), (False, "Press again if you still want it.")]
)
async def test_where_no_answer_came_the_page_looks_until_it_knows(
    opened: Opening, console: CannedConsole, watched: Watched, recorded: bool, said: str
) -> None:
    watched.allow("status of 503")
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Stop HAWK").click()
    await page.get_by_label("Reason").fill("price feed looks wrong")
    console.answers["POST /stop"] = 503, problem(503, "TRY_AGAIN", "The database is away.")
    console.answers["/rollout"] = 503, problem(503, "TRY_AGAIN", "The database is away.")
    await page.get_by_role("dialog").get_by_role("button", name="Stop HAWK").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Not known yet whether this was recorded. Looking.")
    console.answers["/rollout"] = stopped() if recorded else rollout()
    await expect(page.locator("body")).to_contain_text(said)
    assert [path for path, _, _ in console.posted] == ["/stop"]


async def test_a_double_click_is_one_request(opened: Opening, console: CannedConsole) -> None:
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Stop HAWK").click()
    await page.get_by_label("Reason").fill("price feed looks wrong")
    console.answers["POST /stop"] = 201, stopped()
    console.answers["/rollout"] = stopped()
    await page.get_by_role("dialog").get_by_role("button", name="Stop HAWK").dblclick(timeout=3_000, no_wait_after=True)
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(console.posted) == 1


async def test_what_others_do_appears_and_what_somebody_writes_stays(opened: Opening, console: CannedConsole) -> None:
    page = await opened("about:blank")
    await page.clock.install()
    await page.goto(ADDRESS)
    await page.get_by_label("Comment").fill("half a sent")
    console.answers["/rollout"] = stopped()
    await page.clock.run_for(11_000)
    await expect(page.get_by_role("heading", name="Stopped by olga (OPERATIONS).")).to_be_visible()
    await expect(page.get_by_label("Comment")).to_have_value("half a sent")
    await expect(page.get_by_label("Comment")).to_be_focused()


async def test_a_page_that_cannot_be_read_says_so_and_later_keeps_what_it_has(
    opened: Opening, console: CannedConsole, watched: Watched
) -> None:
    watched.allow("status of 503")
    away = 503, problem(503, "TRY_AGAIN", "The database is away.")
    console.answers["/rollout"] = away
    page = await opened(ADDRESS)
    await expect(page.locator(".state")).to_contain_text("The rollout could not be read.")
    await expect(page.locator(".state")).to_contain_text("The database is away. Nothing was changed.")
    assert await axe_findings(page) == []
    console.answers["/rollout"] = rollout()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("heading", name="Not stopped.")).to_be_visible()
    console.answers["/rollout"] = away
    console.send("resync", {"reason": "restart"})
    await expect(page.locator(".banner")).to_contain_text(re.compile(r"What is shown is as of 17:08:4\d SGT\."))
    await expect(page.locator(".as-of")).to_contain_text("not up to date, as of 17:08:4")
    await expect(page.get_by_role("heading", name="Not stopped.")).to_be_visible()


async def test_what_people_wrote_is_text(opened: Opening, console: CannedConsole) -> None:
    hostile = "<img src=x onerror=alert(1)> \u202e00.000,52"
    stop = {"reason": hostile, "stopped_by": {"person": "<b>olga</b>", "role": "OPERATIONS", "at": at(-5)}}
    console.answers["/rollout"] = stopped(stop=stop, pending=pending_change() | {"comment": hostile})
    page = await opened(ADDRESS)
    await expect(page.get_by_role("region", name="Stop", exact=True)).to_contain_text("<img src=x onerror=alert(1)>")
    assert await page.locator("main img, main b:has(b)").count() == 0


STATES: list[dict[str, Any]] = [
    rollout(),
    stopped(pending_resumption=pending_resumption(), pending=pending_change()),
    rollout(mode="LIMITED", limits=LIMITS, executor=None, in_force=False, set_by=None),
]


@pytest.mark.parametrize("state", range(len(STATES)))
@pytest.mark.parametrize(
    "look", looks({"dark": True}, {"forced_colors": "active"}, {"width": 390}, {"width": 320}, {"width": 1024})
)
async def test_every_state_is_for_everybody(
    opened: Opening, console: CannedConsole, state: int, look: dict[str, Any]
) -> None:
    console.answers["/rollout"] = STATES[state]
    page = await opened(ADDRESS, **look)
    await expect(page.get_by_role("region", name="What is in force")).to_be_visible()
    await page.get_by_role("radio", name="LIMITED").check()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)


@pytest.mark.parametrize("width", [390, 1440])
async def test_tab_reaches_everything_of_the_rollout(opened: Opening, console: CannedConsole, width: int) -> None:
    console.answers["/rollout"] = stopped(pending_resumption=pending_resumption(), pending=pending_change())
    page = await opened(ADDRESS, width=width)
    await expect(page.get_by_role("region", name="What is in force")).to_be_visible()
    wanted, covered = await not_reached_by_tab(page)
    assert covered == []
    assert len(wanted) == await unchosen_radios(page)


async def unchosen_radios(page: Page) -> int:
    """Tab reaches one radio button of a group, the arrows the others."""
    return await page.locator("input[type=radio]:not(:checked)").count()


@pytest.mark.parametrize("width", [320, 1440])
async def test_the_dialog_fits_its_window(opened: Opening, width: int) -> None:
    page = await opened(ADDRESS, width=width, height=600)
    await page.get_by_role("button", name="Stop HAWK").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)
    await asyncio.wait_for(page.get_by_role("dialog").get_by_role("button", name="Cancel").click(), 5)
