"""`hawk reverse`: ask for the reversal of an executed workflow."""

import sys
from typing import Annotated, Final

import typer

from cli.approvals import AsOption, Decider, RoleOption, TokenOption, WorkflowArgument
from cli.clients import Approvals, Monitor
from cli.output import NOT_SO, DataOption, JsonOption, RunningHawk, connect, print_json, say, tell
from cli.polling import polled
from cli.wording import Document

PLANNED_SECONDS_MAX: Final = 30.0
"""A reversal is planned within a second; a loaded machine takes longer."""

ReasonOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; shown to who approves it, and in the audit trail.")
]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(reverse)


def reverse(
    workflow: WorkflowArgument,
    reason: ReasonOption,
    user: AsOption = None,
    role: RoleOption = None,
    bearer: TokenOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask for the reversal of an executed workflow; prints the id of the workflow that takes it back.

    It is planned and approved on its own. Exit status 1 when it is refused; the reason is printed.
    \f

    Raises:
        typer.BadParameter: the reason is blank.
    """
    decider, hawk = Decider(user, role, bearer), connect(data)
    if not reason.strip():
        raise typer.BadParameter("say why: --reason 'Booked twice by mistake', for example.")
    with Approvals(hawk.approval_url, decider.token(hawk)) as service:
        asked = service.reverse(workflow, reason.strip())
    shown = _planned(hawk, asked["workflow_id"])
    document = {**asked, "state": shown.get("state"), **{name: shown.get(name) for name in _SHOWN}}
    if as_json:
        print_json(document)
    else:
        _print(document)
    if document["state"] == "REFUSED":
        sys.exit(NOT_SO)


#: What the command tells of the reversal once it is planned.
_SHOWN: Final = ("reason", "reason_text", "related", "plan_digest", "policy")


def _planned(hawk: RunningHawk, workflow_id: str) -> Document:
    """The reversal once it waits for people or is refused; what is known of it when that takes too long."""
    with Monitor(hawk.monitor_url) as monitor:

        def look() -> Document | None:
            known = monitor.workflow(workflow_id)
            return None if known is None or known["state"] in ("PROPOSED", "PLANNED") else known

        return polled(look, PLANNED_SECONDS_MAX) or monitor.workflow(workflow_id) or {}


def _print(document: Document) -> None:
    workflow_id = document["workflow_id"]
    if document["state"] == "REFUSED":
        say(("Refused", "red"), f", {document['reason']}: {document['reason_text'] or ''}")
    elif document["state"] == "AWAITING_APPROVAL":
        needed = " and ".join(document["policy"]["required"])
        again = "was asked for before and waits" if document["repeated"] else "waits"
        say(f"The reversal {again} for approval by {needed}: hawk show {workflow_id}")
    else:
        say(f"The reversal is {document['state'] or 'on its way'}: hawk show {workflow_id}")
    tell(workflow_id)
