"""The health page as a document: what needs somebody first, then all of it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from services.monitor.health import attention
from services.monitor.health.attention import Look, reading
from services.monitor.health.found import BrokerFound, Consumer, LimitsFound, ProcessFound, StoreFound
from services.monitor.health.kept import Known
from services.monitor.health.readers import service_of
from services.monitor.health.rollout import Rollout, rollout_of
from services.monitor.health.runbooks import RunbookName
from services.monitor.overview.lines import Attention, is_silent

Document = dict[str, Any]

KAFKA: Final = "Kafka"
POSTGRES: Final = "PostgreSQL"
WINDOWS: Final = "Speed windows"
#: The executor's own code where Murex refused to take a deal back, or did not say.
_KEPT: Final = ("MX_BOOKING_ERROR", "MX_NO_ANSWER", "STOPPED")
_CONTRADICTION: Final = "MX_CONTRADICTION"


@dataclass(frozen=True, slots=True)
class Windows:
    """Whether Faust counts, since when it does or does not, and why not."""

    running: bool
    since: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Everything:
    """All that one answer is made of. `processes` is None where nobody has said where they are."""

    broker: Known[BrokerFound]
    store: Known[StoreFound]
    limits: Known[LimitsFound]
    processes: Known[tuple[ProcessFound, ...]] | None
    windows: Windows


def health(known: Everything, now: datetime, console: str) -> Document:
    """Return the document.

    Args:
        console: where the console is; empty if that is not known here.
    """
    store, broker = known.store.value, known.broker.value
    processes = None if known.processes is None else known.processes.value or ()
    rollout = None if store is None else rollout_of(store.control)
    looks = [*_sources_away(known), *_looks(known, processes, rollout)]
    return {
        "attention": [_look(each) for each in looks],
        "sources": [
            _source(KAFKA, known.broker, "broker"),
            _source(POSTGRES, known.store, "database"),
            _windows(known.windows),
        ],
        "processes": None if processes is None else [_process(each) for each in processes],
        "consumers": None
        if broker is None
        else [_consumer(each, known.broker.as_of or now) for each in broker.consumers],
        "relay": None if store is None else _relay(store),
        "murex": None if store is None else _murex(store, processes or ()),
        "letters": None if store is None else _letters(store),
        "rollout": None if rollout is None else _rollout(rollout),
        "limits": _bars(known.limits, "limits"),
        "capacities": _bars(known.limits, "capacities"),
        "console": console.rstrip("/") or None,
        "as_of": now.isoformat(),
    }


def _sources_away(known: Everything) -> Iterable[Look]:
    if known.broker.away_since is not None:
        yield Look("SOURCE_AWAY", KAFKA, known.broker.reason, "broker", known.broker.away_since)
    if known.store.away_since is not None:
        yield Look("SOURCE_AWAY", POSTGRES, known.store.reason, "database", known.store.away_since)
    if known.limits.away_since is not None and known.store.away_since is None:
        yield Look("SOURCE_AWAY", "Limits", known.limits.reason, "database", known.limits.away_since)
    if not known.windows.running:
        yield Look("SOURCE_AWAY", WINDOWS, known.windows.why, "windows", known.windows.since)


def _looks(known: Everything, processes: Sequence[ProcessFound] | None, rollout: Rollout | None) -> Iterable[Look]:
    """Return what else needs somebody. What a source said that is away now is shown, and alarms nobody again."""
    store = known.store.value if known.store.away_since is None else None
    broker = known.broker.value if known.broker.away_since is None else None
    away = attention.away_of(processes or ())
    if store is not None and rollout is not None:
        yield from attention.of_rollout(rollout, store.now, away_executor="executor" in away)
    yield from attention.of_processes(processes or ())
    if store is not None:
        yield from attention.of_store(store)
    if broker is not None and known.broker.as_of is not None:
        yield from attention.of_consumers(broker, known.broker.as_of, away)
    if known.limits.value is not None and known.limits.away_since is None:
        yield from attention.of_limits(known.limits.value)


def _look(look: Look) -> Document:
    return asdict(look) | {"since": _text(look.since)}


def _source(name: str, known: Known[Any], runbook: RunbookName) -> Document:
    return {
        "name": name,
        "state": "away" if known.away_since is not None else "ok",
        "since": _text(known.away_since),
        "reason": known.reason,
        "as_of": _text(known.as_of),
        "answer_ms": known.took_ms,
        "runbook": runbook,
    }


def _windows(windows: Windows) -> Document:
    return {
        "name": WINDOWS,
        "state": "ok" if windows.running else "away",
        "since": None if windows.running else windows.since.isoformat(),
        "reason": windows.why,
        "as_of": None,
        "answer_ms": None,
        "runbook": "windows",
    }


def _process(process: ProcessFound) -> Document:
    """Return a process. `parts`: those that are not running as they should, with what they say."""
    state = "away" if process.ready is None else "ready" if process.ready else "not_ready"
    active = process.figures.get("hawk_relay_active")
    return {
        "name": process.name,
        "state": state,
        "version": process.version,
        "since": _text(process.away_since),
        "reason": process.reason,
        "stands_by": active == 0,
        "parts": [
            {"name": name, "state": part, "detail": detail}
            for name, (part, detail) in process.parts.items()
            if part not in ("running", "finished")
        ],
        "restarts": round(process.figures.get("hawk_task_restarts_total", 0)),
        "stalls": round(process.figures.get("hawk_consumer_stalled_total", 0)),
    }


def _consumers(broker: BrokerFound, at: datetime) -> list[Document]:
    return [_consumer(each, at) for each in broker.consumers]


def _consumer(consumer: Consumer, now: datetime) -> Document:
    state, _ = reading(consumer, now)
    oldest = min((each.oldest_at for each in consumer.backlogs if each.waiting and each.oldest_at), default=None)
    return {
        "service": service_of(consumer.group),
        "group": consumer.group,
        "topic": consumer.topic,
        "members": consumer.members,
        "waiting": sum(each.waiting for each in consumer.backlogs),
        "oldest_at": _text(oldest),
        "state": state.value,
        "runbook": "consumer",
    }


def _relay(store: StoreFound) -> Document:
    relay = store.relay
    return {
        "published": relay.published,
        "unsealed": relay.unsealed,
        "unsealed_ms": round(relay.seal_seconds * 1000),
        "unpublished": relay.unpublished,
        "unpublished_ms": round(relay.publish_seconds * 1000),
        "unpublishable": relay.unpublishable,
        "held": relay.stalled_seconds > attention.RELAY_SECONDS,
        "held_ms": round(relay.stalled_seconds * 1000),
        "holder": None if relay.holder is None else asdict(relay.holder),
        "unsealed_late": relay.seal_seconds > attention.RELAY_SECONDS,
        "unpublished_late": relay.publish_seconds > attention.RELAY_SECONDS,
    }


def _murex(store: StoreFound, processes: Sequence[ProcessFound]) -> Document:
    """Return answer times, and what Murex leaves open. `kept`: deals that it did not take back."""
    silent = [each for each in store.urgent if is_silent(each.attention, each.changed_at, store.now)]
    person = [each for each in store.urgent if each.attention == Attention.PERSON]
    disputed = [each for each in person if (each.reason or "").startswith(_CONTRADICTION)]
    kept = [each for each in person if (each.reason or "").startswith(_KEPT)]
    return {
        "answers": len(store.answer_ms),
        "p50_ms": percentile_of(store.answer_ms, 50),
        "p99_ms": percentile_of(store.answer_ms, 99),
        "silent_deals": sum(each.unanswered for each in silent),
        "silent_since": _text(min((each.changed_at for each in silent), default=None)),
        "disputes": len(disputed),
        "disputes_since": _text(min((each.changed_at for each in disputed), default=None)),
        "kept": len(kept),
        "kept_since": _text(min((each.changed_at for each in kept), default=None)),
        "undoing": sum(each.attention == Attention.UNDOING for each in store.urgent),
        "posting_waits": sum(each.attention == Attention.POSTING for each in store.urgent),
        "in_flight": _figure(processes, "hawk_executor_workflows_in_flight"),
        "turns_waiting": _figure(processes, "hawk_executor_turns_waiting"),
    }


def percentile_of(durations: Sequence[int], per_cent: int) -> int | None:
    """Return a percentile by nearest rank; None of nothing."""
    ordered = sorted(durations)
    return ordered[-(-len(ordered) * per_cent // 100) - 1] if ordered else None


def _figure(processes: Sequence[ProcessFound], name: str) -> int | None:
    """Return a gauge of the whole, which is the same at each process that has it."""
    return max((round(each.figures[name]) for each in processes if name in each.figures), default=None)


def _letters(store: StoreFound) -> Document:
    return {
        "waiting": store.letters.waiting,
        "shown": [asdict(each) | {"at": each.at.isoformat()} for each in store.letters.shown],
    }


def _rollout(rollout: Rollout) -> Document:
    times = ("mode_at", "stopped_at", "caught_up_at")
    return {
        name: _text(value) if name in times else list(value) if isinstance(value, tuple) else value
        for name, value in asdict(rollout).items()
    }


def _bars(known: Known[LimitsFound], name: str) -> list[Document] | None:
    if known.value is None:
        return None
    return [asdict(each) for each in (known.value.limits if name == "limits" else known.value.capacities)]


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
