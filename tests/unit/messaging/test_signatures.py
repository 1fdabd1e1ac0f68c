"""What somebody outside HAWK says is believed when that publisher signed it, and its replay as well."""

import pytest

from shared.errors import Defect, InvalidInput
from shared.events.routing import REPLAY_HEADER
from shared.messaging.message import Message
from shared.messaging.signatures import SIGNATURE_INVALID, signed_by
from shared.security.message_signing import SIGNATURE_HEADER
from tests.support.signing import Headers, Signer, delivered, signer

BEFORE, NOW_VALID, OTHER = signer("before"), signer("now"), signer("other")
TOPIC = "hawk.murex.answers"
HEADERS: Headers = (("ce_id", b"m-1"), ("ce_type", b"hawk.MurexAnswered.v1"), ("content-type", b"application/json"))
REPLAYED = (REPLAY_HEADER, b"executor-" + b"0" * 32 + b"@2")

prove = signed_by([BEFORE.public, NOW_VALID.public])


def signed(by: Signer = NOW_VALID, headers: Headers = HEADERS, value: bytes = b"{}") -> Message:
    return delivered(TOPIC, "wf", by.sign(TOPIC, "wf", headers, value), value)


def refused(message: Message) -> str:
    with pytest.raises(InvalidInput) as raised:
        prove(message)
    assert raised.value.code == SIGNATURE_INVALID
    assert message.place in raised.value.reason
    return raised.value.reason


@pytest.mark.parametrize("by", [BEFORE, NOW_VALID], ids=["before", "now"])
def test_each_of_the_keys_that_are_valid_at_once_proves_a_message(by: Signer) -> None:
    prove(signed(by))


def test_an_unsigned_message_and_one_of_an_unknown_key_say_what_is_wrong() -> None:
    assert "UNSIGNED" in refused(delivered(TOPIC, "wf", HEADERS, b"{}"))
    assert "UNKNOWN_KEY" in refused(signed(OTHER))


def test_a_true_message_that_a_person_replays_is_still_proved() -> None:
    """A dead letter keeps its headers as a JSON object: in the order of their lengths, and the replay's beside them."""
    true = signed()
    kept = sorted(true.raw_headers, key=lambda header: (len(header[0]), header[0]))
    prove(delivered(TOPIC, "wf", (*kept, REPLAYED), b"{}"))


def test_a_replay_of_what_nobody_signed_proves_nothing() -> None:
    refused(delivered(TOPIC, "wf", (*HEADERS, REPLAYED), b"{}"))


def test_the_signature_of_another_message_cannot_be_smuggled_in_by_a_replay() -> None:
    signature = dict(signed().raw_headers)[SIGNATURE_HEADER] or b""
    for headers, value, key, topic in (
        (HEADERS, b'{"other":1}', "wf", TOPIC),
        ((("ce_id", b"m-2"), *HEADERS[1:]), b"{}", "wf", TOPIC),
        ((*HEADERS, ("ce_traceparent", b"00-1")), b"{}", "wf", TOPIC),
        (HEADERS, b"{}", "wf-2", TOPIC),
        (HEADERS, b"{}", "wf", "hawk.reference"),
    ):
        refused(delivered(topic, key, (*headers, (SIGNATURE_HEADER, signature), REPLAYED), value))


def test_a_second_signature_beside_the_true_one_is_refused() -> None:
    true = signed()
    refused(delivered(TOPIC, "wf", (*true.raw_headers, (SIGNATURE_HEADER, b"a.AAAA")), b"{}"))
    refused(delivered(TOPIC, "wf", ((SIGNATURE_HEADER, b"a.AAAA"), *true.raw_headers), b"{}"))


def test_a_proof_is_not_made_without_a_key_or_with_one_of_another_kind() -> None:
    with pytest.raises(Defect, match="No public key"):
        signed_by([])
    with pytest.raises(Defect, match="Ed25519"):
        signed_by([NOW_VALID.private])
