"""The passkeys in a browser: registered with a virtual authenticator, confirmed, removed, lost, and why not."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opening, Watched
from tests.support.canned_console import CannedConsole, problem
from tests.support.control_documents import MAY, NO_ROLE, at, person
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways

ADDRESS = "/console/passkeys"
DIGEST = "sha256:" + "ab" * 32
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def key(name: str = "laptop", state: str = "COUNTS", owner: str = "rita", **more: Any) -> dict[str, Any]:
    return {
        "person": owner,
        "credential_id": f"{owner}-{name}",
        "name": name,
        "state": state,
        "works_from": at(-600),
        "ends_at": None,
        "added_at": at(-3_000),
        "confirmed_by": person("sam", "SENIOR_TRADER", -2_900),
        "removed_by": None,
    } | more


def waiting(kind: str = "ADD", owner: str = "tom", **more: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "person": owner,
        "mine": owner == "rita",
        "credential_id": "new",
        "name": "blue key",
        "lost": False,
        "reason": "",
        "digest": DIGEST,
        "proposed_by": person(owner, "TRADER", -12),
        "expires_at": at(23 * 60),
        "may_confirm": True,
        "why": "",
        "may_reject": True,
    } | more


def shown(**more: Any) -> dict[str, Any]:
    """What `GET /passkeys` answers."""
    said = {"person": "rita", "delay_seconds": 86_400, "mine": [], "others": [], "waiting": []}
    return {**said, "may": {"register": MAY}} | more


def full() -> dict[str, Any]:
    """Every state that a key can have."""
    mine = [
        key(),
        key("telephone", "WAITS", works_from=at(600)),
        key("old key", "REMOVED", ends_at=at(-60), removed_by=[person("rita", "RISK_MANAGER", -99),
                                                               person("sam", "SENIOR_TRADER", -98)]),
        key("lost key", "LOST", ends_at=at(-30)),
    ]  # fmt: skip
    others = [key(owner="tom")]
    ask = waiting("REMOVE", "rita", lost=True, reason="left in a taxi", may_confirm=False, why="You proposed this.")
    return shown(mine=mine, others=others, waiting=[waiting(), ask])


async def with_authenticator(page: Page) -> None:
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    await session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


def registration(console: CannedConsole) -> dict[str, Any]:
    return {
        "nonce": "n" * 43,
        "challenge": "c" * 43,
        "rp_id": console.origin.split("//")[1].split(":")[0],
        "user_id": "dXNlcg",
        "user": "rita",
        "algorithms": [-7, -257],
        "exclude": [],
        "timeout_ms": 60_000,
    }


async def begun(page: Page, name: str) -> Any:
    await page.get_by_role("button", name="Register a passkey").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill(name)
    return dialog


async def test_a_passkey_is_made_by_the_browser_and_proposed(opened: Opening, console: CannedConsole) -> None:
    console.answers["/passkeys"] = shown()
    console.answers["POST /passkeys/registration"] = 201, registration(console)
    console.answers["POST /passkeys"] = 201, shown(waiting=[waiting(owner="rita", name="laptop")])
    page = await opened(ADDRESS)
    await expect(page).to_have_title("[SIMULATOR] My passkeys, HAWK console")
    await expect(page.get_by_role("region", name="Mine")).to_contain_text("You have no passkey.")
    await with_authenticator(page)
    dialog = await begun(page, "")
    await dialog.get_by_role("button", name="Register a passkey").click()
    await expect(dialog).to_contain_text("Give it a name.")
    await expect(dialog).to_contain_text("then it counts after 24 hours")
    await dialog.get_by_label("Name").fill("laptop")
    await dialog.get_by_role("button", name="Register a passkey").click()
    await expect(page.get_by_role("region", name="New passkey “laptop”, rita")).to_be_visible()
    sent = {path: body for path, body, _ in console.posted}["/passkeys"]
    assert (sent["name"], sent["nonce"]) == ("laptop", "n" * 43)
    assert sent["client_data"]
    assert sent["attestation"]


async def test_a_browser_that_makes_none_says_so_and_nothing_is_sent(opened: Opening, console: CannedConsole) -> None:
    console.answers["/passkeys"] = shown()
    console.answers["POST /passkeys/registration"] = 201, registration(console) | {"rp_id": "elsewhere.example"}
    page = await opened(ADDRESS)
    await with_authenticator(page)
    dialog = await begun(page, "laptop")
    await dialog.get_by_role("button", name="Register a passkey").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("The browser could not use the passkey.")
    assert [path for path, *_ in console.posted] == ["/passkeys/registration"]


async def test_a_refusal_of_the_service_stands_in_the_dialog(
    opened: Opening, console: CannedConsole, watched: Watched
) -> None:
    watched.allow("status of 401")
    console.answers["/passkeys"] = shown()
    console.answers["POST /passkeys/registration"] = (
        401,
        problem(401, "STEP_UP_REQUIRED", "Sign in once more.") | {"sign_in": {"address": "/login?max_age=60"}},
    )
    page = await opened(ADDRESS)
    dialog = await begun(page, "laptop")
    await dialog.get_by_role("button", name="Register a passkey").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Sign in once more.")
    await expect(dialog.get_by_role("link", name="Sign in again")).to_have_attribute("href", "/login?max_age=60")


async def test_who_may_have_none_reads_why(opened: Opening, console: CannedConsole) -> None:
    console.answers["/passkeys"] = shown(may={"register": NO_ROLE})
    page = await opened(ADDRESS)
    press = page.get_by_role("button", name="Register a passkey")
    await expect(press).to_have_attribute("aria-disabled", "true")
    await expect(press).to_have_accessible_description(NO_ROLE["why"])


async def test_a_second_person_confirms_by_the_digest(opened: Opening, console: CannedConsole) -> None:
    console.answers["/passkeys"] = full()
    console.answers["POST /passkeys/confirmation"] = 201, shown()
    page = await opened(ADDRESS)
    panel = page.get_by_role("region", name="New passkey “blue key”, tom")
    await panel.get_by_role("button", name="Confirm").click()
    dialog = page.get_by_role("dialog")
    for words in ("Let tom sign with this passkey?", "Be sure that it is this person who asks.", DIGEST, "24 hours"):
        await expect(dialog).to_contain_text(words)
    await dialog.get_by_role("button", name="Confirm").click()
    await expect(panel).to_have_count(0)
    assert console.posted[0][:2] == ("/passkeys/confirmation", {"person": "tom", "digest": DIGEST})


@pytest.mark.parametrize(("button", "lost"), [("I have lost it", True), ("Remove", False)])
async def test_a_key_is_given_up_with_a_reason(
    opened: Opening, console: CannedConsole, button: str, lost: bool
) -> None:
    console.answers["/passkeys"] = shown(mine=[key()])
    console.answers["POST /passkeys/removal"] = 201, shown()
    page = await opened(ADDRESS)
    await page.get_by_role("region", name="Passkey “laptop”").get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Reason").fill("a new laptop")
    await dialog.get_by_role("button", name=button).click()
    await expect(dialog).to_have_count(0)
    sent = {"person": "rita", "credential_id": "rita-laptop", "lost": lost, "reason": "a new laptop"}
    assert console.posted[0][:2] == ("/passkeys/removal", sent)


async def test_what_people_called_a_key_is_text(opened: Opening, console: CannedConsole) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    console.answers["/passkeys"] = shown(mine=[key(hostile)], waiting=[waiting(name=hostile, reason=hostile)])
    page = await opened(ADDRESS)
    await expect(page.get_by_role("region", name="Mine", exact=True)).to_contain_text(hostile)
    assert await page.locator("main img").count() == 0


@pytest.mark.parametrize("look", looks({"dark": True}, {"forced_colors": "active"}, {"width": 320}, {"width": 1024}))
async def test_every_state_of_passkeys_is_for_everybody(
    opened: Opening, console: CannedConsole, look: dict[str, Any]
) -> None:
    console.answers["/passkeys"] = full()
    page = await opened(ADDRESS, **look)
    await expect(page.get_by_role("region", name="Passkey “lost key”")).to_be_visible()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)
    assert await not_reached_by_tab(page) == ([], [])
