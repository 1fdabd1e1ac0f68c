"""What a provider may do to whoever asks it, and how people leave: bounds, other addresses, logout, access tokens."""

import json
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import flask
import httpx
import pytest

from shared.security.token_keys import JWKS_BYTES_MAX
from shared.web.sign_in import provider as asking
from shared.web.sign_in.login import COOKIE_PREFIX
from shared.web.sign_in.sessions import COOKIE
from tests.support.browsing import CLIENT, SITE, SignInDesk, path_of
from tests.support.provider import PROVIDER_WARNINGS, Provider
from tests.support.signing_in import CARD, begin, made, refused, sign_in

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings(*PROVIDER_WARNINGS)]


def description_of(provider: Provider) -> dict[str, Any]:
    found = httpx.get(f"{provider.url}/.well-known/openid-configuration", trust_env=False).json()
    return dict(found)


def keys_of(provider: Provider) -> str:
    return httpx.get(f"{provider.url}/jwks", trust_env=False).text


async def test_keys_at_another_address_are_not_followed(desk: SignInDesk, provider: Provider) -> None:
    served = keys_of(provider)
    provider.instead["/elsewhere"] = lambda: flask.Response(served)
    provider.instead["/jwks"] = lambda: flask.redirect("/elsewhere")
    refused(await sign_in(desk.browser(), provider), 503, "TRY_AGAIN")
    assert provider.asked["/elsewhere"] == 0


@pytest.mark.parametrize(("blanks", "taken"), [(1_000, True), (JWKS_BYTES_MAX, False)])
async def test_answer_of_the_provider_has_a_size(
    desk: SignInDesk, provider: Provider, blanks: int, taken: bool
) -> None:
    served = keys_of(provider) + " " * blanks
    provider.instead["/jwks"] = lambda: flask.Response(served)
    answer = await sign_in(desk.browser(), provider)
    assert answer.status_code == (303 if taken else 503)


async def test_provider_that_sends_a_byte_at_a_time_holds_nobody(
    desk: SignInDesk, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "ANSWER_SECONDS_MAX", 0.5)
    over = threading.Event()

    def slowly() -> Iterator[bytes]:
        while not over.wait(0.1):
            yield b" "

    provider.instead["/jwks"] = lambda: flask.Response(slowly())
    try:
        refused(await sign_in(desk.browser(), provider), 503, "TRY_AGAIN")
    finally:
        over.set()


async def test_provider_that_names_itself_in_answers_has_to(desk: SignInDesk, provider: Provider) -> None:
    described = description_of(provider)
    described["authorization_response_iss_parameter_supported"] = True
    provider.instead["/.well-known/openid-configuration"] = lambda: flask.jsonify(described)
    browser = desk.browser()
    back = path_of(provider.sign_in(await begin(browser), "7f0c"))
    refused(await browser.get(back, cross=True), 401, "ID_TOKEN_ISSUER_WRONG")
    back = path_of(provider.sign_in(await begin(browser), "7f0c"))
    assert (await browser.get(f"{back}&iss={provider.url}", cross=True)).status_code == 303


async def test_provider_that_needs_a_page_though_it_may_show_one_has_refused(
    desk: SignInDesk, provider: Provider
) -> None:
    browser = desk.browser()
    state = httpx.URL(await begin(browser)).params["state"]
    answer = await browser.get(f"/callback?state={state}&error=login_required", cross=True)
    refused(answer, 401, "SIGN_IN_REFUSED")


async def test_page_to_come_back_to_is_looked_at_again_at_the_end(desk: SignInDesk, provider: Provider) -> None:
    browser = desk.browser()
    back = path_of(provider.sign_in(await begin(browser), "7f0c"))
    ((name, (value, site)),) = browser.cookies.items()
    login = json.loads(urlsafe_b64decode(value + "=="))
    changed = urlsafe_b64encode(json.dumps({**login, "next": "https://evil.example"}).encode()).decode()
    browser.cookies[name] = (changed, site)
    assert (await browser.get(back, cross=True)).headers["location"] == "/"


async def test_browser_keeps_few_sign_ins_under_way_and_the_last_ones_count(
    desk: SignInDesk, provider: Provider
) -> None:
    browser = desk.browser()
    addresses = [await begin(browser) for _ in range(8)]
    assert len([name for name in browser.cookies if name.startswith(COOKIE_PREFIX)]) == 4
    for address in addresses[-4:]:
        answer = await browser.get(path_of(provider.sign_in(address, "7f0c")), cross=True)
        assert answer.headers["location"] == CARD


async def test_logout_ends_the_session_here_and_leads_to_the_providers(desk: SignInDesk, provider: Provider) -> None:
    browser = desk.browser()
    await sign_in(browser, provider)
    kept = browser.cookies[COOKIE]
    answer = await browser.post("/logout")
    address = httpx.URL(answer.json()["location"])
    assert f"{address.scheme}://{address.host}:{address.port}{address.path}" == f"{provider.url}/oauth2/end_session"
    assert dict(address.params) == {"client_id": CLIENT, "post_logout_redirect_uri": f"{SITE}/"}
    assert COOKIE not in browser.cookies
    refused(await desk.browser(cookies={COOKIE: kept}).get("/approvals"), 401, "SESSION_ENDED")


async def test_logout_works_here_while_the_provider_is_away(desk: SignInDesk, provider: Provider) -> None:
    browser = desk.browser()
    await sign_in(browser, provider)
    provider.away = 503
    desk.pass_time(timedelta(minutes=59))
    await browser.get("/approvals")
    desk.pass_time(timedelta(minutes=10))
    assert (await browser.post("/logout")).json() == {"location": "/"}
    assert desk.sessions.rows == {}


async def test_two_browsers_of_a_person_have_sessions_of_their_own(desk: SignInDesk, provider: Provider) -> None:
    one, two = desk.browser(), desk.browser()
    await sign_in(one, provider)
    await sign_in(two, provider)
    await one.post("/logout")
    assert (await two.get("/approvals")).status_code == 200
    assert len(desk.sessions.rows) == 1


async def test_roles_come_from_the_access_token_where_they_are_configured_to(
    tmp_path: Path, provider: Provider
) -> None:
    desk = made(tmp_path, provider, oidc_roles_from="access_token")
    now = provider.now()
    provider.access = {
        "iss": provider.url, "aud": "hawk", "sub": "7f0c", "name": "Anna Lee", "iat": now, "exp": now + 60,
        "realm": {"roles": ["RISK_MANAGER"]},
    }  # fmt: skip
    browser = desk.browser()
    await sign_in(browser, provider)
    assert (await browser.session())["roles"] == ["RISK_MANAGER"]
    provider.access["sub"] = "another"
    refused(await sign_in(desk.browser(), provider), 401, "ID_TOKEN_NOT_FOR_US")
    provider.access |= {"sub": "7f0c", "aud": "other"}
    refused(await sign_in(desk.browser(), provider), 401, "TOKEN_AUDIENCE_WRONG")


async def test_header_tokens_of_the_provider_count_by_its_keys_of_now(desk: SignInDesk, provider: Provider) -> None:
    now = provider.now()
    claims = {
        "iss": provider.url, "aud": "hawk", "sub": "7f0c", "name": "Anna Lee", "iat": now, "exp": now + 600,
        "realm": {"roles": ["TRADER"]},
    }  # fmt: skip
    program = desk.browser()
    for _ in range(2):
        header = {"Authorization": f"Bearer {provider.signed(claims, typ='at+jwt')}"}
        assert (await program.get("/approvals", headers=header, cross=True)).status_code == 200
        provider.rotate()
        desk.pass_time(timedelta(seconds=11))
    other = {"Authorization": f"Bearer {provider.signed({**claims, 'aud': CLIENT})}"}
    refused(await program.get("/approvals", headers=other), 401, "TOKEN_AUDIENCE_WRONG")
