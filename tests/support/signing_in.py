"""The way of a browser through a sign-in, to a decision."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.support.approvals import DIGEST
from tests.support.browsing import CLIENT, SITE, Browser, SignInDesk, path_of
from tests.support.provider import Provider

CARD = "/console/approvals/w1"


def made(folder: Path, provider: Provider, **changes: Any) -> SignInDesk:
    secret = folder / "secret"
    secret.write_text("very secret\n")
    secret.chmod(0o600)
    settings: dict[str, Any] = {
        "public_url": SITE, "oidc_issuer": provider.url, "oidc_client_id": CLIENT, "oidc_client_secret_file": secret,
        "oidc_scopes": "openid profile", "token_roles_claim": "realm.roles", "token_name_claim": "name", **changes,
    }  # fmt: skip
    return SignInDesk(folder, datetime.now(UTC), **settings)


async def begin(browser: Browser, query: str = f"next={CARD}") -> str:
    answer = await browser.get(f"/login?{query}")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def sign_in(
    browser: Browser, provider: Provider, sub: str = "7f0c", query: str = f"next={CARD}"
) -> httpx.Response:
    """All the way: to the provider, its page, and back, which another site causes."""
    back = provider.sign_in(await begin(browser, query), sub)
    assert back.startswith(f"{SITE}/callback?")
    answer = await browser.get(path_of(back), cross=True)
    await browser.session()
    return answer


async def decide(browser: Browser, **changes: Any) -> httpx.Response:
    body = {"decision": "APPROVE", "plan_digest": DIGEST}
    return await browser.post("/approvals/w1/decisions", json=body, **changes)


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    return dict(answer.json())
