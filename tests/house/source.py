"""The files of the house, for the tests that look at how it is built."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = ("services", "shared", "murex", "tools", "cli", "demo", "benchmarks")
SKIPPED = {".git", ".venv", ".hawk", "__pycache__", "build", "dist", "node_modules"}


def all_files() -> Iterator[Path]:
    """Every file of the repository, without what tools leave behind."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if name not in SKIPPED and not name.endswith(("_cache", ".egg-info", ".hypothesis"))
        ]
        # In a second work tree of git `.git` is a file.
        yield from (Path(folder) / name for name in names if name != ".git" and not name.endswith((".pyc", ".so")))


@cache
def modules() -> tuple[Path, ...]:
    """Every Python module of the code, tests left out."""
    return tuple(sorted(file for package in CODE for file in (ROOT / package).rglob("*.py")))


@cache
def proofs() -> tuple[Path, ...]:
    return tuple(sorted((ROOT / "tests").rglob("*.py")))


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def name_of(file: Path) -> str:
    """`shared/money/amounts.py` for a message, `shared.money.amounts` for an import."""
    return str(file.relative_to(ROOT))


def dotted(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(file: Path) -> Iterator[str]:
    """Dotted names a module imports, anywhere in it."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
