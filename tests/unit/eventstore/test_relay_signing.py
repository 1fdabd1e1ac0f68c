"""The relay signs what it publishes, and does not start when it cannot."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.errors import Defect
from shared.events.deadletters import MessageReplayed
from shared.events.routing import OutMessage, messages
from shared.eventstore.port import RecordedEvent, event_id
from shared.messaging.signatures import check_message
from shared.relay.app import build
from shared.relay.outlet import signed_headers
from shared.relay.settings import RelayProcessSettings
from shared.security.keys import ensure_grant_keys, ensure_relay_keys
from shared.security.message_signing import SIGNATURE_HEADER
from tests.support.murex_exchange import published, sent
from tests.support.signing import delivered, signer
from tests.support.units import WHEN

RELAY = signer("relay")


def published_again() -> OutMessage:
    """The copy of a dead letter: a stranger's message, on the topic that it came on."""
    stream = "deadletter-executor-" + "0" * 32
    event = MessageReplayed(
        letter="executor-" + "0" * 32, service="executor", topic="hawk.murex.answers", key="wf", value="{}",
        sha256="0" * 64, headers={"ce_id": "m-1", SIGNATURE_HEADER: "theirs"}, requested_by="olga", role="OPERATIONS",
        reason="fixed", replayed_at=WHEN,
    )  # fmt: skip
    recorded = RecordedEvent(
        stream, 2, event_id(stream, 2), "MessageReplayed", 1, event.model_dump(mode="json"), {}, WHEN
    )
    told, itself = messages(recorded)
    assert SIGNATURE_HEADER not in dict(told.headers)
    return itself


def test_a_published_message_bears_a_signature_that_the_public_key_checks() -> None:
    message = published(sent("wf-1"), 1)
    headers = signed_headers(message, RELAY.private)
    assert headers[:-1] == list(message.headers)
    check_message([RELAY.public], delivered(message.topic, message.key, headers, message.value))


def test_what_a_person_replays_keeps_its_own_headers_and_gets_no_signature() -> None:
    again = published_again()
    assert dict(signed_headers(again, RELAY.private)) == dict(again.headers)
    assert dict(again.headers)[SIGNATURE_HEADER] == b"theirs"


def test_a_message_that_bears_a_signature_already_is_never_signed_over() -> None:
    carried = OutMessage("hawk.plans", "wf", b"{}", ((SIGNATURE_HEADER, b"theirs"),))
    with pytest.raises(Defect, match="before the relay has signed"):
        signed_headers(carried, RELAY.private)


def test_the_relay_does_not_start_without_its_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HAWK_RELAY_PRIVATE_KEY_FILE", raising=False)
    with pytest.raises(ValidationError, match="relay_private_key_file"):
        RelayProcessSettings()
    with pytest.raises(Defect, match="cannot be read"):
        build(RelayProcessSettings(relay_private_key_file=tmp_path / "missing.pem"))


def test_the_relay_does_not_start_with_a_key_that_others_may_read_or_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(Defect, match="Ed25519"):
        build(RelayProcessSettings(relay_private_key_file=ensure_grant_keys(tmp_path).private))
    private = ensure_relay_keys(tmp_path).private
    build(RelayProcessSettings(relay_private_key_file=private))
    private.chmod(0o644)
    with pytest.raises(Defect, match="chmod 600"):
        build(RelayProcessSettings(relay_private_key_file=private))
