"""The storage of a new broker: formatted by Kafka once on a machine, then copied with an identity of its own."""

from pathlib import Path

import pytest

from tools.local_stack import kafka
from tools.local_stack.kafka import CHECKPOINT, IDENTITY, KafkaNode
from tools.local_stack.paths import DataDir

pytestmark = pytest.mark.integration


def storage_of(folder: Path) -> Path:
    """Prepare a node; give its storage."""
    KafkaNode(DataDir(folder), 1, 2).prepare()
    return DataDir(folder).kafka / "data"


def identity(storage: Path) -> dict[str, str]:
    lines = (storage / IDENTITY).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_second_storage_is_a_copy_of_the_first_with_an_identity_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "cache" / "kept.checkpoint"
    monkeypatch.setattr(kafka, "kept_checkpoint", lambda: kept)
    by_kafka = storage_of(tmp_path / "first")
    assert kept.read_bytes() == (by_kafka / CHECKPOINT).read_bytes()

    def formats_again(*_: object) -> None:
        raise AssertionError("a storage was formatted by Kafka though one is kept")

    monkeypatch.setattr(KafkaNode, "_format_by_kafka", formats_again)
    copied = storage_of(tmp_path / "second")
    assert {each.name for each in copied.iterdir()} == {each.name for each in by_kafka.iterdir()}
    assert (copied / CHECKPOINT).read_bytes() == kept.read_bytes()
    first, second = identity(by_kafka), identity(copied)
    assert first.keys() == second.keys()
    assert {name for name in first if first[name] != second[name]} == {"cluster.id", "directory.id"}


def test_format_that_was_interrupted_is_begun_again(tmp_path: Path) -> None:
    draft = DataDir(tmp_path).kafka / "data.new"
    draft.mkdir(parents=True)
    (draft / "half").touch()
    assert not (storage_of(tmp_path) / "half").exists()
    assert not draft.exists()
