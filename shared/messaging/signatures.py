"""Messages of somebody outside HAWK are believed when they are signed: the proof of a subscription."""

from collections.abc import Sequence

from shared.errors import InvalidInput
from shared.events.routing import REPLAY_HEADER
from shared.messaging.message import Message
from shared.messaging.subscription import Proof
from shared.security.message_signing import MessageNotSigned, check_public_keys, check_signature

#: Code of the dead letter, and of what a gateway leaves aside.
SIGNATURE_INVALID = "SIGNATURE_INVALID"


def signed_by(public_keys: Sequence[str]) -> Proof:
    """Make the proof that one of these keys signed a message: over topic, key, value and the headers it came with.

    The header of a replay is not part of them: HAWK adds it to a dead letter that a person publishes again, and it
    gives nothing by itself (`shared.messaging.replays`). So a true message that was refused for another reason stays
    proved.

    Raises:
        Defect: one of these is not PEM of a public Ed25519 key.
    """
    check_public_keys(public_keys)

    def prove(message: Message) -> None:
        headers = [header for header in message.raw_headers if header[0] != REPLAY_HEADER]
        check_message(public_keys, message, headers)

    return prove


def check_message(
    public_keys: Sequence[str], message: Message, headers: Sequence[tuple[str, bytes | None]] | None = None
) -> None:
    """Check the signature of a message as it came.

    Args:
        headers: those that the signature covers, where they are not all of it.
    Raises:
        InvalidInput: SIGNATURE_INVALID, with the check that failed.
    """
    covered = message.raw_headers if headers is None else headers
    try:
        check_signature(public_keys, topic=message.topic, key=message.raw_key, headers=covered, value=message.value)
    except MessageNotSigned as error:
        raise InvalidInput(
            code=SIGNATURE_INVALID,
            reason=f"{message.place} is not believed: {error.sentence} ({error.problem}). "
            "Only its publisher can sign it; if it is true, look whether the public key configured here is the "
            "publisher's.",
        ) from error
