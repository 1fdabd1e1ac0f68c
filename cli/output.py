"""What all commands share: exit statuses, the split between stdout and stderr, and the way to a running HAWK.

With `--json` stdout holds the JSON alone. Everything said to a person while a command works goes to stderr
in any case; what the person asked for is printed on stdout.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from cli.terminal import print_bytes, print_json, print_page, say, tell
from tools.local_stack import registry
from tools.local_stack.control import command
from tools.local_stack.errors import NotRunning
from tools.local_stack.paths import DataDir
from tools.local_stack.state import State, running_state

__all__ = ["print_bytes", "print_json", "print_page", "say", "tell"]

DONE = 0
NOT_SO = 1
"""The thing asked for is not so: refused, failed, verification found a difference."""
WRONG_USAGE = 2
NOT_RUNNING = 3

DATA_DIR_VARIABLE = "HAWK_DATA_DIR"
DEFAULT_DATA_DIR = Path(".hawk")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, and nothing else there.")]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Data directory of the HAWK that is meant. Without it: $HAWK_DATA_DIR, else ./.hawk, "
        "else the HAWK that was started last.",
    ),
]

FeedKeyOption = Annotated[
    Path | None,
    typer.Option(
        "--key", metavar="FILE", envvar="HAWK_FEED_PRIVATE_KEY_FILE", show_envvar=True,
        help="Private key of the feed that signs. Without it: that of the demo's feed.",
    ),
]  # fmt: skip


def fail(sentence: str, status: int = NOT_SO) -> NoReturn:
    """Print a sentence on stderr, unchanged and in red, and end the command.

    Raises:
        typer.Exit: always, with `status`.
    """
    say((sentence, "red"))
    raise typer.Exit(status)


def chosen_data_dir(data: Path | None) -> DataDir:
    """The data directory for `hawk up`: --data, else $HAWK_DATA_DIR, else ./.hawk."""
    named = os.environ.get(DATA_DIR_VARIABLE)
    return DataDir.at(data or (Path(named) if named else DEFAULT_DATA_DIR))


def meant_data_dir(data: Path | None) -> DataDir:
    """The data directory of the HAWK a command is for; see `DataOption`. It may turn out not to run."""
    chosen = chosen_data_dir(data)
    if data is not None or os.environ.get(DATA_DIR_VARIABLE):
        return chosen
    try:
        running_state(chosen)
    except NotRunning:
        others = registry.running()
        return others[0] if others else chosen
    return chosen


@dataclass(frozen=True, slots=True)
class RunningHawk:
    """The HAWK a command talks to: what its state file said when the command began."""

    data: DataDir
    state: State

    @property
    def bootstrap(self) -> str:
        """host:port of Kafka."""
        return str(self.state["kafka"]["bootstrap"])

    @property
    def admin_dsn(self) -> str:
        """The superuser's connection string. For setting up; reading needs `dsn("hawk_reader")` alone."""
        return str(self.state["postgres"]["dsn"])

    @property
    def approval_url(self) -> str:
        """The base URL of the approval service."""
        return str(self.state["approval_url"])

    @property
    def monitor_url(self) -> str:
        """The base URL of the monitor."""
        return str(self.state["monitor_url"])

    @property
    def is_demo(self) -> bool:
        """Whether it has the demo's token issuer and rollout FULL."""
        return self.state.get("profile") == "demo"

    def dsn(self, role: str) -> str:
        """The connection string of a login role, for example `hawk_reader`."""
        return str(self.state["postgres"]["dsn_by_role"][role])

    def command(self, verb: str, name: str | None = None) -> dict[str, Any]:
        """Ask its supervisor for something.

        Raises:
            NotRunning: it has just ended.
            CommandRefused: it refuses.
        """
        return command(self.data, verb, name)


def connect(data: Path | None = None) -> RunningHawk:
    """The HAWK that is meant.

    Raises:
        NotRunning: no HAWK runs there (the command then ends with status 3).
    """
    place = meant_data_dir(data)
    return RunningHawk(place, running_state(place))
