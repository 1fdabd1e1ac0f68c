"""The demo: names to choose from, on the machine itself. And what a session may write, wherever it comes from."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.security.keys import ensure_issuer_keys
from shared.web.refusals import RefusedRequest
from shared.web.sign_in.sessions import COOKIE, csrf_of, key_of
from tests.support.approvals import DIGEST
from tests.support.browsing import Browser, SignInDesk
from tests.support.units import WHEN

MINUTE = timedelta(minutes=1)
DECISION = {"decision": "APPROVE", "plan_digest": DIGEST}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[SignInDesk]:
    keys = ensure_issuer_keys(tmp_path)
    desk = SignInDesk(tmp_path, WHEN, profile="demo", issuer_public_key_file=keys.public, http_port=8080)
    await desk.world.request()
    yield desk
    await desk.world.feed.close()


async def choose(browser: Browser, person: str = "tom", **options: Any) -> httpx.Response:
    answer = await browser.post("/demo/sign-in", json={"person": person}, **options)
    await browser.session()
    return answer


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    return dict(answer.json())


async def test_page_is_told_whom_one_may_sign_in_as(desk: SignInDesk) -> None:
    browser = desk.browser()
    document = refused(await browser.get("/session"), 401, "NOT_SIGNED_IN")
    assert document["environment"] == {"simulator": True, "profile": "demo"}
    assert document["sign_in"]["demo"] is True
    assert {each["name"]: each["roles"] for each in document["sign_in"]["people"]} == {
        "tom": ["TRADER"], "mira": ["SENIOR_TRADER"], "sam": ["SENIOR_TRADER"], "rita": ["RISK_MANAGER"],
        "olga": ["OPERATIONS"], "ann": ["ANALYST"],
    }  # fmt: skip
    login = await browser.get("/login?next=/console/approvals/w1")
    assert (login.status_code, login.headers["location"]) == (
        303, "/sign-in?next=%2Fconsole%2Fapprovals%2Fw1",
    )  # fmt: skip


async def test_names_lead_on_to_no_other_site(desk: SignInDesk) -> None:
    browser = desk.browser()
    for path in ("/login?next=https://evil.example", "/login?next=//evil.example"):
        assert (await browser.get(path)).headers["location"] == "/sign-in?next=%2F"
    await choose(browser)
    assert (await browser.get("/login?prompt=none&next=//evil.example")).headers["location"] == "/"


async def test_chosen_person_reads_decides_and_leaves(desk: SignInDesk) -> None:
    browser = desk.browser()
    document = (await choose(browser)).json()
    assert (document["person"], document["roles"], document["csrf"]) == ("tom", ["TRADER"], browser.csrf)
    assert document == await browser.session()
    assert {"Secure", "HttpOnly", "SameSite=strict", "Path=/"} <= set(browser.set_cookie(COOKIE).split("; "))
    assert (await browser.post("/approvals/w1/decisions", json=DECISION)).status_code == 201
    assert (await browser.post("/logout")).json() == {"location": "/"}
    refused(await browser.get("/approvals"), 401, "TOKEN_MISSING")
    assert desk.sessions.rows == {}


async def test_id_of_a_session_is_kept_by_its_browser_alone(desk: SignInDesk) -> None:
    browser = desk.browser()
    await choose(browser)
    (row,) = desk.sessions.rows.values()
    session_id = browser.cookies[COOKIE][0]
    assert row.key == key_of(session_id)
    assert session_id not in repr(row)
    assert browser.csrf not in repr(row)
    assert len(session_id) == 43


@pytest.mark.parametrize(
    ("headers", "fine"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "", "Origin": "http://localhost:8080"}, True),
        ({"Sec-Fetch-Site": "", "Origin": "http://127.0.0.1:8080"}, False),
        ({"Sec-Fetch-Site": ""}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"X-HAWK-CSRF": ""}, False),
        ({"X-HAWK-CSRF": "0" * 64}, False),
        ({"X-HAWK-CSRF": csrf_of("of another session")}, False),
    ],
)
@pytest.mark.parametrize("path", ["/approvals/w1/decisions", "/logout"])
async def test_session_writes_only_from_a_page_of_its_own(
    desk: SignInDesk, path: str, headers: dict[str, str], fine: bool
) -> None:
    browser = desk.browser()
    await choose(browser)
    answer = await browser.post(path, json=DECISION, headers=headers)
    if fine:
        assert answer.status_code in {200, 201}
        return
    refused(answer, 403, "CROSS_SITE_REQUEST")
    assert (await browser.get("/approvals/w1")).json()["state"] == "AWAITING_APPROVAL"


@pytest.mark.parametrize("cross", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "", "Origin": "https://evil"}])
async def test_another_site_signs_nobody_in(desk: SignInDesk, cross: dict[str, str]) -> None:
    browser = desk.browser()
    refused(await choose(browser, headers=cross), 403, "CROSS_SITE_REQUEST")
    assert desk.sessions.rows == {}


async def test_request_with_a_token_needs_no_text_of_a_page(desk: SignInDesk) -> None:
    program = desk.browser()
    answer = await program.post(
        "/approvals/w1/decisions", json=DECISION, headers={"Sec-Fetch-Site": "", **desk.world.token("ann", "TRADER")}
    )
    assert answer.status_code == 201


async def test_names_are_offered_on_the_machine_itself_alone(desk: SignInDesk) -> None:
    for browser in (desk.browser(address="10.0.0.7"), desk.browser(site="http://evil.example:8080")):
        document = refused(await browser.get("/session"), 401, "NOT_SIGNED_IN")
        assert (document["sign_in"]["demo"], document["sign_in"]["people"]) == (False, [])
        refused(await browser.post("/demo/sign-in", json={"person": "tom"}), 404, "NOT_FOUND")
        refused(await browser.get("/login"), 404, "SIGN_IN_NOT_CONFIGURED")


async def test_nobody_else_can_be_chosen(desk: SignInDesk) -> None:
    refused(await choose(desk.browser(), "root"), 404, "PERSON_UNKNOWN")
    body = {"person": "tom", "roles": ["RISK_MANAGER"]}
    refused(await desk.browser().post("/demo/sign-in", json=body), 422, "INVALID_REQUEST")


@pytest.mark.parametrize("profile", ["demo", "own"])
async def test_names_are_not_offered_where_another_issuer_counts(tmp_path: Path, profile: str) -> None:
    keys = ensure_issuer_keys(tmp_path)
    own = {"token_issuer": "https://login.example", "token_public_key_file": keys.public} if profile == "demo" else {}
    desk = SignInDesk(tmp_path, WHEN, profile=profile, issuer_public_key_file=keys.public, http_port=8080, **own)
    document = refused(await desk.browser().get("/session"), 401, "NOT_SIGNED_IN")
    assert document["sign_in"] == {"demo": False, "people": [], "address": None}
    refused(await desk.browser().post("/demo/sign-in", json={"person": "tom"}), 404, "NOT_FOUND")


async def test_sign_in_replaces_the_session_of_the_browser(desk: SignInDesk) -> None:
    browser = desk.browser()
    await choose(browser)
    first = browser.cookies[COOKIE]
    await choose(browser, "rita")
    assert browser.cookies[COOKIE] != first
    assert [row.person.name for row in desk.sessions.rows.values()] == ["rita"]
    refused(await desk.browser(cookies={COOKIE: first}).get("/approvals"), 401, "SESSION_ENDED")


async def test_session_ends_after_an_hour_without_use(desk: SignInDesk) -> None:
    browser = desk.browser()
    await choose(browser)
    for _ in range(3):
        desk.pass_time(59 * MINUTE)
        assert (await browser.get("/approvals")).status_code == 200
    desk.pass_time(60 * MINUTE)
    refused(await browser.get("/approvals"), 401, "SESSION_ENDED")


async def test_looking_at_the_session_is_no_use_of_it(desk: SignInDesk) -> None:
    browser = desk.browser()
    await choose(browser)
    ends = (await browser.session())["expires_at"]
    desk.pass_time(30 * MINUTE)
    assert (await browser.session())["expires_at"] == ends
    desk.pass_time(30 * MINUTE)
    refused(await browser.get("/session"), 401, "NOT_SIGNED_IN")


async def test_session_ends_after_a_working_day_however_much_it_is_used(desk: SignInDesk) -> None:
    browser = desk.browser()
    await choose(browser)
    for _ in range(19):
        desk.pass_time(30 * MINUTE)
        assert (await browser.get("/approvals")).status_code == 200
    desk.pass_time(30 * MINUTE)
    refused(await browser.get("/approvals"), 401, "SESSION_ENDED")


async def test_use_is_noted_once_a_minute(desk: SignInDesk) -> None:
    browser = desk.browser()
    await choose(browser)
    for _ in range(10):
        desk.pass_time(MINUTE / 6)
        await browser.get("/approvals")
    assert desk.sessions.writes == 1


async def test_old_sign_in_decides_nothing_and_leads_to_a_new_one(desk: SignInDesk) -> None:
    browser = desk.browser()
    await choose(browser)
    desk.pass_time(16 * MINUTE)
    refused(await browser.post("/approvals/w1/decisions", json=DECISION), 401, "SIGN_IN_AGAIN")
    old = desk.world.token("ann", "TRADER")
    desk.pass_time(16 * MINUTE)
    refused(await desk.browser().post("/approvals/w1/decisions", json=DECISION, headers=old), 401, "SIGN_IN_AGAIN")
    assert (await browser.get("/approvals/w1")).json()["state"] == "AWAITING_APPROVAL"
    await choose(browser)
    assert (await browser.post("/approvals/w1/decisions", json=DECISION)).status_code == 201


async def test_who_is_signed_in_goes_on_under_a_new_session(desk: SignInDesk) -> None:
    browser = desk.browser()
    await choose(browser)
    first = browser.cookies[COOKIE]
    desk.pass_time(16 * MINUTE)
    again = refused(await browser.post("/approvals/w1/decisions", json=DECISION), 401, "SIGN_IN_AGAIN")
    renewed = await browser.get(again["sign_in"]["address"])
    assert (renewed.status_code, renewed.headers["location"]) == (303, "/console/approvals/w1")
    assert browser.cookies[COOKIE] != first
    assert [row.person.name for row in desk.sessions.rows.values()] == ["tom"]
    await browser.session()
    assert (await browser.post("/approvals/w1/decisions", json=DECISION)).status_code == 201


async def test_nobody_is_renewed_who_is_not_signed_in_or_asks_for_the_names(desk: SignInDesk) -> None:
    browser = desk.browser()
    names = "/sign-in?next=%2F"
    assert (await browser.get("/login?prompt=none")).headers["location"] == names
    await choose(browser)
    assert (await browser.get("/login")).headers["location"] == names
    assert (await browser.get("/login?prompt=none", cross=True)).headers["location"] == names
    desk.pass_time(60 * MINUTE)
    assert (await browser.get("/login?prompt=none")).headers["location"] == names


@pytest.mark.parametrize("session_id", ["", "x", "x" * 43, "ü" * 43, "x" * 5_000])
async def test_cookie_of_no_session_lets_nobody_in(desk: SignInDesk, session_id: str) -> None:
    browser = desk.browser()
    headers = {"Cookie": f"{COOKIE}={session_id}".encode()}
    answer = await browser.get("/approvals", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == ("SESSION_ENDED" if session_id else "TOKEN_MISSING")


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/", "http://localhost:8080/"),
        ("/?tab=mine", "http://localhost:8080/?tab=mine"),
        ("/console/approvals/w%201", "http://localhost:8080/console/approvals/w%201"),
        ("/login?next=/", "http://localhost:8080/login?next=/"),
        ("/session", None),
        ("/approvals", None),
        ("/static/abc/site/app.js", None),
    ],
)
async def test_page_of_the_demo_has_one_address(desk: SignInDesk, path: str, location: str | None) -> None:
    answer = await desk.browser(site="http://127.0.0.1:8080").get(path)
    assert answer.headers.get("location") == location
    assert (answer.status_code == 307) is (location is not None)
    assert (await desk.browser().get(path)).status_code != 307


async def test_page_elsewhere_than_in_the_demo_stays_where_it_was_asked_for(tmp_path: Path) -> None:
    desk = SignInDesk(tmp_path, WHEN, profile="own", http_port=8080)
    assert (await desk.browser(site="http://127.0.0.1:8080").get("/login")).status_code == 404


def test_page_that_finds_nobody_signed_in_is_no_attempt_to_be_somebody() -> None:
    noted = RefusedRequest(401, "NOT_SIGNED_IN", None, "127.0.0.1", "GET", "/session", "Nobody is signed in.")
    assert not noted.concerns_security
    assert replace(noted, code="SESSION_ENDED").concerns_security


async def test_person_has_a_bounded_number_of_sessions(desk: SignInDesk) -> None:
    first = desk.browser()
    await choose(first)
    for _ in range(20):
        desk.pass_time(MINUTE)
        await choose(desk.browser())
    assert len(desk.sessions.rows) == 20
    refused(await first.get("/approvals"), 401, "SESSION_ENDED")
