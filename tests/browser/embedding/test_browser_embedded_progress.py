"""`<hawk-execution-progress>` on another site: of a workflow, and of every workflow of one answer."""

from playwright.async_api import expect

from tests.browser.conftest import Watched
from tests.browser.embedding.conftest import PROGRESS_ELEMENT, Embedding
from tests.support import card_stories as stories
from tests.support.canned_embedding import CannedEmbedding
from tests.support.hostile_texts import HOSTILE


async def test_progress_says_the_plans_sentences_and_tells_the_page(
    embedded: Embedding, console: CannedEmbedding
) -> None:
    console.story = list(stories.live(5))
    page = await embedded(PROGRESS_ELEMENT)
    await expect(page.get_by_role("heading", name="ORD-0F8FAD5BD9CB469F")).to_be_visible()
    await expect(page.get_by_text("Booking", exact=True)).to_be_visible()
    await expect(page.get_by_text("SIMULATOR", exact=True)).to_be_visible()
    await expect(page.get_by_text("74 of 125 operations.")).to_be_visible()
    console.tell(stories.done())
    await expect(page.get_by_role("heading", name="Successfully executed 125 database operations.")).to_be_visible()
    await expect(page.get_by_text("Hedge ORD-0F8FAD5BD9CB469F created and booked in Murex.")).to_be_visible()
    names = await page.evaluate("namesOf()")
    assert names.count("hawk-progress") == len(stories.done())
    assert names.count("hawk-completed") == 1
    assert console.given == 1, "after the end nothing is opened again"


async def test_rolled_back_is_said_after_every_cancel(embedded: Embedding, console: CannedEmbedding) -> None:
    console.story = list(stories.failing())
    page = await embedded(PROGRESS_ELEMENT)
    await expect(page.get_by_role("heading", name="Execution failed. Rolling back.")).to_be_visible()
    assert "hawk-failed" not in await page.evaluate("namesOf()")
    console.tell(stories.rolled_back())
    await expect(page.get_by_role("heading", name="Execution failed. Transaction rolled back.")).to_be_visible()
    assert (await page.evaluate("namesOf()")).count("hawk-failed") == 1


async def test_progress_of_an_answer_shows_each_of_its_workflows(embedded: Embedding, console: CannedEmbedding) -> None:
    console.story = list(stories.live(5))
    page = await embedded(PROGRESS_ELEMENT, attributes={"response-id": "response-1"})
    await expect(page.get_by_role("heading", name="ORD-0F8FAD5BD9CB469F")).to_be_visible()
    assert console.streamed == [{"response_id": "response-1"}]
    other = {**stories.live(1)[0], "workflow_id": "wf-2", "order_id": "ORD-2", "sequence": 1}
    for each in console._listening:
        each.put_nowait(other)
    await expect(page.get_by_role("heading", name="ORD-2")).to_be_visible()
    await expect(page.get_by_role("heading", name="ORD-0F8FAD5BD9CB469F")).to_be_visible()


async def test_an_answer_that_led_to_nothing_says_why_and_its_text_stays_text(
    embedded: Embedding, console: CannedEmbedding
) -> None:
    refused = stories.live(1)[0] | {
        "state": "REFUSED",
        "final": True,
        "status": f"Refused: {HOSTILE[1]}",
        "reason": f"SCHEMA_INVALID: {HOSTILE[24]}",
    }
    console.story = [refused]
    page = await embedded(PROGRESS_ELEMENT)
    await expect(page.get_by_role("heading", name="Refused. Nothing was executed.")).to_be_visible()
    await expect(page.locator(".outcome")).to_contain_text("U+202E right to left")
    await expect(page.get_by_role("listitem").get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    assert await page.evaluate("shown.shadowRoot.querySelectorAll('img, script').length") == 0
    assert (await page.evaluate("namesOf()")).count("hawk-failed") == 1


async def test_a_line_that_may_be_dead_without_a_word_is_opened_again(
    embedded: Embedding, console: CannedEmbedding
) -> None:
    console.story = list(stories.live(5))
    page = await embedded(PROGRESS_ELEMENT)
    await expect(page.get_by_text("74 of 125 operations.")).to_be_visible()
    await page.evaluate("dispatchEvent(new Event('online'))")
    console.tell(stories.done())
    await expect(page.get_by_role("heading", name="Successfully executed 125 database operations.")).to_be_visible()
    names = await page.evaluate("namesOf()")
    assert names.count("hawk-progress") == len(stories.done())


async def test_a_lost_line_is_opened_again_by_a_new_ticket(
    embedded: Embedding, console: CannedEmbedding, watched: Watched
) -> None:
    watched.allow("status of 503")
    console.story = list(stories.live(5))
    page = await embedded(PROGRESS_ELEMENT)
    await expect(page.get_by_text("74 of 125 operations.")).to_be_visible()
    console.away = True
    console.hang_up()
    await expect(page.get_by_text("What is shown is as of then")).to_be_visible()
    await expect(page.get_by_text("74 of 125 operations.")).to_be_visible()
    console.away = False
    console.tell(stories.done())
    await expect(page.get_by_role("heading", name="Successfully executed 125 database operations.")).to_be_visible()
    await expect(page.get_by_text("What is shown is as of then")).to_have_count(0)
    assert console.streamed[-1]["after"] == str(stories.live(5)[-1]["sequence"])
    assert console.tickets == {}


async def test_progress_without_a_token_says_why(embedded: Embedding, console: CannedEmbedding) -> None:
    page = await embedded(PROGRESS_ELEMENT, attributes={"workflow-id": "wf-1", "response-id": "r-1"})
    await expect(page.get_by_role("alert")).to_contain_text("Name one of them.")
    await page.evaluate("() => { giveToken = () => { throw new Error('signed out') }; shown.responseId = null; }")
    await expect(page.get_by_text("so HAWK was not asked: signed out")).to_be_visible()
    await page.evaluate("() => { giveToken = () => 'a.good-token'; }")
    console.story = list(stories.live(5))
    await expect(page.get_by_text("74 of 125 operations.")).to_be_visible()
