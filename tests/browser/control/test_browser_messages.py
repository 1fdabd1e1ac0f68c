"""Messages in a browser: dead letters and their replay, blocked messages and unpublished events with two persons."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opening, Watched
from tests.support.canned_console import CannedConsole, problem
from tests.support.control_documents import at, event, events, letter, letters, person, set_aside, set_asides
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways

ADDRESS = "/console/messages"
BLOCKED = f"{ADDRESS}?tab=blocked"
UNPUBLISHED = f"{ADDRESS}?tab=unpublished"
PLACE = {"group": "hawk-executor-murex", "topic": "hawk.murex.answers", "partition": 2, "offset": 41_207}
ASKED = {"at": at(-1), "by": "olga", "role": "OPERATIONS", "reason": "the publisher corrected it"}
WAITS = {
    "digest": "sha256:" + "9a" * 32, "reason": "the limit was raised", "proposed_by": person("olga", "OPERATIONS"),
    "expires_at": at(600), "may_confirm": True, "why": "",
}  # fmt: skip


async def test_a_dead_letter_has_its_code_its_reason_its_place_and_its_cure(opened: Opening) -> None:
    page = await opened(ADDRESS)
    await expect(page).to_have_title("[SIMULATOR] Messages, HAWK console")
    row = page.get_by_role("row").filter(has_text="offset 401")
    for words in (
        "16 min ago", "by hawk-executor-reference", "REFERENCE_COLUMN_UNKNOWN", "entity_master has no column",
        "hawk.reference, partition 0, offset 401", "Have the corrected row published",
    ):  # fmt: skip
        await expect(row).to_contain_text(words)


async def test_a_replay_is_asked_for_with_what_was_put_right(opened: Opening, console: CannedConsole) -> None:
    page = await opened(ADDRESS)
    await page.get_by_role("row").filter(has_text="offset 401").get_by_role("button", name="Publish again").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("It meets all checks again.")
    await dialog.get_by_role("button", name="Publish again").click()
    await expect(dialog).to_contain_text("Say why.")
    await dialog.get_by_label("What was put right").fill("the publisher corrected it")
    one = letter(1)["letter"]
    console.answers[f"POST /deadletters/{one}/replay"] = 202, {"letter": one}
    console.answers["/letters"] = letters(
        letter(1, state="ASKED", asked=ASKED, may_replay=False, why="olga has asked.")
    )
    await dialog.get_by_role("button", name="Publish again").click()
    row = page.get_by_role("row").filter(has_text="offset 401")
    await expect(row).to_contain_text("olga asked: the publisher corrected it")
    await expect(row.get_by_role("button")).to_have_count(0)
    assert console.posted[0][:2] == (f"/deadletters/{one}/replay", {"reason": "the publisher corrected it"})


async def test_each_state_of_a_letter_has_its_words_and_only_where_it_helps_a_button(
    opened: Opening, console: CannedConsole
) -> None:
    declined = {
        "at": at(-1),
        "by": "olga",
        "code": "HEADERS_NOT_KEPT",
        "reason": "Its key is too long.",
        "asked_at": at(-1),
    }
    console.answers["/letters"] = letters(
        letter(1, may_replay=False, why="A dead letter is published again by OPERATIONS; you hold TRADER."),
        letter(2, state="REPLAYED", may_replay=False, why="It was published again."),
        letter(3, not_replayable={"code": "VALUE_TRUNCATED", "reason": "Too long."}, may_replay=False, why="Too long."),
        letter(4, asked=ASKED, answer=declined, refusals=3, messages=12, last_offset=415),
        letter(5, code=None, reason="", topic="", group="", what_to_do="`hawk deadletters show` has them."),
    )
    page = await opened(ADDRESS)
    rows = page.get_by_role("row")
    press = rows.nth(1).get_by_role("button", name="Publish again")
    await expect(press).to_have_accessible_description(
        "A dead letter is published again by OPERATIONS; you hold TRADER."
    )
    await expect(rows.nth(2)).to_contain_text("Published again")
    await expect(rows.nth(2).get_by_role("button")).to_have_count(0)
    await expect(rows.nth(3).get_by_role("button")).to_have_count(0)
    await expect(rows.nth(4)).to_contain_text("Not published for olga: Its key is too long.")
    await expect(rows.nth(4)).to_contain_text("refused 3 times")
    await expect(rows.nth(4)).to_contain_text("offsets 404 to 415, covers 12 messages")
    await expect(rows.nth(5)).to_contain_text("no details kept")
    assert await axe_findings(page) == []


async def test_older_letters_are_a_page_with_its_address(opened: Opening, console: CannedConsole) -> None:
    last = letter(2)["letter"]
    console.answers["/letters"] = lambda query: (
        letters(letter(3)) if query.get("before") == last else letters(letter(1), letter(2), next=last)
    )
    page = await opened(ADDRESS)
    await page.get_by_role("link", name="Older").click()
    await expect(page).to_have_url(f"{console.origin}{ADDRESS}?before={last}")
    await expect(page.get_by_role("row").filter(has_text="offset 403")).to_be_visible()
    await expect(page.get_by_role("link", name="Older")).to_have_count(0)
    await page.get_by_role("link", name="Newest").click()
    await expect(page.get_by_role("row").filter(has_text="offset 401")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("row").filter(has_text="offset 403")).to_be_visible()


async def test_tabs_live_in_the_address_and_arrows_move_between_them(opened: Opening, console: CannedConsole) -> None:
    page = await opened(ADDRESS)
    await page.get_by_role("tab", name="Dead letters").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page).to_have_url(f"{console.origin}{BLOCKED}")
    await expect(page.get_by_role("tab", name="Blocked messages")).to_be_focused()
    await expect(page.get_by_role("heading", name="Set a message aside")).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("row").filter(has_text="PlanDrawn")).to_be_visible()
    await page.go_back()
    await page.reload()
    await expect(page.get_by_role("tab", selected=True)).to_contain_text("Blocked messages")


async def test_a_blocked_message_is_proposed_by_its_place(opened: Opening, console: CannedConsole) -> None:
    console.answers["/deadletters/set-aside"] = set_asides()
    page = await opened(BLOCKED)
    await expect(page.locator(".state")).to_contain_text("No order waits for a second person.")
    await page.get_by_role("button", name="Propose").click()
    await expect(page.get_by_text("A whole number from 0.")).to_have_count(2)
    await expect(page.get_by_label("Consumer group")).to_be_focused()
    await page.evaluate("""() => {
      const data = new DataTransfer();
      data.setData("text/plain", "hawk deadletters set-aside hawk-executor-murex hawk.murex.answers 2 41207");
      const paste = { clipboardData: data, bubbles: true, cancelable: true };
      document.activeElement.dispatchEvent(new ClipboardEvent("paste", paste));
    }""")
    await expect(page.get_by_role("textbox", name="Offset")).to_have_value("41207")
    await page.get_by_label("Why it may be passed over").fill("1.9 comes tonight")
    await page.get_by_role("button", name="Propose").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("this one becomes a dead letter if it still cannot be handled")
    console.answers["POST /deadletters/set-aside"] = 201, set_aside()
    console.answers["/deadletters/set-aside"] = set_asides(
        set_aside(may_confirm=False, why="You have already approved.")
    )
    await dialog.get_by_role("button", name="Propose").click()
    panel = page.get_by_role("region", name="hawk.murex.answers, partition 2, offset 41207")
    await expect(panel.get_by_role("button", name="Confirm")).to_have_accessible_description(
        "You have already approved."
    )
    assert console.posted[0][:2] == ("/deadletters/set-aside", {**PLACE, "reason": "1.9 comes tonight"})
    await expect(page.get_by_role("textbox", name="Offset")).to_have_value("")


async def test_a_second_person_sets_a_message_aside(opened: Opening, console: CannedConsole) -> None:
    page = await opened(BLOCKED)
    await expect(page.get_by_role("tab", name="Blocked messages")).to_contain_text("1")
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("dialog")).to_contain_text("The messages behind it go on.")
    console.answers["/deadletters/set-aside"] = set_asides()
    console.answers["POST /deadletters/set-aside"] = 201, set_aside(status="CONFIRMED")
    await page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    await expect(page.locator(".state")).to_contain_text("No order waits for a second person.")
    sent = console.posted[0][1]
    assert sent == {**PLACE, "reason": set_aside()["reason"], "digest": set_aside()["digest"]}


async def test_an_event_is_published_by_two_persons(opened: Opening, console: CannedConsole) -> None:
    page = await opened(UNPUBLISHED)
    row = page.get_by_role("row").filter(has_text="PlanDrawn")
    await expect(row).to_contain_text("TOO_LARGE")
    await expect(row).to_contain_text("position 120,477")
    await row.get_by_role("button", name="Propose").click()
    await page.get_by_label("What was put right").fill("the limit was raised")
    console.answers["/events/unpublishable"] = events(event(pending=WAITS))
    console.answers["POST /events/unpublishable/120477/publication"] = 201, event(pending=WAITS)
    await page.get_by_role("dialog").get_by_role("button", name="Propose").click()
    await expect(row).to_contain_text("proposed by olga (OPERATIONS)")
    await row.get_by_role("button", name="Confirm").click()
    console.answers["/events/unpublishable"] = events(event(ordered=True))
    await page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    await expect(row).to_contain_text("Two persons want it published; the relay is about to try.")
    assert [body for _, body, _ in console.posted] == [{"reason": "the limit was raised"}, {"digest": WAITS["digest"]}]


@pytest.mark.parametrize(
    ("address", "path", "document", "said"),
    [
        (ADDRESS, "/letters", letters(), "There is no dead letter."),
        (BLOCKED, "/deadletters/set-aside", set_asides(), "No order waits for a second person."),
        (UNPUBLISHED, "/events/unpublishable", events(), "Every event was published."),
    ],
)
async def test_where_nothing_needs_people_it_says_so(
    opened: Opening, console: CannedConsole, address: str, path: str, document: dict[str, Any], said: str
) -> None:
    console.answers[path] = document
    page = await opened(address)
    await expect(page.locator(".state")).to_contain_text(said)
    assert await axe_findings(page) == []


@pytest.mark.parametrize(
    ("address", "path"),
    [(ADDRESS, "/letters"), (BLOCKED, "/deadletters/set-aside"), (UNPUBLISHED, "/events/unpublishable")],
)
async def test_what_cannot_be_read_says_so_and_the_tabs_stay(
    opened: Opening, console: CannedConsole, watched: Watched, address: str, path: str
) -> None:
    watched.allow("status of 503")
    console.answers[path] = 503, problem(503, "TRY_AGAIN", "The database is away.")
    page = await opened(address)
    await expect(page.locator(".state")).to_contain_text("The database is away. Nothing was changed.")
    await expect(page.get_by_role("tab")).to_have_count(3)
    assert await axe_findings(page) == []


@pytest.mark.parametrize(
    ("address", "path", "document", "label"),
    [
        (
            BLOCKED,
            "/deadletters/set-aside",
            set_asides(may_propose=False, why="None of your roles approves."),
            "Propose",
        ),
        (UNPUBLISHED, "/events/unpublishable", events(event(), may_propose=False, why="You hold TRADER."), "Propose"),
    ],
)
async def test_who_may_not_be_the_first_person_reads_why(
    opened: Opening, console: CannedConsole, address: str, path: str, document: dict[str, Any], label: str
) -> None:
    console.answers[path] = document
    page = await opened(address)
    await expect(page.get_by_role("button", name=label)).to_have_accessible_description(document["why"])
    assert await axe_findings(page) == []


async def test_the_words_of_messages_are_text(opened: Opening, console: CannedConsole) -> None:
    hostile = "<img src=x onerror=alert(1)>" + "A" * 3_000
    named = {"reason": hostile, "group": hostile, "topic": hostile}
    console.answers["/letters"] = letters(letter(1, code=hostile, what_to_do=hostile, **named))
    console.answers["/deadletters/set-aside"] = set_asides(set_aside(**named))
    console.answers["/events/unpublishable"] = events(event(stream=hostile, type=hostile, reason=hostile))
    for address in (ADDRESS, BLOCKED, UNPUBLISHED):
        page = await opened(address, width=320)
        await expect(page.get_by_role("main")).to_contain_text("<img src=x onerror=alert(1)>")
        assert await page.locator("main img").count() == 0
        assert not await scrolls_sideways(page)


@pytest.mark.parametrize("address", [ADDRESS, BLOCKED, UNPUBLISHED])
@pytest.mark.parametrize("look", looks({"dark": True}, {"forced_colors": "active"}, {"width": 390}, {"width": 320}))
async def test_messages_are_for_everybody(
    opened: Opening, console: CannedConsole, address: str, look: dict[str, Any]
) -> None:
    console.answers["/events/unpublishable"] = events(
        event(), event(position=9, pending=WAITS), event(position=10, ordered=True)
    )
    page = await opened(address, **look)
    await expect(page.locator(".panel").first).to_be_visible()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)
    if not look or look.get("width") == 390:
        wanted, covered = await not_reached_by_tab(page)
        assert (wanted, covered) == ([], [])
