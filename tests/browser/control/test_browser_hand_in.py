"""Handing in an answer in a browser: preview, refusals, lapse; one text is one answer; then the way to its card."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Opening, Watched
from tests.support import card_documents
from tests.support.canned_console import problem
from tests.support.canned_progress import CannedProgress
from tests.support.control_documents import at
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways
from tests.support.queue_documents import SESSION

ADDRESS = "/console/hand-in"
ANSWER = '{"hawk": {"actions": [{"type": "CREATE_HEDGE", "amount": 25000000.10}]}}'
ASK, PREVIEW = "POST /hawk-agent/previews", "/hawk-agent/previews/hawk-preview-1"
SUBMIT = "POST /hawk-agent/execute-actions"
HOSTILE = "<img src=x onerror=alert(1)> \u202e00.52"
REFUSAL = {"code": "ENTITY_UNKNOWN", "message": f"No entity {HOSTILE} is known.", "path": "$.actions[0].entity_id"}
PLAN = {"component": 1, "drawn_at": at(0), "refusals": [], "view": card_documents.small()["view"]}


def preview(state: str = "DONE", **more: Any) -> dict[str, Any]:
    return {
        "preview_id": "hawk-preview-1", "state": state, "lapses_at": at(14), "outcome": "PROPOSED", "shape": "plan",
        "prompt": "", "analysis": "It fits.", "refusals": [], "warnings": [], "plans": [PLAN],
    } | more  # fmt: skip


def reported(number: int, state: str, **more: Any) -> dict[str, Any]:
    """A message of progress of the answer."""
    return {
        "workflow_id": "wf-1", "response_id": "response-7", "order_id": "ORD-0F8FAD5BD9CB469F", "sequence": number,
        "state": state, "status": "Waits for approval.", "final": False, "reason": None,
    } | more  # fmt: skip


@pytest.fixture(autouse=True)
def answers(console: CannedProgress) -> None:
    console.answers[ASK] = 202, {"preview_id": "hawk-preview-1"}
    console.answers[PREVIEW] = preview()
    console.answers[SUBMIT] = 202, {"response_id": "response-7"}
    console.answers["/approvals/wf-1"] = card_documents.waiting()


def answer(page: Page) -> Locator:
    return page.get_by_label("Answer of the AI")


async def pasted(opened: Opening, **look: Any) -> Page:
    page = await opened(ADDRESS, **look)
    await answer(page).fill(ANSWER)
    return page


async def previewed(opened: Opening, **look: Any) -> Page:
    page = await pasted(opened, **look)
    await page.get_by_role("button", name="Preview").click()
    return page


async def test_nothing_can_be_handed_in_before_something_is_pasted(opened: Opening, console: CannedProgress) -> None:
    page = await opened(ADDRESS)
    await expect(page).to_have_title("[SIMULATOR] Hand in an answer, HAWK console")
    for name in ("Preview", "Submit"):
        await expect(page.get_by_role("button", name=name)).to_have_accessible_description("Paste an answer first.")
    await page.get_by_role("button", name="Preview").press("Enter")
    assert console.posted == []
    await answer(page).fill(ANSWER)
    await expect(page.get_by_role("button", name="Submit")).not_to_have_attribute("aria-disabled", "true")


async def test_a_preview_is_shown_by_the_sections_of_a_card_and_is_marked(
    opened: Opening, console: CannedProgress
) -> None:
    page = await previewed(opened)
    part = page.get_by_role("region", name="Preview")
    await expect(part).to_contain_text("Preview, not a request")
    await expect(part).to_contain_text("lapses in 13 min")
    await expect(part).to_contain_text("1 plan. This is what the answer would become now.")
    await expect(part).to_contain_text("USD 25,000,000.00")
    await expect(part).to_contain_text("TRADER or SENIOR_TRADER or RISK_MANAGER")
    for title in ("What would happen", "Risk", "Deals", "Ledger", "Undo"):
        await expect(part.get_by_role("heading", name=title).first).to_be_visible()
    await expect(part.get_by_role("checkbox")).to_have_count(0)
    await expect(part.get_by_role("button", name="Approve")).to_have_count(0)
    assert console.posted[0][:2] == ("/hawk-agent/previews", {"ai_response": ANSWER, "prompt": ""})
    await expect(page.get_by_role("button", name="Submit")).to_have_class("button button-primary")
    assert await axe_findings(page) == []


async def test_what_the_answer_says_goes_as_it_was_pasted(opened: Opening, console: CannedProgress) -> None:
    """No digit of a number passes through a number of the browser."""
    page = await opened(ADDRESS)
    await answer(page).fill('{"amount": 12345678901234567890.10}')
    await page.get_by_label("What was asked").fill("hedge it")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_role("region", name="Preview")).to_be_visible()
    assert console.posted[0][1] == {"ai_response": '{"amount": 12345678901234567890.10}', "prompt": "hedge it"}


async def test_a_preview_says_how_far_it_is(opened: Opening, console: CannedProgress) -> None:
    console.answers[PREVIEW] = preview("READING", outcome=None, plans=[])
    page = await previewed(opened)
    part = page.get_by_role("region", name="Preview")
    await expect(part).to_contain_text("The parser reads the answer.")
    console.answers[PREVIEW] = preview("PLANNING")
    await expect(part).to_contain_text("The executor draws the plans. 1 plan so far.")
    console.answers[PREVIEW] = preview()
    await expect(part).to_contain_text("This is what the answer would become now.")


async def test_a_preview_for_which_nothing_comes_says_so(opened: Opening, console: CannedProgress) -> None:
    console.answers[PREVIEW] = preview("READING", outcome=None, plans=[])
    page = await opened("about:blank")
    await page.clock.install()
    await page.goto(ADDRESS)
    await answer(page).fill(ANSWER)
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_role("region", name="Preview")).to_contain_text("The parser reads the answer.")
    await page.clock.run_for(21_000)
    await expect(page.get_by_role("region", name="Preview")).to_contain_text("Nothing has come for 20 s.")
    assert await axe_findings(page) == []


async def test_refusals_have_code_sentence_and_place_and_are_text(opened: Opening, console: CannedProgress) -> None:
    refused = {"component": 2, "drawn_at": at(0), "refusals": [REFUSAL], "view": None}
    console.answers[PREVIEW] = preview(refusals=[REFUSAL], plans=[PLAN, refused])
    page = await previewed(opened)
    part = page.get_by_role("region", name="Preview")
    await expect(part).to_contain_text("1 plan, 2 refusals.")
    table = part.get_by_role("table", name="Refused").first
    await expect(table).to_contain_text("ENTITY_UNKNOWN")
    await expect(table).to_contain_text("<img src=x onerror=alert(1)>")
    await expect(table).to_contain_text("U+202E right to left")
    await expect(table).to_contain_text("$.actions[0].entity_id")
    await expect(part.get_by_role("article", name="Plan 2 of 2")).to_contain_text("This part would be refused.")
    assert await page.locator("main img").count() == 0
    assert await axe_findings(page) == []


async def test_an_answer_that_would_lead_to_nothing_says_so(opened: Opening, console: CannedProgress) -> None:
    warning = {"code": "NOTHING_TO_DO", "message": f"Words only. {HOSTILE}", "path": ""}
    console.answers[PREVIEW] = preview(plans=[], analysis=HOSTILE, warnings=[warning])
    page = await previewed(opened)
    part = page.get_by_role("region", name="Preview")
    await expect(part).to_contain_text("The answer recommends nothing to execute.")
    await expect(part).to_contain_text("Words only. <img src=x onerror=alert(1)>")
    await expect(part.locator("hawk-ai-text.ai-text:not(.is-plain)")).to_contain_text("U+202E right to left")
    assert await axe_findings(page) == []


async def test_a_preview_lapses(opened: Opening, console: CannedProgress) -> None:
    page = await opened("about:blank")
    await page.clock.install()
    await page.goto(ADDRESS)
    console.answers[PREVIEW] = preview(lapses_at=at(1))
    await answer(page).fill(ANSWER)
    await page.get_by_role("button", name="Preview").click()
    part = page.get_by_role("region", name="Preview")
    await expect(part).to_contain_text("USD 25,000,000.00")
    await page.clock.run_for(70_000)
    await expect(part).to_contain_text("This preview is over.")
    await expect(part).not_to_contain_text("USD 25,000,000.00")
    assert await axe_findings(page) == []


async def test_another_text_makes_the_preview_an_old_one(opened: Opening) -> None:
    page = await previewed(opened)
    await expect(page.get_by_role("region", name="Preview")).to_contain_text("USD 25,000,000.00")
    await answer(page).fill(f"{ANSWER} ")
    await expect(page.get_by_role("region", name="Preview")).to_contain_text("The text was changed after this preview.")
    await expect(page.get_by_role("button", name="Preview")).to_have_class("button button-primary")


async def test_a_reload_keeps_text_and_preview(opened: Opening, console: CannedProgress, watched: Watched) -> None:
    watched.allow("status of 404")
    page = await previewed(opened)
    await expect(page.get_by_role("region", name="Preview")).to_contain_text("USD 25,000,000.00")
    await page.reload()
    await expect(answer(page)).to_have_value(ANSWER)
    await expect(page.get_by_role("region", name="Preview")).to_contain_text("USD 25,000,000.00")
    console.answers[PREVIEW] = 404, problem(404, "PREVIEW_UNKNOWN", "No such preview of yours is kept.")
    await page.reload()
    await expect(page.get_by_role("region", name="Preview")).to_contain_text("This preview is over.")


async def test_one_request_that_waits_opens_its_card(opened: Opening, console: CannedProgress) -> None:
    page = await pasted(opened)
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_role("heading", name="Handed in")).to_be_visible()
    console.tell([reported(1, "PROPOSED"), reported(2, "AWAITING_APPROVAL")])
    await expect(page).to_have_url(f"{console.origin}/console/approvals/wf-1")
    await expect(page.get_by_role("button", name="Approve & Execute")).to_be_visible()
    path, body, headers = console.posted[0]
    assert (path, body) == ("/hawk-agent/execute-actions", {"ai_response": ANSWER, "prompt": ""})
    assert len(headers["idempotency-key"]) == 36
    await page.go_back()
    await expect(answer(page)).to_have_value("")


async def test_several_requests_are_a_list_with_their_cards(opened: Opening, console: CannedProgress) -> None:
    page = await pasted(opened)
    await page.get_by_role("button", name="Submit").click()
    console.tell([
        reported(1, "AWAITING_APPROVAL"),
        reported(2, "REFUSED", workflow_id="wf-2", order_id=None, reason=f"ENTITY_UNKNOWN: {HOSTILE}"),
    ])  # fmt: skip
    await expect(page.get_by_role("link", name="Open the card")).to_have_attribute("href", "/console/approvals/wf-1")
    await expect(page.get_by_role("main")).to_contain_text("ENTITY_UNKNOWN: <img src=x onerror=alert(1)>")
    assert await axe_findings(page) == []
    await page.reload()
    await expect(page.get_by_role("link", name="Open the card")).to_be_visible()
    await page.get_by_role("button", name="Hand in another answer").click()
    await expect(answer(page)).to_be_focused()
    await expect(answer(page)).to_have_value("")


async def test_one_text_is_handed_in_once_however_often_it_is_pressed(
    opened: Opening, console: CannedProgress, watched: Watched
) -> None:
    watched.allow("status of 503")
    console.answers[SUBMIT] = 503, problem(503, "TRY_AGAIN", "The database is away.")
    page = await pasted(opened)
    await page.get_by_role("button", name="Submit").dblclick()
    await expect(page.get_by_role("main")).to_contain_text("Press again: the same text is handed in once.")
    await page.reload()
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_role("main")).to_contain_text("Press again: the same text is handed in once.")
    await answer(page).fill("another answer")
    console.answers[SUBMIT] = 202, {"response_id": "response-7"}
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_role("heading", name="Handed in")).to_be_visible()
    keys = [headers["idempotency-key"] for _, _, headers in console.posted]
    assert len(set(keys[:-1])) == 1
    assert keys[-1] not in keys[:-1]


async def test_a_refused_submission_says_why_and_keeps_the_text(
    opened: Opening, console: CannedProgress, watched: Watched
) -> None:
    watched.allow("status of 429")
    console.answers[SUBMIT] = 429, problem(429, "TOO_MANY_SUBMISSIONS", "You have handed in 30 answers. Try in 12 s.")
    page = await pasted(opened)
    await page.get_by_role("button", name="Submit").click()
    said = page.get_by_role("region", name="The answer").get_by_role("alert")
    await expect(said).to_contain_text(
        "Not handed in. You have handed in 30 answers. Try in 12 s. TOO_MANY_SUBMISSIONS"
    )
    await expect(answer(page)).to_have_value(ANSWER)
    assert await axe_findings(page) == []


async def test_who_may_not_hand_in_reads_why(opened: Opening, console: CannedProgress) -> None:
    console.answers["/session"] = {**SESSION, "roles": ["AUDITOR"]}
    page = await opened(ADDRESS)
    await answer(page).fill(ANSWER)
    await expect(page.get_by_role("button", name="Submit")).to_have_accessible_description(
        "Answers are handed in by ANALYST, OPERATIONS, RISK_MANAGER, SENIOR_TRADER, TRADER; you hold AUDITOR."
    )
    assert await axe_findings(page) == []


async def test_a_preview_that_cannot_be_read_is_tried_again(
    opened: Opening, console: CannedProgress, watched: Watched
) -> None:
    watched.allow("status of 503")
    console.answers[PREVIEW] = 503, problem(503, "TRY_AGAIN", "The database is away.")
    page = await previewed(opened)
    part = page.get_by_role("region", name="Preview")
    await expect(part).to_contain_text("The preview could not be read. The database is away. Trying again.")
    console.answers[PREVIEW] = preview()
    await expect(part).to_contain_text("USD 25,000,000.00")
    await expect(part).not_to_contain_text("could not be read")


@pytest.mark.parametrize(
    "look", looks({"dark": True}, {"forced_colors": "active"}, {"width": 390}, {"width": 320}, {"width": 1024})
)
async def test_handing_in_is_for_everybody(opened: Opening, look: dict[str, Any]) -> None:
    page = await previewed(opened, **look)
    await expect(page.get_by_role("region", name="Preview")).to_contain_text("USD 25,000,000.00")
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)
    if look.get("width") == 390:
        assert await not_reached_by_tab(page) == ([], [])


async def test_by_keyboard_alone(opened: Opening, console: CannedProgress) -> None:
    page = await opened(ADDRESS)
    await answer(page).focus()
    await page.keyboard.type("hedge USD 25M")
    for _ in range(2):
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Preview")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Preview", exact=True)).to_be_focused()
    await expect(page.get_by_role("region", name="Preview")).to_contain_text("USD 25,000,000.00")
    await page.get_by_role("button", name="Submit").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Handed in")).to_be_focused()
    await asyncio.sleep(0)
    assert [path for path, _, _ in console.posted] == ["/hawk-agent/previews", "/hawk-agent/execute-actions"]
