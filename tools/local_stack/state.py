"""The state file: what runs where, written by the supervisor, read by everybody else."""

import json
import os
from collections.abc import Mapping
from typing import Any

import psutil

from tools.local_stack.errors import NotRunning
from tools.local_stack.files import write_private
from tools.local_stack.paths import DataDir

START_TIME_SLACK_SECONDS = 0.5
"""Two readings of one process's start time differ by rounding, those of two processes with one id by far more."""

PRIVATE_FIELDS = ("control", "supervisor")
"""Fields that `hawk status` does not print: the way into the supervisor."""

State = dict[str, Any]
"""The document of interfaces section 2 (`hawk status`), plus `detail` (what the supervisor does just now),
`problem` (why a start failed, or null) and the private fields."""


def supervisor_identity() -> dict[str, float | int]:
    """Return an identity of this process that survives the reuse of process ids."""
    return {"pid": os.getpid(), "started": psutil.Process().create_time()}


def is_alive(identity: Mapping[str, Any]) -> bool:
    """Return True if the process of a `supervisor_identity` still runs."""
    try:
        process = psutil.Process(int(identity["pid"]))
        same = abs(process.create_time() - float(identity["started"])) < START_TIME_SLACK_SECONDS
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, KeyError, TypeError, ValueError):
        return False


def write_state(data: DataDir, state: State) -> None:
    """Replace the state file; mode 0600, since it holds the token of the control channel."""
    write_private(data.state_file, json.dumps(state, indent=2) + "\n")


def read_state(data: DataDir) -> State | None:
    """Return the document in the file, even if that supervisor has ended; None when there is no readable file."""
    try:
        state = json.loads(data.state_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None


def running_state(data: DataDir) -> State:
    """Return the document in the file of a running supervisor.

    Raises:
        NotRunning: there is none, or its supervisor is gone.
    """
    state = read_state(data)
    if state is None or not is_alive(state.get("supervisor", {})):
        raise NotRunning(root=data.root)
    return state


def public(state: State) -> State:
    """Return the state without the secrets of the control channel."""
    return {key: value for key, value in state.items() if key not in PRIVATE_FIELDS}
