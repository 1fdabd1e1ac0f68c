"""A message that could not be handled. Stream `deadletter-<service>-<hash of the message id>`."""

from shared.events.base import Event

#: A dead letter carries this much of the refused value; its SHA-256 names the whole.
HEAD_BYTES_MAX = 64 * 1024


class MessageRefused(Event):
    """Bad input was set aside; the partition moved on. `head` is the beginning of the value, as text."""

    service: str
    topic: str
    partition: int
    offset: int
    key: str | None
    message_id: str
    code: str
    reason: str
    sha256: str
    size_bytes: int
    head: str
    headers: dict[str, str]
