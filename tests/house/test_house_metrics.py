"""Metrics are made from the list of metrics, and by nothing else."""

import ast

from tests.house.source import modules, name_of, tree_of

MAKER = "shared/telemetry/listed/instruments.py"
SERVED_BY = {"shared/service.py": {"CONTENT_TYPE_LATEST", "generate_latest"}}


def test_only_the_list_makes_metrics() -> None:
    found: dict[str, set[str]] = {}
    for file in modules():
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("prometheus_client"):
                found.setdefault(name_of(file), set()).update(alias.name for alias in node.names)
            elif isinstance(node, ast.Import) and any(a.name.startswith("prometheus_client") for a in node.names):
                found.setdefault(name_of(file), set()).add("*")
    assert MAKER in found
    del found[MAKER]
    assert found == SERVED_BY
