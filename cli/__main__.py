"""The `hawk` command: composes one module per group of commands."""

import sys
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Final

import typer

from cli import plans
from cli.output import NOT_RUNNING, NOT_SO, WRONG_USAGE, err
from shared.errors import HawkError, InvalidInput
from shared.localstack.errors import NotRunning

QUICK: Final = frozenset({"plan"})
"""Commands of modules that are loaded alone: no server is asked, so that loading would be most of the time."""


def app_for(arguments: Sequence[str]) -> typer.Typer:
    """The command line, with all that these arguments can mean."""
    app = typer.Typer(
        name="hawk",
        help="HAWK executes the hedges an AI analyst recommends: checked, approved by people, all or nothing.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    app.callback()(_hawk)
    for group in (plans,) if QUICK.intersection(arguments[:1]) else groups():
        group.register(app)
    return app


def groups() -> Iterable[ModuleType]:
    """Modules with a function `register(app)` that adds their commands; in the order of `hawk --help`."""
    from cli import (
        answers,
        approvals,
        audit,
        bridge,
        deadletters,
        feeds,
        imports,
        murex,
        reports,
        reversals,
        rollout,
        stack,
    )

    return (
        stack, answers, bridge, plans, approvals, reversals, rollout, reports, audit, feeds, imports, deadletters,
        murex,
    )  # fmt: skip


def _hawk() -> None:
    """HAWK executes the hedges an AI analyst recommends: checked, approved by people, all or nothing."""


def main() -> None:
    """Run one command. Exit status: 0 done, 1 not so, 2 wrong usage or bad input, 3 HAWK is not running."""
    try:
        app_for(sys.argv[1:])()
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
