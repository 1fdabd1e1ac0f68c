"""Write docs/ai/traps.md, the table of the corpus: `python -m tests.corpus.page` (`make docs`)."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from tests.corpus.all_traps import TABLES, TRAPS
from tests.corpus.known import KNOWN
from tests.corpus.trap import Table

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "ai" / "traps.md"
EXAMPLES: Final = 4
"""Names of entries shown per trap; the tables in `tests/corpus` have all."""


def page() -> str:
    """The whole page."""
    outcomes = Counter(entry.outcome for entry in TRAPS)
    return f"""# Traps the parser is tested with

Written by `make docs` from the tables in `tests/corpus`; a test fails when it is stale. Each entry is one answer as it
could come from an AI that is broken, confused or hostile, with the outcome, the refusal codes and the orders that must
come of it, and no others: type, amount, currency and entity are compared, not only the number of proposals.
Entries of one trap differ in the place or the form of what is wrong.

{len(TRAPS)} answers: {outcomes["REFUSED"]} are refused whole, {outcomes["PARTLY_REFUSED"]} in part,
{outcomes["ANALYSIS_ONLY"]} are analysis that proposes nothing, and {outcomes["PROPOSED"]} only look bad:
refusing these would lose what is right.

{_table(("trap", "answers", "for example", "codes (answers)"), map(_row, TABLES))}

## Where the parser is still caught

{_known()}
"""


def _row(table: Table) -> tuple[str, str, str, str]:
    codes = Counter(code for entry in table.entries for code in dict.fromkeys(entry.codes))
    step = max(1, len(table.entries) // EXAMPLES)
    shown = [entry.name for entry in table.entries[::step]][:EXAMPLES]
    told = ", ".join(f"{code} ({count})" for code, count in codes.most_common()) or "none"
    return table.trap, str(len(table.entries)), "; ".join(map(_plain, shown)), told


def _known() -> str:
    if not KNOWN:
        return "Nowhere, as far as these answers go."
    rows = ((trap, _plain(name), why) for (trap, name), why in KNOWN.items())
    return _table(("trap", "answer", "what comes of it"), rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows))


def _plain(name: str) -> str:
    """A name without what Markdown would read as its own."""
    return "".join(f"\\{character}" if character in "|*_`<>[]~$" else character for character in name)


def main() -> None:
    """Write the page of this corpus."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    sys.stderr.write(f"{PAGE}: written.\n")


if __name__ == "__main__":
    main()
