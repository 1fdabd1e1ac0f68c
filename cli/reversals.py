"""`hawk reverse`: ask for the reversal of an executed workflow."""

from typing import Annotated, Final

import typer

from cli.approvals import WorkflowArgument
from cli.clients import Monitor, polled
from cli.output import NOT_SO, JsonOption, RunningHawk, print_json, say, tell
from cli.people import Person, by_person
from cli.wording import Document

PLANNED_SECONDS_MAX: Final = 30.0
"""A reversal is planned within a second; a loaded machine takes longer."""

#: What the command shows of a planned reversal.
_SHOWN: Final = ("reason", "reason_text", "related", "plan_digest", "policy")

ReasonOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="The reason, for the approver and the audit trail.")
]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(reverse)


@by_person
def reverse(person: Person, workflow: WorkflowArgument, reason: ReasonOption, as_json: JsonOption = False) -> None:
    """Request the reversal of an executed workflow, and print the id of the reversing workflow.

    The reversal is planned and approved like any other workflow. Exit status 1 when it is refused; the reason is
    printed.
    \f

    Raises:
        typer.BadParameter: the reason is blank.
        typer.Exit: status 1, the reversal is refused.
    """
    if not reason.strip():
        raise typer.BadParameter("give a reason, for example --reason 'Booked twice by mistake'.")
    with person.deciding() as service:
        asked = service.reverse(workflow, reason.strip())
    shown = _planned(person.hawk, asked["workflow_id"])
    document = {**asked, "state": shown.get("state"), **{name: shown.get(name) for name in _SHOWN}}
    if as_json:
        print_json(document)
    else:
        _print(document)
    if document["state"] == "REFUSED":
        raise typer.Exit(NOT_SO)


def _planned(hawk: RunningHawk, workflow_id: str) -> Document:
    """Return the reversal once it waits for people or is refused, or what is known of it when that takes too long.

    Its state comes by one topic, its plan or refusal by another: it is whole only with both.
    """
    with Monitor(hawk.monitor_url) as monitor:

        def look() -> Document | None:
            known = monitor.workflow(workflow_id)
            if known is None or known["state"] in ("PROPOSED", "PLANNED"):
                return None
            return known if known["plan_digest"] or known["refusals"] else None

        return polled(look, PLANNED_SECONDS_MAX) or monitor.workflow(workflow_id) or {}


def _print(document: Document) -> None:
    workflow_id = document["workflow_id"]
    if document["state"] == "REFUSED":
        say(("Refused", "red"), f", {document['reason']}: {document['reason_text'] or ''}")
    elif document["state"] == "AWAITING_APPROVAL":
        needed = " and ".join(document["policy"]["required"])
        again = "was requested before and waits" if document["repeated"] else "waits"
        say(f"The reversal {again} for approval by {needed}: hawk show {workflow_id}")
    else:
        say(f"The reversal is {document['state'] or 'on its way'}: hawk show {workflow_id}")
    tell(workflow_id)
