"""What holds for every page in every state: axe finds nothing, nothing scrolls sideways, Tab reaches everything."""

import json
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""Named, because a run without names leaves out the size of targets."""

_STOPS_MAX = 400

#: Everything that takes focus by Tab; of a list of tabs the chosen one.
_FOCUSABLE = """
(() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
  .filter((each) => each.tabIndex >= 0 && !each.disabled && each.checkVisibility({ visibilityProperty: true }))
  .map((each) => { each.dataset.stop ??= String(++window.stops || (window.stops = 1)); return each.dataset.stop; }))()
"""
#: The element that has focus; whether what it shows is covered by something that stays in its place.
_FOCUSED = """
(() => {
  const at = document.activeElement;
  if (at === document.body || at === null) return null;
  const { left, top, width, height } = at.getBoundingClientRect();
  const found = document.elementFromPoint(left + width / 2, top + height / 2);
  const seen = found !== null && (at.contains(found) || found.contains(at) || found.closest("label")?.contains(at));
  const inside = top >= 0 && top < innerHeight;
  return { stop: at.dataset.stop ?? null, name: at.outerHTML.slice(0, 120), covered: !(seen && inside) };
})()
"""


#: Every rule is asked of every element. Only how each of the thousands that pass it would be found again is not worked
#: out, nor sent to the test: that is more than half of what a run of axe costs.
_VIOLATIONS_ONLY = {"resultTypes": ["violations"], "selectors": False}

#: Half faded in, a colour is paler than it will be.
_STANDS_STILL = "Promise.all(document.getAnimations().map((each) => each.finished.catch(() => null)))"


async def axe_findings(page: Page, *, preload: bool = True) -> list[str]:
    """What axe finds, one line a rule with its first element.

    Args:
        preload: axe copies style sheets of other origins into the page, which a strict policy refuses.
    """
    await page.evaluate(_STANDS_STILL)
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(AXE_SCRIPT)
    options = {"runOnly": {"type": "tag", "values": TAGS}, "preload": preload, **_VIOLATIONS_ONLY}
    found = await page.evaluate(f"axe.run({json.dumps(options)}).then((all) => JSON.stringify(all.violations))")
    return [_finding(each) for each in json.loads(found)]


def _finding(violation: dict[str, Any]) -> str:
    first = violation["nodes"][0]
    return f"{violation['id']}: {len(violation['nodes'])} × {first['html'][:160]} {first['failureSummary']}"


async def scrolls_sideways(page: Page) -> bool:
    """Whether the page is wider than its window."""
    return bool(await page.evaluate("document.scrollingElement.scrollWidth > document.documentElement.clientWidth"))


async def not_reached_by_tab(page: Page) -> tuple[list[str], list[str]]:
    """Walk through the page by Tab; return what was not reached, and what was covered while it had focus."""
    wanted: list[str] = await page.evaluate(_FOCUSABLE)
    await page.evaluate("document.activeElement?.blur()")
    reached: list[str] = []
    covered: list[str] = []
    for _ in range(min(len(wanted) + 3, _STOPS_MAX)):
        await page.keyboard.press("Tab")
        focused = await page.evaluate(_FOCUSED)
        if focused is None:
            continue
        reached.append(focused["stop"])
        if focused["covered"]:
            covered.append(focused["name"])
    return [stop for stop in wanted if stop not in reached], covered
