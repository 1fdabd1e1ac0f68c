"""Common parts of all commands: exit statuses, the split between stdout and stderr, the way to a running HAWK.

With `--json` stdout holds the JSON alone. What a command says while it works goes to stderr; its result is printed
on stdout.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from cli.terminal import print_bytes, print_json, print_page, say, tell
from shared.errors import InvalidInput
from tools.local_stack import registry
from tools.local_stack.control import command
from tools.local_stack.errors import NotRunning
from tools.local_stack.paths import DataDir
from tools.local_stack.state import State, running_state

__all__ = ["print_bytes", "print_json", "print_page", "say", "tell"]

DONE = 0
NOT_SO = 1
"""A negative result: refused, failed, or a difference was found by a verification."""
WRONG_USAGE = 2
NOT_RUNNING = 3

DATA_DIR_VARIABLE = "HAWK_DATA_DIR"
DEFAULT_DATA_DIR = Path(".hawk")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Data directory of the HAWK to use. Default: $HAWK_DATA_DIR, else ./.hawk, "
        "else the HAWK that was started last.",
    ),
]

ReferenceOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="Use the rows of the *.jsonl and *.json files of DIR instead of the demo's.",
    ),
]
FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", allow_dash=True, help="The AI's response, byte for byte; - is stdin.")
]
FeedKeyOption = Annotated[
    Path | None,
    typer.Option(
        "--key", metavar="FILE", envvar="HAWK_FEED_PRIVATE_KEY_FILE", show_envvar=True,
        help="Private key of the feed, to sign the rows. Default: the key of the demo feed.",
    ),
]  # fmt: skip


def group_of(text: str, *commands: Callable[..., None]) -> typer.Typer:
    """Return a group of commands with its help text."""
    group = typer.Typer(no_args_is_help=True, help=text)
    group.callback()(lambda: None)  # with a callback, a group of one command stays a group
    for each in commands:
        group.command()(each)
    return group


def fail(sentence: str, status: int = NOT_SO) -> NoReturn:
    """Print a sentence on stderr, unchanged and in red, and end the command.

    Raises:
        typer.Exit: always, with `status`.
    """
    say((sentence, "red"))
    raise typer.Exit(status)


def chosen_data_dir(data: Path | None) -> DataDir:
    """Return the data directory for `hawk up`: --data, else $HAWK_DATA_DIR, else ./.hawk."""
    named = os.environ.get(DATA_DIR_VARIABLE)
    return DataDir.at(data or (Path(named) if named else DEFAULT_DATA_DIR))


def meant_data_dir(data: Path | None) -> DataDir:
    """Return the data directory of the HAWK to use; see `DataOption`. That HAWK need not be running."""
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
    """The HAWK that a command talks to, by its state file when the command began."""

    data: DataDir
    state: State

    @property
    def bootstrap(self) -> str:
        """host:port of Kafka."""
        return str(self.state["kafka"]["bootstrap"])

    @property
    def kafka(self) -> dict[str, Any]:
        """The settings of a Kafka client."""
        # Imported here: the settings take long to load, and few commands use Kafka.
        from shared.messaging.kafka import kafka_connection
        from shared.settings import ServiceSettings

        return kafka_connection(ServiceSettings(kafka_bootstrap=self.bootstrap)).options()

    @property
    def admin_dsn(self) -> str:
        """The superuser's connection string, for setting up; to read, use `dsn("hawk_reader")`."""
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
        """True if it has the demo's token issuer and rollout FULL."""
        return self.state.get("profile") == "demo"

    def dsn(self, role: str) -> str:
        """Return the connection string of a login role, for example `hawk_reader`."""
        return str(self.state["postgres"]["dsn_by_role"][role])

    def command(self, verb: str, name: str | None = None) -> dict[str, Any]:
        """Send a command to its supervisor and return the reply.

        Raises:
            NotRunning: it has just ended.
            CommandRefused: it refuses the command.
        """
        return command(self.data, verb, name)


def connect(data: Path | None = None) -> RunningHawk:
    """Return the HAWK to use; see `DataOption`.

    Raises:
        NotRunning: no HAWK runs there (the command then ends with status 3).
    """
    place = meant_data_dir(data)
    return RunningHawk(place, running_state(place))


def read_response_file(file: Path) -> bytes:
    """Return a response of the AI, byte for byte; `-` is stdin.

    Raises:
        InvalidInput: FILE_UNREADABLE.
    """
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(code="FILE_UNREADABLE", reason=f"{file} cannot be read: {error.strerror}.") from error
