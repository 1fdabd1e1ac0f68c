"""The page of one workflow in a browser: timeline, operations, rollback, events; live, by keyboard, the way back."""

import math
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opening, Watched
from tests.support.canned_console import problem
from tests.support.canned_dashboard import CannedDashboard
from tests.support.executions import WORKFLOW, drawn
from tests.support.held_readings import held_readings
from tests.support.looks import looks
from tests.support.overview_documents import LINES, document, line
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways
from tests.support.workflow_lives import CONSOLE, Life, failing, late
from tests.support.workflow_pages import AT, DOCUMENT, row, shows

#: What would become markup, code or another reading order, were it anything but text.
HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>\u202egnp.exe ' + "A" * 200

TABS = ("Operations", "Deals", "Ledger", "Rollback", "Undo plan", "Raw events", "Timeline")


def groups(page: Page) -> Any:
    return page.locator(".timeline > tbody")


async def test_timeline_has_a_row_for_each_group_and_each_event_is_a_press_away(
    opened: Opening, console: CannedDashboard
) -> None:
    life = late()
    shown = await shows(console, life)
    page = await opened(AT)
    await expect(page).to_have_title(f"[SIMULATOR] {shown['order_id']}, HAWK dashboard")
    await expect(page.get_by_role("heading", level=1)).to_have_text("USD 25,000,000.00 COI inception")
    await expect(page.locator(".work-title")).to_contain_text("Reconciled")
    await expect(page.locator(".work-facts")).to_contain_text("Approved by sara (TRADER) 11:00:00")
    await expect(page.locator(".work-facts")).to_contain_text("Completed after 15.903 s, objective 2 s")
    await expect(page.get_by_role("list", name="Progress").get_by_role("listitem")).to_have_count(8)
    await expect(groups(page)).to_have_count(10)
    deal = groups(page).filter(has_text="Deal 6")
    await expect(deal.locator("td[data-key=attempts]").first).to_have_text("2")
    await expect(deal.locator("td[data-key=result]").first).to_contain_text("Silent 15 s, sent again")
    await expect(deal.locator("td[data-key=duration]").first).to_have_text("15.634 s")
    opener = deal.get_by_role("button", name="Deal 6")
    await opener.focus()
    await page.keyboard.press("Enter")
    await expect(opener).to_have_attribute("aria-expanded", "true")
    said = [
        "Sent, attempt 1",
        "No answer; Murex asked",
        "Sent again, same id, attempt 2",
        "Receipt: Murex has the message",
    ]
    await expect(deal.locator(".group-event th")).to_have_text([*said, "Booked, MX11736"])
    press = deal.get_by_role("button", name=re.compile("Event .*, DealSent")).first
    await press.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.locator("pre")).to_contain_text('"deal_sequence": 6')
    assert await axe_findings(page) == []
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(press).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(opener).to_have_attribute("aria-expanded", "false")
    await expect(opener).to_be_focused()
    await page.get_by_label("Show").select_option("unusual")
    await expect(groups(page)).to_have_count(1)
    history = page.get_by_role("link", name="History as JSON")
    await expect(history).to_have_attribute("href", f"/workflows/{WORKFLOW}/history")
    await expect(page.get_by_role("link", name="Open in console")).to_have_attribute(
        "href", f"{CONSOLE}/console/approvals/{WORKFLOW}"
    )


async def test_beside_it_stand_the_figures_execution_status_and_the_ids(
    opened: Opening, console: CannedDashboard
) -> None:
    shown = await shows(console, late())
    page = await opened(AT)
    aside = page.locator(".work-aside")
    await expect(aside.get_by_role("region", name="Reconciliation")).to_contain_text("Equal")
    figures = aside.get_by_role("region", name="Reconciliation").locator("dd")
    sums = ["375,000.00 = 375,000.00"] * 2
    await expect(figures).to_have_text(["6", "6 7 attempts", "6", "6", *sums])
    status = aside.get_by_role("region", name="execution_status")
    await expect(status.locator("dt")).to_have_text(list(shown["execution_status"]))
    await expect(status.locator("dd")).to_have_text(
        [re.compile("…"), "47", "47", "POSTED", "COMPLETED", "COMPLETED", "COMPLETED"]
    )
    ids = aside.get_by_role("region", name="Ids")
    await expect(ids.get_by_role("button")).to_have_count(5)
    await expect(ids.get_by_title(shown["plan_digest"])).to_be_visible()


async def test_all_operations_of_three_entities_are_read_by_stage_and_found_by_kind(
    opened: Opening, console: CannedDashboard
) -> None:
    await shows(console, Life(drawn("HKD", "400000000")).prepared().all_booked())
    page = await opened(AT)
    await page.get_by_role("tab", name="Timeline").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name="Operations 125")).to_be_focused()
    await expect(page).to_have_url(re.compile(r"\?tab=operations$"))
    lines = page.locator(".operations-table tbody tr:not(.group)")
    await expect(lines).to_have_count(125)
    titles = page.locator(".operations-table tr.group")
    await expect(titles).to_have_count(7)
    await expect(titles.nth(2)).to_have_text("Stage 1B, hedge event and allocation, Subsidiary1, 12 of 12")
    await expect(row(page, "operations-table", "8").locator("td")).to_have_text(
        [
            "UPDATE",
            "hedge_instructions",
            "check result, snapshots, acknowledgement",
            "1",
            "+0.260",
            re.compile(r"^\d+$"),
        ]
    )
    # The head of the table stays in sight while somebody reads on.
    await lines.nth(100).scroll_into_view_if_needed()
    head = await page.locator(".operations-table thead").bounding_box()
    header = await page.locator(".operations-table thead th").first.bounding_box()
    assert head is not None
    assert header is not None
    assert 0 <= header["y"] < 100
    await page.get_by_label("Kind").select_option("READ")
    await expect(lines).to_have_count(6 + 3 + 3 * 2)


async def test_times_stand_on_one_logarithmic_axis_and_are_said_in_full(
    opened: Opening, console: CannedDashboard
) -> None:
    await shows(console, late())
    page = await opened(AT)
    found = await page.evaluate("""async () => {
      const { scale, seconds, since } = await import(
        `/static/${document.documentElement.dataset.hash}/site/workflow/scale.js`);
      const axis = scale(16_000);
      const times = [-5, 0, 50, 60, 100, 1_000, 15_000, 16_000];
      return {
        places: times.map(axis.place), ticks: axis.ticks.map(({ name }) => name), moment: axis.part(500, 500).width,
        said: [0, 264, 99_999, 100_000, 3_599_999, 3_600_000, 90_000_000].map(seconds), since: [-1, 310].map(since),
      };
    }""")
    places = found["places"]
    assert places == sorted(places)
    assert (places[0], places[2], 900 < places[-1] < 1_000) == (0, 0, True)
    # Ten times the time is the same way on, wherever it begins.
    assert abs((places[5] - places[4]) - 1_000 / math.log10(16_000 * 1.15 / 50)) < 1
    assert found["ticks"] == ["0.1 s", "1 s", "10 s"]
    assert found["moment"] > 0
    said = ["0.000 s", "0.264 s", "99.999 s", "1 min 40 s", "59 min 59 s", "1 h 00 min", "1 d 1 h"]
    assert (found["said"], found["since"]) == (said, ["−0.001", "+0.310"])


async def test_a_rollback_goes_on_where_it_stands_and_keeps_focus(opened: Opening, console: CannedDashboard) -> None:
    life = failing()
    await shows(console, life)
    page = await opened(f"{AT}?tab=undoing")
    panel = page.get_by_role("tabpanel")
    await expect(panel).to_contain_text("0 of 5 cancelled")
    await expect(panel).to_contain_text("Deal 2 of event EVENT_0F8FAD5BD9CB469F_01 was not booked: unknown portfolio")
    await expect(page.locator(".stage[data-state=undoing]")).to_have_count(3)
    await expect(panel.locator(".undo-operations tbody th").first).to_have_text("30")
    press = row(page, "undo-cancels", "6").get_by_role("button")
    await press.focus()
    life.cancels("CANCELLED", "REFUSED", "CANCELLED", "CANCELLED")
    await shows(console, life)
    console.send("changed", {"workflow_ids": [WORKFLOW]})
    await expect(panel).to_contain_text("3 of 5 cancelled · 1 refused by Murex: a person must act")
    await expect(row(page, "undo-cancels", "3")).to_contain_text("refused")
    await expect(row(page, "undo-cancels", "6").get_by_role("button")).to_be_focused()
    await page.get_by_role("button", name="Pause").click()
    life.cancels("CANCELLED", "REFUSED", "CANCELLED", "CANCELLED", "CANCELLED")
    await shows(console, life)
    console.send("changed", {"workflow_ids": [WORKFLOW]})
    resume = page.get_by_role("button", name="Resume, show 1 change")
    await expect(resume).to_be_visible()
    await expect(panel).to_contain_text("3 of 5 cancelled")
    await resume.click()
    await expect(page.get_by_role("alert")).to_have_text("Now: Needs a person.")
    await expect(panel).to_contain_text("A person must act before the rest is taken back.")


async def test_paused_the_page_also_holds_what_it_was_about_to_read(opened: Opening, console: CannedDashboard) -> None:
    life = failing()
    await shows(console, life)
    page = await opened(f"{AT}?tab=undoing")
    panel = page.get_by_role("tabpanel")
    await expect(panel).to_contain_text("0 of 5 cancelled")
    async with held_readings(page, f"**{DOCUMENT}") as on_their_way:
        life.cancels("CANCELLED", "CANCELLED")
        await shows(console, life)
        console.send("changed", {"workflow_ids": [WORKFLOW]})
        await on_their_way.get()
        await page.get_by_role("button", name="Pause").click()
        await expect(page.locator(".work-top .live")).to_contain_text("Paused")
    await expect(panel).to_contain_text("0 of 5 cancelled")
    await page.get_by_role("button", name="Resume").click()
    await expect(panel).to_contain_text("2 of 5 cancelled")


async def test_who_waits_for_a_turn_says_its_place_of_now(opened: Opening, console: CannedDashboard) -> None:
    shown = await shows(console, Life().requested())
    text = "Waiting for its turn: 3 before it, about 12 seconds"
    console.answers[DOCUMENT] = {**shown, "state": "APPROVED", "turn": text}
    page = await opened("about:blank", width=320)
    await page.clock.install()
    await page.goto(AT)
    await expect(page.locator(".work-facts").first).to_contain_text(text)
    assert not await scrolls_sideways(page)
    assert await axe_findings(page) == []
    # Nobody is told that others have finished; the page looks.
    console.answers[DOCUMENT] = {**shown, "state": "APPROVED", "turn": text.replace("3", "1")}
    await page.clock.run_for(7_000)
    await expect(page.locator(".work-facts").first).to_contain_text("1 before it")


async def test_a_receipt_which_no_message_tells_is_seen_while_murex_is_to_answer(
    opened: Opening, console: CannedDashboard
) -> None:
    life = Life().prepared()
    await shows(console, life)
    page = await opened("about:blank")
    await page.clock.install()
    await page.goto(AT)
    result = groups(page).filter(has_text="Deal 1 ").locator("td[data-key=result]").first
    await expect(result).to_have_text("sent")
    await shows(console, life.after(400).received(1))
    await page.clock.run_for(7_000)
    await expect(result).to_have_text("received by Murex")


async def test_the_way_back_leads_to_the_list_with_its_filters_and_place(
    opened: Opening, console: CannedDashboard
) -> None:
    await shows(console, late())
    of = line(30, "POSTED", LINES[2].created_at - LINES[2].created_at, {"completed_operations": 47})
    mine = [*LINES, *LINES, of]
    found = document(mine)
    found["workflows"][-1]["workflow_id"] = WORKFLOW
    for number, each in enumerate(found["workflows"][len(LINES) : -1]):
        each["workflow_id"] = f"other-{number}"
    console.answers["/overview"] = found
    page = await opened("/?group=failed&currency=HKD", height=600)
    link = page.locator(f'.flow-table a[href="{AT}"]')
    await link.scroll_into_view_if_needed()
    place = await page.evaluate("scrollY")
    assert place > 0
    await link.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("USD 25,000,000.00")
    assert await page.evaluate("scrollY") == 0
    await page.get_by_role("tab", name="Operations").click()
    await page.get_by_role("navigation", name="Where this page is").get_by_role("link", name="Overview").click()
    await expect(page).to_have_url(f"{console.origin}/?group=failed&currency=HKD")
    await expect(link).to_be_focused()
    await page.wait_for_function(f"Math.abs(scrollY - {place}) < 40")
    await page.go_forward()
    await expect(page.get_by_role("tab", name="Operations")).to_have_attribute("aria-selected", "true")


async def test_a_page_that_cannot_be_read_says_so_and_what_was_read_stays(
    opened: Opening, console: CannedDashboard, watched: Watched
) -> None:
    watched.allow("status of (503|404)")
    shown = await shows(console, late())
    page = await opened(AT)
    await expect(groups(page)).to_have_count(10)
    console.answers[DOCUMENT] = 503, problem(503, "TRY_AGAIN", "The database is away.")
    console.send("changed", {"workflow_ids": [WORKFLOW]})
    said = page.locator(".work-away")
    await expect(said).to_contain_text("The workflow could not be read. The database is away.")
    await expect(groups(page)).to_have_count(10)
    console.answers[DOCUMENT] = shown
    await said.get_by_role("button", name="Try again").click()
    await expect(said).to_be_empty()
    page = await opened("/dashboard/workflows/nobody")
    await expect(page.get_by_text("There is nothing at this address.")).to_be_visible()


def hostile(value: Any, place: str = "") -> Any:
    """The document with every text that comes from outside replaced."""
    outside = (
        "reason", "contract_id", "external_reference", "maker", "title", "model", "name", "person", "purpose", "why",
        "status", "deal_booking_id", "order_id", "code",
    )  # fmt: skip
    if isinstance(value, dict):
        return {name: hostile(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [hostile(each, place) for each in value]
    return HOSTILE if isinstance(value, str) and place in outside else value


@pytest.mark.parametrize("width", [320, pytest.param(1440, marks=pytest.mark.soak)])
async def test_hostile_texts_are_texts(opened: Opening, console: CannedDashboard, width: int) -> None:
    shown = await shows(console, failing().cancels("CANCELLED", "REFUSED"))
    status = shown["execution_status"]
    console.answers[DOCUMENT] = hostile(shown) | {"console": "javascript:alert(1)", "execution_status": status}
    page = await opened(AT, width=width)
    for tab in TABS:
        await page.get_by_role("tab", name=tab).click()
        assert not await scrolls_sideways(page), tab
    closed = groups(page).get_by_role("button", expanded=False)
    while await closed.count() > 0:
        await closed.first.click()
    await expect(page.locator("main").get_by_text("<script>").first).to_be_visible()
    assert await page.locator("img, script:not([type=module])").count() == 0
    await expect(page.locator("main a[href*=alert]")).to_have_count(0)
    await expect(page.locator("main")).to_contain_text("U+202E right to left")
    assert not await scrolls_sideways(page)


OTHERS = [{"width": 320}, {"width": 900}, {"width": 1440, "dark": True}, {"forced_colors": "active"}]


async def accessible(page: Page, *tabs: str) -> None:
    await groups(page).get_by_role("button").first.click()
    for tab in tabs:
        await page.get_by_role("tab", name=tab).click()
        assert await axe_findings(page) == [], tab
        assert not await scrolls_sideways(page), tab


@pytest.mark.parametrize("look", looks())
async def test_looks_are_accessible(opened: Opening, console: CannedDashboard, look: dict[str, Any]) -> None:
    await shows(console, failing().cancels("CANCELLED", "REFUSED"))
    await accessible(await opened(AT, **look), "Rollback")


@pytest.mark.soak
@pytest.mark.parametrize("look", [*({}, {"dark": True, "width": 390}), *OTHERS])
async def test_every_part_is_accessible_in_every_look(
    opened: Opening, console: CannedDashboard, look: dict[str, Any]
) -> None:
    await shows(console, failing().cancels("CANCELLED", "REFUSED"))
    await accessible(await opened(AT, **look), *TABS)


@pytest.mark.parametrize(
    ("width", "tab"), [(1440, "timeline"), pytest.param(390, "operations", marks=pytest.mark.soak)]
)
async def test_everything_is_reached_by_keyboard(
    opened: Opening, console: CannedDashboard, width: int, tab: str
) -> None:
    await shows(console, late())
    page = await opened(f"{AT}?tab={tab}", width=width)
    await expect(page.get_by_role("tab", selected=True)).to_be_visible()
    missed, covered = await not_reached_by_tab(page)
    assert (missed, covered) == ([], [])
