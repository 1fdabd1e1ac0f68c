"""The relay: publishes the feed in its order. After a crash it goes on from its checkpoint and repeats a little."""

from dataclasses import dataclass
from random import Random

from shared.events import murex
from shared.events.plans import PlanDrawn, PlanRefused
from tools.simulation.approver import Approver
from tools.simulation.murex import Murex
from tools.simulation.world import Stored, World

BATCH_MAX = 60
_TO_MUREX = (murex.DealSent, murex.DealStatusEnquired, murex.DealCancelSent)


@dataclass
class Relay:
    """Reads the feed from the checkpoint in `world.published`."""

    world: World
    random: Random
    murex: Murex
    approver: Approver

    def act(self) -> str | None:
        """Publish a batch."""
        world = self.world
        if not world.broker or world.published >= len(world.feed):
            return None
        size = self.random.choice((1, 10, BATCH_MAX))
        batch = world.feed[world.published : world.published + size]
        fates = [self._publish(stored) for stored in batch]
        world.published += len(batch)
        return f"relay     publishes {len(batch)} events" + "".join(f"; {fate}" for fate in fates if fate)

    def crash(self) -> str:
        """Go back to an earlier checkpoint: what was published since is published again."""
        back = min(self.random.choice((1, 5, 30)), self.world.published)
        self.world.published -= back
        return f"fault     the relay is killed; its last {back} events will be published again"

    def _publish(self, stored: Stored) -> str:
        event = stored.event
        if isinstance(event, _TO_MUREX):
            fate = self.murex.receive(stored)
            return f"{type(event).__name__} of deal {event.deal_sequence} is {fate}"
        if isinstance(event, PlanDrawn | PlanRefused):
            self.approver.receive(event)
        return ""
