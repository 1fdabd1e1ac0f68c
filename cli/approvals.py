"""`hawk token`, `approve` and `reject`: people's decisions over the approval API."""

import getpass
from datetime import UTC, datetime
from typing import Annotated, Final

import httpx
import typer

from cli.clients import TOKEN_VARIABLE, Approvals, Monitor, Refused, ServiceAway
from cli.configuration_cards import change_title
from cli.output import DataOption, JsonOption, RunningHawk, connect, fail, print_json, say, tell
from cli.override_cards import override_title
from cli.polling import polled
from cli.terminal import Part
from cli.wording import Document, amount, moment, plain
from shared.security.keys import read_pem
from shared.security.tokens import DEMO_ISSUER, DEMO_TOKEN_LIFETIME, issue_demo_token

ISSUER_KEY: Final = "issuer_private.pem"

CARD_SECONDS_MAX: Final = 10.0
"""A plan that the monitor shows already is on the approval service's desk within a second."""

WorkflowArgument = Annotated[str, typer.Argument(metavar="WF", help="Id of the workflow.")]
AsOption = Annotated[str | None, typer.Option("--as", metavar="USER", help="Who decides.")]
RoleOption = Annotated[
    list[str] | None, typer.Option("--role", metavar="ROLE", help="A role of theirs; may be given again.")
]
CommentOption = Annotated[str, typer.Option(metavar="TEXT", help="Stands on the card and in the audit trail.")]
DigestOption = Annotated[
    str | None, typer.Option("--digest", metavar="DIGEST", help="Of the plan you looked at; else the one shown now.")
]
TokenOption = Annotated[
    str | None,
    typer.Option(
        "--token", envvar=TOKEN_VARIABLE, help="A token of your issuer, in place of --as and --role.", show_envvar=True
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(token)
    app.command()(approve)
    app.command()(reject)


def token(
    user: Annotated[str, typer.Argument(metavar="USER", help="Whose token.")],
    role: Annotated[list[str], typer.Option("--role", metavar="ROLE", help="A role of theirs; may be given again.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """A token of the demo issuer. Refused where another issuer is configured."""
    hawk = connect(data)
    issued = demo_token(hawk, user, tuple(role))
    if as_json:
        expires = datetime.now(UTC) + DEMO_TOKEN_LIFETIME
        print_json({"token": issued, "user": user, "roles": role, "expires_at": expires.isoformat(timespec="seconds")})
    else:
        tell(issued)


def approve(
    workflow: WorkflowArgument,
    user: AsOption = None,
    role: RoleOption = None,
    comment: CommentOption = "",
    digest: DigestOption = None,
    bearer: TokenOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Approve the plan of a workflow, naming the digest that was shown.

    Exit status 1 when the approval service refuses; the reason is printed.
    """
    _decide("APPROVE", workflow, Decider(user, role, bearer), comment, digest, connect(data), as_json)


def reject(
    workflow: WorkflowArgument,
    user: AsOption = None,
    role: RoleOption = None,
    comment: CommentOption = "",
    digest: DigestOption = None,
    bearer: TokenOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Reject the plan of a workflow, naming the digest that was shown. Nothing is executed then."""
    _decide("REJECT", workflow, Decider(user, role, bearer), comment, digest, connect(data), as_json)


class Decider:
    """Who decides: a name and roles for the demo issuer, or a token."""

    def __init__(self, user: str | None, roles: list[str] | None, bearer: str | None) -> None:
        if user is None and bearer is None:
            raise typer.BadParameter(f"name who decides: --as USER --role ROLE, or a token in {TOKEN_VARIABLE}.")
        if user is not None and not roles:
            raise typer.BadParameter(f"name a role of {user}: --role TRADER, for example.")
        self._user = user
        self._roles = tuple(roles or ())
        self._bearer = bearer

    def token(self, hawk: RunningHawk) -> str:
        """Return a new token of the demo issuer for a named user, else the token that was given."""
        if self._user is not None:
            return demo_token(hawk, self._user, self._roles)
        return self._bearer or ""


def reader_token(hawk: RunningHawk, user: str | None, roles: list[str] | None, bearer: str | None) -> str:
    """Of whoever looks: the token given, else one of the demo issuer, in the name of the account without `--as`."""
    return bearer or demo_token(hawk, user or getpass.getuser(), tuple(roles or ()))


def demo_token(hawk: RunningHawk, user: str, roles: tuple[str, ...]) -> str:
    """A token of the demo issuer that this HAWK accepts; ends the command with status 1 where it would not."""
    key = hawk.data.keys / ISSUER_KEY
    if not hawk.is_demo or not key.exists():
        fail(
            f"This HAWK does not take tokens of {DEMO_ISSUER}: its people come from an issuer of its own. "
            f"Get a token there and put it into {TOKEN_VARIABLE}."
        )
    issued = issue_demo_token(user, roles, read_pem(key), datetime.now(UTC))
    try:
        with Approvals(hawk.approval_url, issued) as service:
            service.rollout()
    except Refused as refused:
        if refused.status == httpx.codes.UNAUTHORIZED:
            fail(f"This HAWK does not take tokens of {DEMO_ISSUER}. {refused.detail}")
    except ServiceAway:
        say(("The approval service does not answer, so whether it takes this token is not known.", "dim"))
    return issued


def decide(
    hawk: RunningHawk, bearer: str, workflow: str, decision: str, comment: str = ""
) -> tuple[Document, Document]:
    """Decide on what is shown now; gives the card that was shown and the card after it.

    Raises:
        Refused: the approval service says no.
    """
    with Approvals(hawk.approval_url, bearer) as service:
        shown = shown_card(service, hawk, workflow)
        return shown, service.decide(workflow, decision, shown["plan_digest"], comment)


def shown_card(service: Approvals, hawk: RunningHawk, workflow: str) -> Document:
    """The card of a workflow, which may be on its way to the approval service still.

    Raises:
        Refused: there is none.
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


def _decide(
    decision: str,
    workflow: str,
    decider: Decider,
    comment: str,
    digest: str | None,
    hawk: RunningHawk,
    as_json: bool,
) -> None:
    with Approvals(hawk.approval_url, decider.token(hawk)) as service:
        shown = shown_card(service, hawk, workflow)
        named = digest or shown["plan_digest"]
        if not as_json:
            say(f"{_what(shown)}, plan ", (named, "dim"))
        after = service.decide(workflow, decision, named, comment)
    if as_json:
        print_json(after)
    else:
        tell(*_outcome(after, decision))


def _what(card: Document) -> str:
    plan = card["plan"]
    if plan.get("override"):
        return plain(override_title(plan["override"]))
    if plan.get("configuration"):
        return plain(change_title(plan["configuration"]))
    told = [plan.get("exposure_currency"), amount(plan.get("amount")), plan.get("nav_type"), plan.get("order_id")]
    return plain(" ".join(str(each) for each in told if each))


def _outcome(card: Document, decision: str) -> tuple[Part, ...]:
    last = card["decisions"][-1]
    who = f"{last['person']} ({last['role']})"
    if decision == "REJECT":
        return ("Rejected", "red"), f" by {who}. Nothing is executed."
    if card["grant"]:
        return ("Approved", "green"), f" by {who}; granted until {moment(card['grant']['expires_at'])}."
    return ("Approved", "green"), f" by {who}. Still needed: {card['who_may_approve']}"
