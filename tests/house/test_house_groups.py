"""Consumer groups are named `hawk-<service>-<purpose>`: whoever looks at the broker knows whose they are."""

import ast
import re
from collections.abc import Iterator

from tests.house.source import modules, name_of, tree_of


def groups_named() -> Iterator[tuple[str, str]]:
    """Module and text of each constant that names consumer groups."""
    for file in modules():
        if not name_of(file).startswith("services/"):
            continue
        for node in tree_of(file).body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if isinstance(target, ast.Name) and re.search(r"GROUPS?\Z", target.id):
                texts = (each.value for each in ast.walk(node) if isinstance(each, ast.Constant))
                yield from ((name_of(file), text) for text in texts if isinstance(text, str))


def test_consumer_groups_are_named_by_service_and_purpose() -> None:
    found = list(groups_named())
    assert len(found) >= 9
    wrong = [(file, text) for file, text in found if not re.fullmatch(rf"hawk-{file.split('/')[1]}-[a-z]+", text)]
    assert wrong == []
