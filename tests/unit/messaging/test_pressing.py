"""What is said to press counts where it is true."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from shared.errors import InvalidInput
from shared.events.overrides import OverrideProposed
from shared.events.responses import ProposalMade
from shared.events.reversals import ReversalRequested
from shared.messaging import pressing
from shared.messaging.message import Message
from shared.messaging.pressing import of_kinds, of_signed
from shared.messaging.transaction import Pool
from tests.unit.messaging.test_partitions_together import keyed

POOL = cast("Pool", None)


def told(kind: type[Any], key: str | None, offset: int = 0) -> Message:
    message = keyed(0, offset, key)
    headers = {"ce_type": f"hawk.{kind.__name__}.v1"}
    return Message(message.topic, 0, offset, key, b"", headers, message.timestamp)


WAITING = [
    told(ProposalMade, "booking", 0), told(OverrideProposed, "override", 1), told(OverrideProposed, "forged", 2),
    told(ReversalRequested, "reversal", 3), told(OverrideProposed, None, 4), keyed(0, 5, "no event"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kinds", "keys"),
    [
        ([OverrideProposed], {"override"}),
        ([OverrideProposed, ReversalRequested], {"override", "reversal"}),
        ([], set()),
    ],
)
async def test_events_of_these_kinds_press_that_the_store_holds(
    kinds: list[Any], keys: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def recorded(pool: Pool, messages: Sequence[Message]) -> Sequence[bool]:
        return [message.key != "forged" for message in messages]

    monkeypatch.setattr(pressing, "are_recorded", recorded)
    assert await of_kinds(*kinds)(POOL, WAITING) == keys


async def test_replies_of_these_kinds_press_that_are_signed() -> None:
    def signed(message: Message) -> None:
        if message.key == "forged":
            raise InvalidInput(code="SIGNATURE_INVALID", reason="not signed")

    assert await of_signed(signed, OverrideProposed)(POOL, WAITING) == {"override"}
