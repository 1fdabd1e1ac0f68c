"""Recorded conversations with Murex, held again with the executor's pure saga: it asks the same and ends the same."""

from dataclasses import replace
from pathlib import Path

import pytest

from murex.gateway.files import load_recording
from murex.gateway.port import Reply
from murex.gateway.recording import Line, Recording, render
from murex.gateway.replay import RequestDiffers
from shared.events.murex import MurexAnswered
from tests.support.conversations import BOOKED, CONVERSATIONS, DECLINED, Told, held, replayed


@pytest.mark.parametrize("told", CONVERSATIONS, ids=lambda told: told.name)
async def test_the_saga_asks_what_it_asked_and_ends_as_it_ended(told: Told) -> None:
    recording, hawk = load_recording(told.path), told.hawk()
    await replayed(hawk, recording)
    assert hawk.state == told.ends
    # Nothing else was said, and nothing in another order: ids, terms, times and numbers are those of the recording.
    assert [line.message for line in hawk.tape.recording.lines] == [line.message for line in recording.lines]


@pytest.mark.parametrize("told", CONVERSATIONS, ids=lambda told: told.name)
async def test_saga_and_simulator_still_hold_the_recorded_conversation(told: Told, tmp_path: Path) -> None:
    """If that is meant to change: `python -m tests.golden.record_conversations`, and read the difference."""
    assert render(await held(told, tmp_path)) == told.path.read_text(encoding="utf-8")


async def test_an_order_of_another_amount_is_refused_with_what_differs() -> None:
    with pytest.raises(RequestDiffers) as raised:
        await replayed(BOOKED.hawk(amount="24000000"), load_recording(BOOKED.path))
    assert any("notional" in difference and "24000000" in difference for difference in raised.value.differences)
    assert "is not the one that was recorded" in str(raised.value)


async def test_a_conversation_in_which_murex_says_something_else_is_left_where_hawk_asks_otherwise() -> None:
    """Deal 3 is booked now: HAWK does not cancel the others, which the recording says it did."""
    recording, hawk = load_recording(DECLINED.path), DECLINED.hawk()
    lines = tuple(replace(line, message=_acknowledged(line)) for line in recording.lines)
    with pytest.raises(AssertionError, match="does not ask: DealCancelSent 2 about deal"):
        await replayed(hawk, Recording(lines))
    assert hawk.state == "BOOKING"


def _acknowledged(line: Line) -> object:
    message = line.message
    if isinstance(message, Reply) and isinstance(message.event, MurexAnswered) and message.event.answer == "NOK":
        booked = {"answer": "ACK", "level": "OK", "contract_id": "MX-3", "reason": None}
        return replace(message, event=message.event.model_copy(update=booked))
    return message
