"""Work of a workflow that is due later, as a value: an entry of the to-do list of `handlers.timers`. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Task(StrEnum):
    """`MUREX`: look after deals without an answer. `POST`: post the journal. `CONFIGURE`: an approved change of the
    configuration whose day has come. `APPLY`: an approved plan that waits for its turn; due at the time of its grant,
    which is the order of the turns."""

    MUREX = "MUREX"
    POST = "POST"
    CONFIGURE = "CONFIGURE"
    APPLY = "APPLY"


@dataclass(frozen=True, slots=True)
class Due:
    """The task is due at `at`, replacing an earlier entry of the workflow for it; None: there is nothing to do."""

    task: Task
    at: datetime | None
