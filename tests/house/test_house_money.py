"""No binary fraction anywhere near money: no float, no fraction literal, no JSON number for an amount."""

import ast
from pathlib import Path

from tests.house.source import ROOT, dotted, modules, name_of, tree_of

MONEY = (
    "shared.money", "shared.hedging", "shared.plans", "shared.policy", "shared.events", "shared.canonical",
    "services.executor", "services.parser", "tools.verification.checks", "demo.reference", "murex.simulator.book",
)  # fmt: skip

#: Seconds and ports are no money: names a fraction may be given to.
NOT_MONEY = ("SECONDS",)


def belongs_to(file: Path, package: str) -> bool:
    return f"{dotted(file)}.".startswith(f"{package}.")


NEAR_MONEY = [file for file in modules() if any(belongs_to(file, package) for package in MONEY)]


def floats_made_in(file: Path) -> list[str]:
    tree = tree_of(file)
    timers = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and any(word in target.id for word in NOT_MONEY)
    }
    return [
        f"{name_of(file)}:{node.lineno}"
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float) and id(node) not in timers)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"float", "round"})
    ]


def test_no_float_is_made_near_money() -> None:
    assert [place for file in NEAR_MONEY for place in floats_made_in(file)] == []


def test_the_packages_near_money_are_where_this_test_looks() -> None:
    for package in MONEY:
        assert any(belongs_to(file, package) for file in NEAR_MONEY), package


def test_no_amount_is_kept_as_a_binary_fraction_in_the_database() -> None:
    for file in ROOT.glob("services/*/migrations/*.sql"):
        words = file.read_text(encoding="utf-8").lower().replace(",", " ").split()
        assert not {"real", "float4", "float8", "float"} & set(words), name_of(file)
        assert "double precision" not in " ".join(words), name_of(file)


#: The one reader of exact JSON; `shared.hedging` is pure and reads a column that the driver left as text.
JSON_READERS = {"shared/exact_json.py", "shared/hedging/row.py"}


def test_json_is_read_with_limits_in_one_place() -> None:
    own = [
        f"{name_of(file)}:{node.lineno}"
        for file in modules()
        if name_of(file) not in JSON_READERS
        for node in ast.walk(tree_of(file))
        if (isinstance(node, ast.Attribute) and node.attr == "JSONDecoder")
        or (isinstance(node, ast.keyword) and node.arg in {"parse_float", "parse_constant", "object_pairs_hook"})
    ]
    assert own == [], "use shared.exact_json.parse_json"
