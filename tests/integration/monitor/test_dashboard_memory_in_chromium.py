"""The overview in a real browser over ten thousand messages: the page keeps the rows that it shows, no more."""

import sys
import uuid
from itertools import pairwise
from statistics import median

import pytest
from playwright.async_api import CDPSession, async_playwright, expect

from shared.events.identity import progress_stream
from shared.events.routing import messages
from shared.messaging.producer import Producer
from tests.integration.monitor.test_monitor_service import monitor, publish
from tests.support.chromium import ARGUMENTS, MISSING, chromium, must_be_there
from tests.support.recorded import record
from tests.support.stack import TestDatabase
from tests.support.story import Story
from tools.local_stack.topics import ensure_topics

pytestmark = [
    pytest.mark.integration,
    pytest.mark.soak,
    pytest.mark.timeout(1_200),
    pytest.mark.skipif(chromium() is None and not must_be_there(), reason=MISSING),
]

PATIENCE = 60_000.0
STORIES = 50
ROUNDS = 10
MESSAGES_A_ROUND = 20
"""Of each story: ten thousand in all."""

GROWTH_BYTES_MAX = 50
"""Of the heap for a message, from the first rounds to the last: one that was kept would have six hundred. The browser
itself keeps a note of each of the last 250 requests."""

READ_TOGETHER = 3
"""Rounds whose middle counts: a reading that is on its way holds some 200 KB for a moment."""


ELEMENTS_GROWTH_MAX = 1.1


async def heap_of(session: CDPSession) -> int:
    """Bytes that the page uses once nothing is left to be collected."""
    await session.send("HeapProfiler.collectGarbage")
    return int((await session.send("Runtime.getHeapUsage"))["usedSize"])


async def tell(bootstrap: str, database: TestDatabase, story: Story) -> None:
    """Publish messages of one workflow: each booked deal a little further."""
    before = len(story.told)
    for number in range(MESSAGES_A_ROUND):
        story.progress("BOOKING", stage="2", done=len(story.told) % 40, status=f"Deal {number} is being booked")
    told = [each.event for each in story.told[before:]]
    kept = await record(database, progress_stream(story.workflow_id), *told)
    async with Producer(bootstrap) as producer:
        for sent in (message for event in kept for message in messages(event)):
            headers = {name: value.decode() for name, value in sent.headers}
            await producer.send(sent.topic, sent.value, key=sent.key, headers=headers)


async def test_ten_thousand_messages_leave_the_page_as_large_as_it_was(
    kafka_bootstrap: str, database: TestDatabase
) -> None:
    await ensure_topics({"bootstrap_servers": kafka_bootstrap})
    stories = [Story(f"resp-{uuid.uuid4()}").received().planned().approved() for _ in range(STORIES)]
    async with monitor(kafka_bootstrap, database) as client, async_playwright() as playwright:
        await publish(kafka_bootstrap, database, [told for story in stories for told in story.told])
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE)
        await page.goto(f"http://localhost:{client.base_url.port}/")
        await page.get_by_role("button", name="olga").click()
        await expect(page.locator(".flow-table tbody tr")).to_have_count(STORIES, timeout=PATIENCE)
        session = await page.context.new_cdp_session(page)
        heaps, nodes = [], []
        for _ in range(ROUNDS):
            for story in stories:
                await tell(kafka_bootstrap, database, story)
            last = stories[-1].told[-1].event.model_dump(mode="json")["completed_operations"]
            row = page.locator(".flow-table tbody tr").filter(has_text=stories[-1].plan.order.order_id or "")
            await expect(row.locator("td[data-key=progress]")).to_contain_text(f"{last} of 47", timeout=PATIENCE)
            heaps.append(await heap_of(session))
            nodes.append(await page.evaluate("document.querySelectorAll('*').length"))
        await browser.close()
    sys.stderr.write(f"heap after each thousand messages, KB: {[heap // 1024 for heap in heaps]}; elements {nodes}\n")
    grown = median(heaps[-READ_TOGETHER:]) - median(heaps[:READ_TOGETHER])
    assert grown < GROWTH_BYTES_MAX * (ROUNDS - READ_TOGETHER) * STORIES * MESSAGES_A_ROUND
    assert all(later <= earlier * ELEMENTS_GROWTH_MAX for earlier, later in pairwise(nodes))
