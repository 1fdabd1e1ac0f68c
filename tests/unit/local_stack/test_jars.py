"""The lock of Kafka's jars and the fetching of them, without a network."""

import hashlib
from pathlib import Path

import pytest

from tools.local_stack import jars
from tools.local_stack.errors import JarMismatch, StackError
from tools.local_stack.jars import Jar, cache_folder, fetch_jars, locked_jars, parse_lock

CONTENT = b"the jar"
GOOD = Jar("org.example", "thing", "1.0", hashlib.sha256(CONTENT).hexdigest())


class Repository:
    """Stands in for the download: gives one content, counts the calls."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.calls = 0

    def download(self, jar: Jar, scratch: Path) -> Path:
        self.calls += 1
        file = scratch / "fetched"
        file.write_bytes(self.content)
        return file


def serve(monkeypatch: pytest.MonkeyPatch, content: bytes) -> Repository:
    repository = Repository(content)
    monkeypatch.setattr(jars, "download", repository.download)
    return repository


def test_lock_names_the_broker_its_client_and_a_logger_of_the_pinned_versions() -> None:
    versions = {jar.artifact: jar.version for jar in locked_jars()}
    assert versions["kafka_2.13"] == versions["kafka-clients"] == "4.2.1"
    assert "log4j-core" in versions
    assert "log4j-slf4j-impl" in versions


@pytest.mark.parametrize(
    "line", ["a:b:1", "a:b sha256:" + "0" * 64, "a:b:1 sha256:abc", "a:b:1 sha256:" + "z" * 64, "free words"]
)
def test_lock_is_refused_with_its_line_when_a_line_is_malformed(line: str) -> None:
    with pytest.raises(StackError, match="line 2"):
        parse_lock(f"# comment\n{line}\n")


def test_lock_is_refused_when_a_file_name_stands_twice() -> None:
    line = f"org.example:thing:1.0 sha256:{GOOD.sha256}\n"
    with pytest.raises(StackError, match="twice"):
        parse_lock(line + line.replace("org.example", "org.other"))


def test_jar_gets_its_name_when_its_hash_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, CONTENT)
    seen: list[tuple[int, int]] = []
    paths = fetch_jars((GOOD,), tmp_path, lambda here, of: seen.append((here, of)))
    assert [path.read_bytes() for path in paths] == [CONTENT]
    assert seen == [(0, 1), (1, 1)]
    assert [entry.name for entry in tmp_path.iterdir()] == ["thing-1.0.jar"]


def test_jar_is_not_fetched_again_when_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = serve(monkeypatch, CONTENT)
    fetch_jars((GOOD,), tmp_path)
    fetch_jars((GOOD,), tmp_path)
    assert repository.calls == 1


def test_jar_is_fetched_again_when_the_file_was_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, CONTENT)
    (tmp_path / GOOD.file_name).write_bytes(CONTENT[:3])
    assert fetch_jars((GOOD,), tmp_path)[0].read_bytes() == CONTENT


def test_nothing_is_kept_when_the_repository_gives_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, b"something else")
    with pytest.raises(JarMismatch, match="expected SHA-256"):
        fetch_jars((GOOD,), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_cache_lies_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAWK_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path / "jars"
