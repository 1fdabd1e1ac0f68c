"""The list of metrics keeps to Prometheus' conventions, and is what the code exports."""

import json
import re
import subprocess
import sys
from functools import cache

import pytest

from shared.telemetry.listed.catalogue import METRICS
from shared.telemetry.listed.entry import EVERYBODY, PROCESSES, Metric
from shared.telemetry.listed.instruments import counter, gauge, histogram
from tests.house.source import ROOT
from tests.support.promtool import checked

OURS = [metric for metric in METRICS.values() if metric.ours]
NAMES = [metric.name for metric in OURS]
BASE_UNITS = ("seconds", "bytes", "ratio")
NO_BASE_UNITS = {"ms", "us", "milliseconds", "minutes", "hours", "days", "kb", "mb", "kilobytes", "percent"}
RESERVED = {"le", "quantile", "job", "instance", "exported_job", "exported_instance", "alertname"}
INFO = {"hawk_build_info"}
VALUES_MAX = 300
"""Values of one label: more would be a series for each thing that happens."""

APPS = {name: f"services.{name}.app" for name in PROCESSES} | {
    "relay": "shared.relay.app",
    "murex": "murex.simulator.app",
}
SCRIPT = """
import json, sys
import {app}
from prometheus_client import REGISTRY, generate_latest
families = [[each.name, each.type, each.documentation] for each in REGISTRY.collect()]
json.dump([families, generate_latest().decode()], sys.stdout)
"""


@cache
def exported(process: str) -> tuple[list[list[str]], str]:
    """The families of a process that has begun nothing yet, and its metrics as text."""
    script = SCRIPT.format(app=APPS[process])
    done = subprocess.run((sys.executable, "-c", script), cwd=ROOT, capture_output=True, text=True, check=True)
    families, text = json.loads(done.stdout)
    return families, text


def of(process: str) -> list[Metric]:
    return [metric for metric in METRICS.values() if process in metric.processes]


@pytest.mark.parametrize("metric", OURS, ids=NAMES)
def test_name_keeps_to_the_conventions(metric: Metric) -> None:
    words = metric.name.split("_")
    assert re.fullmatch(r"(hawk|murex)(_[a-z]+)+", metric.name)
    assert not NO_BASE_UNITS & set(words)
    assert (words[-1] == "total") == (metric.kind == "counter"), "only counters are totals"
    assert words[-1] not in {"count", "sum", "bucket", "created"}, "endings that mean something else"
    assert (words[-1] == "info") == (metric.name in INFO), "1, with labels that say what it is about"
    if metric.kind != "counter":
        assert words[-1] == metric.unit if metric.unit in BASE_UNITS else metric.unit == "state" or metric.unit in words
    assert metric.unit in BASE_UNITS or metric.unit == "state" or metric.unit.endswith("s"), "counted things are many"


@pytest.mark.parametrize("metric", OURS, ids=NAMES)
def test_labels_are_few_and_bounded(metric: Metric) -> None:
    names = [label.name for label in metric.labels]
    assert len(set(names)) == len(names) <= 3
    assert not RESERVED & set(names)
    for label in metric.labels:
        assert re.fullmatch(r"[a-z]+", label.name)
        assert 1 <= label.at_most <= VALUES_MAX
        assert label.bound


@pytest.mark.parametrize("metric", OURS, ids=NAMES)
def test_help_is_a_sentence_of_its_own(metric: Metric) -> None:
    assert metric.help[0].isupper() or metric.help[0].isdigit()
    assert not metric.help.endswith(".")
    assert [each.name for each in OURS if each.help == metric.help] == [metric.name]


def test_only_histograms_have_buckets_and_theirs_rise() -> None:
    for metric in OURS:
        assert bool(metric.buckets) == (metric.kind == "histogram"), metric.name
        assert list(metric.buckets) == sorted(set(metric.buckets)), metric.name


@pytest.mark.parametrize("process", PROCESSES)
def test_what_a_process_exports_is_what_is_listed(process: str) -> None:
    families, _ = exported(process)
    found = {name: (kind, text) for name, kind, text in families}
    listed = {metric.family: metric for metric in of(process)}
    assert set(found) == set(listed)
    for family, metric in listed.items():
        kind, text = found[family]
        assert kind == metric.kind
        assert not metric.ours or text == metric.help


@pytest.mark.parametrize("process", PROCESSES)
def test_prometheus_itself_finds_nothing_to_say_about_the_names(process: str) -> None:
    _, text = exported(process)
    ours = "".join(line for line in text.splitlines(keepends=True) if re.match(r"(# \w+ )?(hawk|murex)_", line))
    assert ours
    assert checked("check", "metrics", stdin=ours) == ""


def test_counters_say_nothing_of_when_they_were_made() -> None:
    assert not [line for process in PROCESSES for line in exported(process)[1].splitlines() if "_created" in line]


def test_every_metric_is_exported_by_somebody_that_exists() -> None:
    assert all(metric.processes and metric.processes <= EVERYBODY for metric in METRICS.values())


def test_metric_that_is_not_listed_or_of_another_kind_cannot_be_made() -> None:
    for make in (counter, gauge, histogram):
        for name in ("hawk_nothing", "python_info"):
            with pytest.raises(KeyError):
                make(name)
    with pytest.raises(KeyError):
        gauge("hawk_messages_handled_total")
