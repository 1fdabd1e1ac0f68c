"""A message that could not be handled, and its replay.

Stream `deadletter-<service>-<hash of the message id>`. Its id as people see it, the letter, is the name of the stream
without `deadletter-`. What a person asks for is in `replay-<letter>`. What two persons order about a message that
blocks its partition is in `setaside-<hash of group, topic, partition and offset>`.
"""

from datetime import datetime
from hashlib import sha256

from shared.events.approvals import Approver
from shared.events.base import Event

#: A dead letter carries this much of the refused value; its SHA-256 names the whole.
HEAD_BYTES_MAX = 64 * 1024

_PREFIX = "deadletter-"


def letter_of(stream: str) -> str:
    """Return the id of a dead letter: `executor-<32 hexadecimal digits>`."""
    return stream.removeprefix(_PREFIX)


def letter_stream(letter: str) -> str:
    """Return the stream of a dead letter with this id."""
    return f"{_PREFIX}{letter}"


def replay_stream(letter: str) -> str:
    """Return what people asked about a dead letter."""
    return f"replay-{letter}"


def set_aside_stream(group: str, topic: str, partition: int, offset: int) -> str:
    """Return what people order about a message that blocks its partition, known by its place in a consumer group."""
    place = "\n".join((group, topic, str(partition), str(offset)))
    return f"setaside-{sha256(place.encode()).hexdigest()[:32]}"


class MessageRefused(Event):
    """Bad input was set aside; the partition moved on. `head` is the beginning of the value, as text.

    `group` is the consumer group that refused it. `headers_kept` is false where a header was cut or left out.
    `count` messages lie from `offset` to `last_offset`; more than one where they could not be read, and then `error` is
    what was wrong with the record, or where so many were refused for one cause that one dead letter covers all:
    what it keeps is then of the first.
    """

    service: str
    group: str
    topic: str
    partition: int
    offset: int
    last_offset: int
    count: int
    key: str | None
    message_id: str
    code: str
    reason: str
    sha256: str
    size_bytes: int
    head: str
    headers: dict[str, str]
    headers_kept: bool
    error: str | None


class ReplayRequested(Event):
    """A person asks the service that refused a message to publish it again."""

    letter: str
    service: str
    requested_by: str
    role: str
    reason: str
    requested_at: datetime


class MessageReplayed(Event):
    """The message goes to its topic again, as it was; `value` is all of it. This event is what the relay publishes."""

    letter: str
    service: str
    topic: str
    key: str | None
    value: str
    sha256: str
    headers: dict[str, str]
    requested_by: str
    role: str
    reason: str
    replayed_at: datetime


class ReplayDeclined(Event):
    """A replay was asked for and is not done, for a reason."""

    letter: str
    service: str
    code: str
    reason: str
    requested_by: str
    declined_at: datetime


class SetAsideProposed(Event):
    """One person wants a message set aside that blocks its partition. It takes the place of a proposal before it."""

    group: str
    topic: str
    partition: int
    offset: int
    digest: str
    reason: str
    proposed_by: Approver
    expires_at: datetime


class SetAsideConfirmed(Event):
    """A second person agrees: the consumer sets the message aside, if it still cannot be handled."""

    group: str
    topic: str
    partition: int
    offset: int
    digest: str
    reason: str
    proposed_by: Approver
    confirmed_by: Approver
