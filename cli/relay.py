"""`hawk relay`: the events that the relay passed over; to look at, and to publish by two persons."""

from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from cli.layout import add_fact, fact_lines, indented, title_line
from cli.output import JsonOption, fail, print_json, print_page, say
from cli.people import DigestOption, Person, by_person
from cli.wording import Document, moment, plain

PositionArgument = Annotated[int, typer.Argument(metavar="POSITION", min=1, help="From `hawk relay unpublished`.")]
ReasonOption = Annotated[
    str,
    typer.Option(
        "--reason", metavar="TEXT", help="What was corrected, for the audit trail. Given by the first person."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="List the events that the relay passed over, and publish them by two persons.")
    group.command()(unpublished)
    group.command()(publish)
    app.add_typer(group, name="relay")


@by_person
def unpublished(person: Person, as_json: JsonOption = False) -> None:
    """List the events that cannot be published, each with its cause. `hawk verify` fails while there are any."""
    with person.reading() as service:
        found = service.unpublishable()
    if as_json:
        print_json(found)
        return
    if not found["events"]:
        say("Every sealed event is published or about to be.")
    for event in found["events"]:
        print_page(_card(event))
    if found["count"] > len(found["events"]):
        say(f"These are the first {len(found['events'])} of {found['count']}.")


@by_person
def publish(
    person: Person,
    position: PositionArgument,
    reason: ReasonOption = "",
    digest: DigestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish an event after its cause is corrected. Needs two persons with OPERATIONS or RISK_MANAGER.

    The first person proposes with a reason; the second confirms with the same command. The relay then tries once. If
    the event still cannot be published, it stays in the list with its cause, and two persons can order it again.
    """
    with person.deciding() as service:
        found = next((event for event in service.unpublishable()["events"] if event["position"] == position), None)
        pending = None if found is None else found["pending"]
        if digest is not None or (pending is not None and pending["may_confirm"]):
            after = service.publish_event(position, {"digest": digest or str(pending and pending["digest"])})
        elif not reason.strip():
            fail("No proposal waits for you to confirm. To propose, say what was corrected: --reason TEXT.")
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
        add_fact(facts, "to do", f"correct the cause, then: hawk relay publish {event['position']}")
    state = "UNPUBLISHED AGAIN" if event["tried"] and not event["ordered"] else "UNPUBLISHED"
    return Group(title_line(Text(f"position {event['position']}"), plain(state)), indented(facts), Text())
