"""The life of a request on its card: escalation, questions and answers, an approval that is taken back."""

from typing import Any

from playwright.async_api import Page, expect

from tests.browser.cards.conftest import ADDRESS, CARD
from tests.browser.conftest import Opening
from tests.support import card_documents as documents
from tests.support import card_stories as stories
from tests.support.canned_progress import CannedProgress
from tests.support.page_checks import axe_findings, scrolls_sideways
from tests.support.queue_documents import SESSION

REVOCATION = f"POST {CARD}/revocation"


async def shown(opened: Opening, console: CannedProgress, document: Any) -> Page:
    console.answers[CARD] = document
    console.story = list(stories.granted())
    page = await opened(ADDRESS)
    await page.get_by_role("region", name="What next").wait_for()
    return page


async def test_an_approval_is_taken_back_with_a_reason(opened: Opening, console: CannedProgress) -> None:
    page = await shown(opened, console, documents.granted())
    await page.get_by_role("button", name="Take approval back").click()
    dialog = page.get_by_role("dialog", name="Take this approval back?")
    await expect(dialog).to_contain_text("The executor decides whether it is in time.")
    await dialog.get_by_role("button", name="Take approval back").click()
    assert console.posted == []
    await dialog.get_by_label("Reason").fill("Wrong rate")
    asked = documents.granted(asked=True)
    console.answers[CARD] = console.answers[REVOCATION] = asked
    await dialog.get_by_role("button", name="Take approval back").click()
    bar = page.get_by_role("region", name="What next")
    await expect(bar).to_contain_text("the executor decides whether it is in time")
    await expect(bar).to_contain_text("sara (SENIOR_TRADER): Wrong rate")
    assert [each[1] for each in console.posted] == [{"reason": "Wrong rate"}]
    assert await axe_findings(page) == []


async def test_who_may_not_take_it_back_reads_why(opened: Opening, console: CannedProgress) -> None:
    console.answers["/session"] = {**SESSION, "person": "tom", "name": "tom", "roles": ["TRADER"]}
    page = await shown(opened, console, documents.granted("tom", "TRADER"))
    button = page.get_by_role("button", name="Take approval back")
    await expect(button).to_have_attribute("aria-disabled", "true")
    await expect(page.get_by_role("region", name="What next")).to_contain_text("This needs SENIOR_TRADER")
    await page.set_viewport_size({"width": 320, "height": 640})
    assert not await scrolls_sideways(page)
    assert await axe_findings(page) == []


async def test_a_question_is_asked_and_its_answer_read(opened: Opening, console: CannedProgress) -> None:
    page = await opened(ADDRESS)
    panel = page.get_by_role("region", name="Questions")
    await expect(panel).to_contain_text("Nothing was asked.")
    await panel.get_by_role("button", name="Ask a question").click()
    dialog = page.get_by_role("dialog", name="Ask mira about this?")
    await expect(dialog).to_contain_text("A question holds nothing up.")
    await dialog.get_by_label("Question").fill("Why today?")
    console.answers[CARD] = console.answers[f"POST {CARD}/questions"] = documents.asked()
    await dialog.get_by_role("button", name="Ask a question").click()
    await expect(panel).to_contain_text("Why today?")
    await expect(panel).to_contain_text("An open question holds up neither the deadline nor the decision of others.")
    assert [each[1] for each in console.posted] == [{"question": "Why today?"}]
    assert await axe_findings(page) == []


async def test_the_maker_answers(opened: Opening, console: CannedProgress) -> None:
    console.answers["/session"] = {**SESSION, "person": "mira", "name": "mira", "roles": ["TRADER"]}
    console.answers[CARD] = documents.asked("mira", "TRADER")
    page = await opened(ADDRESS)
    panel = page.get_by_role("region", name="Questions")
    await expect(panel.get_by_role("button", name="Ask a question")).to_have_attribute("aria-disabled", "true")
    await panel.get_by_role("button", name="Answer").click()
    dialog = page.get_by_role("dialog", name="Answer this question?")
    await dialog.get_by_label("Answer").fill("The fixing is today")
    answered = documents.asked("mira", "TRADER", answer="The fixing is today")
    console.answers[CARD] = console.answers[f"POST {CARD}/questions/1/answer"] = answered
    await dialog.get_by_role("button", name="Answer").click()
    await expect(panel).to_contain_text("The fixing is today")
    await page.set_viewport_size({"width": 320, "height": 640})
    assert not await scrolls_sideways(page)
    assert await axe_findings(page) == []


async def test_the_card_says_to_whom_it_escalated(opened: Opening, console: CannedProgress) -> None:
    console.answers[CARD] = documents.asked(escalated=True)
    page = await opened(ADDRESS)
    who = page.get_by_role("region", name="Who decides")
    await expect(who).to_contain_text("to RISK_MANAGER since")
    await expect(who).to_contain_text("who has to approve stays as it was")


async def test_the_maker_changes_the_amount(opened: Opening, console: CannedProgress) -> None:
    console.answers["/session"] = {**SESSION, "person": "mira", "name": "mira", "roles": ["TRADER"]}
    console.answers[CARD] = documents.waiting("mira", "TRADER")
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Change the amount").click()
    dialog = page.get_by_role("dialog", name="Change the amount of this request?")
    await expect(dialog).to_contain_text("This plan ends, with all that was decided on it.")
    await dialog.get_by_label("New amount in HKD").fill("0")
    await dialog.get_by_label("Reason").fill("The client wants more")
    await dialog.get_by_role("button", name="Change the amount").click()
    await expect(dialog).to_contain_text("Write an amount above zero")
    await dialog.get_by_label("New amount in HKD").fill("450,000,000.00")
    answer = {"workflow_id": "wf-1", "successor": "wf-2", "response_id": "r", "links": {}}
    console.answers[f"POST {CARD}/amendment"] = answer
    assert await axe_findings(page) == []
    await dialog.get_by_role("button", name="Change the amount").click()
    await expect(dialog).to_have_count(0)
    assert [each[1] for each in console.posted] == [{"amount": "450000000.00", "reason": "The client wants more"}]


async def test_others_see_no_way_to_change_it(opened: Opening, console: CannedProgress) -> None:
    page = await opened(ADDRESS)
    await expect(page.get_by_role("region", name="Questions")).to_be_visible()
    await expect(page.get_by_role("button", name="Change the amount")).to_have_count(0)
