"""Delegations and absence in a browser: what waits, what holds, who is away; given, confirmed and ended by keyboard."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opening, Watched
from tests.support.canned_console import CannedConsole, problem
from tests.support.control_documents import MAY, NO_ROLE, at, person
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways

ADDRESS = "/console/delegations"
DIGEST = "sha256:" + "cd" * 32
WHY = "sam would get these roles, and you are that person or count as one with that person."


def given(state: str = "WAITS", **more: Any) -> dict[str, Any]:
    return {
        "delegation_id": f"d-{state}",
        "state": state,
        "delegate": "sam",
        "roles": ["RISK_MANAGER"],
        "starts_at": at(60),
        "ends_at": at(3 * 24 * 60),
        "reason": "on leave",
        "digest": DIGEST,
        "proposed_by": person("rita", "RISK_MANAGER", -12),
        "confirmed_by": None if state == "WAITS" else person("olga", "OPERATIONS", -5),
        "ended_by": "rita" if state == "OVER" else None,
        "ended_why": "back early" if state == "OVER" else None,
        "expires_at": at(23 * 60),
        "may_confirm": state == "WAITS",
        "why": "",
        "may_end": state in {"WAITS", "HOLDS"},
    } | more


def absent(state: str = "AWAY", **more: Any) -> dict[str, Any]:
    return {
        "absence_id": f"a-{state}",
        "state": state,
        "person": "rita",
        "roles": ["RISK_MANAGER"],
        "starts_at": at(-60),
        "ends_at": at(3 * 24 * 60),
        "note": "by telephone until noon",
        "may_end": state == "AWAY",
    } | more


def shown(*delegations: dict[str, Any], absences: tuple[dict[str, Any], ...] = (), **more: Any) -> dict[str, Any]:
    """What `GET /delegations` answers."""
    return {
        "delegations": list(delegations),
        "absences": list(absences),
        "my_roles": ["SENIOR_TRADER", "TRADER"],
        "may": {"give": MAY},
        "as_of": at(0),
    } | more


EVERYTHING = shown(
    given(), given("HOLDS"), given("COMES", delegate="tom"), given("OVER"), absences=(absent(), absent("OVER"))
)


async def test_what_waits_what_holds_and_who_is_away(opened: Opening, console: CannedConsole) -> None:
    console.answers["/delegations"] = EVERYTHING
    page = await opened(ADDRESS)
    await expect(page).to_have_title("[SIMULATOR] Delegations, HAWK console")
    waits = page.get_by_role("region", name="sam for rita", exact=True)
    await expect(waits).to_contain_text("on leave")
    stands = page.get_by_role("region", name="Who stands in")
    await expect(stands).to_contain_text("In force")
    await expect(stands).to_contain_text("tom for rita")
    await expect(stands).to_contain_text("olga (OPERATIONS)")
    await expect(page.get_by_role("region", name="Who is away")).to_contain_text("by telephone until noon")
    await expect(page.get_by_role("region", name="Over")).to_contain_text("ended by rita: back early")
    await expect(page.get_by_role("link", name="Delegations")).to_have_attribute("aria-current", "page")


async def test_nobody_stands_in_and_nobody_is_away(opened: Opening, console: CannedConsole) -> None:
    console.answers["/delegations"] = shown()
    page = await opened(ADDRESS)
    await expect(page.get_by_role("region", name="Who stands in")).to_contain_text("Nobody stands in for anybody.")
    await expect(page.get_by_role("region", name="Who is away")).to_contain_text("Nobody has said to be away.")
    await expect(page.get_by_role("region", name="Over")).to_have_count(0)


async def test_the_second_person_confirms_by_the_digest(opened: Opening, console: CannedConsole) -> None:
    console.answers["/delegations"] = shown(given())
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Confirm").press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text(DIGEST)
    await expect(dialog).to_contain_text("The two count as one person meanwhile")
    console.answers["/delegations"] = shown(given("HOLDS"))
    console.answers["POST /delegations/d-WAITS/confirmation"] = 201, shown(given("HOLDS"))
    await dialog.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("region", name="Who stands in")).to_contain_text("In force")
    await expect(page.get_by_role("region", name="sam for rita", exact=True)).to_have_count(0)
    assert console.posted[0][:2] == ("/delegations/d-WAITS/confirmation", {"digest": DIGEST})


async def test_who_may_not_reads_why_beside_the_button(opened: Opening, console: CannedConsole) -> None:
    waits = given(may_confirm=False, why=WHY, may_end=False)
    console.answers["/delegations"] = shown(waits, my_roles=[], may={"give": NO_ROLE})
    page = await opened(ADDRESS)
    await page.get_by_text("Give a role for some days").click()
    for name, why in (("Confirm", WHY), ("Give", NO_ROLE["why"])):
        press = page.get_by_role("button", name=name, exact=True)
        await expect(press).to_have_attribute("aria-disabled", "true")
        await expect(press).to_have_accessible_description(why)
    assert await axe_findings(page) == []


async def test_a_role_is_given_and_a_refusal_keeps_what_was_written(
    opened: Opening, console: CannedConsole, watched: Watched
) -> None:
    watched.allow("status of 422")
    console.answers["/delegations"] = shown()
    page = await opened(ADDRESS)
    await page.get_by_text("Give a role for some days").click()
    form = page.locator("details", has_text="Give a role for some days")
    await form.get_by_role("button", name="Give", exact=True).click()
    await expect(form).to_contain_text("Name the person.")
    await expect(form).to_contain_text("Tick at least one.")
    await form.get_by_label("Person who stands in").fill("sam")
    await form.get_by_label("SENIOR_TRADER").check()
    await form.get_by_label("From").fill("tomorrow")
    await form.get_by_label("Until").fill("2026-12-05")
    await form.get_by_label("Reason").fill("on leave")
    await form.get_by_role("button", name="Give", exact=True).click()
    await expect(form).to_contain_text("Write a day as 2026-12-01")
    await form.get_by_label("From").fill("2026-12-01")
    await form.get_by_role("button", name="Give", exact=True).click()
    said = "A delegation is for at most 60 days."
    console.answers["POST /delegations"] = 422, problem(422, "DELEGATION_INVALID", said)
    await page.get_by_role("dialog").get_by_role("button", name="Give").click()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text(said)
    assert console.posted[0][:2] == (
        "/delegations",
        {"delegate": "sam", "roles": ["SENIOR_TRADER"], "starts": "2026-12-01", "ends": "2026-12-05",
         "reason": "on leave"},
    )  # fmt: skip
    await page.keyboard.press("Escape")
    await expect(form.get_by_label("Person who stands in")).to_have_value("sam")


async def test_one_person_ends_it_and_one_says_to_be_back(opened: Opening, console: CannedConsole) -> None:
    console.answers["/delegations"] = shown(given("HOLDS"), absences=(absent(),))
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="End delegation to sam").click()
    console.answers["/delegations"] = shown(given("OVER"), absences=(absent(),))
    console.answers["POST /delegations/d-HOLDS/end"] = 201, shown(given("OVER"), absences=(absent(),))
    await page.get_by_role("dialog").get_by_role("button", name="End", exact=True).click()
    await expect(page.get_by_role("region", name="Over")).to_contain_text("ended by rita")
    await page.get_by_role("button", name="I am back").click()
    console.answers["/delegations"] = shown(given("OVER"), absences=(absent("OVER"),))
    console.answers["POST /absences/a-AWAY/end"] = 201, shown(given("OVER"), absences=(absent("OVER"),))
    await page.get_by_role("dialog").get_by_role("button", name="I am back").click()
    await expect(page.get_by_role("region", name="Who is away")).to_contain_text("Nobody has said to be away.")
    assert [each[:2] for each in console.posted] == [
        ("/delegations/d-HOLDS/end", {"reason": ""}),
        ("/absences/a-AWAY/end", {}),
    ]


async def test_what_people_wrote_is_text(opened: Opening, console: CannedConsole) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    console.answers["/delegations"] = shown(given(reason=hostile), absences=(absent(note=hostile, person=hostile),))
    page = await opened(ADDRESS)
    await expect(page.get_by_role("region", name="Who is away")).to_contain_text(hostile)
    assert await page.locator("main img").count() == 0


@pytest.mark.parametrize("look", looks({"dark": True}, {"forced_colors": "active"}, {"width": 390}, {"width": 320}))
async def test_every_state_is_for_everybody(opened: Opening, console: CannedConsole, look: dict[str, Any]) -> None:
    console.answers["/delegations"] = EVERYTHING
    page = await opened(ADDRESS, **look)
    await expect(page.get_by_role("region", name="Who stands in")).to_be_visible()
    await page.get_by_text("Give a role for some days").click()
    await page.get_by_text("Say that you are away", exact=True).click()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)


@pytest.mark.parametrize("width", [320, 1440])
async def test_tab_reaches_everything_and_the_dialog_fits(opened: Opening, console: CannedConsole, width: int) -> None:
    console.answers["/delegations"] = EVERYTHING
    page = await opened(ADDRESS, width=width, height=600)
    await expect(page.get_by_role("region", name="Who stands in")).to_be_visible()
    assert await not_reached_by_tab(page) == ([], [])
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)
