"""A request on the real stack: it escalates and expires, is reminded of by mail, and its maker answers a question."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.support.hawk import Hawk
from tests.support.notifying import ANNA, BEN, Mailbox, mailbox
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

#: Seconds until a request escalates, and until it expires.
ESCALATES, EXPIRES = 4, 12
#: Seconds between two reminders.
REMINDED = 4


def test_a_request_escalates_and_then_expires(new_hawk: Callable[..., Hawk]) -> None:
    hawk = new_hawk(
        HAWK_APPROVAL_REQUEST_LIFETIME_SECONDS=str(EXPIRES), HAWK_APPROVAL_ESCALATION_SECONDS=str(ESCALATES)
    )
    workflow = hawk.planned(order("USD", "1000000", "ENTITY0037"))["workflow_id"]
    hawk.in_state(workflow, "EXPIRED")
    card = hawk.ask("GET", f"/approvals/{workflow}", hawk.token("tom", "TRADER")).json()
    assert (card["state"], card["policy"]["required"]) == ("EXPIRED", ["TRADER"])
    assert card["escalation"]["to"] == "RISK_MANAGER"
    assert card["requested_at"] < card["escalation"]["escalated_at"] < card["expires_at"]
    told = hawk.query(
        "SELECT data->>'status' AS status FROM es.events WHERE stream = $1 ORDER BY version", f"progress-{workflow}"
    )
    escalated = [row["status"] for row in told].index("Escalated to RISK_MANAGER: not enough people have decided yet")
    assert told[escalated + 1]["status"].startswith("Nobody decided in time")
    hawk.settled()
    hawk.verified()


def test_reminders_are_throttled_and_gathered(new_hawk: Callable[..., Hawk], tmp_path: Path) -> None:
    recipients = tmp_path / "recipients.json"
    recipients.write_text(json.dumps({"TRADER": [ANNA], "RISK_MANAGER": [BEN]}), encoding="utf-8")
    with mailbox() as box:
        hawk = new_hawk(
            HAWK_NOTIFY_RECIPIENTS_FILE=str(recipients),
            HAWK_NOTIFY_MAIL_HOST="127.0.0.1",
            HAWK_NOTIFY_MAIL_PORT=str(box.port),
            HAWK_NOTIFY_MAIL_TLS="none",
            HAWK_NOTIFY_MAIL_FROM="hawk@bank.example",
            HAWK_NOTIFY_DIGEST_SECONDS="1",
            HAWK_NOTIFY_REMINDER_SECONDS=str(REMINDED),
        )
        first = hawk.planned(order("USD", "1000000", "ENTITY0037"))["workflow_id"]
        second = hawk.planned(order("USD", "2000000", "ENTITY0037"))["workflow_id"]
        begun = time.monotonic()
        eventually(lambda: _of(box, first), 60, until=lambda mails: len(mails) >= 2, what="a second reminder")
        hawk.ask("POST", f"/approvals/{first}/decisions", hawk.token("tom", "TRADER"), _no(hawk, first))
        lasted = time.monotonic() - begun
        assert len(_of(box, first)) <= lasted / REMINDED + 2
        eventually(lambda: _of(box, second), 60, until=lambda mails: len(mails) >= 4, what="further reminders")
        after = len(_of(box, first))
        eventually(lambda: _of(box, second), 60, until=lambda mails: len(mails) >= 5, what="one more reminder")
        assert len(_of(box, first)) == after
        assert all(mail["to"] == ANNA for mail in box.mails)
        hawk.settled()
        hawk.verified()


def test_a_question_is_answered_before_the_decision(new_hawk: Callable[..., Hawk]) -> None:
    hawk = new_hawk()
    answer = order("USD", "1000000", "ENTITY0037")["answer"]
    (found,) = hawk.response(hawk.hand_in(answer, "mira", "TRADER"))["workflows"]
    workflow = hawk.in_state(found["workflow_id"], "AWAITING_APPROVAL")["workflow_id"]
    refused = hawk.run("ask", workflow, "Why today?", "--as", "eve", "--role", "AUDITOR", expect=1)
    assert "none of your roles" in refused.stderr
    asked = hawk.json("ask", workflow, "Why today?", "--as", "sam", "--role", "SENIOR_TRADER")
    assert (asked["state"], asked["questions"][0]["answer"]) == ("AWAITING_APPROVAL", None)
    refused = hawk.run("answer", workflow, "Because.", "--as", "tom", "--role", "TRADER", expect=1)
    assert "Only the person who asked" in refused.stderr
    told = hawk.run("answer", workflow, "The fixing is today.", "--as", "mira", "--role", "TRADER").stdout
    assert "mira: The fixing is today." in " ".join(told.split())
    hawk.approve(workflow, "sam", "SENIOR_TRADER")
    hawk.in_state(workflow, "POSTED")
    card = hawk.ask("GET", f"/approvals/{workflow}", hawk.token("sam", "SENIOR_TRADER")).json()
    (question,) = card["questions"]
    assert (question["person"], question["answered_by"]) == ("sam", "mira")
    history = hawk.get(f"/workflows/{workflow}/execution") or {}
    assert "QuestionAnswered" in json.dumps(history)
    hawk.settled()
    hawk.verified()


def _of(box: Mailbox, workflow: str) -> list[str]:
    """The mails that remind of a request."""
    texts = [mail.get_content() for mail in box.mails]
    return [text for text in texts if workflow in text and "It still waits." in text]


def _no(hawk: Hawk, workflow: str) -> dict[str, str]:
    digest = (hawk.get(f"/workflows/{workflow}") or {})["plan_digest"]
    return {"decision": "REJECT", "plan_digest": digest}
