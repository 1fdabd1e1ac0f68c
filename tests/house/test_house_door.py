"""Nothing that runs can do without the check at the door (docs/decisions/check-at-the-door.md)."""

import ast
import inspect

import pytest

from services.monitor.windows import Windows
from shared.events import topics
from shared.events.routing import WRITTEN_BY_RELAY
from shared.messaging.consumer import Consumer
from shared.messaging.door import presented
from shared.messaging.handling import MessageHandling
from tests.house.source import ROOT, imported, modules, name_of, tree_of

#: Who reads topics, and what of them. Whoever comes new asks at the door, or reads what others may write too.
READERS = {
    "shared/messaging/session.py": "every service",
    "shared/messaging/commits.py": "commits offsets, reads nothing",
    "shared/messaging/records.py": "unpacks within a bound for all of them, reads nothing",
    "shared/messaging/lag.py": "counts, reads nothing",
    "shared/relay/anchors.py": "hawk.audit.heads, each signed by the relay",
    "shared/messaging/caught_up.py": "asks for offsets, reads nothing",
    "murex/gateway/kafka.py": "Murex's own topics",
    "benchmarks/driver.py": "a user's view of progress",
    "services/monitor/health/broker.py": "asks for offsets, and when the oldest message that waits was sent",
    "services/monitor/windows.py": "ends of workflows, each asked about (`recorded`)",
}
#: Who may say what is asked of a message: the consumer hands it on, the benchmark measures without it.
MAY_CHOOSE = {"shared/messaging/consumer.py", "benchmarks/unchecked.py"}
RUNS = [
    file
    for file in modules()
    if name_of(file).startswith(("services/", "shared/", "murex/", "tools/", "cli/", "demo/", "benchmarks/"))
]


def test_topics_that_only_the_relay_writes_are_these() -> None:
    named = {
        topics.PROPOSALS, topics.PLANS, topics.APPROVALS, topics.EXECUTIONS, topics.CONTROL, topics.PROGRESS,
        topics.DEAD_LETTERS,
    }  # fmt: skip
    assert named | {topics.MUREX_REQUESTS} == WRITTEN_BY_RELAY


@pytest.mark.parametrize("kind", [MessageHandling, Consumer])
def test_door_is_there_unless_somebody_takes_it_away(kind: type) -> None:
    assert inspect.signature(kind).parameters["present"].default is presented


def test_windows_cannot_be_made_without_a_question_to_the_store() -> None:
    assert inspect.signature(Windows).parameters["recorded"].default is inspect.Parameter.empty


def test_nobody_takes_the_door_away() -> None:
    chosen = {
        name_of(file)
        for file in RUNS
        for node in ast.walk(tree_of(file))
        if (isinstance(node, ast.keyword) and node.arg == "present")
        or (isinstance(node, ast.Constant) and node.value == "present")
    }
    assert chosen == MAY_CHOOSE


def test_door_asks_neither_a_setting_nor_the_environment() -> None:
    for name in ("door", "handling", "batch", "subscription"):
        file = ROOT / f"shared/messaging/{name}.py"
        assert not {each for each in imported(file) if "settings" in each or each in {"os", "sys"}}, name
    used = {node.id for node in ast.walk(tree_of(ROOT / "shared/messaging/door.py")) if isinstance(node, ast.Name)}
    assert not used & {"environ", "getenv", "open", "globals", "getattr"}


def test_only_known_places_read_topics() -> None:
    found = {name_of(file) for file in RUNS if "AIOKafkaConsumer" in file.read_text(encoding="utf-8")}
    assert found <= READERS.keys()
