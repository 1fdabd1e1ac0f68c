"""Recorded conversations with Murex, held again with the executor's own turns on PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from murex.gateway.files import load_recording
from murex.gateway.port import Reply
from murex.gateway.recorded import Tape
from services.executor.execution.state import Status, fold
from services.executor.handlers.murex import check_deadlines
from shared.events import identity
from tests.support import hedges
from tests.support.conversations import CONVERSATIONS, Told, replayed
from tests.support.desk import Desk
from tests.support.saga_hawk import requests_of

pytestmark = pytest.mark.integration


@dataclass
class DeskHawk:
    """HAWK's end of a tape: real transactions, and a clock that is told when to go on."""

    desk: Desk
    workflow: str
    tape: Tape = field(default_factory=Tape)
    state: str = ""
    _published: int = 0

    async def publish(self) -> int:
        stream = identity.execution_stream(self.workflow)
        events = await self.desk.events(stream)
        fresh, before = events[self._published :], self._published
        self._published = len(events)
        asked = [out for version, event in enumerate(fresh, before + 1) for out in requests_of(stream, version, event)]
        for out in asked:
            self.tape.send(out)
        return len(asked)

    async def hear(self, answers: Sequence[Reply]) -> None:
        for answer in answers:
            assert await self.desk.answer(answer.event, answer.message_id) is None
        if fold(await self.desk.events(identity.execution_stream(self.workflow))).status is Status.COMPLETED:
            await self.desk.post(self.workflow)
        self.state = await self.desk.state(self.workflow)

    async def pass_time(self, span: timedelta) -> None:
        self.desk.now += span
        await self.desk.unit(lambda uow: check_deadlines(self.desk.ports, uow, self.workflow, hedges.NOW))


@pytest.mark.parametrize("told", CONVERSATIONS, ids=lambda told: told.name)
async def test_the_executor_asks_what_was_recorded_and_ends_as_it_ended(told: Told, desk: Desk) -> None:
    workflow = await desk.propose(told.order(), told.response)
    assert await desk.grant(await desk.plan(workflow)) is None
    recording, hawk = load_recording(told.path), DeskHawk(desk, workflow)
    await replayed(hawk, recording)
    assert hawk.state == told.ends
    assert [line.message for line in hawk.tape.recording.lines] == [line.message for line in recording.lines]
    assert desk.refused == []
    rows = await desk.rows("SELECT deal_status FROM public.deal_bookings WHERE workflow_id = $1", workflow)
    assert [row["deal_status"] for row in rows] == (["Booked"] * 6 if told.ends == "POSTED" else [])
