"""The rules for alerts, and series for `promtool test rules`: which alerts fire at which minute."""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.house.source import ROOT
from tests.support.promtool import checked

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
SETTINGS = ROOT / "deploy" / "prometheus" / "prometheus.yml"
RUNBOOKS = ROOT / "docs" / "operations" / "runbooks.md"

#: A name of a metric, of the simulator's too.
METRIC = re.compile(r"\b(?:up|(?:hawk|murex|process|python)_[a-z_]+)\b(?=[\s{)\[]|\Z)")

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Firing:
    """Whether an alert fires at a minute."""

    alert: str
    minute: int
    fires: bool


@dataclass(frozen=True, slots=True)
class Watched:
    """Series with a value for each minute (None: not there), and what is expected of alerts."""

    name: str
    series: Mapping[str, Values]
    expected: Sequence[Firing]


@cache
def rules() -> dict[str, Any]:
    """The rules by name."""
    document = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return {rule["alert"]: rule for group in document["groups"] for rule in group["rules"]}


def metrics_in(expression: str) -> set[str]:
    """The metrics that an expression names."""
    return set(METRIC.findall(re.sub(r'"[^"]*"', '""', expression)))


def minutes(text: str) -> int:
    """A time of a rule in whole minutes, at least one."""
    number, unit = int(text[:-1]), text[-1]
    return max(1, {"s": number // 60, "m": number, "h": number * 60}[unit])


def hold(watched: Sequence[Watched]) -> None:
    """Run Prometheus' own evaluation of the rules over the series; what does not come as expected fails the test."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tests.yml"
        document = {
            "rule_files": [str(RULES)],
            "evaluation_interval": "1m",
            "tests": [_test(each) for each in watched],
        }
        file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        checked("test", "rules", str(file))


def _test(watched: Watched) -> dict[str, Any]:
    return {
        "name": watched.name,
        "interval": "1m",
        "external_labels": {"hawk_docs": "https://docs"},
        "input_series": [
            {"series": name, "values": " ".join(_notation(values))} for name, values in watched.series.items()
        ],
        "promql_expr_test": list(map(_expectation, watched.expected)),
    }


def _notation(values: Values) -> Iterator[str]:
    """Values as promtool reads them. A series that ends is stale at once, as when Prometheus scrapes it no more."""
    before: float | None = None
    for value in values:
        if value is None:
            yield "_" if before is None else "stale"
        else:
            yield repr(float(value))
        before = value


def _expectation(firing: Firing) -> dict[str, Any]:
    fires = f'ALERTS{{alertname="{firing.alert}", alertstate="firing"}}'
    return {
        "expr": f"clamp_max(count({fires}), 1) or vector(0)",
        "eval_time": f"{firing.minute}m",
        "exp_samples": [{"labels": "{}", "value": int(firing.fires)}],
    }


def runbooks() -> Iterator[tuple[str, str]]:
    """Each runbook: the alert that is its heading, and its text."""
    text = RUNBOOKS.read_text(encoding="utf-8")
    for part in re.split(r"^#{2,3} ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        if heading.startswith("Hawk"):
            yield heading, body
