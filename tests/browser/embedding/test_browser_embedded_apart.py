"""Two sites on one page: no style crosses, no policy is violated, no other origin reads; the element comes and goes."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opening, Watched
from tests.browser.embedding.conftest import CARD, CARD_ELEMENT, PROGRESS_ELEMENT, Embedding
from tests.support import card_documents as documents
from tests.support import card_stories as stories
from tests.support.canned_embedding import CannedEmbedding
from tests.support.host_site import HostSite
from tests.support.hostile_texts import HOSTILE
from tests.support.page_checks import axe_findings, scrolls_sideways

APPROVE = "Approve & Execute"

#: What a style of the other site would change, of an element that is found inside.
_STYLE = """
(selector) => {
  const at = shown.shadowRoot.querySelector(selector);
  const { color, backgroundColor, fontSize, fontStyle, letterSpacing, lineHeight, textTransform, direction, cursor,
    borderTopWidth, borderRadius, textAlign } = getComputedStyle(at);
  return { color, backgroundColor, fontSize, fontStyle, letterSpacing, lineHeight, textTransform, direction, cursor,
    borderTopWidth, borderRadius, textAlign };
}
"""


async def ready(page: Page) -> Page:
    await page.get_by_role("button", name=APPROVE).wait_for()
    return page


async def test_no_style_of_the_other_site_reaches_in(embedded: Embedding) -> None:
    page = await ready(await embedded())
    common = {"fontStyle": "normal", "letterSpacing": "normal", "textTransform": "none", "direction": "ltr"}
    panel = await page.evaluate(_STYLE, ".panel")
    assert panel | common | {"borderTopWidth": "1px", "fontSize": "13px", "lineHeight": "20px"} == panel
    assert (panel["backgroundColor"], panel["color"]) == ("rgb(255, 255, 255)", "rgb(18, 22, 28)")
    primary = await page.evaluate(_STYLE, ".button-primary")
    assert primary | common | {"color": "rgb(255, 255, 255)", "backgroundColor": "rgb(31, 85, 208)"} == primary
    assert (primary["cursor"], primary["borderRadius"], primary["fontSize"]) == ("pointer", "6px", "13px")
    amount = await page.evaluate(_STYLE, ".card-amount")
    assert amount | common | {"fontSize": "28px", "lineHeight": "36px", "letterSpacing": "-0.28px"} == amount
    await page.get_by_role("button", name=APPROVE).click()
    await expect(page.get_by_role("dialog")).to_be_visible()


async def test_no_style_of_the_element_leaks_out(opened: Opening, host: HostSite) -> None:
    page = await opened(f"{host.origin}/")
    look = """() => [document.documentElement, document.body, ...document.querySelectorAll("h1, .panel, .button")]
      .map((each) => { const all = getComputedStyle(each);
        return [...all].filter((name) => !/size|width|height|inset|origin|perspective|top|bottom|left|right/.test(name))
          .map((name) => `${name}: ${all.getPropertyValue(name)}`).join("; "); })"""
    before = await page.evaluate(look)
    await page.evaluate(f"globalThis.shown = show('{CARD_ELEMENT}', {{ 'workflow-id': 'wf-1' }})")
    await ready(page)
    assert await page.evaluate(look) == before
    assert await page.evaluate("[...document.styleSheets].map(({ href }) => new URL(href).pathname)") == ["/host.css"]
    assert await page.evaluate("document.documentElement.dataset.theme") is None
    assert await page.evaluate("document.title") == "Desk"


async def test_other_origins_get_nothing(
    opened: Opening, console: CannedEmbedding, host: HostSite, watched: Watched
) -> None:
    """The same page at another origin that is not named: 127.0.0.1 is not localhost."""
    watched.allow("CORS policy|Failed to load resource|net::ERR_FAILED")
    stranger = host.origin.replace("localhost", "127.0.0.1")
    page = await opened(f"{stranger}/?element={CARD_ELEMENT}&workflow-id=wf-1")
    await page.wait_for_function("typeof show === 'function'")
    found = await page.evaluate(
        """async (hawk) => {
          const tried = ["/approvals/wf-1", "/rollout", "/embed/environment", "/embed/hawk-approval-card.js"];
          const read = (path) => fetch(hawk + path, { headers: { Authorization: "Bearer a.good-token" } })
            .then((answer) => answer.text(), () => null);
          return Promise.all(tried.map(read));
        }""",
        console.origin,
    )
    assert found == [None] * 4
    assert await page.evaluate(f"customElements.get('{CARD_ELEMENT}') === undefined")
    assert console.bearers == []


async def test_modules_that_the_console_loaded_before_are_loaded_for_the_other_site_too(
    opened: Opening, console: CannedEmbedding
) -> None:
    """Both are one site to the browser (ports do not count), so both take what one of them kept."""
    page = await opened("/sheet")
    await page.wait_for_load_state("networkidle")
    kept = await page.evaluate("performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)")
    assert f"{console.at}/shared/lib/dom.js" in kept
    other = await page.context.new_page()
    await other.goto(f"{console.origins}/?element={CARD_ELEMENT}&workflow-id=wf-1")
    await ready(other)


async def test_hostile_texts_are_text_inside_the_element(embedded: Embedding, console: CannedEmbedding) -> None:
    of = documents.of_spread(analysis="\n".join(HOSTILE[:24]), prompt=HOSTILE[0])
    console.answers[CARD] = documents.document(of)
    page = await ready(await embedded())
    inside = "shown.shadowRoot.querySelectorAll('script, img, iframe, form, base, meta, math, template, object').length"
    assert await page.evaluate(inside) == 0
    assert await page.evaluate(
        "[...shown.shadowRoot.querySelectorAll('a[href]')].every(({ href }) => /^https?:/.test(href))"
    )
    await expect(page.get_by_text("<script>alert(1)</script>").first).to_be_visible()


@pytest.mark.parametrize("early", [True, False])
async def test_properties_count_whether_or_not_the_element_is_defined(
    opened: Opening, host: HostSite, early: bool
) -> None:
    query = f"element={CARD_ELEMENT}&workflow-id=wf-1" + ("&early=1" if early else "")
    page = await ready(await opened(f"{host.origin}/?{query}"))
    assert await page.evaluate("Object.hasOwn(shown, 'token')") is False
    assert await page.evaluate("typeof shown.token") == "function"


async def test_element_is_taken_away_and_put_back(embedded: Embedding, console: CannedEmbedding) -> None:
    page = await ready(await embedded())
    await page.get_by_role("checkbox").first.check()
    given = console.given
    await page.evaluate("document.querySelector('main').prepend(shown)")
    await expect(page.get_by_role("checkbox").first).to_be_checked()
    assert console.given == given, "a move is no new beginning"
    await page.evaluate("shown.remove()")
    assert await page.evaluate("shown.shadowRoot.querySelector('.card-page')") is None
    await page.evaluate("place.append(shown)")
    await ready(page)
    await expect(page.get_by_role("checkbox").first).to_be_checked()


async def test_attribute_and_property_mirror_each_other(embedded: Embedding, console: CannedEmbedding) -> None:
    console.answers["/approvals/wf-9"] = documents.small()
    page = await ready(await embedded())
    await page.evaluate("shown.setAttribute('workflow-id', 'wf-9')")
    await expect(page.get_by_role("heading", name="USD 25,000,000.00 COI inception")).to_be_visible()
    assert await page.evaluate("shown.workflowId") == "wf-9"
    await page.evaluate("shown.workflowId = 'wf-1'; shown.theme = 'dark'")
    await expect(page.get_by_role("heading", name="HKD 400,000,000.00 COI inception")).to_be_visible()
    assert await page.evaluate("[shown.getAttribute('workflow-id'), shown.getAttribute('theme')]") == ["wf-1", "dark"]
    assert (await page.evaluate(_STYLE, ".panel"))["backgroundColor"] == "rgb(22, 26, 33)"
    await page.evaluate("shown.workflowId = null")
    await expect(page.get_by_role("alert")).to_contain_text("This element names no workflow.")


async def test_token_goes_nowhere_but_to_a_safe_address(
    opened: Opening, host: HostSite, console: CannedEmbedding
) -> None:
    page = await opened(f"{host.origin}/")
    await page.wait_for_function("typeof show === 'function'")
    for base in ("http://hawk.bank.example", "javascript:alert(1)", "https://user@hawk.bank.example", "data:,", "hawk"):
        await page.evaluate(
            "(base) => { place.replaceChildren(); show('hawk-approval-card', { 'workflow-id': 'wf-1', base }); }", base
        )
        await expect(page.get_by_role("alert")).to_contain_text("not one that a token may be sent to")
    assert await page.evaluate("asked") == []


@pytest.mark.parametrize(
    ("width", "dark"),
    [
        (1440, False),
        (320, True),
        *(
            pytest.param(width, dark, marks=pytest.mark.soak)
            for width, dark in ((1440, True), (700, False), (700, True), (320, False))
        ),
    ],
)
async def test_both_elements_are_accessible_and_fit(
    embedded: Embedding, console: CannedEmbedding, width: int, dark: bool
) -> None:
    scheme = {"theme": "dark"} if dark else {}
    page = await ready(
        await embedded(width=width, reduced_motion="reduce", attributes={"workflow-id": "wf-1", **scheme})
    )
    assert await findings(page) == []
    assert not await scrolls_sideways(page)
    await page.get_by_role("button", name=APPROVE).click()
    assert await findings(page) == []
    await page.keyboard.press("Escape")
    console.story = list(stories.rolled_back())
    await page.evaluate(
        f"(given) => {{ place.replaceChildren(); globalThis.shown = show('{PROGRESS_ELEMENT}', given); }}",
        {"workflow-id": "wf-1", **scheme},
    )
    await expect(page.get_by_role("heading", name="Execution failed. Transaction rolled back.")).to_be_visible()
    assert await findings(page) == []
    assert not await scrolls_sideways(page)


async def findings(page: Page) -> list[str]:
    """What axe finds inside the element; the other site's own colours are its own."""
    found: list[str] = await axe_findings(page, preload=False)
    return [each for each in found if "Of the desk" not in each]


async def test_an_element_has_one_column_where_it_is_narrow(embedded: Embedding) -> None:
    """Its own width counts, not that of the window."""
    page = await ready(await embedded())
    columns = "getComputedStyle(shown.shadowRoot.querySelector('.card-columns')).gridTemplateColumns.split(' ').length"
    assert await page.evaluate(columns) == 2
    await page.evaluate("place.style.setProperty('width', '600px')")
    await page.wait_for_function(f"{columns} === 1")
    who: Any = page.get_by_role("heading", name="Who decides")
    first = page.get_by_role("heading", name="1 What would happen")
    assert (await who.bounding_box())["y"] < (await first.bounding_box() or {})["y"]
