"""The generated parts of docs/architecture.md.

The pictures are drawn from the import contracts in pyproject.toml, which a check enforces; the purpose of a room is the
first sentence of its own docstring.
"""

import ast
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from tools.docs.generated_parts import Parts

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "architecture.md"


def layers_picture() -> str:
    """Draw who may import whom among the top folders: a folder may import those below it."""
    (contract,) = (each for each in _layer_contracts() if "containers" not in each)
    return _picture(contract["layers"])


def rooms_tables() -> str:
    """Return the rooms of each folder with an order of its own, from the top down."""
    parts = []
    for contract in _layer_contracts():
        for container in contract.get("containers", ()):
            folder = container.replace(".", "/")
            lines = [f"### `{folder}/`", "", _picture(contract["layers"]), "", "| room | what it is for |", "|---|---|"]
            lines += [f"| `{name}` | {_purpose(ROOT / folder, name)} |" for name in _names(contract["layers"])]
            parts.append("\n".join(lines))
    return "\n\n".join(parts)


BLOCKS: Final[Parts] = MappingProxyType({"layers": layers_picture, "rooms": rooms_tables})


def _layer_contracts() -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [each for each in settings["tool"]["importlinter"]["contracts"] if each["type"] == "layers"]


def _picture(layers: Sequence[str]) -> str:
    width = max(map(len, layers))
    arrow = "▼".center(width).rstrip()
    lines = f"\n{arrow}\n".join(layer.center(width).rstrip() for layer in layers)
    return f"```\n{lines}\n```"


def _names(layers: Sequence[str]) -> Iterator[str]:
    for layer in layers:
        yield from (name.strip() for name in layer.replace(":", "|").split("|"))


def _purpose(folder: Path, name: str) -> str:
    """Return the first sentence of the docstring of a package or a module."""
    file = folder / name / "__init__.py" if (folder / name).is_dir() else folder / f"{name}.py"
    text = " ".join((ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").split())
    sentence, dot, _ = text.partition(". ")
    return sentence + dot.strip()
