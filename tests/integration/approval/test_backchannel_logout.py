"""The provider orders a logout: which orders count, and whose sessions end (OpenID Connect Back-Channel Logout)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.browsing import CLIENT, Browser, SignInDesk
from tests.support.provider import PROVIDER_WARNINGS, Provider, running_provider
from tests.support.signing_in import made, refused, sign_in

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings(*PROVIDER_WARNINGS)]


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with running_provider() as provider:
        for sub in ("7f0c", "9ab1"):
            provider.person(sub, name=f"Anna {sub}", realm={"roles": ["TRADER"]})
        yield provider


@pytest.fixture
def provider(running: Provider) -> Provider:
    running.reset()
    return running


@pytest.fixture
def desk(tmp_path: Path, provider: Provider) -> SignInDesk:
    return made(tmp_path, provider)


async def signed_in(desk: SignInDesk, provider: Provider, sub: str, sid: str) -> Browser:
    provider.bend = lambda header, claims: claims.update(sid=sid)
    browser = desk.browser()
    await sign_in(browser, provider, sub)
    return browser


async def order(desk: SignInDesk, token: str) -> httpx.Response:
    """As the provider's server sends it: no cookie, none of a browser's headers."""
    server = desk.browser(address="10.0.0.9")
    return await server.post("/backchannel-logout", data={"logout_token": token}, headers={"Sec-Fetch-Site": ""})


@pytest.mark.parametrize(
    ("named", "ended"),
    [
        ({"sub": "7f0c"}, [True, True, False]),
        ({"sid": "s1"}, [True, False, False]),
        ({"sub": "7f0c", "sid": "s2"}, [False, True, False]),
        ({"sub": "9ab1", "sid": "s1"}, [False, False, False]),
    ],
)
async def test_order_ends_the_sessions_it_names(
    desk: SignInDesk, provider: Provider, named: dict[str, str], ended: list[bool]
) -> None:
    browsers = [await signed_in(desk, provider, *who) for who in (("7f0c", "s1"), ("7f0c", "s2"), ("9ab1", "s3"))]
    answer = await order(desk, provider.logout_token(CLIENT, **named))
    assert (answer.status_code, answer.json()) == (200, {"ended": sum(ended)})
    assert answer.headers["cache-control"] == "no-store"
    assert [(await each.get("/approvals")).status_code == 401 for each in browsers] == ended


async def test_order_counts_once(desk: SignInDesk, provider: Provider) -> None:
    token = provider.logout_token(CLIENT, sub="7f0c")
    assert (await order(desk, token)).status_code == 200
    browser = await signed_in(desk, provider, "7f0c", "s1")
    refused(await order(desk, token), 400, "LOGOUT_TOKEN_USED")
    assert (await browser.get("/approvals")).status_code == 200


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another audience": ({"aud": "other"}, "TOKEN_AUDIENCE_WRONG"),
    "another issuer": ({"iss": "https://other.example"}, "TOKEN_ISSUER_UNKNOWN"),
    "no event": ({"events": ...}, "LOGOUT_TOKEN_INVALID"),
    "another event": ({"events": {"http://other.example": {}}}, "LOGOUT_TOKEN_INVALID"),
    "an event that is no object": (
        {"events": {"http://schemas.openid.net/event/backchannel-logout": 1}}, "LOGOUT_TOKEN_INVALID"),
    "a nonce": ({"nonce": "n"}, "LOGOUT_TOKEN_INVALID"),
    "no time of issue": ({"iat": ...}, "LOGOUT_TOKEN_INVALID"),
    "no expiry": ({"exp": ...}, "TOKEN_CLAIM_MISSING"),
    "no id": ({"jti": ...}, "TOKEN_CLAIM_MISSING"),
    "nobody": ({"sub": ...}, "TOKEN_CLAIM_MISSING"),
    "a person that is no text": ({"sub": 7}, "TOKEN_CLAIM_INVALID"),
    "an empty session": ({"sid": ""}, "TOKEN_CLAIM_INVALID"),
    "a program's type": ({"header": {"typ": "at+jwt"}}, "TOKEN_TYPE_WRONG"),
    "an algorithm that signs nothing": ({"header": {"alg": "none"}}, "TOKEN_UNSIGNED"),
}  # fmt: skip


@pytest.mark.parametrize("how", WRONG)
async def test_token_that_is_no_order_ends_nothing(desk: SignInDesk, provider: Provider, how: str) -> None:
    browser = await signed_in(desk, provider, "7f0c", "s1")
    given, code = WRONG[how]
    changes = {"sub": "7f0c", **given}
    header = changes.pop("header", {})
    token = provider.logout_token(CLIENT, {} if "alg" in header else header, **changes)
    if "alg" in header:
        token = "eyJhbGciOiJub25lIn0." + token.split(".")[1] + "."
    refused(await order(desk, token), 400, code)
    assert (await browser.get("/approvals")).status_code == 200


async def test_old_order_is_refused_though_it_has_not_expired(desk: SignInDesk, provider: Provider) -> None:
    now = provider.now()
    token = provider.logout_token(CLIENT, sub="7f0c", iat=now - 302, exp=now + 900)
    refused(await order(desk, token), 400, "LOGOUT_TOKEN_INVALID")


@pytest.mark.parametrize("typ", ["logout+jwt", "JWT", None])
async def test_order_is_taken_with_the_types_that_providers_write(
    desk: SignInDesk, provider: Provider, typ: str | None
) -> None:
    token = provider.logout_token(CLIENT, {"typ": typ}, sub="7f0c")
    assert (await order(desk, token)).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "LOGOUT_TOKEN_INVALID"),
        (b"logout_token=a&logout_token=b", 400, "LOGOUT_TOKEN_INVALID"),
        (b"\xff", 400, "LOGOUT_TOKEN_INVALID"),
        (b"logout_token=abc", 400, "TOKEN_MALFORMED"),
        (b"&a=b" * 20, 400, "LOGOUT_TOKEN_INVALID"),
        (b"logout_token=" + b"x" * 20_000, 413, "TOO_LARGE"),
    ],
)
async def test_body_without_one_token_is_refused(desk: SignInDesk, body: bytes, status: int, code: str) -> None:
    answer = await desk.browser().post("/backchannel-logout", content=body, headers={"Sec-Fetch-Site": ""})
    refused(answer, status, code)


async def test_id_token_orders_no_logout_and_an_order_signs_nobody_in(desk: SignInDesk, provider: Provider) -> None:
    claims = {"iss": provider.url, "aud": CLIENT, "sub": "7f0c", "iat": provider.now(), "exp": provider.now() + 60}
    refused(await order(desk, provider.signed({**claims, "nonce": "n"}, typ="JWT")), 400, "LOGOUT_TOKEN_INVALID")
    header = {"Authorization": f"Bearer {provider.logout_token('hawk', sub='7f0c', realm={'roles': ['TRADER']})}"}
    refused(await desk.browser().get("/approvals", headers=header), 401, "TOKEN_TYPE_WRONG")
