"""The dashboard signs in as the console does, and for itself: on one machine both sites have a session of their own."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from services.monitor.memory import MemoryReadModel
from services.monitor.overview.pages import ADDRESSES, add_dashboard
from services.monitor.routes import install_routes
from services.monitor.settings import MonitorSettings
from shared.errors import Defect
from shared.security.keys import ensure_issuer_keys
from shared.web.browsers import browser_sign_in, install_localhost
from shared.web.progress_feed import ProgressFeed
from shared.web.sign_in.sessions import COOKIE, DASHBOARD_COOKIE
from tests.support.browsing import Browser, MemorySessions
from tests.support.monitor_readers import readers
from tests.support.progress_logs import MemoryProgressLog
from tests.support.units import WHEN

#: Every route of the dashboard's data; none knows a role that it would ask for.
DATA = ("/overview", "/workflows", "/deadletters", "/windows", "/speed", "/health/overview", "/health/runbooks")
PEOPLE = ("tom", "mira", "sam", "rita", "olga", "ann")


class Dashboard:
    """The monitor's routes with those of signing in, and a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.now = WHEN
        settings = MonitorSettings(
            _env_file=None, profile="demo", issuer_public_key_file=ensure_issuer_keys(folder).public, http_port=8082
        )
        self.sessions = MemorySessions()
        signed_in = browser_sign_in(settings, self.sessions, lambda: self.now, DASHBOARD_COOKIE)
        self.feed = ProgressFeed(MemoryProgressLog())
        self.app = FastAPI()
        install_routes(self.app, signed_in.authenticator, readers(MemoryReadModel(), self.feed))
        self.app.include_router(signed_in.routes)
        install_localhost(self.app, settings)
        add_dashboard(self.app, "SIMULATOR")

    def browser(self, **more: Any) -> Browser:
        return Browser(self.app, site="http://localhost:8082", **more)


@pytest.fixture
async def dashboard(tmp_path: Path) -> AsyncIterator[Dashboard]:
    made = Dashboard(tmp_path)
    yield made
    await made.feed.close()


async def signed_in(dashboard: Dashboard, person: str) -> Browser:
    browser = dashboard.browser()
    answer = await browser.post("/demo/sign-in", json={"person": person})
    assert answer.status_code == 200, answer.text
    await browser.session()
    return browser


@pytest.mark.parametrize("person", PEOPLE)
async def test_whoever_signed_in_reads_whatever_the_role(dashboard: Dashboard, person: str) -> None:
    browser = await signed_in(dashboard, person)
    assert {path: (await browser.get(path)).status_code for path in DATA} == dict.fromkeys(DATA, 200)


async def test_from_elsewhere_nobody_reads_without_a_session_and_anybody_gets_the_shell(dashboard: Dashboard) -> None:
    stranger = dashboard.browser(address="192.0.2.7")
    assert {(await stranger.get(path)).status_code for path in (*DATA, "/overview/stream")} == {401}
    pages = [each.replace("{path:path}", "x") for each in ADDRESSES]
    assert {(await stranger.get(path)).status_code for path in pages} == {200}
    shell = (await stranger.get("/")).text
    assert "HAWK Dashboard" in shell


async def test_sessions_of_both_sites_are_two_cookies_of_one_host(dashboard: Dashboard) -> None:
    browser = await signed_in(dashboard, "olga")
    assert set(browser.cookies) == {DASHBOARD_COOKIE} != {COOKIE}
    value, site = browser.cookies[DASHBOARD_COOKIE]
    assert site == "strict"
    # The console's cookie comes along and changes nothing; alone it is nobody's here.
    browser.cookies[COOKIE] = ("of-the-console", "strict")
    assert (await browser.get("/session")).json()["person"] == "olga"
    assert (await browser.get("/overview")).status_code == 200
    other = dashboard.browser(address="192.0.2.7", cookies={COOKIE: (value, "strict")})
    assert ((await other.get("/overview")).status_code, (await other.get("/session")).status_code) == (401, 401)


async def test_signing_out_leaves_the_consoles_session_alone(dashboard: Dashboard) -> None:
    browser = await signed_in(dashboard, "olga")
    browser.cookies[COOKIE] = ("of-the-console", "strict")
    assert (await browser.post("/logout", json={})).status_code == 200
    assert set(browser.cookies) == {COOKIE}


async def test_a_session_that_has_ended_is_said_to_have(dashboard: Dashboard) -> None:
    browser = await signed_in(dashboard, "olga")
    dashboard.now += timedelta(hours=11)
    answer = await browser.get("/overview")
    assert (answer.status_code, answer.json()["code"]) == (401, "SESSION_ENDED")


async def test_pages_of_the_demo_have_one_address(dashboard: Dashboard) -> None:
    browser = Browser(dashboard.app, site="http://127.0.0.1:8082")
    for path in ("/", "/dashboard", "/sign-in", "/dashboard/x"):
        assert (await browser.get(path)).headers["location"] == f"http://localhost:8082{path}"


def settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> MonitorSettings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return MonitorSettings(_env_file=None)


PROVIDER = {
    "HAWK_OIDC_ISSUER": "https://id.bank.example",
    "HAWK_OIDC_CLIENT_ID": "hawk",
    "HAWK_PUBLIC_URL": "https://hawk.bank.example",
}


def test_without_an_address_of_its_own_the_dashboard_starts_and_takes_tokens_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = settings(monkeypatch, **PROVIDER)
    assert (given.client(), given.public_url) == (None, "")


def test_with_an_address_it_signs_in_at_the_provider_and_comes_back_there(monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings(monkeypatch, **PROVIDER, HAWK_DASHBOARD_URL="https://monitor.bank.example")
    client = given.client()
    assert client is not None
    assert (client.client_id, given.site()) == ("hawk", "https://monitor.bank.example")
    with pytest.raises(Defect, match="HAWK_DASHBOARD_URL is 'http://monitor"):
        settings(monkeypatch, HAWK_DASHBOARD_URL="http://monitor.bank.example").site()
