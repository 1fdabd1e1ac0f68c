"""The runbooks: one page and one list, for dashboard, docs and alerts; what they tell people to type exists."""

import re
from collections.abc import Iterator

import pytest
import typer

from cli.__main__ import app_for
from services.monitor.health.runbooks import RUNBOOKS
from tests.house.source import ROOT, modules
from tests.support.alerting import rules
from tools.docs.generated_parts import with_parts
from tools.docs.runbooks_page import BLOCKS, PAGE

RUNNING = (ROOT / "docs" / "operations" / "running.md").read_text(encoding="utf-8")


def said() -> str:
    return "\n".join("\n".join((each.means, *each.steps)) for each in RUNBOOKS.values())


def codes() -> list[str]:
    return re.findall(r"`([^`]+)`", said())


def test_page_is_not_stale() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_parts(page, BLOCKS), "docs/operations/runbooks.md is stale: run `make docs`"
    assert re.findall(r'<a id="([a-z]+)"></a>', page) == list(RUNBOOKS)


def test_every_alert_is_told_by_one_runbook_and_stands_below_it() -> None:
    assert sorted(alert for each in RUNBOOKS.values() for alert in each.alerts) == sorted(rules())
    below: dict[str, tuple[str, ...]] = {}
    for part in re.split(r'<a id="([a-z]+)"></a>', PAGE.read_text(encoding="utf-8"))[1:]:
        if part in RUNBOOKS:
            name = part
        else:
            below[name] = tuple(re.findall(r"^### (\w+)$", part, re.MULTILINE))
    assert below == {name: each.alerts for name, each in RUNBOOKS.items()}


def words_of(command: str) -> list[str]:
    return [word for word in command.split()[1:] if re.fullmatch(r"[a-z-]+", word)]


@pytest.mark.parametrize("command", sorted({each for each in codes() if each.startswith("hawk ")}))
def test_command_of_a_runbook_exists(command: str) -> None:
    group = typer.main.get_command(app_for(command.split()[1:]))
    for word in words_of(command):
        commands = getattr(group, "commands", None)
        if commands is None:
            return  # the rest are arguments
        assert word in commands, f"{command}: {word}"
        group = commands[word]


def test_settings_metrics_and_pages_of_the_runbooks_exist() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in modules())
    for name in codes():
        if re.fullmatch(r"hawk_[a-z_]+", name):
            assert f'"{name.partition(" ")[0]}"' in code, name
        elif re.fullmatch(r"HAWK_[A-Z_]+", name):
            assert f"`{name}`" in RUNNING, name
    for page in re.findall(r"docs/[a-z/-]+\.md", said()):
        assert (ROOT / page).exists(), page
    titles = {each.title for each in RUNBOOKS.values()} | set(headings())
    for title in re.findall(r"“([^”]+)”", said()):
        assert any(each.startswith(title) for each in titles), title


def headings() -> Iterator[str]:
    return (line.removeprefix("## ") for line in RUNNING.splitlines() if line.startswith("## "))
