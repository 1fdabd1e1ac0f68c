"""What of all that is known needs somebody, the most urgent first. Pure.

What is well says nothing here. Each line has its reason and the runbook that says what to do next.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from services.monitor.health.found import (
    Backlog,
    BrokerFound,
    Consumer,
    Holder,
    LimitsFound,
    ProcessFound,
    Reading,
    StoreFound,
)
from services.monitor.health.readers import service_of
from services.monitor.health.rollout import Rollout
from services.monitor.health.runbooks import RunbookName
from services.monitor.overview.lines import Attention, is_silent
from shared.telemetry.health import State

#: A message that waits so long is more than a burst.
BEHIND: Final = timedelta(seconds=30)
#: A group that was seen to hand in nothing for so long, while messages wait, stands still. Restarted by itself at 60 s.
STALLED: Final = timedelta(seconds=15)
#: Seconds an event may wait for its seal, and for its publication: ten times what is usual.
RELAY_SECONDS: Final = 5.0
#: Seconds after which the executor counts as not reading what is decided; it begins nothing then.
CONTROL_SECONDS: Final = 10
#: Seconds that the first of the approved plans may wait for its turn.
TURN_SECONDS: Final = 300
ABLE: Final = frozenset({State.RUNNING, State.WAITING, State.FINISHED})


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that needs somebody.

    Args:
        code: what it is; a page has a word for it.
        subject: what it is about.
        sentence: why.
        since: since when, where that is known.
        runbook: which of `RUNBOOKS` says what to do.
    """

    code: str
    subject: str
    sentence: str
    runbook: RunbookName
    since: datetime | None = None


def reading(consumer: Consumer, now: datetime) -> tuple[Reading, Backlog | None]:
    """Return how a group stands with a topic, and the partition that is the reason."""
    waiting = [each for each in consumer.backlogs if each.waiting]
    still = [
        each for each in waiting if each.still_since and now - each.still_since >= STALLED and _old(each, now, STALLED)
    ]
    late = [each for each in waiting if _old(each, now, BEHIND)]
    if not consumer.members:
        return Reading.NOBODY, _oldest(waiting)
    if still:
        return Reading.STALLED, _oldest(still)
    return (Reading.BEHIND, _oldest(late)) if late else (Reading.UP_TO_DATE, None)


def _stands(backlog: Backlog, now: datetime) -> bool:
    return backlog.still_since is not None and now - backlog.still_since >= STALLED


def _old(backlog: Backlog, now: datetime, age: timedelta) -> bool:
    """Return whether the oldest message has waited so long; one that cannot be read, since the group stands still."""
    since = backlog.oldest_at or backlog.still_since
    return since is not None and now - since >= age


def _oldest(backlogs: Sequence[Backlog]) -> Backlog | None:
    return min(backlogs, key=lambda each: (each.oldest_at is None, each.oldest_at or each.still_since), default=None)


def of_consumers(found: BrokerFound, now: datetime, away: Collection[str] = ()) -> Iterable[Look]:
    """Return what stands still, what nobody reads, and what lags behind: once for each group and topic.

    Args:
        away: services of which no process answers. That is said already, and nothing new follows from it.
    """
    for service, consumers in groupby(found.consumers, key=lambda each: service_of(each.group)):
        several = list(consumers)
        if service in away:
            continue
        if not any(each.members for each in several):
            waiting = sum(backlog.waiting for each in several for backlog in each.backlogs)
            yield Look("NOBODY", service, f"No process of it reads anything; {_wait(waiting)}.", "consumer")
            continue
        for each in several:
            yield from _of_consumer(each, now)


def _of_consumer(consumer: Consumer, now: datetime) -> Iterable[Look]:
    state, backlog = reading(consumer, now)
    subject = f"{service_of(consumer.group)} on {consumer.topic}"
    since = None if backlog is None else backlog.oldest_at or backlog.still_since
    wait = _wait(sum(each.waiting for each in consumer.backlogs))
    if state is Reading.NOBODY:
        yield Look("NOBODY", subject, f"No process is in the group {consumer.group}; {wait}.", "consumer", since)
    elif state is Reading.STALLED and backlog is not None:
        place = f"{subject}, partition {backlog.partition}"
        sentence = f"{wait}, none is handled. What stands still joins its group again by itself at 60 s."
        yield Look("STALLED", place, sentence, "consumer", since)
    elif state is Reading.BEHIND:
        yield Look("BEHIND", subject, f"{wait} and are being handled.", "consumer", since)


def _wait(count: int) -> str:
    return f"{count:,} {'message waits' if count == 1 else 'messages wait'}"


def away_of(found: Iterable[ProcessFound]) -> set[str]:
    """Return the services of which no process answers: "executor" for "executor-1" and "executor-2"."""
    ready: dict[str, list[bool]] = {}
    for each in found:
        ready.setdefault(each.name.partition("-")[0], []).append(each.ready is not None)
    return {service for service, answers in ready.items() if not any(answers)}


def of_processes(found: Sequence[ProcessFound]) -> Iterable[Look]:
    """Return which processes do not answer, or are not ready and why, and what figures of theirs say."""
    for each in found:
        if each.ready is None:
            yield Look("PROCESS_AWAY", each.name, each.reason, "process", each.away_since)
        elif not each.ready:
            yield Look("NOT_READY", each.name, f"{_why(each)}.", "process")
        if each.figures.get("hawk_relay_heads_failing"):
            sentence = "No head of the chain is published: Kafka, its topic or the chain is amiss."
            yield Look("RELAY", each.name, sentence, "chain")

    def most(name: str) -> int:
        return round(max((each.figures.get(name, 0) for each in found), default=0))

    oldest, held = most("hawk_executor_oldest_turn_seconds"), most("hawk_reference_held_rows")
    if oldest > TURN_SECONDS:
        waiting = most("hawk_executor_turns_waiting")
        sentence = f"{waiting:,} approved plans wait for their turn, the first for {oldest:,} s."
        yield Look("TURNS", "executor", sentence, "turns")
    if held:
        yield Look("HELD", "hawk.reference", f"{held:,} rows or sets are not plausible and wait for people.", "held")


def _why(process: ProcessFound) -> str:
    parts = ((name, *part) for name, part in process.parts.items() if part[0] not in ABLE)
    return "; ".join(f"{name} {state}: {detail}".rstrip(": .") for name, state, detail in parts) or "It is starting"


def of_store(found: StoreFound) -> Iterable[Look]:
    """Return what the database says that needs somebody."""
    relay, now = found.relay, found.now
    if relay.stalled_seconds > RELAY_SECONDS:
        holder = relay.holder
        who = "a session that is not named" if holder is None else _session(holder)
        since = now - timedelta(seconds=relay.stalled_seconds)
        sentence = f"The open transaction of {who} holds up every event after it."
        yield Look("FEED_HELD", "Event store", sentence, "feed", since)
    elif relay.seal_seconds > RELAY_SECONDS or relay.publish_seconds > RELAY_SECONDS:
        counts = f"{relay.unsealed:,} events are not sealed, {relay.unpublished:,} sealed and not published."
        since = now - timedelta(seconds=max(relay.seal_seconds, relay.publish_seconds))
        yield Look("RELAY", "Relay", counts, "relay", since)
    if relay.unpublishable:
        events, were = ("event", "it was") if relay.unpublishable == 1 else ("events", "they were")
        sentence = f"{relay.unpublishable:,} {events} can never be published as things stand, so {were} passed over."
        yield Look("PASSED_OVER", "Relay", sentence, "unpublishable")
    yield from _of_workflows(found)
    letters = found.letters
    if letters.urgent:
        plural = "message was" if letters.urgent == 1 else "messages were"
        sentence = f"{letters.urgent:,} {plural} refused in the last day."
        yield Look("LETTERS", "Dead letters", sentence, "letters", letters.urgent_since)


def _session(holder: Holder) -> str:
    return f"process {holder.pid} ({', '.join(filter(None, (holder.role, holder.application))) or 'no name'})"


def _of_workflows(found: StoreFound) -> Iterable[Look]:
    person = [each for each in found.urgent if each.attention == Attention.PERSON]
    if person:
        plural = "workflow needs" if len(person) == 1 else "workflows need"
        since = min(each.changed_at for each in person)
        yield Look("PERSON", "Murex", f"{len(person):,} {plural} a person.", "person", since)
    silent = [each for each in found.urgent if is_silent(each.attention, each.changed_at, found.now)]
    if silent:
        deals = sum(each.unanswered for each in silent)
        plural = "deal is" if deals == 1 else "deals are"
        sentence = f"{deals:,} {plural} not answered. HAWK asks and sends again by itself."
        yield Look("SILENCE", "Murex", sentence, "silence", min(each.changed_at for each in silent))


def of_limits(found: LimitsFound) -> Iterable[Look]:
    """Return the limits above their warning level."""
    words = {"WARN": "above the warning level", "CRITICAL": "above the critical level", "BREACH": "above the maximum"}
    for each in found.limits:
        if each.state in words:
            yield Look("LIMIT", f"{each.name} limit", f"USD {_grouped(each.used)} is {words[each.state]}.", "limits")


def _grouped(amount: str) -> str:
    whole, point, decimals = amount.partition(".")
    return f"{int(whole):,}{point}{decimals}"


def of_rollout(rollout: Rollout, now: datetime, *, away_executor: bool = False) -> Iterable[Look]:
    """Return a stop, and that the executor does not follow what was decided; not where it is said to be away."""
    if rollout.stopped:
        by = f" by {rollout.stopped_by}" if rollout.stopped_by else ""
        sentence = f"Stopped{by}: {rollout.reason or 'no reason is known.'}"
        yield Look("STOPPED", "HAWK", sentence, "control", rollout.stopped_at)
    if away_executor:
        return
    if rollout.caught_up_at is None or now - rollout.caught_up_at > timedelta(seconds=CONTROL_SECONDS):
        sentence = "It does not read hawk.control to its end, so it begins nothing and sends no deal."
        yield Look("CONTROL", "executor", sentence, "control", rollout.caught_up_at)
    elif rollout.doubted:
        yield Look("CONTROL", "executor", "A decision is missing, so it begins nothing.", "control")
