"""Who may approve what, over HTTP; and grants that nobody gave, on the topic itself."""

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.events.approvals import Approver, DecisionRecorded, GrantIssued
from shared.events.base import Event
from shared.security.grants import GrantClaims, sign_grant
from shared.security.keys import ensure_grant_keys, read_pem
from tests.support.eventually import eventually
from tests.support.hawk import Hawk
from tests.support.orders import order
from tests.support.recorded import record_by
from tests.support.wire import Kept

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

OTHER_DIGEST = "sha256:" + "0" * 64
REFUSED_SECONDS_MAX = 30


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document of a refusal (RFC 9457), which says why."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["detail"]
    return dict(document)


def approvers_are(hawk: Hawk, workflow_id: str, *names: str) -> None:
    workflow = hawk.get(f"/workflows/{workflow_id}") or {}
    assert [decision["person"] for decision in workflow["decisions"]] == list(names)


class TestPeople:
    """Decisions over HTTP."""

    def test_large_order_needs_a_senior_trader_who_did_not_ask_for_it(self, hawk: Hawk) -> None:
        asked = order("USD", "60000000", "ENTITY0037")["answer"]
        (workflow,) = hawk.response(hawk.hand_in(asked, "mira"))["workflows"]
        workflow_id = hawk.in_state(workflow["workflow_id"], "AWAITING_APPROVAL")["workflow_id"]
        refused = problem(hawk.decide(workflow_id, hawk.token("tom", "TRADER")), 403)
        assert "SENIOR_TRADER" in refused["detail"]
        refused = problem(hawk.decide(workflow_id, hawk.token("mira", "SENIOR_TRADER")), 403)
        assert refused["code"] == "MAKER_IS_CHECKER"
        assert hawk.decide(workflow_id, hawk.token("sam", "SENIOR_TRADER"), "REJECT").status_code == 201
        assert hawk.in_state(workflow_id, "REJECTED")["decisions"][0]["person"] == "sam"

    def test_large_order_of_nobody_known_needs_one_person_more_than_one_handed_in_over_http(self, hawk: Hawk) -> None:
        claimed = order("USD", "61000000", "ENTITY0037", user="nobody")
        published = hawk.planned(claimed)
        assert published["policy"]["required"] == ["SENIOR_TRADER", "ANY_APPROVER"]
        workflow_id, tom = published["workflow_id"], hawk.token("tom", "SENIOR_TRADER")
        assert hawk.decide(workflow_id, tom).json()["state"] == "AWAITING_APPROVAL"
        assert problem(hawk.decide(workflow_id, tom), 403)["code"] == "SAME_PERSON"
        assert hawk.decide(workflow_id, hawk.token("sam", "TRADER"), "REJECT").status_code == 201
        (handed_in,) = hawk.response(hawk.hand_in(claimed["answer"]))["workflows"]
        known = hawk.in_state(handed_in["workflow_id"], "AWAITING_APPROVAL")
        assert (known["maker_verified"], known["policy"]["required"]) == (True, ["SENIOR_TRADER"])
        assert hawk.decide(known["workflow_id"], hawk.token("sam", "TRADER"), "REJECT").status_code == 201

    def test_trader_who_asks_approves_when_the_order_is_below_the_four_eyes_amount(self, hawk: Hawk) -> None:
        planned = hawk.planned(order("USD", "25000000", "ENTITY0037", user="mira"))
        workflow_id, mira = planned["workflow_id"], hawk.token("mira", "SENIOR_TRADER")
        assert problem(hawk.decide(workflow_id, mira, digest=OTHER_DIGEST), 409)["code"] == "DIGEST_MISMATCH"
        assert problem(hawk.decide(workflow_id, None, digest=planned["plan_digest"]), 401)["code"] == "TOKEN_MISSING"
        problem(hawk.decide(workflow_id, "no.token.atall", digest=planned["plan_digest"]), 401)
        forged = hawk.token("mira", "TRADER")[:-8] + "AAAAAAAA"
        problem(hawk.decide(workflow_id, forged, digest=planned["plan_digest"]), 401)
        assert hawk.decide(workflow_id, mira).status_code == 201
        again = problem(hawk.decide(workflow_id, hawk.token("sam", "SENIOR_TRADER")), 409)
        assert again["code"] == "ALREADY_DECIDED"
        hawk.in_state(workflow_id, "POSTED")
        approvers_are(hawk, workflow_id, "mira")

    def test_decision_on_a_workflow_that_nobody_planned_is_not_found(self, hawk: Hawk) -> None:
        problem(hawk.decide(str(uuid.uuid4()), hawk.token("mira", "TRADER"), digest=OTHER_DIGEST), 404)


@dataclass(frozen=True)
class Target:
    """A plan that waits for approval, and what a forger can know of it."""

    hawk: Hawk
    workflow: dict[str, Any]

    @property
    def workflow_id(self) -> str:
        return str(self.workflow["workflow_id"])

    def claims(self, **changes: Any) -> GrantClaims:
        """Everything as the approval service would write it, but for the changes."""
        now = datetime.now(UTC).replace(microsecond=0)
        facts: dict[str, Any] = {
            "jti": str(uuid.uuid4()),
            "workflow_id": self.workflow_id,
            "plan_digest": self.workflow["plan_digest"],
            "effects_digest": self.workflow["effects_digest"],
            "amount_usd": self.workflow["amount_usd"],
            "tier": self.workflow["policy"]["tier"],
            "policy_version": self.workflow["policy"]["version"],
            "maker": "mira",
            "maker_verified": False,
            "approvers": (Approver(person="mira", role="TRADER", at=now),),
            "iat": now,
            "exp": now + timedelta(hours=1),
        }
        return GrantClaims.model_validate(facts | changes)

    def signed(self, claims: GrantClaims, keys: Path | None = None) -> str:
        """By the key of this HAWK's approval service, or one of another folder."""
        return sign_grant(claims, read_pem(ensure_grant_keys(keys or self.hawk.data / "keys").private))

    def issued(self, claims: GrantClaims, grant: str) -> dict[str, Any]:
        """The event that tells of a grant."""
        kept = ("jti", "workflow_id", "tier", "plan_digest", "approvers")
        told = claims.model_dump(mode="json", include=set(kept))
        return told | {"grant": grant, "issued_at": claims.iat.isoformat(), "expires_at": claims.exp.isoformat()}

    def publish(self, grant: str) -> str:
        """Put a grant on the topic as the relay would; gives the place of the message."""
        now, message_id = datetime.now(UTC), str(uuid.uuid4())
        headers = {
            "ce_specversion": "1.0",
            "ce_id": message_id,
            "ce_source": "/hawk/approval",
            "ce_type": "hawk.GrantIssued.v1",
            "ce_time": now.isoformat(),
            "ce_subject": f"approval-{self.workflow_id}",
            "ce_sequence": f"{3:020d}",
            "ce_correlationid": self.workflow_id,
            "ce_causationid": message_id,
            "content-type": "application/json",
        }
        value = json.dumps(self.issued(self.claims(), grant)).encode()
        (place,) = self.hawk.wire.send("hawk.approvals", (self.workflow_id, value), headers=headers)
        return place

    def record(self, claims: GrantClaims) -> str:
        """Have a grant come out of the approval service, with the approvals that it names; gives the event's id."""
        for approver in claims.approvers:
            approved = DecisionRecorded(
                workflow_id=self.workflow_id, plan_digest=claims.plan_digest, decision="APPROVE",
                person=approver.person, role=approver.role, comment="", decided_at=approver.at,
            )  # fmt: skip
            self._append(approved, actor=f"person:{approver.person}")
        return self._append(GrantIssued.model_validate_json(json.dumps(self.issued(claims, self.signed(claims)))))

    def _append(self, event: Event, **by: str) -> str:
        roles, stream = self.hawk.known["postgres"]["dsn_by_role"], f"approval-{self.workflow_id}"
        (kept,) = asyncio.run(record_by(roles, stream, event, correlation_id=self.workflow_id, **by))
        return str(kept.event_id)


@pytest.fixture(scope="module")
def target(hawk: Hawk) -> Target:
    """One plan for all the forgers."""
    return Target(hawk, hawk.planned(order("AUD", "2000000", "ENTITY0001")))


def refusal_of(hawk: Hawk, known_by: str) -> dict[str, Any]:
    """The audit event of a refused message, which the relay also publishes as a dead letter.

    Args:
        known_by: id of a true message, place of any other.
    """
    events = """
        SELECT data, event_id FROM es.events
        WHERE type = 'MessageRefused' AND stream LIKE 'deadletter-executor-%'
          AND split_part(data->>'message_id', '@', 1) = $1
    """
    (event,) = eventually(lambda: hawk.query(events, known_by), REFUSED_SECONDS_MAX, what="audit event")

    def letters() -> list[Kept]:
        kept = hawk.wire.read("hawk.deadletters")
        return [letter for letter in kept if letter.header("ce_id") == str(event["event_id"])]

    (letter,) = eventually(letters, REFUSED_SECONDS_MAX, what="dead letter")
    assert json.loads(letter.value or b"") == json.loads(event["data"])
    return dict(json.loads(event["data"]))


def nothing_was_executed(hawk: Hawk, workflow_id: str) -> None:
    rows = """
        SELECT (SELECT count(*) FROM hawk.hedge_instructions WHERE workflow_id = $1)
             + (SELECT count(*) FROM hawk.deal_bookings WHERE workflow_id = $1)
             + (SELECT count(*) FROM es.events WHERE stream = 'execution-' || $1) AS n
    """
    assert hawk.query(rows, workflow_id)[0]["n"] == 0


class TestForgedGrants:
    """A message on hawk.approvals gives no permission. What the executor says of such grants when they come out of the
    approval service itself is tested on its handlers (`test_apply.py`)."""

    @pytest.mark.parametrize(
        "forge",
        [
            lambda target, folder: "no.signature.here",
            lambda target, folder: _unsigned(target.signed(target.claims())),
            lambda target, folder: target.signed(target.claims(), folder),
            lambda target, folder: target.signed(target.claims()),
            lambda target, folder: target.signed(target.claims(effects_digest=OTHER_DIGEST)),
        ],
        ids=["no JWS", "unsigned", "another key", "its own key", "other effects"],
    )
    def test_forged_grant_is_a_dead_letter_and_executes_nothing(
        self, target: Target, tmp_path: Path, forge: Callable[[Target, Path], str]
    ) -> None:
        refused = refusal_of(target.hawk, target.publish(forge(target, tmp_path)))
        assert refused["code"] == "NOT_RECORDED"
        assert refused["reason"]
        nothing_was_executed(target.hawk, target.workflow_id)
        assert target.hawk.in_state(target.workflow_id, "AWAITING_APPROVAL")

    def test_expired_grant_is_a_dead_letter_and_ends_the_workflow(self, hawk: Hawk) -> None:
        target = Target(hawk, hawk.planned(order("AUD", "1000000", "ENTITY0001")))
        long_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=25)
        claims = target.claims(iat=long_ago, exp=long_ago + timedelta(hours=24))
        assert refusal_of(hawk, target.record(claims))["code"] == "GRANT_EXPIRED"
        assert hawk.in_state(target.workflow_id, "EXPIRED")["reason"] == "GRANT_EXPIRED"
        nothing_was_executed(hawk, target.workflow_id)

    def test_grant_used_before_is_a_dead_letter_when_it_comes_in_another_message(self, hawk: Hawk) -> None:
        target = Target(hawk, hawk.planned(order("AUD", "1500000", "ENTITY0001")))
        hawk.approve(target.workflow_id)
        hawk.in_state(target.workflow_id, "POSTED")
        (issued,) = (
            json.loads(message.value or b"")
            for message in hawk.wire.read("hawk.approvals")
            if message.header("ce_type") == "hawk.GrantIssued.v1"
            and message.header("ce_correlationid") == target.workflow_id
        )
        events = "SELECT count(*) AS n FROM es.events WHERE stream = 'execution-' || $1"
        before = hawk.query(events, target.workflow_id)
        assert refusal_of(hawk, target.publish(issued["grant"]))["code"] == "NOT_RECORDED"
        assert hawk.query(events, target.workflow_id) == before
        deals = hawk.query("SELECT FROM hawk.deal_bookings WHERE workflow_id = $1", target.workflow_id)
        assert len(deals) == 6

    def test_the_real_grant_still_works_after_all_of_these(self, target: Target) -> None:
        target.hawk.approve(target.workflow_id)
        target.hawk.in_state(target.workflow_id, "POSTED")


def _unsigned(grant: str) -> str:
    """The same claims under `alg: none`."""
    header = "eyJhbGciOiJub25lIiwidHlwIjoiaGF3ay1ncmFudCtqd3MifQ"
    return f"{header}.{grant.split('.')[1]}."
