"""`hawk revoke`: take a granted approval back before it is executed."""

from typing import Final

import typer

from cli.approvals import WorkflowArgument
from cli.clients import polled
from cli.output import NOT_SO, JsonOption, print_json, tell
from cli.people import Person, by_person
from cli.reversals import ReasonOption
from cli.wording import Document

ANSWER_SECONDS_MAX: Final = 15.0
"""The executor answers within a second; it may be away."""

_COLOURS: Final = {"REVOKED": "green", "TOO_LATE": "red"}


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(revoke)


@by_person
def revoke(person: Person, workflow: WorkflowArgument, reason: ReasonOption, as_json: JsonOption = False) -> None:
    """Take a granted approval back, if the executor has not used it yet.

    Exit status 1 when it is refused or comes too late: ask for a reversal then.
    \f

    Raises:
        typer.BadParameter: the reason is blank.
        typer.Exit: status 1, it was not taken back.
    """
    if not reason.strip():
        raise typer.BadParameter("give a reason, for example --reason 'Wrong rate'.")
    with person.deciding() as service:
        service.revoke(workflow, reason.strip())

        def answered() -> Document | None:
            card = service.card(workflow)
            return None if card["revocation"]["state"] == "ASKED" else card

        card = polled(answered, ANSWER_SECONDS_MAX) or service.card(workflow)
    asked = card["revocation"]
    if as_json:
        print_json(card)
    else:
        tell((asked["state"].replace("_", " "), _COLOURS.get(asked["state"], "yellow")), f"  {asked['text']}")
    if asked["state"] != "REVOKED":
        raise typer.Exit(NOT_SO)
