"""`hawk relay`: events that the relay passed over; to look at, and to publish by two persons."""

from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from cli.approvals import AsOption, Decider, RoleOption, TokenOption, reader_token
from cli.clients import Approvals
from cli.layout import add_fact, fact_lines, indented, title_line
from cli.output import DataOption, JsonOption, connect, fail, print_json, print_page, say
from cli.wording import Document, moment, plain

PositionArgument = Annotated[int, typer.Argument(metavar="POSITION", min=1, help="As `hawk relay unpublished` shows.")]
ReasonOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="What was put right; stands in the trail. The first person's.")
]
DigestOption = Annotated[
    str | None,
    typer.Option("--digest", metavar="DIGEST", help="Of the proposal you looked at; else that shown now."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Events that the relay passed over: list them, publish them by two persons.")
    group.command()(unpublished)
    group.command()(publish)
    app.add_typer(group, name="relay")


def unpublished(
    user: AsOption = None,
    role: RoleOption = None,
    bearer: TokenOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Events that can never be published as things stand, each with its cause. `hawk verify` is red until none is."""
    hawk = connect(data)
    token = reader_token(hawk, user, role, bearer)
    with Approvals(hawk.approval_url, token) as service:
        told = service.unpublishable()
    if as_json:
        print_json(told)
        return
    if not told["events"]:
        say("Every event that was sealed is published, or on its way.")
    for event in told["events"]:
        print_page(_card(event))
    if told["count"] > len(told["events"]):
        say(f"These are the first {len(told['events'])} of {told['count']}.")


def publish(
    position: PositionArgument,
    reason: ReasonOption = "",
    digest: DigestOption = None,
    user: AsOption = None,
    role: RoleOption = None,
    bearer: TokenOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish an event after all, once what was in the way is put right. Two persons, OPERATIONS or RISK_MANAGER.

    The first proposes with a reason; the second, with the same command, confirms. The relay tries it once; if it still
    cannot be published, it stays in the list with the cause, and two persons may order it again.
    """
    decider = Decider(user, role, bearer)
    hawk = connect(data)
    with Approvals(hawk.approval_url, decider.token(hawk)) as service:
        found = next((event for event in service.unpublishable()["events"] if event["position"] == position), None)
        pending = None if found is None else found["pending"]
        if digest is not None or (pending is not None and pending["may_confirm"]):
            after = service.publish_event(position, {"digest": digest or str(pending and pending["digest"])})
        elif not reason.strip():
            fail("Nothing waits for a second person here, and a proposal needs --reason: say what was put right.")
        else:
            after = service.publish_event(position, {"reason": reason})
    if as_json:
        print_json(after)
    else:
        print_page(_card(after))


def _card(event: Document) -> Group:
    facts = fact_lines()
    add_fact(facts, "event", f"{event['type']} of {event['stream']}, version {event['version']}")
    add_fact(facts, "cause", f"{event['cause']}: {event['reason']}", style="yellow")
    add_fact(facts, "since", moment(event["listed_at"]))
    pending = event["pending"]
    if event["ordered"]:
        add_fact(facts, "ordered", "by two persons; the relay tries it within a second or two")
    elif pending is not None:
        by = pending["proposed_by"]
        add_fact(facts, "proposed", f"{moment(by['at'])} by {by['person']} ({by['role']}): {pending['reason']}")
        add_fact(facts, "to do", f"a second person confirms: hawk relay publish {event['position']}")
    else:
        add_fact(facts, "to do", f"put right what is in the way, then: hawk relay publish {event['position']}")
    state = "UNPUBLISHED AGAIN" if event["tried"] and not event["ordered"] else "UNPUBLISHED"
    return Group(title_line(Text(f"position {event['position']}"), plain(state)), indented(facts), Text())
