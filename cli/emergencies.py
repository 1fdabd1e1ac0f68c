"""`hawk break-glass` and `hawk reviews`: an emergency about a request, and the review by two others afterwards."""

from enum import StrEnum
from typing import Annotated, Final

import typer

from cli.approvals import WorkflowArgument, shown_card
from cli.output import JsonOption, group_of, print_json, say, tell
from cli.people import CommentOption, DigestOption, Person, by_person
from cli.wording import Document, moment, plain


class Finding(StrEnum):
    """What a person found."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not-justified"


_SENT: Final = {Finding.JUSTIFIED: "JUSTIFIED", Finding.NOT_JUSTIFIED: "NOT_JUSTIFIED"}
_TOLD: Final = {"JUSTIFIED": "justified", "NOT_JUSTIFIED": "not justified"}
ReasonOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why the missing role cannot be waited for. Others review it.")
]
AllOption = Annotated[bool, typer.Option("--all", help="All emergencies of late, not only those that wait.")]
FindingOption = Annotated[Finding, typer.Option("--finding", help="What you found.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("break-glass")(break_glass)
    group = group_of("List what was approved in an emergency, and say whether that was justified.", record)
    group.command("list")(list_reviews)
    app.add_typer(group, name="reviews")


@by_person
def break_glass(
    person: Person,
    workflow: WorkflowArgument,
    reason: ReasonOption,
    digest: DigestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Declare an emergency: for half an hour two persons with any approving role approve where a role is missing.

    Neither of them is the person who asked. Two others review it afterwards.
    """
    with person.deciding() as service:
        named = digest or str(shown_card(service, person.hawk, workflow)["plan_digest"])
        after = service.break_glass(workflow, named, reason)
    if as_json:
        print_json(after)
        return
    tell(plain(after["emergency"]["text"]))
    tell(f"Approve it now, two of you: hawk approve {workflow}. Not {plain(after['maker'])}, who asked.")


@by_person
def list_reviews(person: Person, every: AllOption = False, as_json: JsonOption = False) -> None:
    """List what was approved in an emergency and waits for a review, the longest wait first."""
    with person.reading() as service:
        found = service.reviews()
    shown = found["declared" if every else "reviews"]
    if as_json:
        print_json(shown)
        return
    if not shown:
        say("No emergency was declared." if every else "No review is open.")
    for each in shown:
        _print(each)


@by_person
def record(
    person: Person,
    workflow: WorkflowArgument,
    finding: FindingOption,
    comment: CommentOption = "",
    as_json: JsonOption = False,
) -> None:
    """Record what you found. The second of two persons who had no part in it closes the review."""
    with person.deciding() as service:
        after = service.review(workflow, _SENT[finding], comment)
    if as_json:
        print_json(after)
    else:
        _print(after)


def _print(each: Document) -> None:
    said = each["emergency"]
    tell(f"{each['workflow_id']}  {plain(each['title'])}, asked by {plain(each['maker'])}")
    tell(f"  {plain(said['text'])}")
    tell(f"  Why: {plain(said['reason'])}")
    if each["approvers"]:
        people = ", ".join(f"{plain(one['person'])} ({one['role']})" for one in each["approvers"])
        tell(f"  Approved by {people}, {moment(each['granted_at'])}")
    for one in said["reviews"]:
        comment = f": {plain(one['comment'])}" if one["comment"] else ""
        tell(f"  {plain(one['person'])} ({one['role']}) found it {_TOLD[one['finding']]}{comment}")
