"""`hawk notifications`: mails and webhooks that wait, that were given up, or that were sent."""

from enum import StrEnum
from typing import Annotated

import typer

from cli.output import JsonOption, print_json, say, tell
from cli.people import Person, by_person
from cli.wording import Document, moment, plain


class Which(StrEnum):
    """What is listed."""

    FAILED = "failed"
    WAITING = "waiting"
    SENT = "sent"


_STATES = {Which.FAILED: "GIVEN_UP", Which.WAITING: "WAITING", Which.SENT: "SENT"}
WhichArgument = Annotated[Which, typer.Argument(help="failed: those that HAWK has given up.")]
AgainOption = Annotated[
    str | None, typer.Option("--again", metavar="ID", help="Send one that was given up again. Needs OPERATIONS.")
]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("notifications")(notifications)


@by_person
def notifications(
    person: Person, which: WhichArgument = Which.FAILED, again: AgainOption = None, as_json: JsonOption = False
) -> None:
    """List the mails and webhooks that did not arrive, or send one of them again. Needs OPERATIONS or RISK_MANAGER."""
    with person.deciding() as service:
        if again is not None:
            found = service.notify_again(again)
            shown: list[Document] = [found]
        else:
            found = service.notifications(_STATES[which])
            shown = found["notifications"]
    if as_json:
        print_json(found)
        return
    if again is None and not found["on"]:
        say("Notifications are off: neither recipients nor webhooks are configured.")
    elif not shown:
        say(f"No notification is {which.value}.")
    for each in shown:
        _print(each)


def _print(each: Document) -> None:
    tell(
        f"{each['notification_id']}  {each['state']}  {each['channel']} to {plain(each['recipient'])}: "
        f"{each['kind']}, workflow {plain(each['workflow_id'])}, {moment(each['noted_at'])}"
    )
    if each["why"]:
        tell(f"  {each['attempts']} attempts. {plain(each['why'])}")
