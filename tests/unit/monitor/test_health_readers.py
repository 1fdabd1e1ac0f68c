"""The page watches the groups that the services read in, all of them and no other; and the processes that run."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import yaml

from services.approval.app import KeySigner
from services.approval.handlers import Dependencies
from services.approval.handlers import subscriptions as approval_subscriptions
from services.approval.letters.handlers import letters_subscription
from services.executor.app import GROUPS
from services.monitor.handlers import dead_letters
from services.monitor.handlers import subscriptions as monitor_subscriptions
from services.monitor.health.processes import read_addresses
from services.monitor.health.readers import READERS
from services.parser.app import build as build_parser
from services.parser.settings import ParserSettings
from shared.messaging.replays import replay_subscription
from shared.policy.table import DEFAULT_POLICY
from tests.house.source import ROOT
from tests.support.units import WHEN
from tests.unit.local_stack.test_services import around
from tools.local_stack.services import MODULES, environment_of


def test_every_group_of_the_services_is_watched_on_each_of_its_topics() -> None:
    day = timedelta(days=1)
    signer = cast("KeySigner", SimpleNamespace())
    dependencies = Dependencies(signer, lambda: DEFAULT_POLICY, day, day, lambda: WHEN, lambda: None)
    read = {(each.group, each.topic) for each in build_parser(ParserSettings()).subscriptions}
    read |= {(each.group, each.topic) for each in approval_subscriptions(dependencies)}
    read |= {(each.group, each.topic) for each in monitor_subscriptions(lambda _: None)}
    read |= {(each.group, each.topic) for each in (letters_subscription(), dead_letters())}
    read |= {(group, topic) for topic, group in GROUPS.items()}
    replays = [replay_subscription(service) for service in ("parser", "approval", "executor", "monitor")]
    read |= {(each.group, each.topic) for each in replays}
    assert {(group, topic) for group, topics in READERS.items() for topic in topics} == read


def test_the_monitor_is_told_where_every_process_answers() -> None:
    urls = {"relay": "http://127.0.0.1:1", "executor-1": "http://127.0.0.1:2"}
    surroundings = replace(around(), process_urls=urls)
    told = environment_of("monitor-2", 8080, surroundings)
    assert read_addresses(told["HAWK_PROCESSES"]) == urls
    assert "HAWK_PROCESSES" not in environment_of("parser", 8080, surroundings)


def test_containers_are_watched_by_their_names() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    said = compose["services"]["monitor"]["environment"]["HAWK_PROCESSES"]
    assert read_addresses(said) == {name: f"http://{name}:8080" for name in MODULES}
