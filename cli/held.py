"""`hawk reference held`, `confirm` and `reject`: rows of feeds that are not plausible wait for people."""

from typing import Annotated, Final

import typer

from cli.approvals import AsOption, CommentOption, Decider, RoleOption, TokenOption, reader_token
from cli.clients import Approvals
from cli.output import DataOption, JsonOption, connect, fail, print_json, say, tell
from cli.polling import polled
from cli.wording import Document, moment, plain

TAKEN_IN_SECONDS_MAX: Final = 30.0
"""From the decision over the topic to the executor and back: well below a second on a quiet machine."""
DOUBTS_SHOWN: Final = 20
"""Of one set on a terminal; `--json` gives all that are kept."""
#: It is decided, and the executor takes it in.
UNDER_WAY: Final = ("CONFIRMED", "REJECTED")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `hawk reference held` shows it.")]
DigestOption = Annotated[
    str | None, typer.Option("--digest", metavar="DIGEST", help="Of what you looked at; else that shown now.")
]


def register_held(group: typer.Typer) -> None:
    """Add the commands of this module to `hawk reference`."""
    group.command("held")(list_held)
    group.command()(confirm)
    group.command()(reject)


def list_held(
    user: AsOption = None,
    role: RoleOption = None,
    bearer: TokenOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rows that are not plausible and wait: what, why, and how many people have to confirm. Nothing changes before."""
    hawk = connect(data)
    token = reader_token(hawk, user, role, bearer)
    with Approvals(hawk.approval_url, token) as service:
        found = service.held()
    if as_json:
        print_json(found)
        return
    if not found:
        say("No reference row waits for people.")
    for each in found:
        _print(each)


def confirm(
    held: IdArgument,
    user: AsOption = None,
    role: RoleOption = None,
    comment: CommentOption = "",
    digest: DigestOption = None,
    bearer: TokenOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that it is true: it comes into force, unless another row of its key came meanwhile.

    OPERATIONS or RISK_MANAGER; for a period that is opened again two different persons.
    """
    _decide("CONFIRM", held, Decider(user, role, bearer), comment, digest, data, as_json)


def reject(
    held: IdArgument,
    user: AsOption = None,
    role: RoleOption = None,
    comment: CommentOption = "",
    digest: DigestOption = None,
    bearer: TokenOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that it is not true: it is dropped, and what was in force stays. One person with either role is enough."""
    _decide("REJECT", held, Decider(user, role, bearer), comment, digest, data, as_json)


def _decide(
    decision: str,
    held: str,
    decider: Decider,
    comment: str,
    digest: str | None,
    data: DataOption,
    as_json: bool,
) -> None:
    hawk = connect(data)
    with Approvals(hawk.approval_url, decider.token(hawk)) as service:
        found = service.held(held)
        if not found:
            fail(f"No reference row waits, or ever waited, as {held}. `hawk reference held` lists them.")
        if not as_json:
            _print(found[0])
        body = {"held_id": held, "digest": digest or found[0]["digest"], "decision": decision, "comment": comment}
        decided = service.decide_held(body)

        def taken_in() -> Document | None:
            (now,) = service.held(held)
            return None if now["state"] in UNDER_WAY else now

        after = polled(taken_in, TAKEN_IN_SECONDS_MAX) or decided
    if as_json:
        print_json(after)
    else:
        tell(_outcome(after))


def _print(held: Document) -> None:
    what = f"load {held['load_id']}, {held['rows']} rows" if held["load_id"] else "one row"
    tell(f"{held['held_id']}  {held['state']}  {plain(what)} of feed {plain(held['feed'])}, {moment(held['held_at'])}")
    for doubt in held["doubts"][:DOUBTS_SHOWN]:
        tell(f"  {plain(doubt['message'])}")
    more = held["found"] - min(DOUBTS_SHOWN, len(held["doubts"]))
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
            return "Confirmed; it is in force."
        case "DROPPED":
            return f"It will not come into force. {plain(held['reason'])}"
        case "WAITING":
            return f"Confirmed by {len(held['confirmed_by'])} of {held['persons']}; it waits for another person."
        case _:
            return "Decided; the executor has not taken it in yet. Look: hawk reference held"
