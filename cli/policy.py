"""`hawk policy`: the approval policy in force, its history, and its change by three persons.

A file holds a whole table as JSON, amounts as strings: what `hawk policy show --json` prints as `table`.
"""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.output import WRONG_USAGE, JsonOption, fail, group_of, print_json, say, tell
from cli.people import DigestOption, Person, by_person
from cli.wording import Document, moment
from shared.errors import InvalidInput
from shared.exact_json import parse_json

#: Bytes of a table: two hundred rules of the longest names are less.
FILE_BYTES_MAX: Final = 1_000_000
TableArgument = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A whole decision table as JSON.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    commands = (show, history, simulate, propose, approve, reject)
    app.add_typer(group_of("Show the approval policy, try another one, and change it by three persons.", *commands),
                  name="policy")  # fmt: skip


@by_person
def show(person: Person, as_json: JsonOption = False) -> None:
    """Show the policy in force in words, and what waits for people. With --json also as a file holds it."""
    with person.reading() as service:
        _print(service.policy(), as_json)


@by_person
def history(person: Person, as_json: JsonOption = False) -> None:
    """List the policies that were in force, the latest first: when, by whom, and what they said."""
    with person.reading() as service:
        found = service.policy()["history"]
    if as_json:
        print_json(found)
        return
    for each in found:
        tell(f"{each['version']}, since {moment(each['set_at'])}{_people(each)}")
        for sentence in each["in_words"]:
            tell(f"  {sentence}")


@by_person
def simulate(person: Person, file: TableArgument, as_json: JsonOption = False) -> None:
    """Run a table over all past requests, and tell who would have decided otherwise. Nothing is kept."""
    table = _table(file)
    with person.reading() as service:
        found = service.simulate_policy({"table": table})
    if as_json:
        print_json(found)
    else:
        _tell_backtest(found)


@by_person
def propose(
    person: Person,
    file: TableArgument,
    comment: Annotated[str, typer.Option("--comment", metavar="TEXT", help="The reason, for the audit trail.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Propose a table. Two others, one of them RISK_MANAGER, put it in force with `hawk policy approve`."""
    table = _table(file)
    with person.deciding() as service:
        body = {"table": table, "expected_version": service.policy()["version"], "comment": comment}
        _print(service.change_policy(body), as_json)


@by_person
def approve(person: Person, digest: DigestOption = None, as_json: JsonOption = False) -> None:
    """Agree to the table that was proposed. It is in force once enough people have agreed."""
    with person.deciding() as service:
        pending = service.policy()["pending"]
        _print(service.change_policy({"digest": _named(pending, digest, as_json)}), as_json)


@by_person
def reject(
    person: Person,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="The reason, for the audit trail.")],
    digest: DigestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Reject the table that was proposed, or take your own proposal back. One person is enough."""
    with person.deciding() as service:
        pending = service.policy()["pending"]
        _print(service.reject_policy({"digest": _named(pending, digest, as_json), "reason": reason}), as_json)


def _table(file: Path) -> dict[str, Any]:
    """Return the table of a file; end the command where it holds none. What is wrong in it the service says."""
    content = file.read_bytes()
    if len(content) > FILE_BYTES_MAX:
        fail(f"{file} has {len(content):,} bytes; a table has at most {FILE_BYTES_MAX:,}.", WRONG_USAGE)
    try:
        found = parse_json(content)
    except InvalidInput as error:
        fail(f"{file} cannot be read as JSON: {error.reason}", WRONG_USAGE)
    except ValueError as error:
        fail(f'{file} cannot be read as JSON: {error}. Amounts are strings, such as "50000000".', WRONG_USAGE)
    if not isinstance(found, dict):
        fail(f"{file} holds no table: write a JSON object, as `table` of `hawk policy show --json`.", WRONG_USAGE)
    table = found.get("table", found)
    return dict(table) if isinstance(table, dict) else {}


def _named(pending: Document | None, digest: str | None, as_json: bool) -> str:
    """Return the digest to name, and show the proposal to the person who names it."""
    if pending is None:
        return digest or fail("No change of the policy waits. `hawk policy show` shows what is in force.")
    if not as_json:
        _tell_pending(pending, say)
    return digest or str(pending["digest"])


def _print(shown: Document, as_json: bool) -> None:
    if as_json:
        print_json(shown)
        return
    tell(f"policy {shown['version']}, since {moment(shown['set_at'])}{_people(shown)}")
    for sentence in shown["in_words"]:
        tell(f"  {sentence}")
    if shown["pending"] is not None:
        _tell_pending(shown["pending"], tell)


def _tell_pending(pending: Document, line: Any) -> None:
    by = pending["proposed_by"]
    comment = f". {pending['comment']}" if pending["comment"] else ""
    line(f"Proposed by {by['person']} ({by['role']}): policy {pending['version']}{comment}")
    for sign, sentences in (("-", pending["taken_out"]), ("+", pending["put_in"])):
        for sentence in sentences:
            line(f"  {sign} {sentence}")
    _tell_backtest(pending["backtest"], line)
    missing = [each["role"] for each in pending["places"] if each["filled_by"] is None]
    line(f"Waits for {' and '.join(missing)} until {moment(pending['expires_at'])}: hawk policy approve")
    line(f"digest {pending['digest']}")


def _tell_backtest(found: Document, line: Any = tell) -> None:
    counts = ", ".join(f"{found[name]} {words}" for name, words in _COUNTS.items())
    line(f"Over {found['requests']} past requests: {counts}.")
    for each in found["examples"]:
        refused = ", would have been refused" if each["refused"] else ""
        before, after = (" and ".join(each[name]) or "nobody" for name in ("before", "after"))
        line(f"  {each['workflow_id']}  {before} -> {after}{refused}")


_COUNTS: Final = {
    "same": "as before",
    "more": "with more people",
    "fewer": "with fewer",
    "other": "with others",
    "refused": "granted by people who would not be enough",
    "unknown": "of before their facts were kept",
}


def _people(shown: Document) -> str:
    if shown["proposed_by"] is None:
        return ", as the installation began"
    by = ", ".join(f"{each['person']} ({each['role']})" for each in shown["approved_by"])
    return f", proposed by {shown['proposed_by']['person']}, approved by {by}"
