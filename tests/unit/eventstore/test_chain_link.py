"""A link covers every field, its place and its predecessor; nothing can be moved from one field to the
next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.eventstore.chain import GENESIS, SealedFields, link

FIELDS = SealedFields(
    stream="plan-1",
    version=3,
    event_id="25a774aa-8df5-5105-9734-e047052e3036",
    type="PlanDrawn",
    schema_version=1,
    data='{"amount": "25000000.00"}',
    metadata='{"actor": "service:executor"}',
    recorded_at=datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC),
)
#: Computed once; a change of it would make every stored chain unreadable.
RECORDED = "771cff2703a91b273d68b8f88b20394b7f988a52777090bf9a1379ffe95506d2"
some_fields = some.builds(
    SealedFields,
    stream=some.text(some.characters(exclude_categories=["Cs"])),
    version=some.integers(1, 2**62),
    event_id=some.uuids().map(str),
    type=some.text(some.characters(exclude_categories=["Cs"])),
    schema_version=some.integers(1, 2**31 - 1),
    data=some.text(some.characters(exclude_categories=["Cs"])),
    metadata=some.text(some.characters(exclude_categories=["Cs"])),
    recorded_at=some.datetimes(timezones=some.just(UTC)),
)


def test_link_is_the_recorded_one_so_that_old_chains_still_verify() -> None:
    assert link(GENESIS, 1, FIELDS).hex() == RECORDED


@pytest.mark.parametrize(
    "changed",
    [
        replace(FIELDS, stream="plan-2"),
        replace(FIELDS, version=4),
        replace(FIELDS, event_id="25a774aa-8df5-5105-9734-e047052e3037"),
        replace(FIELDS, type="PlanRefused"),
        replace(FIELDS, schema_version=2),
        replace(FIELDS, data='{"amount": "25000000.01"}'),
        replace(FIELDS, metadata='{"actor": "service:parser"}'),
        replace(FIELDS, recorded_at=FIELDS.recorded_at + timedelta(microseconds=1)),
        replace(FIELDS, type="PlanDrawn1", schema_version=1),
        replace(FIELDS, data=FIELDS.data + FIELDS.metadata, metadata=""),
    ],
)
def test_link_differs_when_a_field_differs(changed: SealedFields) -> None:
    assert link(GENESIS, 1, changed) != link(GENESIS, 1, FIELDS)


def test_link_differs_when_place_or_predecessor_differs() -> None:
    assert link(GENESIS, 2, FIELDS) != link(GENESIS, 1, FIELDS)
    assert link(bytes(31) + b"\1", 1, FIELDS) != link(GENESIS, 1, FIELDS)


def test_link_is_the_same_when_the_time_is_told_in_another_zone() -> None:
    elsewhere = FIELDS.recorded_at.astimezone(timezone(timedelta(hours=8)))
    assert link(GENESIS, 1, replace(FIELDS, recorded_at=elsewhere)) == link(GENESIS, 1, FIELDS)


@given(some_fields, some_fields)
def test_links_are_equal_only_when_all_fields_are(one: SealedFields, other: SealedFields) -> None:
    assert (link(GENESIS, 1, one) == link(GENESIS, 1, other)) == (one == other)


@given(some.text("ab", max_size=4), some.text("ab", max_size=4), some.text("ab", max_size=4))
def test_link_keeps_neighbouring_fields_apart(stream: str, data: str, metadata: str) -> None:
    moved = (stream + data[:1], data[1:], metadata)
    if moved != (stream, data, metadata):
        one = replace(FIELDS, stream=stream, data=data, metadata=metadata)
        other = replace(FIELDS, stream=moved[0], data=moved[1], metadata=moved[2])
        assert link(GENESIS, 1, one) != link(GENESIS, 1, other)
