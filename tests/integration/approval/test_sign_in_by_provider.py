"""Signing in by a real OpenID provider, over real HTTP: what counts, what is refused, and how it ends."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import flask
import httpx
import pytest

from shared.web.sign_in.sessions import COOKIE
from tests.support.browsing import CLIENT, SITE, SignInDesk, path_of
from tests.support.provider import PROVIDER_WARNINGS, Provider
from tests.support.signing_in import CARD, begin, decide, made, refused, sign_in

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings(*PROVIDER_WARNINGS)]


async def test_person_signs_in_decides_and_is_who_the_provider_says(desk: SignInDesk, provider: Provider) -> None:
    await desk.world.request()
    browser = desk.browser()
    answer = await sign_in(browser, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, CARD)
    session = await browser.session()
    assert (session["person"], session["name"], session["roles"]) == ("Anna Lee <7f0c>", "Anna Lee", ["TRADER"])
    decided = await decide(browser)
    assert decided.status_code == 201, decided.text
    assert decided.json()["decisions"][0]["person"] == "Anna Lee <7f0c>"


async def test_request_to_the_provider_has_state_nonce_and_the_challenge_of_the_verifier(
    desk: SignInDesk, provider: Provider
) -> None:
    await sign_in(desk.browser(), provider)
    (asked,), (exchanged,) = provider.begun.values(), provider.exchanged
    assert asked["code_challenge_method"] == "S256"
    assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid profile")
    assert asked["redirect_uri"] == exchanged["redirect_uri"] == f"{SITE}/callback"
    assert min(len(asked["state"]), len(asked["nonce"]), len(exchanged["code_verifier"])) >= 43
    assert len({asked["state"], asked["nonce"], exchanged["code_verifier"]}) == 3


async def test_cookies_are_closed_to_scripts_and_other_sites(desk: SignInDesk, provider: Provider) -> None:
    browser = desk.browser()
    await begin(browser)
    login = browser.set_cookie("__Host-hawk_login_")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=600"} <= set(login.split("; "))
    await sign_in(browser, provider)
    kept = browser.set_cookie(COOKIE)
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(kept.split("; "))
    assert "Domain" not in kept + login
    assert "Max-Age=0" in browser.set_cookie("__Host-hawk_login_")


BENT: dict[str, tuple[Any, str]] = {
    "nonce of another sign-in": (lambda h, c: c.update(nonce="another"), "ID_TOKEN_NONCE_WRONG"),
    "no nonce": (lambda h, c: c.pop("nonce"), "ID_TOKEN_NONCE_WRONG"),
    "another audience": (lambda h, c: c.update(aud="other"), "TOKEN_AUDIENCE_WRONG"),
    "several audiences and no party": (lambda h, c: c.update(aud=[CLIENT, "other"]), "ID_TOKEN_NOT_FOR_US"),
    "another party": (lambda h, c: c.update(azp="other"), "ID_TOKEN_NOT_FOR_US"),
    "another issuer": (lambda h, c: c.update(iss="https://other.example"), "TOKEN_ISSUER_UNKNOWN"),
    "expired": (lambda h, c: c.update(exp=c["iat"] - 1), "TOKEN_EXPIRED"),
    "no time of issue": (lambda h, c: c.pop("iat"), "TOKEN_CLAIM_MISSING"),
    "issued in the future": (lambda h, c: c.update(iat=c["iat"] + 90), "TOKEN_NOT_YET_VALID"),
    "no roles": (lambda h, c: c.pop("realm"), "TOKEN_CLAIM_MISSING"),
    "a logout token's type": (lambda h, c: h.update(typ="logout+jwt"), "TOKEN_TYPE_WRONG"),
    "a session that is no text": (lambda h, c: c.update(sid=5), "TOKEN_CLAIM_INVALID"),
}


@pytest.mark.parametrize("how", BENT)
async def test_id_token_that_is_not_this_sign_ins_signs_nobody_in(
    desk: SignInDesk, provider: Provider, how: str
) -> None:
    provider.bend, code = BENT[how]
    browser = desk.browser()
    refused(await sign_in(browser, provider), 401, code)
    assert COOKIE not in browser.cookies
    assert desk.sessions.rows == {}


TAKEN: dict[str, Any] = {
    "a kid like no thumbprint": lambda h, c: h.update(kid="signing-key-7"),
    "no kid": lambda h, c: h.update(kid=None),
    "fractions in times": lambda h, c: c.update(exp=c["exp"] + 0.25, iat=c["iat"] + 0.5),
    "type at+jwt": lambda h, c: h.update(typ="at+jwt"),
    "type JWT": lambda h, c: h.update(typ="JWT"),
    "several audiences with the party": lambda h, c: c.update(aud=["other", CLIENT], azp=CLIENT),
    "a further header": lambda h, c: h.update(x5t="abc"),
}


@pytest.mark.parametrize("how", TAKEN)
async def test_id_token_is_taken_as_providers_write_it(desk: SignInDesk, provider: Provider, how: str) -> None:
    provider.bend = TAKEN[how]
    browser = desk.browser()
    assert (await sign_in(browser, provider)).headers["location"] == CARD
    assert COOKIE in browser.cookies


async def test_answer_without_the_browsers_own_state_is_refused(desk: SignInDesk, provider: Provider) -> None:
    browser, victim = desk.browser(), desk.browser()
    back = path_of(provider.sign_in(await begin(browser), "7f0c"))
    refused(await victim.get(back, cross=True), 401, "SIGN_IN_UNKNOWN")
    await begin(victim)
    refused(await victim.get(back, cross=True), 401, "SIGN_IN_UNKNOWN")
    assert COOKIE not in victim.cookies
    assert provider.exchanged == []


async def test_code_and_state_count_once(desk: SignInDesk, provider: Provider) -> None:
    browser = desk.browser()
    back = path_of(provider.sign_in(await begin(browser), "7f0c"))
    copied = dict(browser.cookies)
    assert (await browser.get(back, cross=True)).status_code == 303
    refused(await browser.get(back, cross=True), 401, "SIGN_IN_UNKNOWN")
    browser.cookies |= copied
    refused(await browser.get(back, cross=True), 401, "SIGN_IN_REFUSED")
    assert len(desk.sessions.rows) == 1


async def test_state_makes_one_session_though_the_provider_takes_a_code_twice(
    desk: SignInDesk, provider: Provider
) -> None:
    browser = desk.browser()
    back = path_of(provider.sign_in(await begin(browser), "7f0c"))
    copied, code = dict(browser.cookies), next(iter(provider.storage._authorization_codes.values()))
    await browser.get(back, cross=True)
    provider.storage.store_authorization_code(code)
    browser.cookies |= copied
    refused(await browser.get(back, cross=True), 401, "SIGN_IN_USED")
    assert len(desk.sessions.rows) == 1


async def test_sign_in_that_took_too_long_is_refused(desk: SignInDesk, provider: Provider) -> None:
    browser = desk.browser()
    back = path_of(provider.sign_in(await begin(browser), "7f0c"))
    desk.pass_time(timedelta(minutes=10, seconds=2))
    refused(await browser.get(back, cross=True), 401, "SIGN_IN_UNKNOWN")


async def test_code_of_another_sign_in_is_refused_by_its_challenge(desk: SignInDesk, provider: Provider) -> None:
    """An attacker's code put into the victim's answer: the verifier does not fit, whatever the provider checks else."""
    attacker, victim = desk.browser(), desk.browser()
    code = httpx.URL(provider.sign_in(await begin(attacker), "7f0c")).params["code"]
    state = httpx.URL(await begin(victim)).params["state"]
    refused(await victim.get(f"/callback?state={state}&code={code}", cross=True), 401, "SIGN_IN_REFUSED")


async def test_keys_rotate_while_people_are_signed_in(desk: SignInDesk, provider: Provider) -> None:
    browser, other = desk.browser(), desk.browser()
    await sign_in(browser, provider)
    provider.rotate()
    assert (await browser.get("/approvals")).status_code == 200
    desk.pass_time(timedelta(seconds=11))
    provider.ahead = timedelta(seconds=11)
    assert (await sign_in(other, provider)).headers["location"] == CARD
    assert (await browser.get("/approvals")).status_code == 200
    assert provider.asked["/jwks"] == 2


async def test_key_that_is_served_no_more_counts_for_nothing(desk: SignInDesk, provider: Provider) -> None:
    await sign_in(desk.browser(), provider)
    old = provider.storage.jwk
    provider.rotate()
    desk.pass_time(timedelta(minutes=10))
    provider.ahead = timedelta(minutes=10)
    served, provider.storage.jwk = provider.storage.jwk, old
    stolen = provider.logout_token(CLIENT, sub="7f0c")
    provider.storage.jwk = served
    answer = await desk.browser().post("/backchannel-logout", data={"logout_token": stolen}, cross=True)
    refused(answer, 400, "TOKEN_SIGNATURE_INVALID")
    assert len(desk.sessions.rows) == 1


async def test_flood_of_unknown_keys_asks_the_provider_once_in_ten_seconds(
    desk: SignInDesk, provider: Provider
) -> None:
    await sign_in(desk.browser(), provider)
    real = provider.storage.jwk
    provider.rotate()
    forged = provider.logout_token(CLIENT, sub="7f0c")
    provider.storage.jwk = real
    desk.pass_time(timedelta(seconds=10))
    stranger = desk.browser()
    for _ in range(20):
        refused(
            await stranger.post("/backchannel-logout", data={"logout_token": forged}), 400, "TOKEN_SIGNATURE_INVALID"
        )
    assert provider.asked["/jwks"] == 2


@pytest.mark.parametrize(
    "instead",
    [
        lambda: flask.Response("{}"),
        lambda: flask.Response("no keys", 404),
    ],
)
async def test_keys_that_cannot_be_used_sign_nobody_in(desk: SignInDesk, provider: Provider, instead: Any) -> None:
    provider.instead["/jwks"] = instead
    answer = await sign_in(desk.browser(), provider)
    refused(answer, 503, "TRY_AGAIN")
    assert desk.sessions.rows == {}


async def test_nobody_signs_in_while_the_provider_is_away_and_those_signed_in_go_on(
    desk: SignInDesk, provider: Provider
) -> None:
    browser = desk.browser()
    await sign_in(browser, provider)
    provider.away = 502
    desk.pass_time(timedelta(hours=1, seconds=-1))
    assert (await browser.get("/approvals")).status_code == 200
    desk.pass_time(timedelta(seconds=1))
    refused(await desk.browser().get("/login"), 503, "TRY_AGAIN")
    shown = await desk.browser().get(f"/login?next={CARD}", headers={"Accept": "text/html"})
    assert shown.headers["location"] == "/sign-in?refused=TRY_AGAIN&next=%2Fconsole%2Fapprovals%2Fw1"
    assert (await browser.get("/approvals")).status_code == 200


async def test_description_of_another_issuer_is_not_believed(desk: SignInDesk, provider: Provider) -> None:
    provider.instead["/.well-known/openid-configuration"] = lambda: flask.jsonify({
        "issuer": "https://other.example", "authorization_endpoint": f"{provider.url}/a",
        "token_endpoint": f"{provider.url}/t", "jwks_uri": f"{provider.url}/jwks",
    })  # fmt: skip
    refused(await desk.browser().get("/login"), 503, "TRY_AGAIN")


async def test_answer_of_another_provider_is_refused(desk: SignInDesk, provider: Provider) -> None:
    browser = desk.browser()
    back = path_of(provider.sign_in(await begin(browser), "7f0c"))
    refused(await browser.get(f"{back}&iss=https://other.example", cross=True), 401, "ID_TOKEN_ISSUER_WRONG")


async def test_refusal_of_the_provider_is_shown_to_a_person_on_the_sign_in_page(
    desk: SignInDesk, provider: Provider
) -> None:
    browser = desk.browser()
    state = httpx.URL(await begin(browser)).params["state"]
    answer = await browser.get(
        f"/callback?state={state}&error=access_denied", cross=True, headers={"Accept": "text/html"}
    )
    page = "/sign-in?refused=SIGN_IN_REFUSED&next=%2Fconsole%2Fapprovals%2Fw1"
    assert (answer.status_code, answer.headers["location"]) == (303, page)


async def test_silent_renewal_that_needs_a_page_begins_once_more_with_one(desk: SignInDesk, provider: Provider) -> None:
    browser = desk.browser()
    address = httpx.URL(await begin(browser, f"next={CARD}&prompt=none"))
    assert address.params["prompt"] == "none"
    answer = await browser.get(f"/callback?state={address.params['state']}&error=login_required", cross=True)
    assert answer.headers["location"] == "/login?next=%2Fconsole%2Fapprovals%2Fw1"


async def test_session_has_a_new_id_after_each_sign_in_and_the_old_one_ends(
    desk: SignInDesk, provider: Provider
) -> None:
    browser = desk.browser()
    browser.cookies[COOKIE] = ("planted" + "x" * 36, "strict")
    await sign_in(browser, provider)
    first = browser.cookies[COOKIE]
    assert first[0] != "planted" + "x" * 36
    await sign_in(browser, provider)
    assert browser.cookies[COOKIE] != first
    old = desk.browser(cookies={COOKIE: first})
    refused(await old.get("/approvals"), 401, "SESSION_ENDED")
    assert len(desk.sessions.rows) == 1


async def test_role_that_was_taken_away_decides_nothing_after_some_minutes(
    desk: SignInDesk, provider: Provider
) -> None:
    await desk.world.request()
    browser = desk.browser()
    await sign_in(browser, provider)
    provider.person("7f0c", name="Anna Lee", realm={"roles": ["AUDITOR"]})
    later = timedelta(minutes=15, seconds=2)
    desk.pass_time(later)
    provider.ahead = later
    again = refused(await decide(browser), 401, "SIGN_IN_AGAIN")
    assert again["sign_in"]["address"] == "/login?next=%2Fconsole%2Fapprovals%2Fw1&prompt=none"
    assert (await browser.get("/approvals/w1")).status_code == 200
    silently = await sign_in(browser, provider, query=again["sign_in"]["address"].partition("?")[2])
    await sign_in(browser, provider, query=silently.headers["location"].partition("?")[2])
    refused(await decide(browser), 403, "NO_APPROVING_ROLE")


async def test_tier_asks_for_another_proof_of_who_decides(tmp_path: Path, provider: Provider) -> None:
    desk = made(tmp_path, provider, step_up={"TRADER": {"acr": "phr", "max_age_seconds": 60}})
    await desk.world.request()
    browser = desk.browser()
    await sign_in(browser, provider)
    wanted = refused(await decide(browser), 401, "STEP_UP_REQUIRED")
    assert 'acr_values="phr", max_age="60"' in browser.answers[-1].headers["www-authenticate"]
    provider.bend = lambda h, c: c.update(acr="phr", auth_time=c["iat"] - 120)
    query = wanted["sign_in"]["address"].partition("?")[2]
    refused(await sign_in(browser, provider, query=query), 401, "ID_TOKEN_TOO_OLD")
    provider.bend = lambda h, c: c.update(acr="phr")
    await sign_in(browser, provider, query=query)
    asked = list(provider.begun.values())[-1]
    assert (asked["acr_values"], asked["max_age"]) == ("phr", "60")
    desk.pass_time(timedelta(seconds=65))
    refused(await decide(browser), 401, "STEP_UP_REQUIRED")
    provider.ahead = timedelta(seconds=65)
    await sign_in(browser, provider, query=query)
    assert (await decide(browser)).status_code == 201
