"""The dashboard on a whole HAWK: three hundred workflows of every ending come while a person works with the list."""

import json
import random
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from shared.events.identity import workflow_id
from shared.events.states import FINAL
from tests.e2e.test_configuration import change_buffer
from tests.e2e.test_override import DEALS
from tests.e2e.test_reversal import SENIOR, reverse
from tests.e2e.test_stale_context import move_rate
from tests.support.crowd import approving, seeded
from tests.support.hawk import KEEPING_ENTITY, SHARED_SCRIPT, Document, Hawk
from tests.support.orders import order
from tests.support.storm.orders import AMOUNTS, Asked, asked, script

pytestmark = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(1_500)]

WORKFLOWS = 290
"""In the crowd; ten more have an ending of their own."""

AT_ONCE = 5
LIFETIME_SECONDS = 150
"""Of a request that nobody decides; all others are decided within seconds."""

ENDED_SECONDS_MAX = 600.0
PATIENCE = 60_000.0
PAUSED_MS = 1_500.0
UNDECIDED, STALE = "ENTITY0040", "ENTITY0021"
HEAP_GROWTH_MAX = 1.5
"""Of the page, between the first hundred workflows and the last: rows of one page are all that it keeps."""

ENDINGS = {"POSTED", "COMPENSATED", "NEEDS_INTERVENTION", "REFUSED", "REJECTED", "EXPIRED", "STALE_CONTEXT", "REVERSED"}
KINDS = {"hedge", "reversal", "configuration", "override"}


class Crowd(threading.Thread):
    """Publishes orders, so many at a time, until all are published."""

    def __init__(self, hawk: Hawk, orders: Sequence[Asked]) -> None:
        super().__init__(name="crowd")
        self._hawk = hawk
        self._orders = list(orders)
        self.stopped = threading.Event()

    def run(self) -> None:
        """Publish, with a rest between."""
        for start in range(0, len(self._orders), AT_ONCE):
            if self.stopped.wait(0.3):
                return
            self._hawk.publish(*(each.answer() for each in self._orders[start : start + AT_ONCE]))


class Person:
    """Works with the overview: filters, searches, pauses, opens a workflow, comes back."""

    def __init__(self, page: Page, rng: random.Random) -> None:
        self._page = page
        self._rng = rng
        self.rows = page.locator(".flow-table tbody tr")

    def work(self) -> None:
        """Do one round of everything, ending on the whole list."""
        page = self._page
        page.locator(".chip", has_text="Failed").click()
        page.wait_for_url("**/?group=failed")
        page.go_back()
        expect(self.rows.nth(1)).to_be_visible(timeout=PATIENCE)
        link = self.rows.locator("a.flow-link").nth(self._rng.randrange(min(20, self.rows.count())))
        search = page.get_by_label("Order, workflow, response, Murex reference")
        search.fill(str(link.get_attribute("title")))
        expect(self.rows).to_have_count(1, timeout=PATIENCE)
        search.fill("")
        expect(self.rows.nth(1)).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name="Pause").click()
        paused = self._progress()
        page.wait_for_timeout(PAUSED_MS)
        assert self._progress() == paused, "while it is paused nothing moves but times"
        page.get_by_role("button", name="Resume").click()
        self.rows.locator("a.flow-link").first.click()
        page.wait_for_url("**/dashboard/workflows/*")
        expect(page.locator("h1")).to_be_visible(timeout=PATIENCE)
        page.go_back()
        expect(self.rows.nth(1)).to_be_visible(timeout=PATIENCE)

    def _progress(self) -> list[str]:
        return self.rows.locator("td[data-key=progress]").all_inner_texts()

    def everything(self) -> list[str]:
        """Walk through all pages of the list; gives the workflows in their order."""
        self._page.goto("/")
        links = self.rows.locator("a.flow-link")
        found: list[str] = []
        while True:
            expect(links.first).to_be_visible(timeout=PATIENCE)
            shown = links.evaluate_all("all => all.map((each) => each.title)")
            found += shown
            older = self._page.locator(".list-pages a[rel=next]")
            if older.count() == 0:
                return found
            older.click()
            expect(links.first).not_to_have_attribute("title", shown[0], timeout=PATIENCE)


@pytest.fixture
def page(browser: Browser) -> Iterator[Callable[[Hawk], Page]]:
    """The overview of a HAWK, as olga sees it."""
    contexts, said = [], []

    def opened(hawk: Hawk) -> Page:
        address = hawk.known["monitor_url"].replace("127.0.0.1", "localhost")
        context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        made = context.new_page()
        made.on("pageerror", lambda error: said.append(str(error)))
        made.goto("/")
        made.get_by_role("button", name="olga").click()
        expect(made.get_by_role("heading", name="Overview")).to_be_visible(timeout=PATIENCE)
        return made

    yield opened
    for context in contexts:
        context.close()
    assert said == []


def heap_of(session: CDPSession) -> int:
    """Bytes that the page uses once nothing is left to be collected."""
    session.send("HeapProfiler.collectGarbage")
    return int(session.send("Runtime.getHeapUsage")["usedSize"])


def ends_of_their_own(hawk: Hawk, folder: Path) -> set[str]:
    """Ask for workflows of all kinds that are refused, rejected, reversed, expire, go stale or need a person; gives
    their ids."""
    changed = change_buffer(hawk, "20")
    kept = hawk.planned(order("TWD", AMOUNTS["TWD"], KEEPING_ENTITY))["workflow_id"]
    hawk.approve(kept)
    hawk.in_state(kept, "NEEDS_INTERVENTION")
    rejected = hawk.planned(order("USD", AMOUNTS["USD"], UNDECIDED))["workflow_id"]
    assert hawk.decide(rejected, hawk.token("tess", "TRADER"), "REJECT").is_success
    expires = hawk.planned(order("HKD", AMOUNTS["HKD"], "ENTITY0010"))["workflow_id"]
    refused = order("VND", "900000000000", "ENTITY0041")
    hawk.publish(refused)
    stale = hawk.planned(order("JPY", "500000000", STALE))["workflow_id"]
    move_rate(hawk, folder, "JPY/SGD", "prevailing", 200)
    hawk.approve(stale)
    successor = hawk.in_state(stale, "STALE_CONTEXT")["successor"]
    undone = hawk.planned(order("USD", AMOUNTS["USD"], "ENTITY0039"))["workflow_id"]
    hawk.approve(undone)
    hawk.in_state(undone, "POSTED")
    reversal = reverse(hawk, undone)["workflow_id"]
    hawk.in_state(reversal, "AWAITING_APPROVAL")
    hawk.approve(reversal, "sara", SENIOR)
    hawk.all_in_state([undone], "REVERSED", ENDED_SECONDS_MAX)
    settles = _override(hawk, kept)
    none = workflow_id(refused["response_id"], 0, 1)
    return {changed, kept, rejected, expires, none, stale, successor, undone, reversal, settles}


def _override(hawk: Hawk, kept: str) -> str:
    """Ask to settle the first deal of a workflow by hand; nobody decides. Gives the workflow of that."""
    (deal, *_) = hawk.query(DEALS, kept)
    data = {"deal_booking_id": deal["deal_booking_id"], "resolution": "CANCELLED", "reason": "Ticket 4711"}
    answer = {"analysis": "Found out.", "recommended_actions": [{"action_type": "OVERRIDE_DEAL", "data": data}]}
    (proposed,) = hawk.response(hawk.hand_in(answer, "mira"))["workflows"]
    return str(hawk.in_state(proposed["workflow_id"], "AWAITING_APPROVAL")["workflow_id"])


def test_nothing_is_lost_or_doubled_while_a_person_works_with_the_list(
    new_hawk: Callable[..., Hawk], page: Callable[[Hawk], Page], tmp_path: Path
) -> None:
    rng = seeded()
    orders = asked(rng, f"all-day-{rng.randrange(10**6)}", WORKFLOWS, closing_share=0.0)
    file = tmp_path / "murex.json"
    file.write_text(json.dumps([*SHARED_SCRIPT, *script(orders)]), encoding="utf-8")
    hawk = new_hawk("--murex-script", str(file), HAWK_APPROVAL_REQUEST_LIFETIME_SECONDS=str(LIFETIME_SECONDS))
    with ThreadPoolExecutor() as aside:  # the browser's loop runs in this thread
        own = aside.submit(ends_of_their_own, hawk, tmp_path).result()
    seen = page(hawk)
    session = seen.context.new_cdp_session(seen)
    crowd, person = Crowd(hawk, orders), Person(seen, rng)
    heaps: list[int] = []
    with approving(hawk, besides=own):
        crowd.start()
        try:
            while _open(hawk, len(orders) + len(own)):
                person.work()
                heaps.append(heap_of(session))
        finally:
            crowd.stopped.set()
            crowd.join()

    listed = hawk.listed()
    found = person.everything()
    assert len(found) == len(set(found)), "nothing is doubled"
    assert set(found) == {row["workflow_id"] for row in listed}, "nothing is lost"
    shown = _overview(hawk)
    assert {row["workflow_id"]: row["state"] for row in listed} == {row["workflow_id"]: row["state"] for row in shown}
    assert {row["state"] for row in shown} >= ENDINGS
    assert {row["kind"] for row in shown} == KINDS
    sys.stderr.write(f"heap after each round of the person, KB: {[heap // 1024 for heap in heaps]}\n")
    assert heaps[-1] < HEAP_GROWTH_MAX * heaps[1]


def _open(hawk: Hawk, expected: int) -> bool:
    """Return whether something is still under way: only after an order that is completed its journal follows."""
    listed = _overview(hawk)
    over = [row["state"] in FINAL or (row["state"], row["kind"]) == ("COMPLETED", "configuration") for row in listed]
    return len(listed) < expected or not all(over)


def _overview(hawk: Hawk) -> list[Document]:
    """Every workflow, by the pages of the overview."""
    found: list[Document] = []
    before: str | None = ""
    while before is not None:
        shown: Document = hawk.get(f"/overview{before and f'?before={before}'}") or {}
        found += shown["workflows"]
        before = shown["next"]
    return found
