"""`hawk amend`: change the amount of a request of one's own while it waits."""

from typing import Annotated

import typer

from cli.approvals import WorkflowArgument
from cli.output import JsonOption, print_json, say, tell
from cli.people import Person, by_person
from cli.reversals import ReasonOption

AmountOption = Annotated[str, typer.Option("--amount", metavar="AMOUNT", help="In the order's own currency.")]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(amend)


@by_person
def amend(
    person: Person, workflow: WorkflowArgument, amount: AmountOption, reason: ReasonOption, as_json: JsonOption = False
) -> None:
    """Change the amount of a request while it waits, and print the workflow that takes its place.

    What was decided on the plan that waits is void. Exit status 1 when it is refused; the reason is printed.
    \f

    Raises:
        typer.BadParameter: the reason is blank.
    """
    if not reason.strip():
        raise typer.BadParameter("give a reason, for example --reason 'The client wants less'.")
    with person.deciding() as service:
        amended = service.amend(workflow, amount.replace(",", ""), reason.strip())
    if as_json:
        print_json(amended)
        return
    say(f"The changed order is planned and asks for approval on its own: hawk show {amended['successor']}")
    tell(amended["successor"])
