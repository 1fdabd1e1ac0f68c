"""A decision that a passkey signs: the dialog says so, asks the browser, and says why where it cannot."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.cards.conftest import ADDRESS, CARD, DECISIONS
from tests.browser.conftest import Opening, Watched
from tests.browser.control.test_browser_passkeys import with_authenticator
from tests.support import card_documents as documents
from tests.support.canned_console import problem
from tests.support.canned_progress import CannedProgress

SIGNING = f"POST {CARD}/signing"
MADE = """
async (rpId) => {
  const made = await navigator.credentials.create({
    publicKey: {
      rp: { id: rpId, name: "HAWK" },
      user: { id: new Uint8Array([1]), name: "sara", displayName: "sara" },
      challenge: new Uint8Array(32),
      pubKeyCredParams: [{ type: "public-key", alg: -7 }],
      authenticatorSelection: { userVerification: "required" },
    },
  });
  const raw = String.fromCharCode(...new Uint8Array(made.rawId));
  return btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
"""


def signed() -> dict[str, Any]:
    card = documents.waiting()
    return {**card, "policy": {**card["policy"], "signed": True}}


@pytest.fixture
async def card(opened: Opening, console: CannedProgress) -> Page:
    console.answers[CARD] = signed()
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Approve & Execute").wait_for()
    return page


def asked(console: CannedProgress, credential: str, **more: Any) -> tuple[int, dict[str, Any]]:
    host = console.origin.split("//")[1].split(":")[0]
    said = {"nonce": "n" * 43, "challenge": "c" * 43, "rp_id": host, "origin": console.origin, "timeout_ms": 60_000}
    return 201, {**said, "allow": [credential]} | more


async def approved(page: Page) -> Any:
    await page.get_by_role("region", name="Decision").get_by_role("button", name="Approve & Execute").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("You sign this with your passkey.")
    await dialog.get_by_role("button", name="Approve & Execute").click()
    return dialog


async def test_the_decision_carries_what_the_passkey_signed(card: Page, console: CannedProgress) -> None:
    await with_authenticator(card)
    credential = await card.evaluate(MADE, console.origin.split("//")[1].split(":")[0])
    console.answers[SIGNING] = asked(console, credential)
    console.answers[DECISIONS] = 201, documents.approved()
    dialog = await approved(card)
    await expect(dialog).to_have_count(0)
    sent = {path: body for path, body, _ in console.posted}[f"{CARD}/decisions"]
    assertion = sent["assertion"]
    assert (assertion["credential_id"], assertion["nonce"]) == (credential, "n" * 43)
    assert all(assertion[part] for part in ("client_data", "authenticator_data", "signature"))


async def test_who_has_no_passkey_reads_what_to_do(card: Page, console: CannedProgress, watched: Watched) -> None:
    watched.allow("status of 409")
    console.answers[SIGNING] = 409, problem(409, "NO_PASSKEY", "You have no passkey that counts now.")
    dialog = await approved(card)
    await expect(dialog.get_by_role("alert")).to_contain_text("You have no passkey that counts now.")
    assert [path for path, *_ in console.posted] == [f"{CARD}/signing"]


async def test_a_page_of_another_address_signs_nothing(card: Page, console: CannedProgress) -> None:
    console.answers[SIGNING] = asked(console, "AA", origin="https://hawk.example")
    dialog = await approved(card)
    await expect(dialog.get_by_role("alert")).to_contain_text("Your passkeys belong to https://hawk.example.")
    assert [path for path, *_ in console.posted] == [f"{CARD}/signing"]


async def test_to_reject_needs_no_passkey(card: Page, console: CannedProgress) -> None:
    console.answers[DECISIONS] = 201, documents.approved()
    await card.get_by_role("region", name="Decision").get_by_role("button", name="Reject").click()
    dialog = card.get_by_role("dialog")
    await expect(dialog).not_to_contain_text("passkey")


async def test_a_browser_without_passkeys_says_so_before_the_press(opened: Opening, console: CannedProgress) -> None:
    console.answers[CARD] = signed()
    page = await opened(ADDRESS)
    await page.evaluate("() => { delete window.PublicKeyCredential; }")
    await page.get_by_role("region", name="Decision").get_by_role("button", name="Approve & Execute").click()
    await expect(page.get_by_role("dialog")).to_contain_text("This browser has no passkeys.")
