"""The elements against the service's real routes: tokens, tickets, CORS, decider; only databases are in memory."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opening, Watched
from tests.browser.embedding.conftest import CARD_ELEMENT, PROGRESS_ELEMENT
from tests.support import card_stories as stories
from tests.support.embedded_world import EmbeddedWorld
from tests.support.host_site import HostSite

APPROVE = "Approve & Execute"


@pytest.fixture
async def console(host: HostSite, tmp_path: Path) -> AsyncIterator[EmbeddedWorld]:
    world = EmbeddedWorld(tmp_path, host.origin)
    await world.ask_for_approval()
    world.report(stories.done(small=True)[:3])
    async with world.running() as running:
        host.hawk = running.origin
        yield running


async def shown(opened: Opening, host: HostSite, element: str, token: str) -> Page:
    """The other site's page, whose person has this token."""
    page = await opened(f"{host.origin}/")
    await page.wait_for_function("typeof show === 'function'")
    await page.evaluate(
        "([name, token]) => { giveToken = () => token; globalThis.shown = show(name, { 'workflow-id': 'wf-1' }); }",
        [element, token],
    )
    return page


async def test_from_the_card_to_booked_in_murex_over_a_line_that_breaks(
    opened: Opening, host: HostSite, console: EmbeddedWorld, watched: Watched
) -> None:
    watched.allow("ERR_INCOMPLETE_CHUNKED_ENCODING")
    page = await shown(opened, host, CARD_ELEMENT, console.token_of("sara", "SENIOR_TRADER"))
    await expect(page.get_by_role("heading", name="USD 25,000,000.00 COI inception")).to_be_visible()
    await page.get_by_role("button", name=APPROVE).click()
    await page.get_by_role("dialog").get_by_role("button", name=APPROVE).click()
    await expect(page.get_by_role("region", name="What next")).to_be_visible()
    approval = await console.approvals.approval("wf-1")
    assert [(each.person, each.role, each.decision) for each in approval.decisions] == [
        ("sara", "SENIOR_TRADER", "APPROVE")
    ]
    console.report(stories.live(3, small=True))
    await expect(page.get_by_role("heading", name="Booking in Murex: 3 of 6 deals")).to_be_visible()
    console.line.cut()
    console.report(stories.done(small=True))
    await expect(page.get_by_role("heading", name="Successfully executed 47 database operations.")).to_be_visible()
    names = await page.evaluate("namesOf()")
    assert (names.count("hawk-decided"), names.count("hawk-completed")) == (1, 1)
    assert names.count("hawk-progress") == len(stories.done(small=True))
    queries = [parse_qs(each) for each in console.line.addresses]
    assert len({query["ticket"][0] for query in queries}) == len(queries) == 2, "each opening has a ticket of its own"
    assert queries[1]["after"] == [str(stories.live(3, small=True)[-1]["sequence"])]
    assert console.line.statuses == [200, 200], "no ticket was used twice"
    assert console.tickets.kept == {}


async def test_progress_alone_follows_the_workflow(
    opened: Opening, host: HostSite, console: EmbeddedWorld, watched: Watched
) -> None:
    watched.allow("ERR_INCOMPLETE_CHUNKED_ENCODING")
    page = await shown(opened, host, PROGRESS_ELEMENT, console.token_of("ann", "TRADER"))
    await expect(page.get_by_role("heading", name="sara (SENIOR_TRADER) approved.")).to_have_count(0)
    console.report(stories.live(3, small=True))
    await expect(page.get_by_role("heading", name="Booking in Murex: 3 of 6 deals")).to_be_visible()
    console.line.cut()
    console.report(stories.done(small=True))
    await expect(page.get_by_role("heading", name="Successfully executed 47 database operations.")).to_be_visible()
    assert console.line.statuses == [200, 200]


async def test_who_may_not_decide_reads_why(opened: Opening, host: HostSite, console: EmbeddedWorld) -> None:
    page = await shown(opened, host, CARD_ELEMENT, console.token_of("ada", "OPERATIONS"))
    await expect(page.get_by_role("button", name=APPROVE)).to_have_attribute("aria-disabled", "true")
    await expect(page.get_by_role("region", name="Decision")).to_contain_text("you hold OPERATIONS")


async def test_a_token_of_another_issuer_opens_nothing(
    opened: Opening, host: HostSite, console: EmbeddedWorld, watched: Watched
) -> None:
    watched.allow("status of 401")
    page = await shown(opened, host, CARD_ELEMENT, "eyJhbGciOiJub25lIn0.e30.x")
    await expect(page.get_by_role("alert")).to_contain_text("Nothing was decided.")
    assert console.line.addresses == []
