"""`hawk reference held`, `confirm` and `reject`: implausible rows of feeds wait for people."""

from collections.abc import Callable
from typing import Annotated, Final

import typer

from cli.clients import polled
from cli.output import JsonOption, fail, print_json, say, tell
from cli.people import CommentOption, DigestOption, Person, by_person
from cli.wording import Document, moment, plain

APPLIED_SECONDS_MAX: Final = 30.0
"""From the decision over the topic to the executor and back: well below a second on a quiet machine."""
FINDINGS_SHOWN: Final = 20
"""Findings of one set that a terminal shows; `--json` gives all that are kept."""
#: It is decided, and the executor has yet to apply the decision.
UNDER_WAY: Final = ("CONFIRMED", "REJECTED")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id from `hawk reference held`.")]


def register_held(group: typer.Typer) -> None:
    """Add the commands of this module to `hawk reference`."""
    group.command("held")(list_held)
    group.command(
        "confirm",
        help="Confirm an implausible row: it comes into force, unless a newer row with its key has arrived.\n\n"
        "Needs OPERATIONS or RISK_MANAGER; reopening a period needs two different persons.",
    )(deciding("CONFIRM"))
    group.command(
        "reject",
        help="Reject an implausible row: it is dropped, and the row in force stays. One person with OPERATIONS or "
        "RISK_MANAGER is enough.",
    )(deciding("REJECT"))


@by_person
def list_held(person: Person, as_json: JsonOption = False) -> None:
    """List the implausible rows that wait for people: which, why, and how many must confirm. Until then nothing
    changes."""
    with person.reading() as service:
        found = service.held()
    if as_json:
        print_json(found)
        return
    if not found:
        say("No reference row waits for people.")
    for each in found:
        _print(each)


def deciding(decision: str) -> Callable[..., None]:
    """Return the command that records a decision, CONFIRM or REJECT, on a row or set that waits."""

    @by_person
    def command(
        person: Person,
        held: IdArgument,
        comment: CommentOption = "",
        digest: DigestOption = None,
        as_json: JsonOption = False,
    ) -> None:
        with person.deciding() as service:
            found = service.held(held)
            if not found:
                fail(f"No reference row waits, or has waited, under the id {held}. `hawk reference held` lists them.")
            if not as_json:
                _print(found[0])
            body = {"held_id": held, "digest": digest or found[0]["digest"], "decision": decision, "comment": comment}
            decided = service.decide_held(body)

            def applied() -> Document | None:
                (now,) = service.held(held)
                return None if now["state"] in UNDER_WAY else now

            after = polled(applied, APPLIED_SECONDS_MAX) or decided
        if as_json:
            print_json(after)
        else:
            tell(_outcome(after))

    return command


def _print(held: Document) -> None:
    what = f"load {held['load_id']}, {held['rows']} rows" if held["load_id"] else "one row"
    tell(f"{held['held_id']}  {held['state']}  {plain(what)} of feed {plain(held['feed'])}, {moment(held['held_at'])}")
    for finding in held["doubts"][:FINDINGS_SHOWN]:
        tell(f"  {plain(finding['message'])}")
    more = held["found"] - min(FINDINGS_SHOWN, len(held["doubts"]))
    if more > 0:
        tell(f"  and {more} more")
    if not held["load_id"]:
        row = held["changes"][0]["row"] or {}
        tell("  " + ", ".join(f"{name} {plain(str(value))}" for name, value in sorted(row.items())))
    given = ", ".join(f"{plain(each['person'])} ({each['role']})" for each in held["confirmed_by"]) or "nobody"
    tell(f"  needs {held['persons']}, confirmed by {given}; {held['digest']}")


def _outcome(held: Document) -> str:
    match held["state"]:
        case "APPLIED":
            return "Confirmed. It is in force."
        case "DROPPED":
            return f"It will not come into force. {plain(held['reason'])}"
        case "WAITING":
            return f"Confirmed by {len(held['confirmed_by'])} of {held['persons']}; it waits for another person."
        case _:
            return "Decided, but the executor has not applied it yet. Check with `hawk reference held`."
