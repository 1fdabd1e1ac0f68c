"""What an installation may configure of notifications: off by default, refused by halves, nothing that leads inside."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from services.approval.notifications.configured import configured, networks_of
from services.approval.notifications.notices import Channel
from services.approval.settings import ApprovalSettings
from shared.errors import Defect
from tests.support.notifying import ANNA, BEN, SECRET

WHSEC = "whsec_" + base64.b64encode(SECRET).decode()
MAIL = {"notify_mail_host": "mail.bank.example", "notify_mail_from": "hawk@bank.example"}
URL = "https://chat.bank.example/hawk"


def settings(folder: Path, **changes: Any) -> ApprovalSettings:
    known = {"grant_private_key_file": folder / "unused.pem", "public_url": "https://hawk.bank.example"}
    return ApprovalSettings(**known | changes)


def written(file: Path, content: Any, mode: int = 0o600) -> Path:
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    file.chmod(mode)
    return file


def hooks(folder: Path, *, url: str = URL, secret: str = WHSEC, mode: int = 0o600, **changes: Any) -> ApprovalSettings:
    written(folder / "chat.secret", secret, mode)
    file = written(folder / "hooks.json", {"chat": {"url": url, "secret_file": "chat.secret"}})
    return settings(folder, **{"notify_webhooks_file": file, "notify_hosts": "chat.bank.example"} | changes)


def mails(folder: Path, recipients: Any = None, **changes: Any) -> ApprovalSettings:
    file = written(folder / "recipients.json", recipients or {"TRADER": [ANNA]})
    return settings(folder, **{"notify_recipients_file": file} | MAIL | changes)


def test_nothing_is_on_unless_it_is_configured(tmp_path: Path) -> None:
    found = configured(settings(tmp_path))
    assert (found.mail, found.webhooks, found.audience) == (None, None, None)


def test_mails_go_to_the_people_of_a_role_and_of_any_role_that_approves(tmp_path: Path) -> None:
    found = configured(mails(tmp_path, {"TRADER": [ANNA], "OPERATIONS": [BEN]}))
    assert found.audience is not None
    assert list(found.audience.places) == [
        (Channel.MAIL, "ANY_APPROVER", ANNA), (Channel.MAIL, "OPERATIONS", BEN), (Channel.MAIL, "TRADER", ANNA),
    ]  # fmt: skip


def test_webhook_has_its_secret_and_shows_it_to_nobody(tmp_path: Path) -> None:
    found = configured(hooks(tmp_path))
    assert found.webhooks is not None
    assert found.webhooks.hooks["chat"].secret == SECRET
    assert "0123" not in repr(found)


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://chat.bank.example/hawk"},
        {"url": "https://other.bank.example/hawk"},
        {"url": "https://me:word@chat.bank.example/hawk"},
        {"url": "https://chat.bank.example:99999/"},
        {"secret": "whsec_c2hvcnQ="},
        {"secret": "no secret"},
        {"mode": 0o644},
        {"notify_hosts": ""},
    ],
)
def test_webhook_that_may_not_be_is_refused_at_the_start(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(Defect):
        configured(hooks(tmp_path, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"public_url": ""},
        {"notify_mail_host": ""},
        {"notify_mail_from": "HAWK <hawk@bank.example>"},
        {"notify_mail_tls": "none"},
        {"notify_mail_user": "hawk"},
        {"recipients": {"CLERK": [ANNA]}},
        {"recipients": {"PEOPLE": [ANNA]}},
        {"recipients": {"PEOPLE": {"anna": ANNA}}},
        {"recipients": {"PEOPLE": {"an<na": [ANNA]}}},
        {"recipients": {"anna": [ANNA], "PEOPLE": {"anna": [ANNA]}}},
        {"recipients": {"TRADER": "anna@bank.example"}},
        {"recipients": {"TRADER": ["anna@bank.example\nBcc: eve@else.example"]}},
        {"recipients": {"TRADER": ["Anna <anna@bank.example>"]}},
        {"recipients": "{"},
    ],
)
def test_mail_that_may_not_be_is_refused_at_the_start(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(Defect):
        configured(mails(tmp_path, **changes))


@pytest.mark.parametrize(
    "reasons",
    [
        {"127.0.0.0/8": "test"}, {"0.0.0.0/0": "all"}, {"169.254.169.254/32": "cloud"}, {"::/0": "all"},
        {"::1/128": "test"}, {"fe80::/64": "link"}, {"10.0.0.0/8": " "}, {"ten": "why"},
        {"::ffff:127.0.0.0/104": "mapped"},
    ],
)  # fmt: skip
def test_network_of_this_machine_or_without_a_reason_is_refused(reasons: dict[str, str]) -> None:
    with pytest.raises(Defect):
        networks_of(reasons)


def test_network_of_the_bank_is_allowed_with_its_reason() -> None:
    (network,) = networks_of({"10.20.0.0/16": "Dify runs there"})
    assert str(network) == "10.20.0.0/16"
