"""Only silence while everything was there counts against Murex."""

from datetime import timedelta

from services.executor.app import answers_arrive
from services.executor.handlers.availability import GAP_SECONDS_MAX, Listening
from shared.messaging.member_health import health_part
from shared.telemetry.health import Health, State
from tests.support.executions import NOW


class World:
    """A clock and two servers that a test moves."""

    def __init__(self) -> None:
        self.now = NOW
        self.consumer = True
        self.relay = True
        self.listening = Listening(lambda: self.now, lambda: self.consumer, self._relay)

    async def _relay(self) -> bool:
        return self.relay

    async def look(self, seconds: float = 1) -> float:
        """Seconds that count, after a look this much later."""
        self.now += timedelta(seconds=seconds)
        await self.listening.look()
        return (self.now - self.listening.since).total_seconds()


async def test_time_counts_while_all_is_there() -> None:
    world = World()
    assert [await world.look() for _ in range(3)] == [1, 2, 3]


async def test_time_starts_over_when_the_consumer_or_the_relay_was_away() -> None:
    world = World()
    await world.look()
    world.consumer = False
    assert await world.look() == 0
    world.consumer, world.relay = True, False
    assert await world.look() == 0
    world.relay = True
    assert await world.look() == 1


async def test_time_starts_over_when_the_process_did_not_run() -> None:
    world = World()
    await world.look()
    assert await world.look(GAP_SECONDS_MAX + 1) == 0


def test_answers_arrive_only_while_their_consumer_is_running() -> None:
    health = Health()
    assert not answers_arrive(health)
    for state, arrives in ((State.STARTING, False), (State.RUNNING, True), (State.WAITING, False)):
        health.report(health_part("hawk-executor-murex"), state)
        assert answers_arrive(health) is arrives
