"""The health of a member of a consumer group: whether it runs, waits for a server, or needs a person."""

from collections.abc import Callable

from shared.messaging.offsets import Partition
from shared.messaging.partition import Blocked
from shared.telemetry.health import Health, State
from shared.telemetry.metrics import LAG, RETRIED


def health_part(group: str) -> str:
    """Return the name under which the consumer of a group reports its health."""
    return f"consumer:{group}"


class MemberHealth:
    """The state of one member, over all its sessions with the broker.

    Args:
        held: counts the partitions that the member holds.
    """

    def __init__(self, group: str, health: Health, held: Callable[[], int]) -> None:
        self._group = group
        self._health = health
        self._held = held
        self._blocked: dict[Partition, Blocked] = {}
        self._joined_before = False
        self._broker_silent = self._unserved = ""

    def starting(self) -> None:
        """Report that the member has not joined its group yet."""
        self._health.report(health_part(self._group), State.STARTING, "joining the group")

    def joined(self) -> None:
        """Note that the broker assigned partitions."""
        self._joined_before, self._broker_silent = True, ""
        self._report()

    def broker_answers(self, unserved: str = "") -> None:
        """Note that the broker answers; `unserved` says what it does not serve, where there is such a thing."""
        self._broker_silent, self._unserved = "", unserved
        self._report()

    def broker_silent(self, why: str) -> None:
        """Note that the broker does not answer."""
        self._broker_silent = why
        self._report()

    def session_failed(self, why: str, *, passing: bool) -> None:
        """Note that a session ended by an error; `passing`: waiting is the cure."""
        self._broker_silent = why
        waits = State.WAITING if self._joined_before else State.STARTING
        self._health.report(health_part(self._group), waits if passing else State.DEFECT, why)

    def blocked(self, partition: Partition, blocked: Blocked | None) -> None:
        """Note why a partition does not go on, or with None that it does."""
        if blocked is None:
            self._blocked.pop(partition, None)
        else:
            self._blocked[partition] = blocked
            why = "waits" if blocked.passing else "defect"
            RETRIED.labels(group=self._group, topic=partition.topic, why=why).inc()
        self._report()

    def given_up(self, partition: Partition) -> None:
        """Forget a partition that the member does not hold any more; its lag is another member's to tell."""
        self._blocked.pop(partition, None)
        LAG.remove(self._group, partition.topic, str(partition.number))

    def _report(self) -> None:
        defect = next((each.why for each in self._blocked.values() if not each.passing), self._unserved)
        waits = next((each.why for each in self._blocked.values()), self._broker_silent)
        state = State.DEFECT if defect else State.WAITING if waits else State.RUNNING
        self._health.report(health_part(self._group), state, defect or waits or f"{self._held()} partitions")
