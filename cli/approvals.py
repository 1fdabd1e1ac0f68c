"""`hawk token`, `approve` and `reject`: people's decisions over the approval API."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final

import httpx
import typer

from cli.clients import Approvals, Monitor, Refused, polled
from cli.kinds import subject_of
from cli.output import DataOption, JsonOption, RunningHawk, connect, print_json, say, tell
from cli.people import CommentOption, DigestOption, Person, by_person, demo_token
from cli.terminal import Part
from cli.wording import Document, amount, moment, plain
from shared.security.tokens import DEMO_TOKEN_LIFETIME

CARD_SECONDS_MAX: Final = 10.0
"""A plan that the monitor shows reaches the approval service within a second."""

WorkflowArgument = Annotated[str, typer.Argument(metavar="WF", help="Id of the workflow.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(token)
    app.command(
        "approve",
        help="Approve the plan of a workflow, by the digest that was shown.\n\n"
        "Exit status 1 when the approval service refuses; the reason is printed.",
    )(deciding("APPROVE"))
    app.command(
        "reject",
        help="Reject the plan of a workflow, by the digest that was shown. Nothing is executed.",
    )(deciding("REJECT"))


def token(
    user: Annotated[str, typer.Argument(metavar="USER", help="The person the token is for.")],
    role: Annotated[list[str], typer.Option("--role", metavar="ROLE", help="A role of this person. Can be repeated.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a token of the demo issuer. Refused where another issuer is configured."""
    issued = demo_token(connect(data), user, tuple(role))
    if as_json:
        expires = datetime.now(UTC) + DEMO_TOKEN_LIFETIME
        print_json({"token": issued, "user": user, "roles": role, "expires_at": expires.isoformat(timespec="seconds")})
    else:
        tell(issued)


def deciding(decision: str) -> Callable[..., None]:
    """Return the command that records a decision, APPROVE or REJECT, on the plan of a workflow."""

    @by_person
    def command(
        person: Person,
        workflow: WorkflowArgument,
        comment: CommentOption = "",
        digest: DigestOption = None,
        as_json: JsonOption = False,
    ) -> None:
        with person.deciding() as service:
            shown = shown_card(service, person.hawk, workflow)
            named = digest or shown["plan_digest"]
            if not as_json:
                say(f"{_plan_in_words(shown['plan'])}, plan ", (named, "dim"))
            after = service.decide(workflow, decision, named, comment)
        if as_json:
            print_json(after)
        else:
            tell(*_outcome(after, decision))

    return command


def decide(
    hawk: RunningHawk, bearer: str, workflow: str, decision: str, comment: str = ""
) -> tuple[Document, Document]:
    """Decide on the plan that is shown now, and return the card before and after the decision.

    Raises:
        Refused: the approval service refuses the decision.
    """
    with Approvals(hawk.approval_url, bearer) as service:
        shown = shown_card(service, hawk, workflow)
        return shown, service.decide(workflow, decision, shown["plan_digest"], comment)


def shown_card(service: Approvals, hawk: RunningHawk, workflow: str) -> Document:
    """Return the card of a workflow, and wait for one that the approval service does not have yet.

    Raises:
        Refused: there is no such card.
    """

    def look() -> Document | None:
        try:
            return service.card(workflow)
        except Refused as refused:
            if refused.status != httpx.codes.NOT_FOUND or not _is_coming(hawk, workflow):
                raise
            return None

    return polled(look, CARD_SECONDS_MAX) or service.card(workflow)


def _is_coming(hawk: RunningHawk, workflow: str) -> bool:
    with Monitor(hawk.monitor_url) as monitor:
        known = monitor.workflow(workflow)
    return known is not None and known["state"] in ("PROPOSED", "PLANNED", "AWAITING_APPROVAL")


def _plan_in_words(plan: Document) -> str:
    order = [plan.get("exposure_currency"), amount(plan.get("amount")), plan.get("nav_type"), plan.get("order_id")]
    return subject_of(plan) or plain(" ".join(str(each) for each in order if each))


def _outcome(card: Document, decision: str) -> tuple[Part, ...]:
    last = card["decisions"][-1]
    instead = f" for {last['on_behalf_of']}" if last.get("on_behalf_of") else ""
    who = f"{last['person']} ({last['role']}){instead}"
    if decision == "REJECT":
        return ("Rejected", "red"), f" by {who}. Nothing is executed."
    if card["grant"]:
        return ("Approved", "green"), f" by {who}; granted until {moment(card['grant']['expires_at'])}."
    return ("Approved", "green"), f" by {who}. Still needed: {card['who_may_approve']}"
