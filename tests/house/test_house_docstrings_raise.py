"""Public functions have docstrings, and one that raises by itself lists what it raises."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import modules, name_of, tree_of

DOCUMENTED_PERCENT_MIN = 90

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _public(file: Path) -> Iterator[Function]:
    """Yield the public functions of a module and of its public classes."""
    bodies = [tree_of(file).body]
    bodies += [node.body for node in tree_of(file).body if isinstance(node, ast.ClassDef) and node.name[0] != "_"]
    for node in (node for body in bodies for node in body):
        if isinstance(node, Function) and not node.name.startswith("_") and not _is_overload(node):
            yield node


def _is_overload(function: Function) -> bool:
    return any(ast.unparse(each).endswith("overload") for each in function.decorator_list)


def _own(function: Function) -> Iterator[ast.AST]:
    """Yield what a function executes itself, without the functions and classes defined in it."""
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield node
            waiting += ast.iter_child_nodes(node)


def _raises(function: Function) -> bool:
    """Return True for `raise X(…)`; a re-raise, or an exception made elsewhere, does not count."""
    return any(isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) for node in _own(function))


def test_public_function_lists_what_it_raises() -> None:
    silent = [
        f"{name_of(file)}:{function.lineno} {function.name}"
        for file in modules()
        for function in _public(file)
        if _raises(function) and "Raises:" not in (ast.get_docstring(function) or "")
    ]
    assert silent == [], "add a section `Raises:`"


def test_public_functions_are_documented() -> None:
    found = [(file, function) for file in modules() for function in _public(file)]
    silent = [f"{name_of(file)}:{each.lineno} {each.name}" for file, each in found if not ast.get_docstring(each)]
    documented = len(found) - len(silent)
    assert documented * 100 >= len(found) * DOCUMENTED_PERCENT_MIN, "\n".join(silent)
