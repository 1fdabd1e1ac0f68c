"""docs/architecture.md says what the code is: its pictures are the import contracts, and what it names exists."""

import re

from shared.events import topics
from shared.events.catalogue import EVENTS
from tests.house.source import ROOT
from tools.docs.architecture_page import BLOCKS, PAGE
from tools.docs.generated_parts import with_parts

#: Names in capitals and small letters, as events have them, that are none.
NO_EVENTS = frozenset({"PostgreSQL"})
FOLDERS = ("services", "shared", "murex", "tools", "cli", "demo", "tests", "docs")


def quoted() -> list[str]:
    """What the page writes as code, generated parts left out."""
    own = re.sub(r"<!-- generated.*?<!-- end -->|```.*?```", "", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"`([^`]+)`", own)


def test_page_is_not_stale_when_the_contracts_are_as_they_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_parts(page, BLOCKS), "docs/architecture.md is stale: run `make docs`"


def test_every_event_that_the_page_names_exists() -> None:
    named = {word for word in quoted() if re.fullmatch(r"(?:[A-Z][a-z]+){2,}", word)}
    assert len(named) > 15
    assert named - EVENTS.keys() - NO_EVENTS == set()


def test_every_topic_that_the_page_names_exists() -> None:
    named = set(re.findall(r"hawk\.[a-z]+(?:\.[a-z]+)*", PAGE.read_text(encoding="utf-8")))
    assert len(named) > 5
    assert named - {topic.name for topic in topics.TOPICS} == set()


def test_every_file_that_the_page_names_exists() -> None:
    paths = [word for word in quoted() if word.startswith(tuple(f"{folder}/" for folder in FOLDERS))]
    assert len(paths) > 8
    assert [path for path in paths if not (ROOT / path).exists()] == []
