"""`hawk delegations` and `hawk absence`: who decides in whose place, and who is away.

Days and times are Singapore's where nothing else is said: `2026-12-01` is the whole day, `2026-12-01T09:30` a moment.
"""

from typing import Annotated, Any

import typer

from cli.output import JsonOption, fail, group_of, print_json, say, tell
from cli.people import DigestOption, Person, by_person
from cli.wording import Document, moment

#: Characters of an id that are enough to name a delegation or an absence.
_SHORT = 8
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Its id, or the beginning of it.")]
FromOption = Annotated[str, typer.Option("--from", metavar="DAY", help="First day or moment, in Singapore time.")]
UntilOption = Annotated[str, typer.Option("--until", metavar="DAY", help="Last day, or the moment of its end.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    delegations, absence = (show, give, confirm, end), (show_absence, say_absence, end_absence)
    app.add_typer(group_of("Give roles to another person for some days, and see who stands in.", *delegations),
                  name="delegations")  # fmt: skip
    app.add_typer(group_of("Say that you are away, so that cards show it and who stands in.", *absence),
                  name="absence")  # fmt: skip


@by_person
def show(person: Person, as_json: JsonOption = False) -> None:
    """List who stands in for whom: what waits, what holds, what comes, then the latest of what is over."""
    with person.reading() as service:
        _print(service.delegations(), as_json)


show.__name__ = "list"


@by_person
def give(
    person: Person,
    delegate: Annotated[str, typer.Argument(metavar="PERSON", help="Who is to decide in your place.")],
    given: Annotated[
        list[str], typer.Option("--give", metavar="ROLE", help="A role of yours; may be given several times.")
    ],
    starts: FromOption,
    ends: UntilOption,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="The reason, for the audit trail.")],
    as_json: JsonOption = False,
) -> None:
    """Give roles to another person. It holds once a second person has confirmed it: `hawk delegations confirm`."""
    body = {"delegate": delegate, "roles": given, "starts": starts, "ends": ends, "reason": reason}
    with person.deciding() as service:
        _print(service.change_delegation(body), as_json)


@by_person
def confirm(person: Person, delegation: IdArgument, digest: DigestOption = None, as_json: JsonOption = False) -> None:
    """Confirm a delegation as the second person; one of the two who agree is RISK_MANAGER."""
    with person.deciding() as service:
        found = _named(service.delegations()["delegations"], delegation, "delegation_id")
        if not as_json:
            _tell(found, say)
        body = {"digest": digest or found["digest"]}
        _print(service.change_delegation(body, found["delegation_id"], "confirmation"), as_json)


@by_person
def end(
    person: Person,
    delegation: IdArgument,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="The reason, for the audit trail.")] = "",
    as_json: JsonOption = False,
) -> None:
    """End a delegation at once, or take a proposed one away: either of the two does, or a RISK_MANAGER."""
    with person.deciding() as service:
        found = _named(service.delegations()["delegations"], delegation, "delegation_id")
        _print(service.change_delegation({"reason": reason}, found["delegation_id"], "end"), as_json)


@by_person
def show_absence(person: Person, as_json: JsonOption = False) -> None:
    """List who is away, and who will be."""
    with person.reading() as service:
        _print_absences(service.delegations(), as_json)


show_absence.__name__ = "list"


@by_person
def say_absence(
    person: Person,
    starts: FromOption,
    ends: UntilOption,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What others should know.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Say that you are away. You may decide all the same; to let another decide, give the role to that person."""
    with person.deciding() as service:
        _print_absences(service.change_absence({"starts": starts, "ends": ends, "note": note}), as_json)


say_absence.__name__ = "say"


@by_person
def end_absence(person: Person, absence: IdArgument, as_json: JsonOption = False) -> None:
    """Say that you are back, or do not go."""
    with person.deciding() as service:
        found = _named(service.delegations()["absences"], absence, "absence_id")
        _print_absences(service.change_absence({}, found["absence_id"]), as_json)


end_absence.__name__ = "end"


def _named(listed: list[Document], name: str, key: str) -> Document:
    """Return the one whose id begins so; end the command where none or several do."""
    found = [each for each in listed if str(each[key]).startswith(name)]
    if len(found) != 1:
        what = "Several begin" if found else "None begins"
        fail(f"{what} with {name!r}. `hawk delegations list --json` and `hawk absence list --json` name them.")
    return found[0]


def _print(shown: Document, as_json: bool) -> None:
    if as_json:
        print_json(shown)
        return
    if not shown["delegations"]:
        tell("Nobody stands in for anybody.")
    for each in shown["delegations"]:
        _tell(each, tell)


def _tell(each: Document, line: Any) -> None:
    by, roles = each["proposed_by"], ", ".join(each["roles"])
    line(f"{each['delegation_id'][:_SHORT]}  {each['state']}  {each['delegate']} for {by['person']}: {roles}")
    line(f"  from {moment(each['starts_at'])} until {moment(each['ends_at'])}. {each['reason']}")
    if each["confirmed_by"] is not None:
        line(f"  confirmed by {each['confirmed_by']['person']} ({each['confirmed_by']['role']})")
    elif each["state"] == "WAITS":
        line(f"  waits for a second person: hawk delegations confirm {each['delegation_id'][:_SHORT]}")
    if each["ended_by"] is not None:
        line(f"  ended by {each['ended_by']}. {each['ended_why']}".rstrip())


def _print_absences(shown: Document, as_json: bool) -> None:
    if as_json:
        print_json(shown)
        return
    if not shown["absences"]:
        tell("Nobody has said to be away.")
    for each in shown["absences"]:
        tell(f"{each['absence_id'][:_SHORT]}  {each['state']}  {each['person']} ({', '.join(each['roles'])})")
        tell(f"  from {moment(each['starts_at'])} until {moment(each['ends_at'])}. {each['note']}".rstrip())
