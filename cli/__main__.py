"""The `hawk` command: composes one module per group of commands."""

import sys

import typer

from cli import answers, approvals, audit, feeds, murex, rollout, stack
from cli.output import NOT_RUNNING, NOT_SO, WRONG_USAGE, err
from shared.errors import HawkError, InvalidInput
from shared.localstack.errors import NotRunning

GROUPS = (stack, answers, approvals, rollout, audit, feeds, murex)
"""Modules with a function `register(app)` that adds their commands; in the order of `hawk --help`."""

app = typer.Typer(
    name="hawk",
    help="HAWK executes the hedges an AI analyst recommends: checked, approved by people, all or nothing.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

for group in GROUPS:
    group.register(app)


def main() -> None:
    """Run one command. Exit status: 0 done, 1 not so, 2 wrong usage or bad input, 3 HAWK is not running."""
    try:
        app()
    except NotRunning as error:
        _end(error, NOT_RUNNING)
    except InvalidInput as error:
        _end(error, WRONG_USAGE)
    except HawkError as error:
        _end(error, NOT_SO)


def _end(error: HawkError, status: int) -> None:
    err.print(str(error), style="red", markup=False)
    sys.exit(status)


if __name__ == "__main__":
    main()
