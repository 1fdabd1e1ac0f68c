"""Chromium's virtual authenticator: a page in which passkeys are made and sign, without anybody's finger."""

from typing import Any

from playwright.sync_api import Page

#: Signs any challenge with the passkeys of the page's authenticator, as the page of an attacker would like to.
_SIGN = """
async ({ challenge, allow, rpId }) => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
  const written = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const signed = await navigator.credentials.get({
    publicKey: {
      rpId,
      challenge: bytes(challenge),
      allowCredentials: allow.map((id) => ({ type: "public-key", id: bytes(id) })),
      userVerification: "required",
    },
  });
  return {
    credential_id: written(signed.rawId),
    client_data: written(signed.response.clientDataJSON),
    authenticator_data: written(signed.response.authenticatorData),
    signature: written(signed.response.signature),
  };
}
"""


def give_authenticator(page: Page) -> None:
    """Give a page an authenticator that verifies its user and needs no touch."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign(page: Page, challenge: str, asked: dict[str, Any]) -> dict[str, str]:
    """Return what the page's passkey signs about a challenge, with the nonce of what HAWK asked to have signed."""
    given = {"challenge": challenge, "allow": asked["allow"], "rpId": asked["rp_id"]}
    return {**page.evaluate(_SIGN, given), "nonce": asked["nonce"]}
