"""A pooled connection goes back without a question (`PooledConnection`): nothing may change its session."""

import ast
import re

from tests.house.source import modules, name_of, tree_of

#: Statements that outlive a transaction.
LASTING = re.compile(r"^(SET\s+(?!LOCAL\b)\w|LISTEN\b|DECLARE\b.*WITH HOLD)|pg_advisory_lock\(|CREATE TEMP")
#: Who says them, on connections that are their own and are closed afterwards.
OWN_CONNECTIONS = {
    "tools/verification/scratch.py",
    "tools/verification/switch.py",
    "shared/relay/relay.py",
    "shared/migrations.py",
}


def test_only_connections_of_their_own_are_told_what_outlives_a_transaction() -> None:
    found = {
        name_of(file)
        for file in modules()
        if name_of(file).startswith(("services/", "shared/", "murex/", "tools/", "cli/"))
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and LASTING.search(node.value)
    }
    assert found == OWN_CONNECTIONS
    for name in OWN_CONNECTIONS:
        assert "open_pool" not in next(file for file in modules() if name_of(file) == name).read_text("utf-8")
