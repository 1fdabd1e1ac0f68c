"""The corpus: every trap, in the order of the page about it."""

from typing import Final

from tests.corpus import actions, blocks, encodings, lost, meant, near, words, writing
from tests.corpus.trap import Table, Trap

TABLES: Final[tuple[Table, ...]] = (
    *encodings.TABLES,
    *writing.TABLES,
    *blocks.TABLES,
    *meant.TABLES,
    *near.TABLES,
    *lost.TABLES,
    *words.TABLES,
    *actions.TABLES,
)
TRAPS: Final[tuple[Trap, ...]] = tuple(entry for table in TABLES for entry in table.entries)
