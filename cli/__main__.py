"""The `hawk` command, composed of one module per group of commands."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Final

import typer

from cli.output import NOT_RUNNING, NOT_SO, WRONG_USAGE, say
from shared.errors import HawkError, InvalidInput
from tools.local_stack.errors import NotRunning

COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "cli.stack": ("up", "down", "status", "process"),
    "cli.responses": ("publish", "list", "show", "watch"),
    "cli.bridge": ("bridge",),
    "cli.plans": ("plan",),
    "cli.approvals": ("token", "approve", "reject"),
    "cli.emergencies": ("break-glass", "reviews"),
    "cli.questions": ("ask", "answer"),
    "cli.amendments": ("amend",),
    "cli.revocations": ("revoke",),
    "cli.reversals": ("reverse",),
    "cli.rollout": ("rollout", "stop", "resume"),
    "cli.policy": ("policy",),
    "cli.signals": ("signals",),
    "cli.delegations": ("delegations", "absence"),
    "cli.passkeys": ("passkeys",),
    "cli.reports": ("report",),
    "cli.audit": ("verify", "rebuild"),
    "cli.feeds": ("reference",),
    "cli.imports": ("import",),
    "cli.deadletters": ("deadletters",),
    "cli.notifications": ("notifications",),
    "cli.relay": ("relay",),
    "cli.murex": ("murex",),
    "cli.simulate": ("simulate",),
}
"""The modules whose function `register(app)` adds these commands, in the order of `hawk --help`.

Only the module of the given command is loaded: loading all takes longer than most commands.
"""


def app_for(arguments: Sequence[str]) -> typer.Typer:
    """Return the command line with all commands that these arguments can mean."""
    app = typer.Typer(
        name="hawk",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    app.callback()(_hawk)
    for module in _modules(arguments):
        import_module(module).register(app)
    return app


def _modules(arguments: Sequence[str]) -> Iterable[str]:
    """Return the module of the first argument's command; all for the help and for a mistyped command."""
    named = [module for module, commands in COMMANDS.items() if set(commands).intersection(arguments[:1])]
    return named or COMMANDS


def _hawk() -> None:
    """HAWK executes the hedges that an AI analyst recommends: checked, approved by people, all or nothing."""


def main() -> None:
    """Run one command. Exit status: 0 success, 1 failure, 2 wrong usage or invalid input, 3 HAWK is not running."""
    try:
        app_for(sys.argv[1:])()
    except NotRunning as error:
        _end(error, NOT_RUNNING)
    except InvalidInput as error:
        _end(error, WRONG_USAGE)
    except HawkError as error:
        _end(error, NOT_SO)


def _end(error: HawkError, status: int) -> None:
    say((str(error), "red"))
    sys.exit(status)


if __name__ == "__main__":
    main()
