"""The health page of a real monitor in a real browser: what is amiss is shown; servers go and come back unassisted."""

import re
import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from playwright.async_api import Page, async_playwright, expect

from shared.events import topics
from shared.events.approvals import Approver
from shared.events.decisions import name_of
from shared.events.identity import ROLLOUT_STREAM
from shared.events.rollout import ExecutionStopped, RolloutOpened, RolloutTerms
from tests.integration.monitor.test_health_sources import refused
from tests.integration.monitor.test_monitor_service import monitor, publish
from tests.support.chromium import ARGUMENTS, MISSING, chromium, must_be_there
from tests.support.proxy import Proxy
from tests.support.recorded import record
from tests.support.stack import TestDatabase
from tests.support.story import Story, Told
from tests.support.units import WHEN
from tools.local_stack.topics import ensure_topics

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(300),
    pytest.mark.skipif(chromium() is None and not must_be_there(), reason=MISSING),
]

#: Milliseconds for what takes some seconds on a quiet machine; the broker may still be electing.
PATIENCE = 60_000.0


def behind(proxy: Proxy, database: TestDatabase) -> TestDatabase:
    """The database, for the monitor's role through a proxy."""
    parts = urlsplit(database.dsn("hawk_monitor"))
    where = f"{parts.username}:{parts.password}@127.0.0.1:{proxy.port}"
    dsn = urlunsplit(parts._replace(netloc=where))
    return replace(database, dsn_by_role={**database.dsn_by_role, "hawk_monitor": dsn})


async def stopped(database: TestDatabase) -> None:
    terms = RolloutTerms(mode="FULL")
    (opened,) = await record(database, ROLLOUT_STREAM, RolloutOpened(terms=terms, opened_at=WHEN))
    first = name_of(1, opened.type, opened.schema_version, opened.data)
    olga = Approver(person="olga", role="OPERATIONS", at=WHEN)
    stop = ExecutionStopped(follows=first, terms=terms, reason="price feed looks wrong", stopped_by=olga)
    await record(database, ROLLOUT_STREAM, stop)


def part(page: Page, name: str) -> Any:
    return page.locator(f'main [data-part="{name}"]')


def host_of(address: str) -> tuple[str, int]:
    at = urlsplit(address)
    assert at.hostname
    assert at.port
    return at.hostname, at.port


async def is_live(page: Page) -> None:
    await expect(page.locator(".notices .banner")).to_have_count(0)
    await expect(page.locator(".page-head .live")).to_have_text(re.compile("^Live"))


async def is_stale(page: Page, subject: str) -> None:
    """A page that asks nothing by itself says who is away and since when, and alarms of it."""
    notice = page.locator(".notices .banner")
    await expect(notice).to_contain_text(f"{subject} has not answered since")
    await expect(notice).to_contain_text("What is shown of workflows is as of then.")
    await expect(page.locator(".page-head .live")).to_contain_text("Not live as of")
    await expect(page.locator(".unseen [role=alert]")).to_contain_text(f"{subject} has not answered since")


async def test_what_is_amiss_is_shown_and_servers_go_and_come_back(
    kafka_bootstrap: str, database: TestDatabase
) -> None:
    await ensure_topics({"bootstrap_servers": kafka_bootstrap})
    await stopped(database)
    stream = f"deadletter-executor-{uuid.uuid4().hex}"
    letter = Told(topics.DEAD_LETTERS, stream, 1, refused("REFERENCE_COLUMN_UNKNOWN"), WHEN)
    ended = Story(f"resp-{uuid.uuid4()}").received().planned().approved().executed()
    async with (
        Proxy(*host_of(f"//{kafka_bootstrap}")) as kafka,
        Proxy(*host_of(database.admin_dsn)) as postgres,
        monitor(f"127.0.0.1:{kafka.port}", behind(postgres, database)) as client,
        async_playwright() as playwright,
    ):
        await publish(kafka_bootstrap, database, [letter, *ended.told])
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        page = await (await browser.new_context()).new_page()
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda told: said.append(told.text) if "Content Security Policy" in told.text else None)
        await page.goto(f"http://localhost:{client.base_url.port}/dashboard/health")
        await page.get_by_role("button", name="olga").click()
        attention = part(page, "attention")
        await expect(attention).to_contain_text("Stopped by olga: price feed looks wrong")
        await expect(attention).to_contain_text("executor: No process of it reads anything;")
        await expect(part(page, "letters")).to_contain_text("REFERENCE_COLUMN_UNKNOWN")
        await expect(part(page, "letters")).to_contain_text("Have the corrected row published")
        await expect(part(page, "consumers").get_by_role("row", name="monitor").first).to_contain_text("Up to date")
        await page.evaluate("window.loadedOnce = true")
        overview = await page.context.new_page()
        await overview.goto(f"http://localhost:{client.base_url.port}/")
        await is_live(overview)
        await kafka.cut()
        await expect(attention).to_contain_text("Kafka:")
        await is_stale(overview, "Kafka")
        await expect(part(page, "consumers").get_by_role("row", name="monitor").first).to_be_visible()
        await kafka.restore()
        await expect(attention).not_to_contain_text("Kafka:")
        await is_live(overview)
        await postgres.cut()
        await expect(page.locator(".flow-away")).to_contain_text("What is shown is as of")
        await is_stale(overview, "PostgreSQL")
        await expect(part(page, "letters")).to_contain_text("REFERENCE_COLUMN_UNKNOWN")
        await postgres.restore()
        await expect(page.locator(".flow-away")).to_be_empty()
        await expect(attention).not_to_contain_text("PostgreSQL:")
        await is_live(overview)
        await overview.close()
        await page.get_by_role("link", name="Speed").click()
        await expect(part(page, "minutes")).to_contain_text("1 completed, 0 without success")
        assert await page.evaluate("window.loadedOnce") is True
        assert said == []
        await browser.close()
