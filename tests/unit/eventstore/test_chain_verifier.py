"""Any single change to any chain is found: fields, deletions, insertions, order."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as some

from shared.eventstore.chain import (
    FINDINGS_MAX,
    GENESIS,
    ChainReport,
    ChainVerifier,
    Head,
    link,
    sealed_fields,
)

NAMESPACE = UUID("00000000-0000-0000-0000-00000000c0de")
BEGAN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Store:
    """Tables as a test can tamper with them: events in feed order, seals by position."""

    events: tuple[dict[str, Any], ...]
    seals: tuple[dict[str, Any], ...]


def event(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "xid": 700 + number // 2,
        "stream": f"plan-{number % 3}",
        "version": number // 3 + 1,
        "event_id": uuid5(NAMESPACE, str(number)),
        "type": "Happened",
        "schema_version": 1,
        "data": f'{{"number": {number}}}',
        "metadata": '{"actor": "test"}',
        "recorded_at": BEGAN + timedelta(milliseconds=number),
    }


def sealed_store(count: int, unsealed: int = 0) -> Store:
    events = tuple(event(number) for number in range(count + unsealed))
    seals, previous = [], GENESIS
    for position, row in enumerate(events[:count], 1):
        previous = link(previous, position, sealed_fields(row))
        seals.append({"position": position, "event_id": row["event_id"], "hash": previous})
    return Store(events, tuple(seals))


def head_of(store: Store) -> Head:
    return Head(store.seals[-1]["position"], store.seals[-1]["hash"].hex())


def verify(store: Store, *heads: Head) -> ChainReport:
    by_id = {row["event_id"]: row for row in store.events}
    verifier = ChainVerifier(heads)
    nothing = dict.fromkeys(event(0))
    for seal in sorted(store.seals, key=lambda seal: int(seal["position"])):
        row = by_id.get(seal["event_id"], nothing)
        verifier.take_seal({**row, **seal, "event_id": row["event_id"], "sealed_event_id": seal["event_id"]})
    verifier.end_of_chain()
    sealed = {seal["event_id"] for seal in store.seals}
    for row in sorted(store.events, key=lambda row: (row["xid"], row["id"])):
        if row["event_id"] not in sealed:
            verifier.take_unsealed(row)
    return verifier.report()


def without(rows: tuple[dict[str, Any], ...], index: int) -> tuple[dict[str, Any], ...]:
    return rows[:index] + rows[index + 1 :]


def changed(rows: tuple[dict[str, Any], ...], index: int, **fields: Any) -> tuple[dict[str, Any], ...]:
    return (*rows[:index], {**rows[index], **fields}, *rows[index + 1 :])


@given(some.integers(1, 12), some.integers(0, 3))
def test_chain_is_ok_when_nothing_was_touched(count: int, unsealed: int) -> None:
    store = sealed_store(count, unsealed)
    report = verify(store, head_of(store))
    assert report == ChainReport(True, count, head_of(store).hash, unsealed, ())


@given(some.data(), some.integers(1, 12))
def test_any_single_change_is_found_when_the_head_was_published(data: some.DataObject, count: int) -> None:
    store = sealed_store(count, unsealed=1)
    head = head_of(store)
    index = data.draw(some.integers(0, count - 1), "place")
    row, seal = store.events[index], store.seals[index]
    other = data.draw(some.integers(0, count - 1).filter(lambda place: place != index), "other") if count > 1 else index
    changes = {
        "stream": replace(store, events=changed(store.events, index, stream=row["stream"] + "x")),
        "version": replace(store, events=changed(store.events, index, version=row["version"] + 1)),
        "type": replace(store, events=changed(store.events, index, type="Other")),
        "schema version": replace(store, events=changed(store.events, index, schema_version=2)),
        "data": replace(store, events=changed(store.events, index, data=row["data"] + " ")),
        "metadata": replace(store, events=changed(store.events, index, metadata="{}")),
        "time": replace(store, events=changed(store.events, index, recorded_at=BEGAN - timedelta(days=1))),
        "event deleted": replace(store, events=without(store.events, index)),
        "seal deleted": replace(store, seals=without(store.seals, index)),
        "both deleted": Store(without(store.events, index), without(store.seals, index)),
        "hash": replace(store, seals=changed(store.seals, index, hash=bytes(32))),
        "seal of nothing": replace(store, seals=changed(store.seals, index, event_id=UUID(int=1))),
        "inserted": replace(store, events=(*store.events, {**event(count + 5), "xid": 0, "id": 0})),
    }
    if other != index:
        swapped = changed(store.seals, index, event_id=store.events[other]["event_id"])
        changes["swapped"] = replace(store, seals=changed(swapped, other, event_id=row["event_id"]))
        moved = changed(store.seals, index, position=store.seals[other]["position"])
        changes["moved with hash"] = replace(store, seals=changed(moved, other, position=seal["position"]))
    name = data.draw(some.sampled_from(sorted(changes)), "change")

    report = verify(changes[name], head)

    assert not report.ok, name
    assert report.findings, name


@given(some.integers(2, 12), some.integers(0, 10))
def test_chain_computed_anew_is_found_by_the_published_head_alone(count: int, place: int) -> None:
    store = sealed_store(count)
    index = place % count
    forged = [*store.events]
    forged[index] = {**forged[index], "data": '{"number": 99999}'}
    seals, previous = [], GENESIS
    for position, row in enumerate(forged, 1):
        previous = link(previous, position, sealed_fields(row))
        seals.append({"position": position, "event_id": row["event_id"], "hash": previous})

    assert verify(Store(tuple(forged), tuple(seals))).ok
    report = verify(Store(tuple(forged), tuple(seals)), head_of(store))
    assert [finding.split(":")[0] for finding in report.findings] == [f"Position {count}"]


def test_findings_are_bounded_when_everything_is_broken() -> None:
    store = sealed_store(FINDINGS_MAX + 50)
    broken = tuple({**row, "type": "Other"} for row in store.events)
    assert len(verify(replace(store, events=broken)).findings) == FINDINGS_MAX
