"""`hawk deadletters`: messages that could not be handled; to look at, and to publish again after a correction."""

from typing import Annotated, Final, Literal

import typer
from rich.console import Group
from rich.text import Text

from cli.clients import Monitor, polled
from cli.layout import add_fact, add_row, calm_table, fact_lines, indented, title_line
from cli.output import DataOption, JsonOption, RunningHawk, connect, fail, print_json, print_page, say, tell
from cli.people import Person, by_person
from cli.wording import Document, moment, plain
from shared.errors import InvalidInput

REPLAY_SECONDS_MAX: Final = 30.0
"""From the request over the topic to the service and back: well below a second on a quiet machine."""
LIST_DEFAULT: Final = 100
VALUE_LINES_SHOWN: Final = 40
"""Lines of a value that a terminal shows; `--json` gives all that was kept."""

LetterArgument = Annotated[str, typer.Argument(metavar="ID", help="Id from `hawk deadletters`.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="List, show, replay and set aside messages that could not be handled.")
    group.callback(invoke_without_command=True)(list_letters)
    group.command()(show)
    group.command()(replay)
    group.command(name="set-aside")(set_aside)
    app.add_typer(group, name="deadletters")


def list_letters(
    context: typer.Context,
    service: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only messages that this service refused.")
    ] = None,
    topic: Annotated[str | None, typer.Option(metavar="TOPIC", help="Only messages of this topic.")] = None,
    code: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only messages that were refused with this code.")
    ] = None,
    state: Annotated[
        Literal["REFUSED", "REPLAYED"] | None,
        typer.Option(help="Only messages in this state; REPLAYED: published again and not refused since."),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=100_000, help="The most messages to list, the latest first.")
    ] = LIST_DEFAULT,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the messages that could not be handled, the latest first: who refused what, why, and what to do."""
    if context.invoked_subcommand is not None:
        return
    wanted = {"service": service, "topic": topic, "code": code, "state": state}
    with Monitor(connect(data).monitor_url) as monitor:
        found, more = monitor.dead_letters(limit, **{name: value for name, value in wanted.items() if value})
    if as_json:
        print_json(found)
        return
    if not found:
        say("No dead letter matches." if any(wanted.values()) else "No dead letter is kept.")
        return
    for letter in found:
        print_page(_line(letter))
    if more:
        say((f"There are more than these {limit}. For more, set --limit.", "dim"))


def show(letter: LetterArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show one dead letter: the reason, what to do, the kept message, and its history."""
    document = _known(connect(data), letter)
    if as_json:
        print_json(document)
        return
    print_page(_card(document))
    lines = plain(document["value"]).splitlines()
    tell("\n".join(lines[:VALUE_LINES_SHOWN]))
    if len(lines) > VALUE_LINES_SHOWN:
        say((f"{len(lines) - VALUE_LINES_SHOWN} more lines; --json prints all.", "dim"))


@by_person
def replay(
    person: Person,
    letter: LetterArgument,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="What was corrected, for the audit trail.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Publish a message again, unchanged, after the cause is corrected. It passes all checks again.

    Needs OPERATIONS or RISK_MANAGER. Refused for a message that was not kept in full, and for one that was published
    again and not refused since. Exit status 1 when it is refused.
    """
    with person.deciding() as approvals:
        before = _known(person.hawk, letter)
        approvals.replay(letter, reason)
    after = _replayed(person.hawk, letter, len(before["history"]))
    last = after["history"][len(before["history"])]
    if as_json:
        print_json(after)
    elif last["what"] == "MessageReplayed":
        say(("Published again", "green"), f" on {after['topic']}. See `hawk deadletters show {letter}`.")
    if last["what"] != "MessageReplayed":
        fail(f"Not published again: {plain(last['reason'])} ({last['code']})")


@by_person
def set_aside(
    person: Person,
    group: Annotated[str, typer.Argument(metavar="GROUP", help="The consumer group that the message blocks.")],
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="Its topic.")],
    partition: Annotated[int, typer.Argument(metavar="PARTITION", min=0, help="Its partition.")],
    offset: Annotated[int, typer.Argument(metavar="OFFSET", min=0, help="Its offset, from `hawk status`.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="The reason, for the audit trail.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Set aside a message that blocks its partition. One person proposes, a second confirms with the same command.

    Needs OPERATIONS and a second person with an approving role. The consumer continues within seconds, and the message
    becomes a dead letter that names both persons. A message that only waits for a server cannot be set aside.
    \f

    Raises:
        InvalidInput: REASON_MISSING, a proposal needs a reason; a confirmation does not.
    """
    place = {"group": group, "topic": topic, "partition": partition, "offset": offset}
    with person.deciding() as approvals:
        waiting = [each for each in approvals.set_asides() if place.items() <= each.items()]
        confirms = bool(waiting) and waiting[0]["may_confirm"]
        if not reason and not confirms:
            raise InvalidInput(code="REASON_MISSING", reason="Give a reason for the audit trail: --reason TEXT.")
        body = place | {"reason": reason or waiting[0]["reason"]}
        done = approvals.set_aside(body | ({"digest": waiting[0]["digest"]} if confirms else {}))
    if as_json:
        print_json(done)
    elif done["status"] == "CONFIRMED":
        first = done["proposed_by"]["person"]
        say(("Confirmed", "green"), f": set aside as {first} proposed. See `hawk deadletters --code SET_ASIDE`.")
    else:
        until = moment(done["expires_at"])
        say(("Proposed", "yellow"), f" until {until}: a second person confirms with the same command.")


def _known(hawk: RunningHawk, letter: str) -> Document:
    with Monitor(hawk.monitor_url) as monitor:
        found = monitor.dead_letter(letter)
    if found is None:
        raise InvalidInput(
            code="DEAD_LETTER_UNKNOWN", reason=f"Dead letter {letter} is not known. `hawk deadletters` lists them."
        )
    return found


def _replayed(hawk: RunningHawk, letter: str, known: int) -> Document:
    """Return the dead letter once the service that refused the message has acted on the replay."""

    def look() -> Document | None:
        found = _known(hawk, letter)
        return found if len(found["history"]) > known else None

    after = polled(look, REPLAY_SECONDS_MAX)
    if after is None:
        service = _known(hawk, letter)["service"]
        fail(
            f"The {service} service has not acted within {REPLAY_SECONDS_MAX:.0f} s. It will once it runs: see "
            f"`hawk deadletters show {letter}`. A second request does not publish the message twice."
        )
    return after


def _line(letter: Document) -> Group:
    state = "REPLAYED" if letter["state"] == "REPLAYED" else "REFUSED"
    facts = fact_lines()
    add_fact(facts, "refused", f"{moment(letter['refused_at'])} by {letter['service']} ({letter['group']})")
    add_fact(facts, "place", _place(letter))
    add_fact(facts, "reason", f"{letter['code']}: {letter['reason']}", style="yellow")
    add_fact(facts, "to do", letter["what_to_do"])
    return Group(title_line(Text(letter["id"]), state), indented(facts), Text())


def _card(letter: Document) -> Group:
    facts = fact_lines()
    add_fact(facts, "key", letter["key"])
    add_fact(facts, "size", f"{letter['size_bytes']} bytes, SHA-256 {letter['sha256']}")
    if letter["not_replayable"]:
        add_fact(facts, "replay", letter["not_replayable"]["reason"], style="yellow")
    headers = calm_table("header", "value")
    for name, value in letter["headers"].items():
        add_row(headers, name, value)
    history = calm_table("when", "what", "who", "why")
    for event in letter["history"]:
        why = f"{event['code']}: {event['reason']}" if "code" in event else event["reason"]
        add_row(history, moment(event["at"]), event["what"], event.get("by", letter["service"]), why)
    return Group(_line(letter), indented(facts), Text(), indented(headers), Text(), indented(history), Text())


def _place(letter: Document) -> str:
    return f"{letter['topic']}, partition {letter['partition']}, offset {letter['offset']}"
