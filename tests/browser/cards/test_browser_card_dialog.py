"""The dialog: what is signed, one request, and the truth whatever happens meanwhile."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.cards.conftest import ADDRESS, CARD, DECISIONS
from tests.browser.conftest import Opening, Watched
from tests.support import card_documents as documents
from tests.support import card_stories as stories
from tests.support.canned_console import problem
from tests.support.canned_progress import CannedProgress
from tests.support.queue_documents import SESSION


async def dialog_of(page: Page, button: str = "Approve & Execute") -> Any:
    await page.get_by_role("region", name="Decision").get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    return dialog


async def press(dialog: Any, name: str = "Approve & Execute") -> None:
    await dialog.get_by_role("button", name=name, exact=True).click()


async def test_it_repeats_what_is_signed_and_begins_on_cancel(card: Page) -> None:
    await card.get_by_role("checkbox", name="Viewed: Risk").check()
    dialog = await dialog_of(card)
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    for words in (
        "SIMULATOR",
        "HKD 400,000,000.00",
        "COI inception, USD 51,851,851.85 at the plan’s rate, ORD-0F8FAD5BD9CB469F",
        "Hong Kong Branch1187,500,000.00 HKD",
        "18 in Murex, model A-COI, from the external bank to book HDGIC",
        "24 entries, journal DR = CR",
        "IFRS SGD 6,000,000.00, LOCAL SGD 5,800,000.00",
        "125 operations, all or nothing",
        "a reversal, approved on its own; market moves remain",
        "computed High, claimed by the AI Medium",
        "sara, SENIOR_TRADER",
        "sha256:a4b2e145…",
        "2 warnings. The answer contradicts the plan; the trade date moved.",
        "You viewed 1 of 8 sections. Not viewed: What would happen, Capacity, Deals, Ledger",
        "Expires Tue 10:34, in 23 h 33 min",
    ):
        await expect(dialog).to_contain_text(words.replace("sha256:a4b2e145…", "sha256:"))


async def test_escape_cancels_focus_comes_back_and_the_page_behind_is_inert(
    card: Page, console: CannedProgress
) -> None:
    opener = card.get_by_role("region", name="Decision").get_by_role("button", name="Approve & Execute")
    await opener.focus()
    await card.keyboard.press("Enter")
    dialog = card.get_by_role("dialog")
    await dialog.get_by_label("Comment").fill("Within the desk’s mandate")
    assert await card.evaluate("document.querySelector('dialog').matches(':modal')")
    await card.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(opener).to_be_focused()
    assert console.posted == []
    await card.reload()
    dialog = await dialog_of(card)
    await expect(dialog.get_by_label("Comment")).to_have_value("Within the desk’s mandate")


async def test_no_chord_and_no_single_key_decides(card: Page, console: CannedProgress) -> None:
    await dialog_of(card)
    await card.get_by_role("dialog").get_by_label("Comment").focus()
    await card.keyboard.press("Control+Enter")
    await card.keyboard.press("Alt+a")
    await expect(card.get_by_role("dialog")).to_be_visible()
    assert console.posted == []


async def test_a_double_click_is_one_request_and_the_page_becomes_the_execution(
    card: Page, console: CannedProgress
) -> None:
    console.answers[DECISIONS] = documents.approved()
    console.story = list(stories.live())
    await card.get_by_role("checkbox", name="Viewed: Risk").check()
    dialog = await dialog_of(card)
    await dialog.get_by_label("Comment").fill("Within the mandate")
    await dialog.get_by_role("button", name="Approve & Execute").dblclick()
    await expect(card.get_by_role("heading", name="Booking in Murex: 11 of 18 deals")).to_be_visible()
    await expect(card).to_have_url(f"{console.origin}{ADDRESS}")
    assert len(console.posted) == 1
    path, body, headers = console.posted[0]
    assert path == "/approvals/wf-1/decisions"
    assert body == {
        "decision": "APPROVE",
        "plan_digest": documents.waiting()["plan_digest"],
        "comment": "Within the mandate",
        "viewed": ["risk"],
    }
    assert headers["x-hawk-csrf"] == SESSION["csrf"]
    await expect(card.get_by_role("dialog")).to_have_count(0)


async def test_the_keyboard_alone_approves(card: Page, console: CannedProgress) -> None:
    console.answers[DECISIONS] = documents.approved()
    console.story = list(stories.done())
    await card.keyboard.press("Tab")
    skip = card.get_by_role("link", name="Skip to decision")
    await skip.focus()
    await card.keyboard.press("Enter")
    await expect(card.get_by_role("button", name="Approve & Execute")).to_be_focused()
    await card.keyboard.press("Enter")
    await expect(card.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
    await card.keyboard.press("Tab")
    await card.keyboard.press("Enter")
    await expect(card.get_by_role("heading", name="Successfully executed 125 database operations.")).to_be_visible()


async def test_rejecting_needs_a_reason(card: Page, console: CannedProgress) -> None:
    dialog = await dialog_of(card, "Reject")
    await press(dialog, "Reject")
    await expect(dialog.get_by_label("Reason")).to_be_focused()
    await expect(dialog).to_contain_text("A reason is needed.")
    assert console.posted == []
    rejected = documents.decision("sara", "SENIOR_TRADER", "REJECT", comment="No room today")
    console.answers[DECISIONS] = documents.ended("REJECTED", rejected)
    await dialog.get_by_label("Reason").fill("No room today")
    await press(dialog, "Reject")
    await expect(card.get_by_role("heading", name="Rejected by sara.")).to_be_visible()
    assert console.posted[0][1] == {
        "decision": "REJECT",
        "plan_digest": documents.waiting()["plan_digest"],
        "comment": "No room today",
        "viewed": [],
    }


@pytest.mark.parametrize("document", [documents.of_reversal, documents.of_override], ids=["reversal", "override"])
async def test_what_no_button_takes_back_is_typed(opened: Opening, console: CannedProgress, document: Any) -> None:
    made = document()
    console.answers[CARD] = made
    who = made["view"]["who"]["viewer"]
    mine = {"person": who["person"], "role": who["roles"][0], "decision": "APPROVE", "decided_at": made["requested_at"]}
    console.answers[DECISIONS] = made | {"state": "APPROVED", "decisions": [mine]}
    console.answers["/session"] = {**SESSION, **who, "name": who["person"]}
    page = await opened(ADDRESS)
    dialog = await dialog_of(page)
    typed = dialog.get_by_role("textbox", name="Type ")
    await press(dialog)
    await expect(typed).to_be_focused()
    wanted = made["view"]["headline"]["order_id"] or made["view"]["change"]["deal"]["deal_booking_id"]
    await typed.fill(wanted[:-2])
    await expect(dialog).to_contain_text(f"This is not {wanted} yet: 2 characters are missing.")
    await press(dialog)
    assert console.posted == []
    await typed.fill(wanted)
    await press(dialog)
    await expect(dialog).to_have_count(0)
    assert len(console.posted) == 1


async def test_an_ordinary_approval_is_not_typed(card: Page) -> None:
    dialog = await dialog_of(card)
    await expect(dialog.get_by_role("textbox")).to_have_count(1)


def refused(status: int, code: str, detail: str) -> tuple[int, dict[str, Any]]:
    return status, problem(status, code, detail)


async def test_a_reading_from_before_the_decision_takes_nothing_back(card: Page, console: CannedProgress) -> None:
    dialog = await dialog_of(card)
    was_read, let_go = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        answer = await route.fetch()
        was_read.set()
        await let_go.wait()
        await route.fulfill(response=answer)

    await card.route(re.compile(rf"{CARD}\?"), late, times=1)
    console.send("changed", {"workflow_ids": ["wf-1"]})
    await was_read.wait()
    console.answers[CARD] = console.answers[DECISIONS] = documents.approved()
    await press(dialog)
    opener = card.get_by_role("button", name="Approve & Execute")
    await expect(opener).to_have_count(0)
    async with card.expect_request(lambda request: f"{CARD}?" in request.url):  # it is read once more
        let_go.set()
    await expect(card.get_by_text("Awaiting approval")).to_have_count(0)
    await expect(opener).to_have_count(0)


async def test_somebody_was_faster(card: Page, console: CannedProgress, watched: Watched) -> None:
    watched.allow("409")
    dialog = await dialog_of(card)
    console.answers[DECISIONS] = refused(409, "ALREADY_DECIDED", "This was approved already; a decision is made once.")
    console.answers[CARD] = documents.approved("rita", "RISK_MANAGER")
    await press(dialog)
    await expect(dialog.get_by_role("alert")).to_have_text(
        "Not recorded. rita approved this at 11:01:07; one decision stands."
    )
    await expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    await expect(dialog.get_by_role("button", name="Approve & Execute")).to_have_count(0)


async def test_the_plan_changed_while_it_was_open_closes_nothing(card: Page, console: CannedProgress) -> None:
    dialog = await dialog_of(card)
    await dialog.get_by_label("Comment").fill("Fine for me")
    console.answers[CARD] = documents.ended("CLOSED", reason="STALE_CONTEXT: rates moved")
    console.answers["/approvals/wf-2"] = documents.successor()
    console.story = list(stories.stale())
    console.send("changed", {"workflow_ids": ["wf-1"]})
    await expect(dialog.get_by_role("alert")).to_have_text("Not recorded. The plan changed while you read it.")
    await expect(dialog.get_by_role("button", name="Approve & Execute")).to_have_count(0)
    await expect(dialog.get_by_label("Comment")).to_have_value("Fine for me")
    await press(dialog, "Show what changed")
    await expect(card.get_by_role("checkbox", name="Viewed: What changed")).to_be_focused()
    assert console.posted == []


async def test_the_plan_changed_after_somebody_was_faster(card: Page, console: CannedProgress) -> None:
    dialog = await dialog_of(card)
    console.answers[CARD] = documents.approved("rita", "RISK_MANAGER")
    console.send("changed", {"workflow_ids": ["wf-1"]})
    await expect(dialog.get_by_role("alert")).to_contain_text("rita approved this")
    console.answers[CARD] = documents.ended("CLOSED", reason="STALE_CONTEXT: rates moved")
    console.answers["/approvals/wf-2"] = documents.successor()
    console.tell(stories.stale())
    console.send("changed", {"workflow_ids": ["wf-1"]})
    await expect(dialog.get_by_role("alert")).to_have_text("Not recorded. The plan changed while you read it.")
    await press(dialog, "Show what changed")
    await expect(card.get_by_role("checkbox", name="Viewed: What changed")).to_be_focused()


async def test_what_changed_is_shown_also_to_who_asks_before_the_new_plan_is_there(
    card: Page, console: CannedProgress, watched: Watched
) -> None:
    watched.allow("404")
    dialog = await dialog_of(card)
    console.answers[CARD] = documents.ended("CLOSED", reason="STALE_CONTEXT: rates moved")
    console.story = list(stories.stale())
    console.send("changed", {"workflow_ids": ["wf-1"]})
    await expect(dialog.get_by_role("alert")).to_have_text("Not recorded. The plan changed while you read it.")
    await press(dialog, "Show what changed")
    await expect(dialog).to_have_count(0)
    console.answers["/approvals/wf-2"] = documents.successor()
    await expect(card.get_by_role("checkbox", name="Viewed: What changed")).to_be_focused()


async def test_it_expires_while_it_is_open(card: Page, console: CannedProgress) -> None:
    dialog = await dialog_of(card)
    console.answers[CARD] = documents.expired()
    console.send("changed", {"workflow_ids": ["wf-1"]})
    await expect(dialog.get_by_role("alert")).to_have_text(
        "Not recorded. This expired while you read it. Ask for a new plan."
    )
    await press(dialog, "Close")
    await expect(card.get_by_role("button", name="Approve & Execute")).to_have_accessible_description(
        "This has expired. Ask for a new plan."
    )


async def test_an_answer_that_was_lost_is_looked_for_and_found(
    card: Page, console: CannedProgress, watched: Watched
) -> None:
    watched.allow("503")
    dialog = await dialog_of(card)
    console.away = True
    await press(dialog)
    await expect(dialog.get_by_role("alert")).to_contain_text("Not known yet whether your decision was recorded.")
    console.answers[CARD] = documents.approved()
    console.story = list(stories.done())
    console.away = False
    await expect(card.get_by_role("heading", name="Successfully executed 125 database operations.")).to_be_visible()
    assert len(console.posted) == 1


async def test_an_answer_that_was_lost_and_never_arrived_can_be_given_again(
    card: Page, console: CannedProgress, watched: Watched
) -> None:
    watched.allow("503")
    dialog = await dialog_of(card)
    console.answers[DECISIONS] = refused(503, "TRY_AGAIN", "A server that this needs is unavailable.")
    await press(dialog)
    await expect(dialog.get_by_role("alert")).to_have_text("Not recorded. Nothing was decided; you can decide again.")
    console.answers[DECISIONS] = documents.approved()
    console.story = list(stories.done())
    await press(dialog)
    await expect(card.get_by_role("heading", name="Successfully executed 125 database operations.")).to_be_visible()


async def test_a_refusal_is_told_in_the_words_of_the_service(
    card: Page, console: CannedProgress, watched: Watched
) -> None:
    watched.allow("403")
    dialog = await dialog_of(card)
    console.answers[DECISIONS] = refused(403, "ROLE_INSUFFICIENT", "This needs RISK_MANAGER; you hold SENIOR_TRADER.")
    await press(dialog)
    await expect(dialog.get_by_role("alert")).to_have_text(
        "Not recorded. This needs RISK_MANAGER; you hold SENIOR_TRADER."
    )


async def test_the_end_of_the_session_keeps_the_comment(card: Page, console: CannedProgress, watched: Watched) -> None:
    watched.allow("401")
    dialog = await dialog_of(card)
    await dialog.get_by_label("Comment").fill("Within the mandate")
    console.answers[DECISIONS] = refused(401, "NOT_SIGNED_IN", "Sign in.")
    await press(dialog)
    await expect(card.get_by_role("heading", name="Sign in")).to_be_visible()
    del console.answers[DECISIONS]
    await card.reload()
    await expect(card.get_by_role("main")).to_contain_text(
        "Not recorded. Your session had ended. Your comment is kept."
    )
    dialog = await dialog_of(card)
    await expect(dialog.get_by_label("Comment")).to_have_value("Within the mandate")


async def test_two_tabs_show_one_decision(opened: Opening, card: Page, console: CannedProgress) -> None:
    other = await opened(ADDRESS)
    await other.get_by_role("button", name="Approve & Execute").wait_for()
    console.answers[DECISIONS] = documents.approved()
    console.story = list(stories.done())
    dialog = await dialog_of(card)
    console.answers[CARD] = documents.approved()
    await press(dialog)
    console.send("changed", {"workflow_ids": ["wf-1"]})
    for page in (card, other):
        await expect(page.get_by_role("heading", name="Successfully executed 125 database operations.")).to_be_visible()
    assert len(console.posted) == 1


async def test_it_waits_busy_and_is_not_pressed_again(card: Page, console: CannedProgress) -> None:
    begun, answer = asyncio.Event(), asyncio.Event()

    async def slow(route: Any) -> None:
        begun.set()
        await answer.wait()
        await route.continue_()

    await card.route("**/decisions", slow)
    console.answers[DECISIONS] = documents.approved()
    dialog = await dialog_of(card)
    button = dialog.get_by_role("button", name="Approve & Execute")
    width = await button.evaluate("each => each.offsetWidth")
    await button.click()
    await begun.wait()
    waiting = dialog.get_by_role("button", name="Approving…")
    await expect(waiting).to_have_attribute("aria-busy", "true")
    assert await waiting.evaluate("each => each.offsetWidth") == width
    await waiting.click()
    await card.keyboard.press("Escape")
    await expect(dialog).to_be_visible()
    answer.set()
    await expect(dialog).to_have_count(0)
    assert len(console.posted) == 1
