"""The policy in a browser: the table in words, what a proposal would have changed, who agrees, and why not."""

import json
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opening, Watched
from tests.support.canned_console import CannedConsole, problem
from tests.support.control_documents import MAY, NO_ROLE, at, person
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways

ADDRESS = "/console/policy"
DIGEST = "sha256:" + "ab" * 32
TABLE = {"basis": "USD_EQUIVALENT", "thresholds": [{"amount": "0", "role": "TRADER"}], "four_eyes_from": "50000000"}
WORDS = ["From USD 0.00: TRADER.", "From USD 50,000,000.00 the person who asked does not approve."]
STRICTER = "From USD 1,000,000.00 the person who asked does not approve."
WHY = "You asked for this, so another person must approve it."


def in_force(version: str = "plan-1", **more: Any) -> dict[str, Any]:
    """What `GET /policy` answers."""
    said = {"version": version, "in_words": WORDS, "set_at": at(-9_000), "proposed_by": None, "approved_by": []}
    return {**said, "table": TABLE, "history": [said], "pending": None, "may": {"propose": MAY}} | more


def pending(**more: Any) -> dict[str, Any]:
    examples = [
        {"workflow_id": "0d7f2f0e-5a0b-5c7e-8a43-7b1f0c9c2f11", "change": "MORE", "before": ["TRADER"],
         "after": ["RISK_MANAGER"], "refused": True},
    ]  # fmt: skip
    counts = {"requests": 40, "unknown": 0, "same": 20, "more": 20, "fewer": 0, "other": 0, "refused": 19}
    return {
        "version": "policy-2",
        "digest": DIGEST,
        "based_on": "plan-1",
        "in_words": [WORDS[0], STRICTER],
        "taken_out": [WORDS[1]],
        "put_in": [STRICTER],
        "table": TABLE,
        "comment": "four eyes sooner",
        "proposed_by": person("mira", "SENIOR_TRADER", -12),
        "expires_at": at(23 * 60),
        "rules": [],
        "places": [
            {"role": "RISK_MANAGER", "filled_by": None},
            {"role": "ANY_APPROVER", "filled_by": {"person": "sam", "role": "SENIOR_TRADER"}},
        ],
        "backtest": {"until": at(-12), "digest": DIGEST, "examples": examples, **counts},
        "may_confirm": True,
        "why": "You may approve this as RISK_MANAGER.",
        "may_reject": True,
    } | more


async def test_the_table_in_force_is_told_in_words(opened: Opening, console: CannedConsole) -> None:
    console.answers["/policy"] = in_force()
    page = await opened(ADDRESS)
    await expect(page).to_have_title("[SIMULATOR] Policy, HAWK console")
    table = page.get_by_role("region", name="What is in force")
    await expect(table).to_contain_text("From USD 50,000,000.00 the person who asked does not approve.")
    await expect(table).to_contain_text("plan-1")
    await page.get_by_text("plan-1, since").click()
    await expect(page.get_by_role("region", name="Before")).to_contain_text("From USD 0.00: TRADER.")
    await expect(page.get_by_role("link", name="Policy")).to_have_attribute("aria-current", "page")


async def test_who_agrees_sees_what_changes_and_what_it_would_have_changed(
    opened: Opening, console: CannedConsole
) -> None:
    console.answers["/policy"] = in_force(pending=pending())
    page = await opened(ADDRESS)
    change = page.get_by_role("region", name="Change to policy-2")
    await expect(change).to_contain_text("Waits for people")
    await expect(change).to_contain_text(STRICTER)
    await expect(change).to_contain_text("40 requests: 20 as before, 20 with more people")
    await expect(change).to_contain_text("19 were granted by people who would not be enough.")
    await expect(change).to_contain_text("TRADER → RISK_MANAGER, would have been refused")
    await expect(change).to_contain_text("And 19 more; the digest covers all.")
    await expect(change).to_contain_text("RISK_MANAGER: nobody yet")
    await expect(change).to_contain_text("one person more: sam (SENIOR_TRADER)")
    await page.get_by_role("button", name="Agree to this policy").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text(DIGEST)
    await expect(dialog).to_contain_text("Requests that wait keep the policy they were asked under")
    console.answers["/policy"] = in_force("policy-2")
    console.answers["POST /policy"] = 201, in_force("policy-2")
    await dialog.get_by_role("button", name="Agree to this policy").click()
    await expect(page.get_by_role("region", name="What is in force")).to_contain_text("policy-2")
    await expect(change).to_have_count(0)
    assert console.posted[0][:2] == ("/policy", {"digest": DIGEST})


async def test_who_may_not_agree_reads_why_beside_the_button(opened: Opening, console: CannedConsole) -> None:
    console.answers["/policy"] = in_force(
        pending=pending(may_confirm=False, why=WHY, may_reject=False), may={"propose": NO_ROLE}
    )
    page = await opened(ADDRESS)
    await page.get_by_text("Propose another table").click()
    for name, why in (("Agree to this policy", WHY), ("Reject", WHY), ("Propose", NO_ROLE["why"])):
        press = page.get_by_role("button", name=name, exact=True)
        await expect(press).to_have_attribute("aria-disabled", "true")
        await expect(press).to_have_accessible_description(why)
        await press.press("Enter")
        await expect(page.get_by_role("dialog")).to_have_count(0)
    assert await axe_findings(page) == []


async def test_one_person_rejects_with_a_reason(opened: Opening, console: CannedConsole) -> None:
    console.answers["/policy"] = in_force(pending=pending())
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Reject", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Reject").click()
    await expect(dialog).to_contain_text("Say why.")
    await dialog.get_by_label("Reason").fill("too strict for small orders")
    console.answers["/policy"] = in_force()
    console.answers["POST /policy/rejection"] = 201, in_force()
    await dialog.get_by_role("button", name="Reject").click()
    await expect(page.get_by_role("region", name="Change to policy-2")).to_have_count(0)
    sent = {"digest": DIGEST, "reason": "too strict for small orders"}
    assert console.posted[0][:2] == ("/policy/rejection", sent)


async def test_a_table_is_proposed_as_it_is_written_and_a_refusal_keeps_it(
    opened: Opening, console: CannedConsole, watched: Watched
) -> None:
    watched.allow("status of 422")
    console.answers["/policy"] = in_force()
    page = await opened(ADDRESS)
    await page.get_by_text("Propose another table").click()
    table = page.get_by_label("Table")
    assert json.loads(await table.input_value()) == TABLE
    await table.fill("not a table")
    await page.get_by_role("button", name="Propose", exact=True).click()
    await expect(page.get_by_text("This is no JSON object.")).to_be_visible()
    wanted = TABLE | {"four_eyes_from": "90000000"}
    await table.fill(json.dumps(wanted))
    await page.get_by_role("button", name="Propose", exact=True).click()
    console.answers["POST /policy"] = 422, problem(422, "POLICY_BELOW_FLOOR", "four_eyes_from is 90,000,000.")
    await page.get_by_role("dialog").get_by_role("button", name="Propose").click()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("four_eyes_from is 90,000,000.")
    sent = {"table": wanted, "expected_version": "plan-1", "comment": ""}
    assert console.posted[0][:2] == ("/policy", sent)
    await page.keyboard.press("Escape")
    await expect(table).to_have_value(json.dumps(wanted))


async def test_what_people_wrote_is_text(opened: Opening, console: CannedConsole) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    words = [f'Rule "{hostile}": where the currency is KRW, TRADER.']
    console.answers["/policy"] = in_force(in_words=words, pending=pending(comment=hostile, put_in=words))
    page = await opened(ADDRESS)
    await expect(page.get_by_role("region", name="What is in force")).to_contain_text(hostile)
    assert await page.locator("main img").count() == 0


@pytest.mark.parametrize(
    "look", looks({"dark": True}, {"forced_colors": "active"}, {"width": 390}, {"width": 320}, {"width": 1024})
)
async def test_every_state_is_for_everybody(opened: Opening, console: CannedConsole, look: dict[str, Any]) -> None:
    console.answers["/policy"] = in_force(pending=pending())
    page = await opened(ADDRESS, **look)
    await expect(page.get_by_role("region", name="Change to policy-2")).to_be_visible()
    await page.get_by_text("Propose another table").click()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)


@pytest.mark.parametrize("width", [320, 1440])
async def test_tab_reaches_everything_and_the_dialog_fits(opened: Opening, console: CannedConsole, width: int) -> None:
    console.answers["/policy"] = in_force(pending=pending())
    page = await opened(ADDRESS, width=width, height=600)
    await expect(page.get_by_role("region", name="Change to policy-2")).to_be_visible()
    assert await not_reached_by_tab(page) == ([], [])
    await page.get_by_role("button", name="Agree to this policy").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)
