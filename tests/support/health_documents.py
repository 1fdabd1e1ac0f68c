"""What the sources of the health page say, and the pages made of it by the monitor's own code."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from services.monitor.health.document import Everything, Windows, health
from services.monitor.health.found import (
    Backlog,
    Bar,
    BrokerFound,
    Consumer,
    Control,
    Holder,
    Letter,
    Letters,
    LimitsFound,
    ProcessFound,
    Relay,
    StoreFound,
    Urgent,
)
from services.monitor.health.http import Sources
from services.monitor.health.kept import Kept, Known
from services.monitor.health.readers import READERS
from services.monitor.overview.lines import Attention
from services.monitor.speed.document import speed
from services.monitor.speed.histogram import bucket_of
from services.monitor.windows import WindowCount
from shared.messaging.cures import cure_of
from tests.support.queue_documents import NOW

CONSOLE: Final = "http://localhost:8081"
RUNNING: Final = {"database": ("running", "")}
QUIET: Final = Relay(0, 0, 0, 1_204_776, 0.0, 0.0, 0.0)
FOLLOWED: Final = {
    "decision": {"version": 7},
    "terms": {"mode": "FULL"},
    "stopped": False,
    "reason": "",
    "doubted": None,
}
FULL: Final = (7, "RolloutTermsSet", {
    "terms": {"mode": "FULL"}, "proposed_by": {"person": "rita <r>"}, "confirmed_by": {"person": "tom"},
}, NOW - timedelta(days=7))  # fmt: skip
STOP: Final = (8, "ExecutionStopped", {
    "reason": "price feed looks wrong", "stopped_by": {"person": "olga"},
}, NOW - timedelta(minutes=6))  # fmt: skip
NAMES: Final = ("parser", "approval", "executor-1", "executor-2", "monitor", "relay", "murex")


def consumers(**backlogs: tuple[Backlog, ...]) -> tuple[Consumer, ...]:
    """Every group with nothing that waits, but for those named by the end of their group."""
    return tuple(
        Consumer(group, topic, 1, backlogs.get(group.removeprefix("hawk-").replace("-", "_"), (Backlog(0, 0),)))
        for group, topics in READERS.items()
        for topic in topics
    )


def processes(*changed: ProcessFound) -> tuple[ProcessFound, ...]:
    by_name = {each.name: each for each in changed}
    figures = {"relay": {"hawk_relay_active": 1.0}, "executor-1": {"hawk_executor_workflows_in_flight": 3.0}}
    return tuple(
        by_name.get(name) or ProcessFound(name, True, parts=RUNNING, version="1.8.0", figures=figures.get(name, {}))
        for name in NAMES
    )


LIMITS: Final = LimitsFound(
    limits=(
        Bar("CNY", "84400000.00", "1200000.00", "100000000.00", "80000000.00", "90000000.00", state="WARN"),
        *(
            Bar(name, used, "0.00", whole, warning, critical)
            for name, used, whole, warning, critical in (
                ("USD", "61000000.00", "150000000.00", "135000000.00", "142500000.00"),
                ("HKD", "55100000.00", "150000000.00", "130000000.00", "140000000.00"),
                ("KRW", "19600000.00", "70000000.00", "50000000.00", "60000000.00"),
            )
        ),
    ),
    capacities=(
        Bar("ENTITY0009 HKD COI", "187500000.00", "0.00", "250000000.00", protected="62500000.00", state="USED_UP"),
        Bar("ENTITY0037 USD COI", "25000000.00", "25000000.00", "250000000.00", protected="62500000.00"),
    ),
)


def store(**more: Any) -> StoreFound:
    """A database in which all is well, but for what is given."""
    told: dict[str, Any] = {
        "now": NOW,
        "relay": QUIET,
        "urgent": (),
        "answer_ms": (210, 190, 740, 230, 205),
        "letters": Letters(),
        "control": Control((FULL,), FOLLOWED, NOW - timedelta(seconds=1)),
        "events": 1_204_776,
    }
    return StoreFound(**{**told, **more})


def known(value: Any, *, away: timedelta | None = None, reason: str = "The server does not answer.") -> Known[Any]:
    """What is known of a source, which has been away for some time."""
    if away is None:
        return Known(value, NOW, took_ms=3)
    return Known(value, None if value is None else NOW - away, NOW - away, reason, 3)


def well(**more: Any) -> dict[str, Any]:
    """The document of a HAWK in which all is well, but for what is given."""
    told: dict[str, Any] = {
        "broker": known(BrokerFound(consumers())),
        "store": known(store()),
        "limits": known(LimitsFound(LIMITS.limits[1:], LIMITS.capacities[1:])),
        "processes": known(processes()),
        "windows": Windows(running=True, since=NOW - timedelta(hours=5), why=""),
    }
    return health(Everything(**{**told, **more}), NOW, CONSOLE)


OLD: Final = NOW - timedelta(seconds=48)
BACKLOG: Final = (Backlog(0, 0), Backlog(1, 0), Backlog(2, 14, OLD, OLD), Backlog(3, 0))


def letter(number: int, code: str, cure: str, **more: Any) -> Letter:
    told = {"topic": "hawk.reference", "group": "hawk-executor-reference", "reason": "The column spread is not known."}
    return Letter(f"executor-{number}", NOW - timedelta(minutes=17 * number), code, cure=cure, **{**told, **more})


def ailing() -> dict[str, Any]:
    """The document of a HAWK in which two things need a look, as on most bad days."""
    letters = Letters(
        (letter(1, "REFERENCE_COLUMN_UNKNOWN", cure_of("REFERENCE_COLUMN_UNKNOWN", None)),), 1, 1,
        NOW - timedelta(minutes=17),
    )  # fmt: skip
    return well(broker=known(BrokerFound(consumers(executor_murex=BACKLOG))), store=known(store(letters=letters)))


def unwell() -> dict[str, Any]:
    """The document of a HAWK in which something of everything is amiss."""
    letters = Letters(
        (
            letter(1, "REFERENCE_COLUMN_UNKNOWN", cure_of("REFERENCE_COLUMN_UNKNOWN", None)),
            letter(2, "REFERENCE_OUTDATED", cure_of("REFERENCE_OUTDATED", None)),
        ), 2, 1, NOW - timedelta(minutes=17),
    )  # fmt: skip
    urgent = (
        Urgent(1, NOW - timedelta(minutes=41), 0, "MX_BOOKING_ERROR: Deal 4 could not be cancelled."),
        Urgent(Attention.MUREX, NOW - timedelta(seconds=42), 1, None),
    )
    holder = Holder(4711, "hawk_reader", "psql", 31)
    relay = Relay(2, 0, 1, 1_204_776, 31.0, 0.0, 31.0, holder)
    waits = ProcessFound(
        "executor-2", False, parts={**RUNNING, "consumer:hawk-executor-murex": ("defect", "KeyError: 'deal'")},
        version="1.8.0",
    )  # fmt: skip
    gone = ProcessFound("parser", None, "It does not answer.", away_since=NOW - timedelta(minutes=2))
    return well(
        broker=known(BrokerFound(consumers(executor_murex=BACKLOG))),
        store=known(store(letters=letters, urgent=urgent, relay=relay, control=Control((STOP, FULL), FOLLOWED, NOW))),
        limits=known(LIMITS),
        processes=known(processes(waits, gone)),
    )


class Hour:
    """A counter that has counted one hour."""

    window_seconds = 60

    def __init__(self, *counts: WindowCount, running: bool = True, why: str = "") -> None:
        self._counts = counts
        self.running, self.why, self.since = running, why, NOW - timedelta(minutes=3)

    def counts(self, now: datetime | None = None) -> tuple[WindowCount, ...]:
        return self._counts


def usual_hour() -> tuple[WindowCount, ...]:
    """An hour of a desk: most within a second, some late, some without success."""
    start = NOW.replace(second=0, microsecond=0)
    usual = (420, 460, 510, 540, 610, 640, 690, 720, 880, 930, 1_120, 1_410, 2_300)
    hour = []
    for minute in range(0, 60, 2):
        took: dict[int, int] = {}
        for place in range(minute % 7 + 3):
            bucket = bucket_of(usual[(minute * 5 + place * 3) % len(usual)])
            took[bucket] = took.get(bucket, 0) + 1
        reasons = {"REJECTED": 1} if minute % 12 == 0 else {"CAPACITY_EXHAUSTED": 2} if minute == 30 else {}
        counted = sum(took.values()) + 1
        at = start - timedelta(minutes=minute)
        hour.append(WindowCount(at, counted, sum(reasons.values()), reasons, took, 0))
    return tuple(hour)


def speed_document(counting: Hour | None = None) -> dict[str, Any]:
    return speed(counting or Hour(*usual_hour()), NOW)


async def _nothing() -> Any:
    raise ConnectionRefusedError("nobody is there")


def no_sources() -> Sources:
    """Sources that are all away."""

    def kept(name: str) -> Kept[Any]:
        return Kept(name, _nothing, lambda: datetime.now(UTC), seconds=60, patience=1)

    windows = Windows(running=False, since=NOW, why="The last hour is being read.")
    return Sources(kept("Kafka"), kept("PostgreSQL"), kept("limits"), None, lambda: windows, lambda: datetime.now(UTC))
