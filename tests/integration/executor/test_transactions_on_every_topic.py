"""What a publisher takes back was never said: aborted transactions, on every topic that any service reads."""

import contextlib

import pytest

from shared.events import topics
from shared.telemetry.metrics import HANDLED, LAG
from tests.support.eventually import eventually_async, stays_async
from tests.support.pills import Draft, right, right_row
from tests.support.poison import Place, Poisoned
from tests.support.transactions import transaction

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

LIMIT_SECONDS = 30.0
#: Many fetches long: whoever does not wait for the end of a transaction has handled the messages by then.
TIME_TO_GO_WRONG_SECONDS = 2.0


def junk(place: Place) -> Draft:
    return right(place.events[0]) if place.events else right_row()


def handled(place: Place) -> int:
    return int(HANDLED.labels(group=place.group, topic=place.name)._value.get())


async def handled_are(place: Place, number: int) -> None:
    async def found() -> int:
        return handled(place)

    await eventually_async(found, LIMIT_SECONDS, until=lambda each: each >= number, what=f"{place}: {number} handled")
    assert handled(place) == number, place


async def test_what_was_aborted_is_passed_over_and_what_was_committed_is_handled(hawk_at_work: Poisoned) -> None:
    committed: dict[str, list[int]] = {}
    for place in hawk_at_work.places:
        async with transaction(hawk_at_work.bootstrap, place.name, [junk(place)] * 2, commit=False):
            pass
        async with transaction(hawk_at_work.bootstrap, place.name, [junk(place)], commit=True) as offsets:
            committed[place.name] = offsets
        async with transaction(hawk_at_work.bootstrap, place.name, [junk(place)], commit=False):
            pass
    hawk_at_work.sent = await hawk_at_work.ends()
    for place in hawk_at_work.places:
        await handled_are(place, 1)
    # Offsets are committed behind the markers, so that nobody takes those for messages that wait.
    await hawk_at_work.all_done()
    for place in hawk_at_work.places:
        assert LAG.labels(group=place.group, topic=place.name, partition="0")._value.get() == 0, place
        if place.topic != topics.AI_RESPONSES:
            assert [letter["offset"] for letter in await hawk_at_work.letters(place)] in (committed[place.name], []), (
                place
            )


@pytest.mark.parametrize("commit", [True, False], ids=["committed", "aborted"])
async def test_an_open_transaction_holds_back_what_lies_behind_it_until_it_ends(
    hawk_at_work: Poisoned, commit: bool
) -> None:
    async with contextlib.AsyncExitStack() as open_ones:
        for place in hawk_at_work.places:
            await open_ones.enter_async_context(
                transaction(hawk_at_work.bootstrap, place.name, [junk(place)], commit=commit)
            )
            await hawk_at_work.send_raw(place, junk(place))

        async def handled_anywhere() -> dict[str, int]:
            return {str(place): handled(place) for place in hawk_at_work.places if handled(place)}

        await stays_async(handled_anywhere, TIME_TO_GO_WRONG_SECONDS, value={})
    for place in hawk_at_work.places:
        await handled_are(place, 2 if commit else 1)
