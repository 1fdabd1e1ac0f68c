"""A subscription names the event types it wants, and its handlers get their events decoded."""

import functools
import typing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from services.approval.app import KeySigner
from services.approval.handlers import Dependencies
from services.approval.handlers import subscriptions as approval_subscriptions
from services.approval.letters.handlers import letters_subscription
from services.monitor.handlers import dead_letters
from services.monitor.handlers import subscriptions as monitor_subscriptions
from shared.errors import InvalidInput
from shared.events.base import Event
from shared.events.responses import ProposalMade, ResponseRepeated
from shared.messaging.message import Message
from shared.messaging.replays import replay_subscription
from shared.messaging.subscription import Subscription
from shared.messaging.unit_of_work import UnitOfWork
from shared.policy.table import DEFAULT_POLICY
from shared.security.keys import ensure_grant_keys, read_pem
from tests.support.units import WHEN, MemoryUnitOfWork, handlers_of, message_for

EVENT = ResponseRepeated(response_id="r-1", content_sha256="0" * 64, repeats=3)


async def test_an_event_that_cannot_be_read_is_refused_before_its_handler_is_asked() -> None:
    async def handler(_unit: UnitOfWork, _message: Message) -> None:
        raise AssertionError("not called")

    subscription = Subscription("hawk.test", "g", {ResponseRepeated: handler})
    with pytest.raises(InvalidInput) as raised:
        await subscription.handle(MemoryUnitOfWork(), replace(message_for(EVENT), value=b"{}"))
    assert raised.value.code == "EVENT_MALFORMED"


async def test_the_handler_of_a_type_gets_its_event_and_no_other() -> None:
    seen: list[Event] = []

    async def handler(_unit: UnitOfWork, message: Message[ResponseRepeated]) -> None:
        seen.append(message.event)

    wanted = Subscription("hawk.test", "g", {ResponseRepeated: handler})
    other = Subscription("hawk.test", "g", {ProposalMade: handler})
    assert (wanted.wants(message_for(EVENT)), other.wants(message_for(EVENT))) == (True, False)
    for subscription in (wanted, other):
        await subscription.handle(MemoryUnitOfWork(), message_for(EVENT))
    assert seen == [EVENT]


def test_each_handler_takes_the_type_that_it_is_subscribed_for(tmp_path: Path) -> None:
    signer = KeySigner(read_pem(ensure_grant_keys(tmp_path).private))
    day = timedelta(days=1)
    dependencies = Dependencies(signer, lambda: DEFAULT_POLICY, day, day, lambda: WHEN, lambda: None)
    subscriptions = (
        *approval_subscriptions(dependencies), letters_subscription(), replay_subscription("parser"), dead_letters(),
        *monitor_subscriptions(lambda _: None),
    )  # fmt: skip
    for subscription in subscriptions:
        for kind, handler in handlers_of([subscription]).items():
            assert issubclass(kind, _taken_by(handler)), f"{kind.__name__} goes to {handler}"


def _taken_by(handler: object) -> tuple[type, ...]:
    """The event types that a handler says it takes."""
    function = handler.func if isinstance(handler, functools.partial) else handler
    (message,) = typing.get_args(typing.get_type_hints(function)["message"]) or (Event,)
    return typing.get_args(message) or (message,)
