"""How many examples a property is tried with: as many as the test says, and more of them in `make soak`."""

import os
from typing import Any, Final

from hypothesis import settings

FACTOR: Final = "HAWK_TEST_EXAMPLES_FACTOR"


def examples(number: int, **others: Any) -> settings:
    """Return the settings of a property that is tried with this many examples in a run of all tests."""
    return settings(max_examples=number * int(os.environ.get(FACTOR, "1")), deadline=None, **others)
