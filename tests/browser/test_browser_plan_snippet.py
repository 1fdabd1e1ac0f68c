"""The plan's own snippet in a real browser, on the origin of the approval service and on that of the monitor.

It takes every end of the line for a failure, as `EventSource` reports both alike; what it does then is said by these
tests. A page that does not close the source is resumed by the browser itself.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from shared.web.authentication import SESSION_COOKIE
from shared.web.progress_feed import CLIENTS_MAX, RETRY_AFTER_SECONDS
from shared.web.snippet import PATH
from tests.browser.conftest import PATIENCE, REPORT, Watched
from tests.support.eventually import eventually_async
from tests.support.plan_snippet import PAGE, ApprovalSide, MonitorSide, Origin, received, reported

SUCCESS = "Successfully executed 47 operations"
FAILURE = "Execution failed. Transaction rolled back."
STORY = (
    reported(1, "APPROVED"),
    reported(2, "PREPARED"),
    reported(3, "BOOKING"),
    reported(4, "COMPLETED"),
    reported(5, "POSTED", final=True),
)
TOLD = [[each.sequence, each.state] for each in STORY]
#: What a page does that leaves it to the browser to come back: the line was lost, and nothing else.
PATIENT = "EventSource.prototype.close = function () {};"
LIMIT_SECONDS = 15.0


@pytest.fixture(params=[ApprovalSide, MonitorSide], ids=["approval", "monitor"])
async def origin(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Origin]:
    made = Origin(request.param, tmp_path)
    await made.side.answered(received())
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def snippet(browser: Browser, origin: Origin, watched: Watched) -> AsyncIterator[Page]:
    """A page of the origin, by somebody who has signed in, with the snippet in it."""
    context = await browser.new_context()
    await context.expose_binding("hawkViolation", lambda _, text: watched.violations.append(text))
    await context.add_init_script(REPORT)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    await page.goto(f"{origin.address}/sign-in")
    # Afterwards: with a session this page would lead on to the site's own, which has streams too.
    await context.add_cookies([{"name": SESSION_COOKIE, "value": origin.token(), "url": origin.address}])
    await page.evaluate(PAGE)
    yield page
    await context.close()


async def executed(page: Page, origin: Origin) -> None:
    """Execute, as the plan's button does, and wait until the stream is there."""
    await page.evaluate("execute()")
    await eventually_async(lambda: _places(origin), LIMIT_SECONDS)


async def _places(origin: Origin) -> int:
    return len(origin.side.feed.places)


async def has_seen(page: Page, messages: list[Any]) -> None:
    await eventually_async(lambda: page.evaluate("seen"), LIMIT_SECONDS, until=lambda seen: seen == messages)


async def has_said(page: Page, *texts: str) -> None:
    await eventually_async(lambda: page.evaluate("said"), LIMIT_SECONDS, until=lambda said: said == list(texts))


async def test_success_is_said_once_when_all_is_executed(snippet: Page, origin: Origin) -> None:
    await executed(snippet, origin)
    origin.side.tell(*STORY[:2])
    await has_seen(snippet, TOLD[:2])
    origin.side.tell(*STORY[2:])
    await has_said(snippet, SUCCESS)
    # The page closes its source with that message: what comes behind it is not said, and nothing is a failure.
    await eventually_async(lambda: _has_left(origin), LIMIT_SECONDS)
    assert await snippet.evaluate("[seen.slice(0, 4), said]") == [TOLD[:4], [SUCCESS]]


async def _has_left(origin: Origin) -> bool:
    return not origin.side.feed.places


async def test_failure_is_said_after_the_last_message(snippet: Page, origin: Origin) -> None:
    await executed(snippet, origin)
    ending = reported(4, "COMPENSATED", final=True, reason="MUREX_DECLINED: deal 3")
    origin.side.tell(*STORY[:3], ending)
    await has_said(snippet, FAILURE)
    assert await snippet.evaluate("seen") == [*TOLD[:3], [4, "COMPENSATED"]]


async def test_answer_of_which_nothing_is_executed_is_a_failure_at_once(snippet: Page, origin: Origin) -> None:
    await origin.forget()
    await origin.start()
    await origin.side.answered(received(workflows=(), outcome="REFUSED"))
    await snippet.evaluate("execute()")
    await has_said(snippet, FAILURE)
    assert await snippet.evaluate("seen") == []


async def test_line_that_is_lost_in_the_middle_ends_the_snippet_and_executing_again_shows_all(
    snippet: Page, origin: Origin
) -> None:
    await executed(snippet, origin)
    origin.side.tell(*STORY[:3])
    await has_seen(snippet, TOLD[:3])
    await origin.forget()
    await has_said(snippet, FAILURE)  # as it is written: to `onerror` a lost line and a failure are the same
    await origin.side.answered(received())
    origin.side.tell(*STORY)
    await origin.start()
    await snippet.evaluate("execute()")
    await has_said(snippet, SUCCESS)
    assert await snippet.evaluate("seen.slice(0, 4)") == TOLD[:4]


async def test_browser_goes_on_where_it_was_after_a_lost_line(snippet: Page, origin: Origin) -> None:
    await snippet.evaluate(PATIENT)
    await executed(snippet, origin)
    origin.side.tell(*STORY[:3])
    await has_seen(snippet, TOLD[:3])
    await origin.forget()
    await origin.side.answered(received())
    origin.side.tell(*STORY)
    await origin.start()
    await has_seen(snippet, TOLD)  # each once, no message between them lost or doubled
    assert await snippet.evaluate("said.filter(text => text.startsWith('Successfully')).length") == 1


async def test_browser_that_saw_what_the_server_forgot_gets_all_that_is_known(snippet: Page, origin: Origin) -> None:
    await snippet.evaluate(PATIENT)
    await executed(snippet, origin)
    origin.side.tell(*STORY[:3])
    await has_seen(snippet, TOLD[:3])
    await origin.forget()
    await origin.side.answered(received())
    origin.side.tell(*STORY[:2])
    await origin.start()
    await has_seen(snippet, TOLD[:3] + TOLD[:2])
    origin.side.tell(*STORY[2:])
    await has_seen(snippet, TOLD[:3] + TOLD)


async def test_full_service_refuses_before_the_stream_begins_and_says_when_to_try_again(
    snippet: Page, origin: Origin
) -> None:
    held = [origin.side.feed.take_place(anonymous=False) for _ in range(CLIENTS_MAX)]
    async with snippet.expect_response(lambda answer: PATH in answer.url) as answered:
        await snippet.evaluate("execute()")
    refused = await answered.value
    assert (refused.status, refused.headers["retry-after"]) == (503, str(RETRY_AFTER_SECONDS))
    await has_said(snippet, FAILURE)
    held.pop().release()
    origin.side.tell(*STORY)
    await snippet.evaluate("execute()")
    await has_said(snippet, SUCCESS)
    for place in held:
        place.release()
