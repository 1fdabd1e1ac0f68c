"""The dashboard of a real monitor in a real browser: sign in by name, see a workflow, see it change without reload."""

import json
import uuid
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from shared.web.sign_in.sessions import DASHBOARD_COOKIE
from tests.integration.monitor.test_monitor_service import monitor, publish
from tests.support.chromium import ARGUMENTS, MISSING, chromium, must_be_there
from tests.support.stack import TestDatabase
from tests.support.story import Story
from tests.support.workflow_lives import Life
from tools.local_stack.topics import ensure_topics

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(chromium() is None and not must_be_there(), reason=MISSING),
]

#: Milliseconds for what takes a second on a quiet machine; the broker may still be electing.
PATIENCE = 60_000.0


async def test_a_person_signs_in_and_sees_a_workflow_change(kafka_bootstrap: str, database: TestDatabase) -> None:
    await ensure_topics({"bootstrap_servers": kafka_bootstrap})
    waiting = Story(f"resp-{uuid.uuid4()}").received().planned()
    before = len(waiting.told)
    async with monitor(kafka_bootstrap, database) as client, async_playwright() as playwright:
        await publish(kafka_bootstrap, database, waiting.told)
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE)
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda told: said.append(told.text) if "Content Security Policy" in told.text else None)
        await page.goto(f"http://localhost:{client.base_url.port}/")
        await page.get_by_role("button", name="olga").click()
        row = page.locator(".flow-table tbody tr").filter(has_text=waiting.plan.order.order_id)
        await expect(row.locator("td[data-key=murex]")).to_have_text("6 deals planned", timeout=PATIENCE)
        await expect(row.locator("td[data-key=progress]")).to_contain_text("Planned")
        (cookie,) = [each for each in await page.context.cookies() if each["name"] == DASHBOARD_COOKIE]
        assert (cookie["sameSite"], cookie["httpOnly"], cookie["secure"]) == ("Strict", True, True)
        # What follows is told on the stream; nothing is loaded again.
        await page.evaluate("window.loadedOnce = true")
        waiting.approved().progress("PREPARED", stage="2", done=30)
        contract = "Deal 1 booked in Murex as MX-7731 (1 of 6)"
        waiting.progress("BOOKING", stage="2", done=30, status=contract)
        await publish(kafka_bootstrap, database, waiting.told[before:])
        await expect(row.locator("td[data-key=murex]")).to_have_text("1 of 6 booked", timeout=PATIENCE)
        await expect(row.locator("td[data-key=who]")).to_contain_text("alice", timeout=PATIENCE)
        await page.get_by_label("Order, workflow, response, Murex reference").fill("mx-77")
        await expect(row).to_have_count(1)
        assert await page.evaluate("window.loadedOnce") is True
        assert said == []
        await browser.close()


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


async def test_a_person_opens_a_workflow_follows_it_to_its_end_and_takes_its_history_away(
    kafka_bootstrap: str, database: TestDatabase
) -> None:
    await ensure_topics({"bootstrap_servers": kafka_bootstrap})
    life = Life().requested()
    before = len(life.told)
    async with monitor(kafka_bootstrap, database) as client, async_playwright() as playwright:
        await publish(kafka_bootstrap, database, life.told)
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE)
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda told: said.append(told.text) if told.type == "error" else None)
        await page.goto(f"http://localhost:{client.base_url.port}/?currency=USD")
        await page.get_by_role("button", name="olga").click()
        said.clear()  # nobody was signed in: 401
        await page.locator(".flow-table tbody a").first.click(timeout=PATIENCE)
        await expect(page.locator(".work-title .badge")).to_have_text("Awaiting approval", timeout=PATIENCE)
        await page.evaluate("window.loadedOnce = true")
        life.prepared().all_booked().after(700).posted()
        await publish(kafka_bootstrap, database, life.told[before:])
        await expect(page.locator(".work-title")).to_contain_text("Reconciled", timeout=PATIENCE)
        await expect(page.locator(".timeline > tbody")).to_have_count(10, timeout=PATIENCE)
        await page.get_by_role("tab", name="Operations").click()
        await expect(page.locator(".operations-table tbody tr:not(.group)")).to_have_count(47)
        press = page.locator(".operations-table .event-button").first
        await press.click()
        await expect(page.get_by_role("dialog").locator("pre")).to_contain_text(life.subject.plan.order.order_id)
        await page.keyboard.press("Escape")
        async with page.expect_download() as downloading:
            await page.get_by_role("link", name="History as JSON").click()
        taken = text_of(Path(await (await downloading.value).path()))
        assert len(json.loads(taken)["events"]) == len(life.told)
        assert "secret.grant.text" not in taken
        await page.get_by_role("navigation", name="Where this page is").get_by_role("link", name="Overview").click()
        await expect(page).to_have_url(f"http://localhost:{client.base_url.port}/?currency=USD")
        await expect(page.locator(".flow-table tbody a").first).to_be_focused()
        assert await page.evaluate("window.loadedOnce") is True
        assert said == []
        await browser.close()
