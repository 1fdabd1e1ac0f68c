"""USD 100M is approved with a passkey in a real Chromium; a signature over anything else moves nothing."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from playwright.sync_api import Browser, Page, expect

from shared.events.approvals import ApprovalRequested, Approver, GrantIssued
from shared.events.assertions import Assertion, PersonSigned
from shared.events.identity import approval_stream
from shared.events.routing import messages
from shared.eventstore.port import RecordedEvent, event_id
from shared.passkeys.challenge import Signed, challenge_of, written
from shared.security.grants import GrantClaims, sign_grant
from shared.security.keys import read_pem
from tests.support.console_hand import APPROVE, DONE, PATIENCE, press, waiting
from tests.support.eventually import eventually
from tests.support.hawk import TURN_SECONDS_MAX, Hawk
from tests.support.virtual_passkeys import give_authenticator, sign
from tools.local_stack.paths import DataDir

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

TAKEN_IN = "SELECT data->'table'->>'version' AS version FROM es.events WHERE type = 'PolicyTakenIn'"
KEYS_TAKEN_IN = "SELECT data->>'person' AS person FROM es.events WHERE type = 'PasskeyTakenIn'"
DECISIONS = "SELECT data FROM es.events WHERE stream = $1 AND type = 'DecisionRecorded'"
REFUSED = """
    SELECT data->>'code' AS code, data->>'reason' AS reason FROM es.events
    WHERE stream LIKE 'deadletter-executor-%' AND type = 'MessageRefused'"""
REQUESTED = "SELECT data FROM es.events WHERE stream = $1 AND type = 'ApprovalRequested'"
BEGUN = "SELECT version FROM es.events WHERE stream = $1"
METADATA = {
    "correlation_id": "forged",
    "causation_id": "forged",
    "actor": "person:rita",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}
APPEND = "SELECT es.append($1, $2, $3, $4, $5, $6, $7)"


def elsewhere(call: Callable[[], Any]) -> Any:
    """Run what needs a loop of its own in a thread: in this one the browser's runs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(call).result()


def rows(hawk: Hawk, sql: str, *values: object) -> list[dict[str, Any]]:
    """Rows of a SELECT, as the reader."""
    found: list[dict[str, Any]] = elsewhere(lambda: hawk.query(sql, *values))
    return found


@contextmanager
def page_of(browser: Browser, hawk: Hawk, person: str) -> Iterator[Page]:
    """The console as one of the demo's people sees it, with an authenticator."""
    context = browser.new_context(base_url=hawk.known["console_url"], viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    give_authenticator(page)
    page.goto("/")
    press(page, page.get_by_role("button", name=re.compile(rf"^{person}\b")))
    expect(page.get_by_role("heading", name="Approvals")).to_be_visible(timeout=PATIENCE)
    yield page
    context.close()


def has_passkey(hawk: Hawk, page: Page, person: str, role: str) -> None:
    """Let somebody register a passkey by keyboard, and sam confirm it."""
    page.goto("/console/passkeys")
    press(page, page.get_by_role("button", name="Register a passkey"))
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("laptop")
    press(page, dialog.get_by_role("button", name="Register a passkey"))
    expect(page.get_by_role("heading", name="New passkey “laptop”")).to_be_visible(timeout=PATIENCE)
    hawk.run("passkeys", "confirm", person, "--as", person, "--role", role, expect=1)
    hawk.run("passkeys", "confirm", person, "--as", "sam", "--role", "SENIOR_TRADER")
    eventually(
        lambda: [row["person"] for row in rows(hawk, KEYS_TAKEN_IN)],
        TURN_SECONDS_MAX,
        until=lambda found: person in found,
        what=f"the executor takes the passkey of {person} in",
    )


def asks_for_signatures(hawk: Hawk, folder: Path) -> None:
    """Three persons change the policy: from RISK_MANAGER on passkeys sign."""
    file = folder / "table.json"
    table = hawk.json("policy", "show")["table"]
    file.write_text(json.dumps(table | {"signed_from": "RISK_MANAGER"}), encoding="utf-8")
    hawk.run("policy", "propose", str(file), "--as", "mira", "--role", "SENIOR_TRADER")
    hawk.run("policy", "approve", "--as", "sam", "--role", "SENIOR_TRADER")
    hawk.run("policy", "approve", "--as", "rita", "--role", "RISK_MANAGER")
    eventually(
        lambda: [row["version"] for row in rows(hawk, TAKEN_IN)],
        TURN_SECONDS_MAX,
        until=lambda found: "policy-2" in found,
        what="the executor takes policy-2 in",
    )


class Attempt:
    """A request for USD 100M, and signatures about it that are wrong in one way."""

    def __init__(self, hawk: Hawk, workflow_id: str) -> None:
        self.hawk, self.workflow_id = hawk, workflow_id
        self.digest = (hawk.get(f"/workflows/{workflow_id}") or {})["plan_digest"]

    def asked(self, person: str) -> dict[str, Any]:
        body = {"decision": "APPROVE", "plan_digest": self.digest}
        token = self.hawk.token(person, "RISK_MANAGER")
        found: dict[str, Any] = self.hawk.ask("POST", f"/approvals/{self.workflow_id}/signing", token, body).json()
        return found

    def decide(self, person: str, assertion: dict[str, str] | None) -> tuple[int, str]:
        body = {"decision": "APPROVE", "plan_digest": self.digest, "assertion": assertion}
        token = self.hawk.token(person, "RISK_MANAGER")
        answer = self.hawk.ask("POST", f"/approvals/{self.workflow_id}/decisions", token, body)
        return answer.status_code, answer.json().get("code", "")

    def challenge(self, nonce: str, digest: str | None = None) -> str:
        return written(challenge_of(Signed(self.workflow_id, digest or self.digest, "APPROVE"), nonce))

    def refused(self) -> None:
        assert rows(self.hawk, DECISIONS, approval_stream(self.workflow_id)) == []


def test_usd_100m_is_approved_with_a_passkey_and_with_nothing_else(
    new_hawk: Callable[..., Hawk], browser: Browser, tmp_path: Path
) -> None:
    hawk = new_hawk(HAWK_PASSKEY_DELAY_SECONDS="1")
    asks_for_signatures(hawk, tmp_path)
    with page_of(browser, hawk, "rita") as rita, page_of(browser, hawk, "olga") as olga:
        has_passkey(hawk, rita, "rita", "RISK_MANAGER")
        has_passkey(hawk, olga, "olga", "OPERATIONS")
        attempt, second = (Attempt(hawk, waiting(hawk, "mira", "USD", "100000000", "ENTITY0037")) for _ in range(2))

        assert attempt.decide("rita", None) == (403, "PASSKEY_REQUIRED")
        asked = attempt.asked("rita")
        other_digest = sign(rita, attempt.challenge(asked["nonce"], "sha256:" + "0" * 64), asked)
        assert attempt.decide("rita", other_digest) == (403, "PASSKEY_REFUSED")
        made_up = {**asked, "nonce": written(b"n" * 32)}
        assert attempt.decide("rita", sign(rita, attempt.challenge(made_up["nonce"]), made_up))[1] == (
            "PASSKEY_NONCE_INVALID"
        )
        others = attempt.asked("olga")
        theirs = sign(olga, attempt.challenge(asked["nonce"]), {**others, "nonce": asked["nonce"]})
        assert attempt.decide("rita", theirs) == (403, "PASSKEY_REFUSED")
        attempt.refused()

        rita.goto(f"/console/approvals/{attempt.workflow_id}")
        press(rita, rita.get_by_role("region", name="Decision").get_by_role("button", name=APPROVE))
        dialog = rita.get_by_role("dialog")
        expect(dialog).to_contain_text("You sign this with your passkey.")
        press(rita, dialog.get_by_role("button", name=APPROVE))
        expect(rita.get_by_text(DONE).first).to_be_visible(timeout=PATIENCE)
        hawk.in_state(attempt.workflow_id, "COMPLETED", "POSTED")
        (decided,) = rows(hawk, DECISIONS, approval_stream(attempt.workflow_id))
        signed = json.loads(decided["data"])["assertion"]

        assert second.decide("rita", signed) == (409, "PASSKEY_NONCE_INVALID")
        replayed = sign(rita, second.challenge(signed["nonce"]), {**asked, "nonce": signed["nonce"]})
        assert second.decide("rita", replayed) == (409, "PASSKEY_NONCE_INVALID")
        second.refused()
        elsewhere(hawk.verified)

        elsewhere(lambda: put_on_the_topic(hawk, second, signed))
        elsewhere(lambda: put_in_the_store(hawk, second, signed))
        found = eventually(
            lambda: {row["code"]: row["reason"] for row in rows(hawk, REFUSED)},
            TURN_SECONDS_MAX,
            until=lambda codes: {"NOT_RECORDED", "GRANT_NOT_SIGNED"} <= set(codes),
            what="the executor refuses both",
        )
        assert "challenge" in found["GRANT_NOT_SIGNED"]
        assert rows(hawk, BEGUN, f"execution-{second.workflow_id}") == []


def grant_of(hawk: Hawk, attempt: Attempt, assertion: dict[str, str]) -> GrantIssued:
    """Return a grant that the approval service's own key has signed, with a signature about another plan."""
    (row,) = hawk.query(REQUESTED, approval_stream(attempt.workflow_id))
    request = ApprovalRequested.model_validate(json.loads(row["data"]))
    now = datetime.now(UTC).replace(microsecond=0)
    approvers = (Approver(person="rita", role="RISK_MANAGER", at=now),)
    claims = GrantClaims(
        jti="forged",
        workflow_id=attempt.workflow_id,
        plan_digest=request.plan_digest,
        effects_digest=request.effects_digest,
        amount_usd=request.amount_usd,
        tier=request.policy.tier,
        policy_version=request.policy.version,
        maker=request.maker.name,
        maker_verified=request.maker.verified,
        approvers=approvers,
        assertions=(PersonSigned(person="rita", assertion=Assertion.model_validate(assertion)),),
        iat=now,
        exp=now + timedelta(hours=1),
    )
    return GrantIssued(
        workflow_id=attempt.workflow_id,
        jti="forged",
        grant=sign_grant(claims, read_pem(DataDir(hawk.data).keys / "grant_private.pem")),
        tier=request.policy.tier,
        plan_digest=request.plan_digest,
        approvers=approvers,
        issued_at=now,
        expires_at=now + timedelta(hours=1),
    )


def put_on_the_topic(hawk: Hawk, attempt: Attempt, assertion: dict[str, str]) -> None:
    """Send such a grant to hawk.approvals, as a client of the broker may."""
    event = grant_of(hawk, attempt, assertion)
    made = RecordedEvent(
        stream=approval_stream(attempt.workflow_id),
        version=2,
        event_id=event_id(approval_stream(attempt.workflow_id), 2),
        type="GrantIssued",
        schema_version=1,
        data=event.model_dump(mode="json"),
        metadata=METADATA,
        recorded_at=datetime.now(UTC),
    )
    (message,) = messages(made)
    headers = {name: text.decode() for name, text in message.headers}
    hawk.wire.send(message.topic, (message.key, message.value), headers=headers)


def put_in_the_store(hawk: Hawk, attempt: Attempt, assertion: dict[str, str]) -> None:
    """Append such a grant with the approval service's password, so that it is published as a true event."""
    stream, event = approval_stream(attempt.workflow_id), grant_of(hawk, attempt, assertion)

    async def append() -> None:
        connection = await asyncpg.connect(hawk.known["postgres"]["dsn_by_role"]["hawk_approval"])
        data = event.model_dump_json()
        await connection.execute(APPEND, [stream], [1], [stream], ["GrantIssued"], [1], [data], [json.dumps(METADATA)])
        await connection.close()

    asyncio.run(append())
