"""Rows as the arrays that one statement takes: `INSERT … SELECT * FROM unnest($1, $2, …)`."""

from collections.abc import Sequence
from typing import Any


def columns_of(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Return one list for each column of some rows, of which there is at least one."""
    return [list(column) for column in zip(*rows, strict=True)]
