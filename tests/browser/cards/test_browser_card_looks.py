"""What holds for the card in every state: axe finds nothing, nothing scrolls sideways, Tab reaches everything,
forced colours and reduced motion change no meaning, and a hostile text of the AI is text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Page, expect

from services.approval.console.view.document import view_of
from services.approval.console.view.subject import Beside
from services.approval.requests.cards import card_document
from shared.events.responses import Claimed, Notice
from tests.browser.cards.conftest import ADDRESS, CARD
from tests.browser.conftest import Opening
from tests.support import card_documents as documents
from tests.support import card_stories as stories
from tests.support.canned_progress import CannedProgress
from tests.support.cards import viewer
from tests.support.hostile_texts import HOSTILE
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways
from tests.support.queue_documents import SESSION


@dataclass(frozen=True)
class State:
    """What the service knows when the page is opened, and what a person does then."""

    document: Callable[[], dict[str, Any]]
    story: Callable[[], Any] = tuple
    act: str = ""


STATES = {
    "reading": State(documents.waiting),
    "one entity": State(documents.small),
    "two rows of books": State(documents.proxy),
    "blocked": State(lambda: documents.waiting("mira", "TRADER")),
    "changed": State(documents.successor),
    "expired": State(documents.expired),
    "configuration": State(documents.of_configuration),
    "override": State(documents.of_override),
    "reversal": State(documents.of_reversal),
    "everything open": State(documents.waiting, act="open"),
    "approving": State(documents.waiting, act="Approve & Execute"),
    "rejecting": State(documents.waiting, act="Reject"),
    "typing": State(documents.of_reversal, act="Approve & Execute"),
    "booking": State(documents.approved, stories.live),
    "done": State(documents.approved, stories.done),
    "one entity done": State(documents.small_approved, lambda: stories.done(small=True)),
    "rolling back": State(documents.approved, stories.failing),
    "rolled back": State(documents.approved, stories.rolled_back),
    "a person is needed": State(documents.approved, stories.needs_a_person),
    "rejected": State(lambda: documents.ended("REJECTED", documents.decision("rita", "RISK_MANAGER", "REJECT"))),
    "replaced": State(lambda: documents.ended("CLOSED", reason="STALE_CONTEXT: rates moved"), stories.stale),
}
MOVING = """
[...document.querySelectorAll(".outcome-bar, .dialog")]
  .map((each) => getComputedStyle(each))
  .filter(({ transitionDuration, animationName }) => transitionDuration !== "0s" || animationName !== "none").length
"""
#: The elements that load, run or style something: the page has none.
ACTIVE = """
[...document.querySelectorAll("main *")]
  .map((each) => each.localName)
  .filter((name) => /^(script|img|iframe|style|link|form|object|embed|base|meta|template|math|video|audio)$/.test(name))
"""
READ_BEFORE = "digest => localStorage.setItem('hawk.viewed:sara', JSON.stringify([{ digest, ticks: [] }]))"


async def in_state(opened: Opening, console: CannedProgress, name: str, **more: Any) -> Page:
    state = STATES[name]
    made = state.document()
    console.answers[CARD] = made
    console.story = list(state.story())
    who = made["view"]["who"]["viewer"]
    console.answers["/session"] = {**SESSION, **who, "name": who["person"]}
    page = await opened(ADDRESS, **more)
    bar = page.locator(".action-bar")
    await bar.wait_for()
    if made["view"]["changed"]:
        await page.evaluate(READ_BEFORE, made["view"]["changed"]["digest"])
        await page.reload()
        await bar.wait_for()
    if console.story:
        await page.locator(".log-line").first.wait_for()
    if state.act == "open":
        for opener in await page.locator(".section-opener, .wide-button").all():
            if await opener.is_visible():
                await opener.click()
    elif state.act:
        await bar.get_by_role("button", name=state.act).click()
        await page.get_by_role("dialog").wait_for()
    return page


#: States whose colours, and whose narrow form, are looked at as well.
DARK = ("reading", "changed", "approving", "booking", "rolling back", "a person is needed")
NARROW = ("reading", "everything open", "approving", "booking", "rolling back")


@pytest.mark.parametrize("name", STATES)
async def test_state_is_clean(opened: Opening, console: CannedProgress, name: str) -> None:
    page = await in_state(opened, console, name)
    assert await axe_findings(page) == []
    await page.set_viewport_size({"width": 320, "height": 640})
    assert not await scrolls_sideways(page)


#: One state in every run, the others with `make soak`.
LOOKED_AT = [
    pytest.param(name, marks=() if name == "reading" else pytest.mark.soak) for name in dict.fromkeys(DARK + NARROW)
]


@pytest.mark.parametrize("name", LOOKED_AT)
async def test_state_is_clean_when_it_is_narrow_and_in_dark(
    opened: Opening, console: CannedProgress, name: str
) -> None:
    page = await in_state(opened, console, name)
    if name in DARK:
        await page.emulate_media(color_scheme="dark")
        assert await axe_findings(page) == []
        await page.emulate_media(color_scheme="light")
    if name in NARROW:
        await page.set_viewport_size({"width": 390, "height": 844})
        assert await axe_findings(page) == []
        assert not await scrolls_sideways(page)


@pytest.mark.parametrize(("name", "width"), [("reading", 1440), ("changed", 1440), ("reading", 390), ("done", 1440)])
async def test_tab_reaches_everything_and_nothing_covers_it(
    opened: Opening, console: CannedProgress, name: str, width: int
) -> None:
    page = await in_state(opened, console, name, width=width)
    missed, covered = await not_reached_by_tab(page)
    assert missed == []
    assert covered == []


async def test_where_there_is_little_room_the_long_sections_open_on_their_own_row(
    opened: Opening, console: CannedProgress
) -> None:
    page = await in_state(opened, console, "reading", width=390)
    who = page.get_by_role("region", name="Who decides")
    first = page.locator("#card-lines")
    assert (await who.bounding_box() or {})["y"] < (await first.bounding_box() or {})["y"]
    deals = page.locator("#card-deals")
    await expect(deals).to_contain_text("18, 3 entities")
    await expect(deals.get_by_role("img")).not_to_be_visible()
    await deals.get_by_role("button", name="Show Deals").press("Enter")
    await expect(deals.get_by_role("img")).to_be_visible()
    await expect(deals.get_by_role("table")).to_be_visible()
    await page.get_by_role("button", name="Review Details").click()
    await expect(page.get_by_role("checkbox", name="Viewed: What would happen")).to_be_focused()


async def test_forced_colours_keep_bars_pictures_and_borders(opened: Opening, console: CannedProgress) -> None:
    page = await in_state(opened, console, "reading", forced_colors="active")
    assert await axe_findings(page) == []
    stroke = await page.locator(".flow-line").first.evaluate("each => getComputedStyle(each).stroke")
    box = await page.locator(".flow-box").first.evaluate("each => getComputedStyle(each).fill")
    assert stroke != box


async def test_reduced_motion_moves_nothing(opened: Opening, console: CannedProgress) -> None:
    page = await in_state(opened, console, "booking", reduced_motion="reduce")
    moving = await page.evaluate(MOVING)
    assert moving == 0


#: Texts of one card: each stands in another field of the AI, or of the person who prompted it.
FIELDS = 4


def hostile(texts: Sequence[str]) -> dict[str, Any]:
    """A card whose fields of the AI, and of the person who prompted it, hold these texts, the first one everywhere."""
    analysis, prompt, claim, message = (*texts, *(texts[:1] * FIELDS))[:FIELDS]
    short = claim[:200]
    of = documents.of_spread(
        analysis=analysis,
        prompt=prompt,
        claimed=(
            Claimed.model_construct(action_id=short, risk_score=short, approval_required=None, approval_level=short),
        ),
        warnings=(Notice(code="CLAIM_DIFFERS", message=f"The answer claims {message[:200]}", path=message[:200]),),
    )
    who = viewer("sara")
    return card_document(of, who) | {"view": view_of(of, who, Beside())}


@pytest.mark.parametrize("first", range(0, len(HOSTILE), FIELDS))
async def test_hostile_texts_of_the_ai_are_text_in_card_and_dialog(
    opened: Opening, console: CannedProgress, first: int
) -> None:
    page = await in_state(opened, console, "reading", width=390)
    before = await page.evaluate(ACTIVE)
    console.answers[CARD] = hostile(HOSTILE[first : first + FIELDS])
    await page.reload()
    await page.locator(".action-bar").wait_for()
    assert await page.evaluate(ACTIVE) == before
    assert not await scrolls_sideways(page)
    assert await page.evaluate("!!document.querySelector('[hx-post], [hx-get], [onerror], [onload], [style]')") is False
    await page.get_by_role("button", name="Approve & Execute").click()
    await expect(page.get_by_role("dialog")).to_contain_text("computed High")
    assert [each for each in console.posted if "/approvals" in each[0]] == []
    assert not await scrolls_sideways(page)
