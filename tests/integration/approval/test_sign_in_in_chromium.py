"""What no test without a browser shows: that Chromium keeps and sends these cookies as signing in needs it.

HAWK is http://localhost:PORT, the provider http://127.0.0.1:PORT, which to a browser is another site.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Page, async_playwright
from starlette.requests import Request
from starlette.responses import HTMLResponse

from tests.support.browsing import CLIENT, SignInDesk
from tests.support.chromium import ARGUMENTS, MISSING, chromium, must_be_there
from tests.support.eventually import eventually_async
from tests.support.provider import PROVIDER_WARNINGS, Provider, running_provider
from tools.local_stack.ports import free_port

SECONDS_MAX = 30

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings(*PROVIDER_WARNINGS),
    pytest.mark.skipif(chromium() is None and not must_be_there(), reason=MISSING),
]

WRITES = """async (csrf) => {
    const headers = {"Content-Type": "application/json", ...(csrf ? {"X-HAWK-CSRF": csrf} : {})};
    const answer = await fetch("/stop", {method: "POST", headers, body: '{"reason": "a test"}'});
    return answer.status;
}"""


@asynccontextmanager
async def served(desk: SignInDesk, port: int) -> AsyncIterator[None]:
    """The desk on its port, with an empty page at every address of a page."""

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse("<title>page</title>", headers={"Content-Security-Policy": "connect-src 'self'"})

    desk.app.add_route("/console/{path:path}", page)
    server = uvicorn.Server(uvicorn.Config(desk.app, host="127.0.0.1", port=port, log_config=None, ws="none"))
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually_async(started, SECONDS_MAX, what="the desk to answer")
    try:
        yield
    finally:
        server.should_exit = True
        await serving


async def signed_in(page: Page, provider: Provider, site: str) -> None:
    await page.goto(f"{site}/login?next=/console/approvals/w1")
    assert page.url.startswith(f"{provider.url}/oauth2/authorize")
    await page.fill("input[name=sub]", "ann")
    await page.locator("button").first.click()
    await page.wait_for_url(f"{site}/console/approvals/w1")


async def test_browser_keeps_the_session_on_localhost_and_comes_back_from_another_site_signed_in(
    tmp_path: Path,
) -> None:
    secret, port = tmp_path / "secret", free_port()
    secret.write_text("s")
    secret.chmod(0o600)
    with running_provider() as provider:
        provider.url = provider.url.replace("localhost", "127.0.0.1")
        provider.person("ann", roles=["TRADER"])
        desk = SignInDesk(
            tmp_path, datetime.now(UTC), public_url=f"http://localhost:{port}", oidc_issuer=provider.url,
            oidc_client_id=CLIENT, oidc_client_secret_file=secret,
        )  # fmt: skip
        async with served(desk, port), async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
            page = await browser.new_page()
            await signed_in(page, provider, desk.site)
            session = await page.evaluate("async () => (await fetch('/session')).json()")
            assert (session["person"], session["roles"]) == ("ann", ["TRADER"])
            (cookie,) = await page.context.cookies(desk.site)
            assert (cookie["name"], cookie["sameSite"], cookie["secure"], cookie["httpOnly"]) == (
                "__Host-hawk_session", "Strict", True, True,
            )  # fmt: skip
            assert await page.evaluate("document.cookie") == ""
            assert await page.evaluate(WRITES, None) == 403
            assert await page.evaluate(WRITES, session["csrf"]) == 201
            await browser.close()
    await desk.world.feed.close()
