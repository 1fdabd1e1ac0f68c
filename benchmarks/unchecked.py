"""The check at the door, left out in the services of a HAWK that `benchmarks.door` has started for that.

HAWK knows nothing of it. Python imports a `sitecustomize` when it starts; that of the benchmark calls `leave_out`.
"""

from functools import wraps
from pathlib import Path
from typing import Any

from shared.messaging.door import Presented, presented
from shared.messaging.handling import MessageHandling
from shared.messaging.message import Message

SITE = """import sys
if any(each.startswith("services.") for each in sys.orig_argv):
    from benchmarks.unchecked import leave_out
    leave_out({switch!r})
"""


def write_site(folder: Path, switch: Path) -> None:
    """Write the `sitecustomize` of processes that have the folder on their path."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SITE.format(switch=str(switch)), encoding="utf-8")


def leave_out(switch: str) -> None:
    """Ask nothing about a message for as long as there is a file of that name."""
    without = Path(switch)

    def chosen(message: Message) -> Presented | None:
        return None if without.exists() else presented(message)

    original = MessageHandling.__init__

    @wraps(original)
    def init(self: MessageHandling, **options: Any) -> None:
        original(self, **(options | {"present": chosen}))

    MessageHandling.__init__ = init  # type: ignore[method-assign]
