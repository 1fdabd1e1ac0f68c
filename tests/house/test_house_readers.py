"""Whoever reads from the broker unpacks within the bound."""

import ast

from tests.house.source import modules, name_of


def test_consumers_are_made_where_the_bound_is_installed() -> None:
    for file in modules():
        if name_of(file) in ("shared/messaging/records.py", "benchmarks/driver.py"):
            continue
        taken = [
            name.name
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("aiokafka")
            for name in node.names
        ]
        assert "AIOKafkaConsumer" not in taken, f"{name_of(file)}: import it from shared.messaging.records"
