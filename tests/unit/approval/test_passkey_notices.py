"""The owner of a passkey hears of all that happens to it, also under another spelling, and of no link that acts."""

import json
from datetime import timedelta

import pytest

from services.approval.notifications.hook import Telling, body_of
from services.approval.notifications.letter import Wording, message_of
from services.approval.notifications.notices import Channel, Kind, Notice, Told
from services.approval.notifications.owners import SENTENCES, Owners, told_to_owner
from shared.events.approvals import Approver
from shared.events.base import Event
from shared.events.passkeys import (
    PasskeyAdded,
    PasskeyProposalRejected,
    PasskeyProposed,
    PasskeyRemovalProposed,
    PasskeyRemoved,
)
from tests.support.authenticators import Authenticator
from tests.support.units import WHEN

KEY = Authenticator().register("rita")
RITA = Approver(person="rita", role="RISK_MANAGER", at=WHEN)
SAM = Approver(person="sam", role="TRADER", at=WHEN)
LATER = WHEN + timedelta(days=1)
ABOUT = {"person": "rita", "digest": "d"}
OF_KEY = {**ABOUT, "credential_id": KEY.credential_id}
WORDING = Wording("hawk@bank.example", "https://hawk.bank.example")


@pytest.mark.parametrize(
    ("event", "state", "person"),
    [
        (PasskeyProposed(**ABOUT, passkey=KEY, proposed_by=RITA, expires_at=LATER), "PROPOSED", "rita"),
        (PasskeyAdded(**ABOUT, passkey=KEY, proposed_by=RITA, confirmed_by=SAM, works_from=LATER), "ADDED", "sam"),
        (
            PasskeyRemovalProposed(**OF_KEY, lost=False, reason="left", proposed_by=SAM, expires_at=LATER),
            "REMOVAL_PROPOSED",
            "sam",
        ),
        (
            PasskeyRemovalProposed(**OF_KEY, lost=True, reason="x", proposed_by=RITA, expires_at=LATER),
            "LOST",
            "rita",
        ),
        (PasskeyRemoved(**OF_KEY, lost=True, proposed_by=RITA, confirmed_by=SAM, ends_at=LATER), "REMOVED", "sam"),
        (PasskeyProposalRejected(**OF_KEY, rejected_by=SAM, reason="no"), "REJECTED", "sam"),
    ],
)
def test_each_step_is_told(event: Event, state: str, person: str) -> None:
    told = told_to_owner(event)
    assert told is not None
    assert (told.state, told.person, told.to, told.kind) == (state, person, "rita", Kind.PASSKEY)
    assert told.state in SENTENCES


def test_the_owner_is_found_under_any_spelling_and_webhooks_hear_all() -> None:
    owners = Owners([("Rita", "rita@bank.example"), ("sam", "sam@bank.example")], ["chat"])
    told = Told(Kind.PASSKEY, "", "ADDED", "sam", "TRADER", to="RITA\u200b")
    assert list(owners.recipients(told)) == [(Channel.MAIL, "rita@bank.example"), (Channel.WEBHOOK, "chat")]


def test_the_mail_says_who_did_what_and_leads_to_the_page() -> None:
    notice = Notice("n1", Told(Kind.PASSKEY, "", "PROPOSED", "eve {x}\nBcc: all", "TRADER", to="rita"), WHEN)
    mail = message_of([notice], "rita@bank.example", WORDING, "m1")
    assert mail["Subject"] == "HAWK: news of a passkey of yours"
    text = mail.get_content()
    assert "eve {x} Bcc: all proposed a new passkey in your name. If that was not you, reject it now." in text
    assert "https://hawk.bank.example/console/passkeys" in text
    assert "owner of a passkey" in text
    assert "role that was asked" not in text


def test_a_webhook_names_the_owner() -> None:
    notice = Notice("n1", Told(Kind.PASSKEY, "", "ADDED", "sam", "TRADER", to="rita"), WHEN)
    said = json.loads(body_of(notice, Telling("https://hawk.bank.example", "")))
    assert said["type"] == "hawk.approval.passkey"
    assert (said["data"]["owner"], said["data"]["about"]) == ("rita", "passkey")
    assert said["data"]["card"] == "https://hawk.bank.example/console/passkeys"
