"""The looks of a page that is to be for everybody: every run takes two of them, `make soak` all."""

from typing import Any

import pytest

WIDE: dict[str, Any] = {}
NARROW_AND_DARK = {"dark": True, "width": 390}


def looks(*others: dict[str, Any]) -> list[Any]:
    """Return the looks to parametrise a test with: two of every run, and others that `make soak` adds."""
    return [WIDE, NARROW_AND_DARK, *(pytest.param(each, marks=pytest.mark.soak) for each in others)]
