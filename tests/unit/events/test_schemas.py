"""The committed JSON Schemas: today's equal the code's, released ones never change, a new shape is a new version."""

import json
from pathlib import Path
from typing import ClassVar

import pytest

from shared.errors import Defect
from shared.events.base import Amount, Event
from shared.events.catalogue import EVENTS
from shared.events.write_schemas import FOLDER, MANIFEST, digest_of, read_manifest, schema_name, schema_text, write

COMMITTED = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.json") if file.name != MANIFEST}


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_the_committed_schema_is_that_of_the_code(name: str) -> None:
    event = EVENTS[name]
    assert COMMITTED.get(schema_name(event)) == schema_text(event), (
        "The shape of this event changed: raise SCHEMA_VERSION, add an upcaster, run shared.events.write_schemas."
    )


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_earlier_version_keeps_its_schema(name: str) -> None:
    event = EVENTS[name]
    wanted = {f"{name}.v{version}.json" for version in range(1, event.SCHEMA_VERSION + 1)}
    assert wanted <= COMMITTED.keys()


def test_a_released_schema_is_what_the_manifest_says() -> None:
    assert {name: digest_of(text) for name, text in COMMITTED.items()} == read_manifest(FOLDER)


def test_no_schema_stands_for_an_event_nobody_knows() -> None:
    assert {name.partition(".")[0] for name in COMMITTED} == EVENTS.keys()


def test_amounts_are_strings_in_every_schema() -> None:
    for name, text in COMMITTED.items():
        assert '"type": "number"' not in text, f"{name}: a JSON number has been through binary floating point"


class _First(Event):
    amount: Amount


class _Changed(Event):
    amount: Amount
    note: str


class _Second(Event):
    SCHEMA_VERSION: ClassVar[int] = 2
    amount: Amount
    note: str


def _named(event: type[Event]) -> dict[str, type[Event]]:
    event.__name__ = "Sample"
    return {"Sample": event}


def test_writing_is_refused_when_a_released_shape_changed(tmp_path: Path) -> None:
    assert write(tmp_path, _named(_First)) == ["Sample.v1.json"]
    before = (tmp_path / "Sample.v1.json").read_text()
    with pytest.raises(Defect, match=r"Sample\.v1\.json"):
        write(tmp_path, _named(_Changed))
    assert (tmp_path / "Sample.v1.json").read_text() == before


def test_a_new_version_is_written_beside_the_old_one(tmp_path: Path) -> None:
    write(tmp_path, _named(_First))
    assert write(tmp_path, _named(_Second)) == ["Sample.v2.json"]
    assert set(read_manifest(tmp_path)) == {"Sample.v1.json", "Sample.v2.json"}
    assert "note" not in json.loads((tmp_path / "Sample.v1.json").read_text())["properties"]


def test_an_unreleased_shape_is_rewritten_when_asked(tmp_path: Path) -> None:
    write(tmp_path, _named(_First))
    assert write(tmp_path, _named(_Changed), rewrite=True) == ["Sample.v1.json"]
    assert write(tmp_path, _named(_Changed)) == []
