"""Sizes, names and words: what keeps the house easy to find one's way in."""

import ast
import re
from collections import defaultdict
from pathlib import Path

from tests.house.source import ROOT, all_files, modules, name_of, proofs, tree_of

LINES_MAX = 400
FUNCTION_LINES_MAX = 70
DECISION_LINES_MAX = 120


def lines_of(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


def test_a_file_has_one_reason_to_change() -> None:
    too_long = {name_of(file): lines for file in (*modules(), *proofs()) if (lines := lines_of(file)) > LINES_MAX}
    assert too_long == {}, "split them"


def test_a_function_does_one_thing() -> None:
    too_long = {
        f"{name_of(file)}: {node.name}": lines
        for file in (*modules(), *proofs())
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    }
    assert too_long == {}, "split them"


def test_an_init_file_holds_its_docstring_only() -> None:
    for file in modules():
        if file.name == "__init__.py":
            tree = tree_of(file)
            assert ast.get_docstring(tree), name_of(file)
            assert len(tree.body) == 1, name_of(file)


def test_every_module_says_what_it_is_for() -> None:
    silent = [name_of(file) for file in (*modules(), *proofs()) if not ast.get_docstring(tree_of(file))]
    assert silent == []


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME"]) + r")\b")
    marked = [name_of(file) for file in (*modules(), *proofs()) if marks.search(file.read_text(encoding="utf-8"))]
    assert marked == []


#: Names that stood twice when this rule came; the path tells them apart. No new ones.
NAMED_TWICE = {"test_reference_rows.py", "test_refusals.py"}


def test_no_two_test_modules_share_a_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for file in proofs():
        if file.name.startswith("test_"):
            places[file.name].append(name_of(file))
    assert {name: found for name, found in places.items() if len(found) > 1 and name not in NAMED_TWICE} == {}


def test_every_test_says_what_it_proves() -> None:
    """A name of one or two words tells nobody what broke."""
    vague = [
        f"{name_of(file)}: {node.name}"
        for file in proofs()
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and node.name.count("_") < 3
    ]
    assert vague == []


def _is_no_guess(file: Path, call: ast.Call) -> bool:
    """sleep(0) gives way once; a sleep inside a `while` is the pause of a poll."""
    if call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0:
        return True
    loops = [node for node in ast.walk(tree_of(file)) if isinstance(node, ast.While)]
    return any(call is inner for loop in loops for inner in ast.walk(loop))


def test_tests_poll_instead_of_sleeping() -> None:
    sleeping = [
        f"{name_of(file)}:{node.lineno}"
        for file in proofs()
        if file.name.startswith("test_")
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "sleep"
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"time", "asyncio"}
        and not _is_no_guess(file, node)
    ]
    assert sleeping == []


#: Places and hosts of the workplace this was built in, in pieces, so that this file does not hold them either.
FOREIGN = tuple(
    "".join(pieces)
    for pieces in (
        ("/wo", "rk/"), (".", "library"), ("/tm", "p/hawk"), ("/opt/", "wheels"), ("pypi.", "org"),
        ("python", "hosted.org"), ("repo1.", "maven"), ("registry.", "npmjs"), ("proxy.", "golang"),
        ("--extra-", "index-url"), ("find-", "links"),
    )
)  # fmt: skip


def test_no_file_names_the_workplace_or_a_registry() -> None:
    found = []
    for file in all_files():
        text = file.read_bytes().decode("utf-8", "replace")
        found += [f"{name_of(file)}: {word}" for word in FOREIGN if word in text]
    assert found == []


def test_a_decision_is_told_briefly() -> None:
    pages = [*(ROOT / "docs" / "decisions").glob("*.md")]
    assert pages
    assert [name_of(page) for page in pages if lines_of(page) >= DECISION_LINES_MAX] == []


def test_every_decision_is_listed() -> None:
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs" / "decisions").glob("*.md")} - {"README.md"}
    assert {page for page in pages if f"({page})" not in listed} == set()


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{name_of(page)}: {target}")
    assert broken == []


def test_every_make_target_the_readme_names_exists() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^|\$ )make ([a-z]+)", readme, re.MULTILINE))
    assert {"demo", "test", "up", "down", "bench"} <= named
    assert named <= targets
