"""Inside a monitor under test: Faust fails while a file exists. HAWK's own code knows nothing of this."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faust


def install(file: str) -> None:
    """Wrap what the monitor asks of Faust: its stream, and each event that it is given."""
    for name in ("stream", "create_event"):
        setattr(faust.App, name, _failing(getattr(faust.App, name), Path(file)))


def _failing(call: Callable[..., Any], file: Path) -> Callable[..., Any]:
    @functools.wraps(call)
    def wrapped(*given: Any, **named: Any) -> Any:
        if file.exists():
            raise RuntimeError("Faust was taken away")
        return call(*given, **named)

    return wrapped
