"""`<hawk-approval-card>` on another site: it decides, follows, loses its line, and tells the page."""

from typing import Any

from playwright.async_api import Page, expect

from tests.browser.conftest import Opening, Watched
from tests.browser.embedding.conftest import CARD, CARD_ELEMENT, DECISIONS, Embedding
from tests.support import card_documents as documents
from tests.support import card_stories as stories
from tests.support.canned_console import problem
from tests.support.canned_embedding import TOKEN, CannedEmbedding
from tests.support.host_site import HostSite

APPROVE = "Approve & Execute"


async def ready(page: Page) -> Page:
    await page.get_by_role("button", name=APPROVE).wait_for()
    return page


async def heard(page: Page) -> list[str]:
    return list(await page.evaluate("namesOf()"))


async def approve(page: Page, console: CannedEmbedding) -> None:
    """Press through the dialog; the service then answers with the card as it is afterwards."""
    console.answers[DECISIONS] = 201, documents.approved()
    await page.get_by_role("button", name=APPROVE).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await dialog.get_by_role("button", name=APPROVE).click()
    # Not before: a card that is read meanwhile would say "approved", and close the dialog by itself.
    console.answers[CARD] = documents.approved()


async def test_card_on_another_site_decides_progresses_and_tells_the_page(
    embedded: Embedding, console: CannedEmbedding
) -> None:
    console.story = list(stories.done()[:3])
    page = await ready(await embedded())
    await approve(page, console)
    await expect(page.get_by_role("dialog")).to_have_count(0)
    (path, body, headers), *_ = [each for each in console.posted if each[0].endswith("/decisions")]
    assert (path, body["decision"], body["plan_digest"]) == (
        f"{CARD}/decisions",
        "APPROVE",
        documents.waiting()["plan_digest"],
    )
    assert headers["authorization"] == f"Bearer {TOKEN}"
    console.tell(stories.live(5))
    await expect(page.get_by_role("heading", name="Booking in Murex: 5 of 18 deals")).to_be_visible()
    console.tell(stories.done())
    await expect(page.get_by_role("heading", name="Successfully executed 125 database operations.")).to_be_visible()
    await expect(page.get_by_text("Hedge ORD-0F8FAD5BD9CB469F created and booked in Murex.")).to_be_visible()
    names = await heard(page)
    assert names.count("hawk-decided") == 1
    assert names.count("hawk-completed") == 1
    assert names.count("hawk-progress") == len(stories.done())
    assert "hawk-failed" not in names
    decided, completed = await page.evaluate(
        "['hawk-decided', 'hawk-completed'].map((name) => heard.find((each) => each.name === name).detail)"
    )
    assert (decided["decision"], decided["card"]["state"]) == ("APPROVE", "APPROVED")
    assert (completed["total_operations"], completed["completed"]) == (125, True)
    assert await page.evaluate("heard.every(({ target }) => target === 'hawk-approval-card')")


async def test_what_the_page_does_with_a_document_changes_nothing_that_is_shown(
    embedded: Embedding, console: CannedEmbedding
) -> None:
    console.answers[CARD] = documents.approved()
    console.story = list(stories.live(5))
    page = await embedded()
    await page.evaluate(
        """() => place.addEventListener("hawk-progress",
          ({ detail }) => Object.assign(detail, { status: "", sequence: 99 }))"""
    )
    console.tell(stories.live(9))
    await expect(page.get_by_role("heading", name="Booking in Murex: 9 of 18 deals")).to_be_visible()


async def test_no_token_stands_in_any_address_and_no_cookie_is_sent(
    embedded: Embedding, console: CannedEmbedding
) -> None:
    seen: list[str] = []
    page = await embedded()
    page.on("request", lambda request: seen.append(request.url))
    await page.reload()
    await ready(page)
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    assert [url for url in seen if TOKEN in url] == []
    assert [url for url in seen if "execute-actions" in url]
    assert console.cookies == []
    assert set(console.bearers) == {TOKEN}
    assert await page.evaluate("asked.length") >= 3, "the token is asked for each time"


async def test_a_lost_line_is_opened_again_with_a_new_ticket_after_what_was_seen(
    embedded: Embedding, console: CannedEmbedding
) -> None:
    console.answers[CARD] = documents.approved()
    console.story = list(stories.live(5))
    page = await embedded()
    await expect(page.get_by_role("heading", name="Booking in Murex: 5 of 18 deals")).to_be_visible()
    last = str(stories.live(5)[-1]["sequence"])
    console.hang_up()
    console.tell(stories.live(9))
    await expect(page.get_by_role("heading", name="Booking in Murex: 9 of 18 deals")).to_be_visible()
    assert [each.get("after") for each in console.streamed] == [None, last]
    assert console.given == 2
    assert console.tickets == {}, "each ticket was used, once"
    names = await heard(page)
    assert names.count("hawk-progress") == len(stories.live(9)), "nothing came twice, nothing is missing"


async def test_while_the_line_is_lost_it_is_said_and_what_is_shown_stays(
    embedded: Embedding, console: CannedEmbedding, watched: Watched
) -> None:
    watched.allow("status of 503")
    console.answers[CARD] = documents.approved()
    console.story = list(stories.live(5))
    page = await embedded()
    await expect(page.get_by_role("heading", name="Booking in Murex: 5 of 18 deals")).to_be_visible()
    console.silent = True
    console.hang_up()
    await expect(page.get_by_text("What is shown is as of then; HAWK goes on.")).to_be_visible()
    await expect(page.get_by_role("heading", name="Booking in Murex: 5 of 18 deals")).to_be_visible()
    console.silent = False
    console.tell(stories.rolled_back())
    await expect(page.get_by_text("What is shown is as of then")).to_have_count(0)


async def test_failure_is_told_to_the_page(embedded: Embedding, console: CannedEmbedding) -> None:
    console.answers[CARD] = documents.approved()
    console.story = list(stories.rolled_back())
    page = await embedded()
    await expect(page.get_by_role("heading", name="Execution failed. Transaction rolled back.")).to_be_visible()
    names = await heard(page)
    assert names.count("hawk-failed") == 1
    assert "hawk-completed" not in names


async def test_what_others_decide_is_seen_without_asking(embedded: Embedding, console: CannedEmbedding) -> None:
    console.story = list(stories.done()[:3])
    page = await ready(await embedded())
    console.answers[CARD] = documents.ended("REJECTED", documents.decision("rita", "RISK_MANAGER", "REJECT"))
    said = {**stories.done()[2], "sequence": 4, "status": "rita (RISK_MANAGER) rejected"}
    console.tell([said])
    await expect(page.get_by_role("heading", name="Rejected by rita.")).to_be_visible()


async def test_a_plan_that_takes_the_place_of_another_is_shown_where_it_was_read(
    embedded: Embedding, console: CannedEmbedding
) -> None:
    console.story = list(stories.stale()[:-1])
    console.answers[f"/approvals/{documents.SUCCESSOR}"] = documents.successor()
    page = await ready(await embedded())
    address = page.url
    console.answers[CARD] = documents.ended("CLOSED", reason="STALE_CONTEXT: rates moved")
    console.tell(stories.stale())
    await expect(page.get_by_text("The plan changed").first).to_be_visible()
    await expect(page.get_by_role("heading", name="HKD 395,000,000.00 COI inception")).to_be_visible()
    assert page.url == address, "the address of the other site is its own"
    assert await page.evaluate("shown.workflowId") == documents.WORKFLOW


async def test_cancel_leaves_to_the_page_and_decides_nothing(embedded: Embedding, console: CannedEmbedding) -> None:
    page = await ready(await embedded())
    await page.get_by_role("button", name="Cancel").click()
    await expect_names(page, "hawk-cancelled")
    assert [path for path, *_ in console.posted if "decisions" in path] == []


async def expect_names(page: Page, name: str) -> None:
    await page.wait_for_function("(name) => namesOf().includes(name)", arg=name)


async def test_focus_is_kept_inside_the_element(embedded: Embedding) -> None:
    page = await ready(await embedded())
    button = page.get_by_role("button", name=APPROVE)
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(button).to_be_focused()


async def test_a_token_that_hawk_does_not_take_is_asked_for_once_more(
    embedded: Embedding, console: CannedEmbedding, watched: Watched
) -> None:
    watched.allow("status of 401")
    page = await ready(await embedded())
    console.tokens = {"a.newer-token"}
    await page.evaluate("() => { giveToken = ({ renew }) => (renew ? 'a.newer-token' : 'a.good-token'); }")
    await approve(page, console)
    await expect(page.get_by_role("region", name="What next")).to_be_visible()
    assert {"renew": True, "code": "TOKEN_EXPIRED"} in await page.evaluate("asked")
    assert [body["decision"] for path, body, _ in console.posted if path.endswith("/decisions")] == ["APPROVE"]


async def test_a_decision_without_a_token_that_counts_is_said_in_the_dialog(
    embedded: Embedding, console: CannedEmbedding, watched: Watched
) -> None:
    watched.allow("status of 401")
    page = await ready(await embedded())
    await page.get_by_role("button", name=APPROVE).click()
    console.tokens = set()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name=APPROVE).click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Not recorded.")
    await expect(dialog.get_by_role("alert")).to_contain_text("The token has expired. Get a new one.")
    await page.evaluate("() => { giveToken = () => { throw new Error('signed out <b>here</b>') }; }")
    await dialog.get_by_role("button", name=APPROVE).click()
    await expect(dialog.get_by_role("alert")).to_contain_text("could not give a token, so HAWK was not asked")
    await expect(dialog.get_by_role("alert")).to_contain_text("signed out <b>here</b>")


async def test_page_that_gives_no_token_reads_why_and_can_try_again(
    opened: Opening, host: HostSite, console: CannedEmbedding
) -> None:
    page = await opened(f"{host.origin}/")
    await page.wait_for_function("typeof show === 'function'")
    for give, sentence in (
        ("() => { throw new Error('nobody is signed in') }", "so HAWK was not asked: nobody is signed in"),
        ("async () => null", "gave no token, so HAWK was not asked."),
        ("async () => 'two words'", "gave no token, so HAWK was not asked."),
    ):
        await page.evaluate(f"() => {{ giveToken = {give}; place.replaceChildren(); }}")
        await page.evaluate("(name) => { show(name, { 'workflow-id': 'wf-1' }); }", CARD_ELEMENT)
        await expect(page.get_by_role("alert")).to_contain_text(sentence)
    assert console.bearers == []
    await page.evaluate("() => { giveToken = async () => 'a.good-token'; }")
    await page.get_by_role("button", name="Try again").click()
    await ready(page)


async def test_a_workflow_that_is_unknown_is_said_and_nothing_was_decided(
    embedded: Embedding, watched: Watched, console: CannedEmbedding
) -> None:
    watched.allow("status of 404")
    console.answers[CARD] = 404, problem(404, "WORKFLOW_UNKNOWN", "No plan of this workflow waits here.")
    page = await embedded()
    await expect(page.get_by_role("alert")).to_contain_text("No plan of this workflow waits here. Nothing was decided.")


async def test_observe_and_stop_are_said_as_in_the_console(embedded: Embedding, console: CannedEmbedding) -> None:
    rollout: Any = console.answers["/rollout"]
    console.answers["/rollout"] = {**rollout, "mode": "OBSERVE"}
    page = await embedded()
    await page.get_by_role("button", name="Approve, not executed").click()
    await expect(page.get_by_role("dialog").get_by_text("SIMULATOR", exact=True)).to_be_visible()
