"""Publishing a dead letter again after a fix: who asks, what is decided, and how the consumer knows the message.

A message that was refused is in the inbox under its id, so the same message again would be dropped as a repeat. A
replay is known by that id *and* the version of `MessageReplayed` in the stream of the dead letter: handled once more,
and once only, however often it arrives. The header that says so is a claim; it counts only if that stream holds that
replay of that content, after a refusal by this very consumer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

from shared.errors import InvalidInput
from shared.events import topics
from shared.events.base import Event
from shared.events.deadletters import (
    MessageRefused,
    MessageReplayed,
    ReplayDeclined,
    ReplayRequested,
    letter_stream,
)
from shared.events.routing import REPLAY_HEADER
from shared.messaging.message import Message
from shared.messaging.subscription import EventHandlers, Subscription
from shared.messaging.unit_of_work import InboxEntry, UnitOfWork

_CLAIM = re.compile(r"([a-z]+-[0-9a-f]{32})@([1-9][0-9]{0,8})\Z")


@dataclass(frozen=True, slots=True)
class Claim:
    """A message's claim to be a certain replay of a dead letter."""

    letter: str
    version: int


def claim_of(message: Message, service: str) -> Claim | None:
    """Return the claim of a message to be a replay of what this service refused; None for every other message."""
    found = _CLAIM.match(message.headers.get(REPLAY_HEADER, ""))
    if found is None or not found.group(1).startswith(f"{service}-"):
        return None
    return Claim(found.group(1), int(found.group(2)))


def replayed_entry(entry: InboxEntry, claim: Claim, letters: Sequence[Event], message: Message) -> InboxEntry:
    """Return the inbox entry of a message that claims to be a replay; the given entry where the claim does not hold.

    What was refused under its place has never been known by the id in its header. Published again it is a message like
    any other, once it is proved; and while it is not, it can only add to its own dead letter, never use up the replay
    of a true message.

    Args:
        entry: as what it would be known without the claim.
        letters: the events of the dead letter's stream.
    """
    if not claim.version <= len(letters):
        return entry
    replay = letters[claim.version - 1]
    if not isinstance(replay, MessageReplayed) or (replay.topic, replay.sha256) != _identity(message):
        return entry
    refused = [each for each in _since_last_replay(letters[: claim.version - 1]) if each.group == entry.consumer]
    if not refused or _by_place(refused[-1]) != entry.message_id.startswith(message.place):
        return entry
    return replace(entry, message_id=refused[-1].message_id, replay=claim.version)


def decide_replay(letters: Sequence[Event], request: ReplayRequested) -> MessageReplayed | ReplayDeclined:
    """Return whether a dead letter is published again. Pure.

    Raises:
        InvalidInput: DEAD_LETTER_UNKNOWN.
    """
    refused = [each for each in letters if isinstance(each, MessageRefused)]
    if not refused:
        raise InvalidInput(
            code="DEAD_LETTER_UNKNOWN",
            reason=f"Dead letter {request.letter} is not known. `hawk deadletters` lists them.",
        )
    last = refused[-1]
    if not _since_last_replay(letters):
        return _declined(
            request,
            "ALREADY_REPLAYED",
            "It was published again before and has not been refused since, so it was handled. Nothing is to be done.",
        )
    missing = what_is_missing(last)
    if missing is not None:
        return _declined(request, *missing)
    return MessageReplayed(
        letter=request.letter,
        service=request.service,
        topic=last.topic,
        key=last.key,
        value=last.head,
        sha256=last.sha256,
        headers={name: value for name, value in last.headers.items() if name != REPLAY_HEADER},
        requested_by=request.requested_by,
        role=request.role,
        reason=request.reason,
        replayed_at=request.requested_at,
    )


def what_is_missing(letter: MessageRefused) -> tuple[str, str] | None:
    """Return code and sentence of why a message cannot be published as it was; None when it can."""
    if letter.error is not None:
        return (
            "RECORD_UNREADABLE",
            "It could not be read, so there is nothing to publish. Have its publisher publish it otherwise.",
        )
    if letter.count > 1:
        return (
            "ONE_OF_MANY",
            f"It covers {letter.count} messages and keeps none whole. Have their publisher publish them again.",
        )
    kept = letter.head.encode()
    if sha256(kept).hexdigest() != letter.sha256:
        if letter.size_bytes > len(kept):
            return (
                "VALUE_TRUNCATED",
                f"It has {letter.size_bytes} bytes, of which a dead letter keeps the first {len(kept)}. "
                "Have its publisher publish it again.",
            )
        return (
            "VALUE_NOT_TEXT",
            "Its value is not UTF-8, and is kept with escapes. Have its publisher publish it again, as UTF-8.",
        )
    if not letter.headers_kept:
        return (
            "HEADERS_NOT_KEPT",
            "Its key or headers are longer than a dead letter keeps, or no text. Have its publisher publish it again.",
        )
    return None


async def on_replay_requested(service: str, unit: UnitOfWork, message: Message[ReplayRequested]) -> None:
    """Return a person asks: append the replay, which the relay publishes, or why not.

    Others' dead letters are theirs.
    """
    event = message.event
    if event.service != service:
        return
    stream = await unit.load(letter_stream(event.letter))
    unit.append(stream.stream, stream.version, decide_replay(stream.events, event))


def replay_subscription(service: str) -> Subscription:
    """Return what every service consumes so that its dead letters can be published again."""
    handlers: EventHandlers = {ReplayRequested: partial(on_replay_requested, service)}
    return Subscription(topics.CONTROL, f"hawk-{service}-replays", handlers)


def _since_last_replay(letters: Sequence[Event]) -> list[MessageRefused]:
    found: list[MessageRefused] = []
    for event in letters:
        if isinstance(event, MessageRefused):
            found.append(event)
        elif isinstance(event, MessageReplayed):
            found.clear()
    return found


def _by_place(letter: MessageRefused) -> bool:
    return letter.message_id.startswith(f"{letter.topic}:{letter.partition}:{letter.offset}")


def _identity(message: Message) -> tuple[str, str]:
    return message.topic, sha256(message.value).hexdigest()


def _declined(request: ReplayRequested, code: str, reason: str) -> ReplayDeclined:
    return ReplayDeclined(
        letter=request.letter,
        service=request.service,
        code=code,
        reason=reason,
        requested_by=request.requested_by,
        declined_at=request.requested_at,
    )
