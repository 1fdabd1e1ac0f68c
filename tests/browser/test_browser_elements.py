"""Every shared element, in light, dark and forced colours, wide and narrow; and what a model may write in them."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opening, Watched
from tests.support.canned_console import CannedConsole
from tests.support.hostile_texts import HOSTILE
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways


@pytest.mark.parametrize("look", looks({"dark": True}, {"forced_colors": "active"}, {"width": 390}))
async def test_axe_finds_nothing_in_any_element(opened: Opening, look: dict[str, Any]) -> None:
    page = await opened("/sheet", **look)
    await expect(page.get_by_role("heading", name="Stage bar")).to_be_visible()
    await expect(page.locator(".loading")).to_have_css("opacity", "1")
    assert await axe_findings(page) == []


async def test_no_element_scrolls_sideways(opened: Opening) -> None:
    page = await opened("/sheet")
    await expect(page.get_by_role("heading", name="Stage bar")).to_be_visible()
    for width in (320, 390, 640, 900, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        assert not await scrolls_sideways(page), width


async def test_nothing_is_cut_where_text_is_twice_as_large(opened: Opening) -> None:
    page = await opened("/sheet", width=640)
    await page.evaluate("document.documentElement.style.setProperty('font-size', '32px')")
    await expect(page.get_by_role("heading", name="Stage bar")).to_be_visible()
    assert not await scrolls_sideways(page)


async def test_tab_reaches_every_element(opened: Opening) -> None:
    page = await opened("/sheet")
    await expect(page.get_by_role("heading", name="Stage bar")).to_be_visible()
    assert await not_reached_by_tab(page) == ([], [])


async def test_a_forbidden_button_says_why_and_leads_there(opened: Opening) -> None:
    page = await opened("/sheet")
    button = page.get_by_role("button", name="Approve & Execute", disabled=True)
    await expect(button).to_have_accessible_description("You have approved this already; one person counts once.")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("You have approved this already; one person counts once.")).to_be_focused()


async def test_arrows_move_between_tabs_once_one_has_focus(opened: Opening) -> None:
    page = await opened("/sheet")
    await page.get_by_role("tab", name="Mine").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name="Others")).to_be_focused()
    await expect(page.get_by_role("tab", selected=True)).to_have_text("Others4")
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name="Mine")).to_be_focused()
    await page.keyboard.press("End")
    await expect(page.get_by_role("tab", name="Others")).to_be_focused()


async def test_the_stage_bar_is_a_list_with_a_place_and_a_state_for_each_step(opened: Opening) -> None:
    page = await opened("/sheet")
    steps = page.get_by_role("list", name="Progress").first.get_by_role("listitem")
    await expect(steps).to_have_count(8)
    await expect(steps.nth(3)).to_contain_text("Step 4 of 8, Approval, waiting, 0 of 1")
    await expect(steps.nth(3)).to_have_attribute("aria-current", "step")


SHOW = """
async ([at, text]) => {
  const { aiText } = await import(`${at}/shared/elements/ai-text.js`);
  const place = document.querySelector("main");
  const shown = aiText(text);
  place.replaceChildren(shown);
  shown.querySelector("button")?.click();
  const words = shown.querySelector(".ai-text-words").cloneNode(true);
  const signs = [...words.querySelectorAll(".ai-text-sign")].map((sign) => sign.textContent);
  for (const sign of words.querySelectorAll(".ai-text-sign")) {
    sign.textContent = String.fromCodePoint(parseInt(sign.textContent.slice(2).split(" ")[0], 16));
  }
  return {
    text: words.textContent,
    tags: [...new Set([...shown.querySelectorAll("*")].map((each) => each.localName))],
    attributes: [...new Set([...shown.querySelectorAll("*")].flatMap((each) => each.getAttributeNames()))],
    signs,
    rest: place.children.length,
  };
}
"""


def _hidden(character: str) -> bool:
    return not character.isprintable() and character not in "\n\t \u00a0\u3000"


async def test_whatever_a_model_writes_is_shown_as_text(
    shared_sheet: tuple[Page, CannedConsole, list[str]],
) -> None:
    page, console, asked = shared_sheet
    for text in HOSTILE:
        before = len(asked)
        shown = await page.evaluate(SHOW, [console.at, text])
        lone = text.replace("\r\n", "\n")
        assert shown["text"] == lone
        assert set(shown["tags"]) <= {"span", "code", "button"}
        assert set(shown["attributes"]) <= {"class", "type", "tabindex"}
        assert shown["rest"] == 1
        named = {int(sign[2:].split(" ")[0], 16) for sign in shown["signs"]}
        hidden = {ord(character) for character in lone if _hidden(character)}
        assert hidden <= named, [hex(point) for point in hidden - named]
        assert not await scrolls_sideways(page)
        assert asked[before:] == [], "showing a text asked the network"
    assert await page.evaluate("document.querySelectorAll('script:not([src]), img, iframe, form, style').length") == 0


@pytest.fixture
async def shared_sheet(
    opened: Opening, console: CannedConsole, watched: Watched
) -> tuple[Page, CannedConsole, list[str]]:
    page = await opened("/sheet", width=320)
    await expect(page.get_by_role("heading", name="Stage bar")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: watched.errors.append(f"dialog: {dialog.message}"))
    return page, console, asked


async def test_a_long_text_is_folded_with_its_count_and_opens(opened: Opening) -> None:
    page = await opened("/sheet")
    more = page.get_by_role("button", name="Show all 2,000 characters")
    await expect(page.get_by_text("1,200 of 2,000 characters")).to_be_visible()
    await more.click()
    await expect(more).to_have_count(0)
