"""The list of metrics is on its page, on Grafana's dashboard, and nothing else is."""

import json
from pathlib import Path
from typing import Any

import yaml

from shared.telemetry.listed.catalogue import METRICS
from tests.house.source import ROOT
from tests.support.alerting import RULES, metrics_in
from tests.support.promtool import checked
from tools.docs import grafana_dashboard as dashboard
from tools.docs import metrics_page
from tools.docs.generated_parts import with_parts

DEPLOY = ROOT / "deploy"
OURS = {name for name, metric in METRICS.items() if metric.ours}


def panels() -> list[dict[str, Any]]:
    document = json.loads(dashboard.FILE.read_text(encoding="utf-8"))
    return [panel for panel in document["panels"] if panel["type"] != "row"]


def expressions() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def test_page_and_dashboard_are_what_the_list_generates() -> None:
    page = metrics_page.PAGE.read_text(encoding="utf-8")
    assert page == with_parts(page, metrics_page.BLOCKS), "make docs"
    assert dashboard.FILE.read_text(encoding="utf-8") == dashboard.dashboard_text(), "make docs"


def test_every_panel_shows_listed_metrics_only_and_every_metric_of_ours_is_on_one() -> None:
    series = {name: metric.name for metric in METRICS.values() for name in metric.series}
    shown = {name for expression in expressions() for name in metrics_in(expression)}
    assert shown <= set(series)
    assert {series[name] for name in shown} >= OURS


def test_what_alerts_look_at_is_on_the_dashboard() -> None:
    document = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    judged = {name for group in document["groups"] for rule in group["rules"] for name in metrics_in(rule["expr"])}
    assert judged - {"up"} <= {name for expression in expressions() for name in metrics_in(expression)}


def test_prometheus_understands_every_expression(tmp_path: Path) -> None:
    """Grafana puts its interval in place of the variable."""
    rules = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "1m")}
        for number, expression in enumerate(expressions())
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    assert f"{len(rules)} rules found" in checked("check", "rules", str(file))


def test_panels_lie_beside_each_other_and_show_one_unit_each() -> None:
    cells: set[tuple[int, int]] = set()
    for panel in json.loads(dashboard.FILE.read_text(encoding="utf-8"))["panels"]:
        place = panel["gridPos"]
        mine = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not mine & cells, panel["title"]
        assert place["x"] + place["w"] <= 24
        cells |= mine
    for section in dashboard.SECTIONS.values():
        for panel in section:
            counted = {METRICS[name].unit in ("seconds", "bytes") and METRICS[name].unit for name in panel.names}
            kinds = {METRICS[name].kind == "counter" for name in panel.names}
            assert len(counted) == len(kinds) == 1, panel.title
    numbers = [panel["id"] for panel in panels()]
    assert len(set(numbers)) == len(numbers)


def test_containers_are_given_the_rules_and_the_dashboard() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    for name in ("prometheus", "grafana"):
        assert services[name]["profiles"] == ["watch"], "nobody gets them unasked"
        assert all(port.startswith("127.0.0.1:") for port in services[name]["ports"])
    mounted = [each.split(":") for name in ("prometheus", "grafana") for each in services[name]["volumes"]]
    folders = {inside: ROOT / here for here, inside, *_ in mounted if here.startswith("./")}
    assert folders["/etc/prometheus"] / "alerts.yml" == RULES
    (provider,) = yaml.safe_load(
        (folders["/etc/grafana/provisioning"] / "dashboards" / "hawk.yml").read_text(encoding="utf-8")
    )["providers"]
    assert folders[provider["options"]["path"]] == dashboard.FILE.parent
    (source,) = yaml.safe_load(
        (folders["/etc/grafana/provisioning"] / "datasources" / "prometheus.yml").read_text(encoding="utf-8")
    )["datasources"]
    (variable,) = json.loads(dashboard.FILE.read_text(encoding="utf-8"))["templating"]["list"]
    assert (source["uid"], source["name"]) == (variable["current"]["value"], variable["current"]["text"])
    assert source["url"] == "http://prometheus:9090"
