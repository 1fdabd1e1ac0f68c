"""Every rule has its cause made on a real HAWK: no alert is proved by figures that somebody made up."""

import ast
from collections.abc import Iterator

from tests.house.source import ROOT
from tests.support.alerting import rules

MODULE = ROOT / "tests" / "e2e" / "test_alerts_on_a_broken_hawk.py"


def caused() -> Iterator[str]:
    """The alerts that tests expect of their causes."""
    for node in ast.walk(ast.parse(MODULE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in rules():
            yield node.value


def test_every_rule_fires_for_a_cause_on_a_real_hawk() -> None:
    assert set(rules()) - set(caused()) == set()
