"""Who is not signed in, whose session ends, and who signs out."""

from urllib.parse import urlencode

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Opening, Watched
from tests.support.canned_console import CannedConsole, Document, problem
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways
from tests.support.queue_documents import SESSION

PEOPLE = [
    {"person": "sara", "name": "sara", "roles": ["SENIOR_TRADER"]},
    {"person": "mira", "name": "mira", "roles": []},
]


def titles(page: Page) -> Locator:
    return page.locator(".queue-link")


def nobody(**sign_in: object) -> tuple[int, Document]:
    offered = {"demo": False, "people": [], "address": "/login"} | sign_in
    return 401, problem(401, "NOT_SIGNED_IN", "Nobody is signed in with this browser.") | {"sign_in": offered}


async def test_who_is_not_signed_in_is_led_to_the_issuer(
    opened: Opening, console: CannedConsole, watched: Watched
) -> None:
    watched.allow("status of 401")
    console.answers["/session"] = nobody()
    page = await opened("/?tab=all")
    link = page.get_by_role("link", name="Sign in")
    await expect(link).to_have_attribute("href", "/login?next=%2F%3Ftab%3Dall")
    assert [path for _, path, _ in console.asked if path == "/approvals"] == []
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)


async def test_a_session_that_ends_leads_to_the_sign_in_page(
    opened: Opening, console: CannedConsole, watched: Watched
) -> None:
    watched.allow("status of 401")
    page = await opened("/")
    await expect(titles(page)).to_have_count(6)
    console.answers["/approvals"] = 401, problem(401, "TOKEN_EXPIRED", "The session is over.")
    console.send("changed", {"workflow_ids": ["wf-4"]})
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(page.get_by_text("You are signed out.")).to_be_visible()


async def test_the_end_of_a_session_is_said_ahead(opened: Opening, console: CannedConsole) -> None:
    console.answers["/session"] = {**SESSION, "expires_at": "2026-11-27T09:10:00+00:00"}
    page = await opened("/?tab=all")
    await expect(page.locator(".notices")).to_contain_text("Your session ends at 17:10 SGT. Sign in again")
    link = page.get_by_role("link", name="Sign in again")
    await expect(link).to_have_attribute("href", "/login?next=%2F%3Ftab%3Dall")
    assert await axe_findings(page) == []


async def test_signing_out_sends_the_token_against_forgery(opened: Opening, console: CannedConsole) -> None:
    console.answers["POST /logout"] = {}
    page = await opened("/")
    await page.get_by_role("button", name="sara, menu").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_text("You are signed out.")).to_be_visible()
    (path, _, headers) = console.posted[0]
    assert (path, headers["x-hawk-csrf"]) == ("/logout", SESSION["csrf"])


async def test_the_demo_offers_its_people_and_goes_on_where_somebody_was(
    opened: Opening, console: CannedConsole, watched: Watched
) -> None:
    watched.allow("status of 401")
    console.answers["/session"] = nobody(demo=True, people=PEOPLE)
    console.answers["POST /demo/sign-in"] = SESSION
    page = await opened("/sign-in?next=%2F%3Ftab%3Dall", width=320)
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)
    assert await not_reached_by_tab(page) == ([], [])
    console.answers["/session"] = SESSION
    await page.get_by_role("button", name="sara SENIOR_TRADER").click()
    await expect(titles(page)).to_have_count(6)
    await expect(page).to_have_url(f"{console.origin}/?tab=all")
    assert console.posted[0][:2] == ("/demo/sign-in", {"person": "sara"})


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/sign-in"]
)
async def test_signing_in_never_leads_to_another_site(opened: Opening, console: CannedConsole, wanted: str) -> None:
    page = await opened(f"/sign-in?{urlencode({'next': wanted})}")
    await expect(titles(page)).to_have_count(6)
    await expect(page).to_have_url(f"{console.origin}/")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("SIGN_IN_REFUSED", "Not signed in. The provider did not let you in."),
        ("<b>odd</b>", "Not signed in. What the provider sent is not accepted (<b>odd</b>)."),
    ],
)
async def test_a_sign_in_that_did_not_succeed_says_why(
    opened: Opening, console: CannedConsole, watched: Watched, code: str, said: str
) -> None:
    watched.allow("status of 401")
    console.answers["/session"] = nobody()
    page = await opened(f"/sign-in?{urlencode({'refused': code, 'next': '/'})}")
    await expect(page.get_by_role("alert")).to_have_text(said)
    await expect(page.get_by_role("link", name="Sign in")).to_have_attribute("href", "/login?next=%2F")
    assert await axe_findings(page) == []
