"""Write docs/security.md, the list of attacks HAWK is tested with: `python -m tests.attacks.page` (`make docs`)."""

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.attacks.attack import ATTACKS, Attack, Attacker

FOLDER: Final = Path(__file__).resolve().parent
PAGE: Final = FOLDER.parents[1] / "docs" / "security.md"

INTRODUCTION: Final = """# What HAWK believes, and what it is attacked with

Written by `make docs` from the tests in `tests/attacks`; a test fails when it is stale. *Before* says what HAWK did
without the cure, as seen when the attack was run on the code of that day; of attacks on what the cure itself brought,
as that code reads. Each test runs in `make test`, and fails when HAWK does so again.

The rule behind the cures: **what arrives is believed only when it is proved.** A message of HAWK is looked up in the
event store, an answer of Murex and a reference feed are signed, a decision of a person is checked by whoever acts on
it, and what cannot be proved becomes a dead letter that changes nothing else.
"""


def attacks() -> tuple[Attack, ...]:
    """All attacks of the tests, in the order of their files."""
    for file in sorted(FOLDER.glob("test_*.py")):
        importlib.import_module(f"tests.attacks.{file.stem}")
    return tuple(sorted(dict.fromkeys(ATTACKS), key=lambda attack: attack.test))


def page() -> str:
    """The whole page."""
    known = attacks()
    parts = [INTRODUCTION, f"{len(known)} attacks, by what the attacker already has.\n"]
    for attacker in Attacker:
        mine = [attack for attack in known if attack.by is attacker]
        if mine:
            parts.append(f"## By {attacker}\n\n{_table(mine)}\n")
    return "\n".join(parts)


def _table(attacks: Iterable[Attack]) -> str:
    heads = ("attack", "before", "cure", "what remains", "test")
    rows = [(each.does, each.before, each.cure, each.remains, _name(each)) for each in attacks]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, ("---",) * len(heads), *rows))


def _name(attack: Attack) -> str:
    module, _, test = attack.test.rpartition(".")
    return f"`{module.rpartition('.')[2]}`: {test.removeprefix('test_').replace('_', ' ')}"


def main() -> None:
    """Write the page of these tests."""
    PAGE.write_text(page(), encoding="utf-8")
    sys.stderr.write(f"{PAGE}: written.\n")


if __name__ == "__main__":
    main()
