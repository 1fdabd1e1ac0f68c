"""The pure packages: no clock, no chance, no outside; and no type in the domain that could hold a binary fraction."""

import ast
import dataclasses
import enum
import importlib
import inspect
import subprocess
import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import ROOT, dotted, imported, modules, name_of, tree_of

PURE = ("shared.hedging", "shared.money", "shared.policy")
#: Not imported by name, at the top of a module or anywhere in it.
OUTSIDE = frozenset({
    "asyncio", "asyncpg", "aiokafka", "concurrent", "http", "multiprocessing", "os", "pathlib", "random", "secrets",
    "select", "shutil", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib",
})  # fmt: skip
#: Asks the clock or chance, whatever the module or class was called when it was imported.
ASKS = frozenset({"now", "today", "utcnow", "fromtimestamp", "monotonic", "perf_counter", "uuid1", "uuid4", "urandom"})
OPENS = frozenset({"open", "input", "print", "exec", "eval", "__import__", "breakpoint"})
#: Loaded by nothing that the domain imports, not even by way of another module. (The list of currencies reads a file of
#: its own when it is imported, and with it comes `random`; nothing of the domain's own may import that, see above.)
NEVER_LOADED = ("asyncio", "asyncpg", "aiokafka", "pydantic", "socket", "subprocess")

#: Fields that may hold anything, and why nothing is ever counted with it.
UNTYPED = {
    "shared.hedging.order.Claim.data": "JSON of the AI's answer, compared with the plan as text",
    "shared.hedging.row.Row.values": "a row before it is read; reading refuses a binary fraction",
    "shared.hedging.reference.TableShape.read": "gives the typed rows, which are walked themselves",
    "shared.hedging.checks.rows.ActiveRow.value": "such a typed row",
    "shared.hedging.facts.TableFacts.values": "such typed rows",
    # Columns of a configuration row as they travel: of many types, and read by Row before anything counts with them.
    "shared.hedging.changes.configuration.ConfigurationChange.changes": "columns of a row",
    "shared.hedging.changes.configuration.ColumnChange.before": "a column of a row",
    "shared.hedging.changes.configuration.ColumnChange.after": "a column of a row",
    "shared.hedging.changes.configuration.CheckedChange.before": "a row",
    "shared.hedging.changes.configuration.CheckedChange.after": "a row",
    "shared.hedging.changes.configuration.ConfigurationPlan.before": "a row",
    "shared.hedging.changes.configuration.ConfigurationPlan.after": "a row",
}


def of(package: str) -> list[Path]:
    return [file for file in modules() if f"{dotted(file)}.".startswith(f"{package}.")]


def asked_by(file: Path) -> Iterator[str]:
    """What a module asks of the outside, with its place."""
    yield from (f"{name_of(file)} imports {name}" for name in imported(file) if name.partition(".")[0] in OUTSIDE)
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ASKS or (isinstance(node.func, ast.Name) and name in OPENS):
                yield f"{name_of(file)}:{node.lineno} {name}"


def test_a_pure_module_asks_neither_clock_nor_chance_nor_outside() -> None:
    files = [file for package in PURE for file in of(package)]
    assert len(files) > 40
    assert [asked for file in files for asked in asked_by(file)] == []


def test_the_domain_loads_nothing_that_reaches_outside() -> None:
    names = sorted(dotted(file) for package in ("shared.hedging", "shared.money") for file in of(package))
    code = (
        f"import importlib, sys\nfor name in {names!r}:\n    importlib.import_module(name)\n"
        f"print(*[name for name in {NEVER_LOADED!r} if name in sys.modules])"
    )
    done = subprocess.run((sys.executable, "-c", code), cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def domain_classes() -> list[type]:
    """Every dataclass of the domain."""
    found = []
    for file in of("shared.hedging"):
        module = importlib.import_module(dotted(file))
        found += [
            each
            for _, each in inspect.getmembers(module, inspect.isclass)
            if dataclasses.is_dataclass(each) and each.__module__ == module.__name__
        ]
    return found


def leaves_of(annotation: object) -> Iterator[object]:
    """The types an annotation is made of, containers and unions opened."""
    if arguments := typing.get_args(annotation):
        if typing.get_origin(annotation) is typing.Literal:
            yield from {type(each) for each in arguments}
            return
        for each in arguments:
            if each is not Ellipsis:
                yield from leaves_of(each)
    else:
        yield annotation


def reached_from(kind: type, seen: dict[type, None]) -> Iterator[tuple[str, object]]:
    """Fields and the types in them, of a dataclass and of all that it holds."""
    if kind in seen:
        return
    seen[kind] = None
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        for leaf in leaves_of(hints[field.name]):
            yield f"{kind.__module__}.{kind.__qualname__}.{field.name}", leaf
            if isinstance(leaf, type) and dataclasses.is_dataclass(leaf):
                yield from reached_from(leaf, seen)


def test_no_value_of_the_domain_can_hold_a_binary_fraction() -> None:
    seen: dict[type, None] = {}
    for place, leaf in (each for kind in domain_classes() for each in reached_from(kind, seen)):
        assert leaf is not typing.Any or place in UNTYPED, f"{place}: anything could stand there"
        if isinstance(leaf, type) and leaf is not types.NoneType and not issubclass(leaf, enum.Enum):
            assert not issubclass(leaf, float | complex), place


def test_the_walk_over_the_domain_finds_its_largest_value() -> None:
    """A walk that stops early would prove nothing."""
    plan = next(kind for kind in domain_classes() if kind.__qualname__ == "HedgePlan")
    places = {place.rpartition(".")[2] for place, _ in reached_from(plan, {})}
    assert {"amount_sgd", "fx_rate", "swap_points", "dr_amt", "buffer_percentage", "threshold_value"} <= places
    assert len(domain_classes()) > 40


def floats_named_in(file: Path) -> list[str]:
    """Places that name a binary fraction, but to refuse one."""
    tree = tree_of(file)
    questions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance"
    ]
    asked = {id(name) for question in questions for name in ast.walk(question)}
    return [
        f"{name_of(file)}:{node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in {"float", "complex"} and id(node) not in asked
    ]


def test_the_domain_names_a_float_only_to_refuse_one() -> None:
    assert [place for file in of("shared.hedging") for place in floats_named_in(file)] == []
