"""What every way out promises (`services/approval/notifications/port.py`), run against each adapter.

An adapter's test is a subclass with the fixture `way`: the outlet, whom it knows, and what has arrived there.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from services.approval.notifications.port import NotSent, Outlet
from tests.support.notifying import notice, parcel


@dataclass
class Way:
    """An outlet with another side that a test can see. `refuse` lets the next attempts fail."""

    outlet: Outlet
    recipient: str
    refuse: Callable[[int], None]
    arrived: Callable[[], int]


class OutletContract:
    """The promises."""

    async def test_what_was_sent_has_arrived_once(self, way: Way) -> None:
        await way.outlet.send(parcel(way.recipient, notice()))
        assert way.arrived() == 1

    async def test_refusal_of_the_other_side_is_told_and_a_later_attempt_arrives(self, way: Way) -> None:
        way.refuse(2)
        given = parcel(way.recipient, notice())
        for _ in range(2):
            with pytest.raises(NotSent):
                await way.outlet.send(given)
        assert way.arrived() == 0
        await way.outlet.send(given)
        assert way.arrived() == 1

    async def test_reason_is_a_short_sentence_without_secrets(self, way: Way) -> None:
        way.refuse(1)
        with pytest.raises(NotSent) as refused:
            await way.outlet.send(parcel(way.recipient, notice()))
        assert str(refused.value).endswith(".")
        assert len(str(refused.value)) <= 200
        assert "whsec_" not in str(refused.value)
