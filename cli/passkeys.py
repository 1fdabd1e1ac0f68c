"""`hawk passkeys`: the keys with which people sign large decisions. A browser makes them; here they are confirmed."""

from typing import Annotated, Any, Final

import typer

from cli.output import JsonOption, fail, group_of, print_json, say, tell
from cli.people import DigestOption, Person, by_person
from cli.wording import Document, moment

OwnerArgument = Annotated[str, typer.Argument(metavar="OWNER", help="The person whose passkey it is.")]
KeyArgument = Annotated[
    str, typer.Argument(metavar="PASSKEY", help="The name of the passkey, or the beginning of its id.")
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="The reason, for the audit trail.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = group_of("List the passkeys that sign large decisions, confirm one, or have one removed.")
    group.command("list")(list_keys)
    group.command("register")(register_key)
    for command in (confirm, reject, remove, lost):
        group.command()(command)
    app.add_typer(group, name="passkeys")


@by_person
def list_keys(person: Person, as_json: JsonOption = False) -> None:
    """List your passkeys, those of others if you approve, and what waits for a second person."""
    with person.reading() as service:
        _print(service.passkeys(), as_json)


@by_person
def register_key(person: Person, as_json: JsonOption = False) -> None:
    """Tell where to register a passkey: a browser makes it, on the page My passkeys of the console."""
    address = f"{person.hawk.approval_url}/console/passkeys"
    if as_json:
        print_json({"address": address})
    else:
        tell(f"A browser makes the passkey. Open {address}")


@by_person
def confirm(person: Person, owner: OwnerArgument, digest: DigestOption = None, as_json: JsonOption = False) -> None:
    """Confirm what waits about a passkey of another person. Be sure that it is this person who asks."""
    with person.deciding() as service:
        waiting = _waiting(service.passkeys(), owner, digest, as_json)
        _print(service.confirm_passkey({"person": waiting["person"], "digest": waiting["digest"]}), as_json)


@by_person
def reject(
    person: Person, owner: OwnerArgument, reason: ReasonOption, digest: DigestOption = None, as_json: JsonOption = False
) -> None:
    """Reject what waits about a passkey, or take your own proposal back."""
    with person.deciding() as service:
        waiting = _waiting(service.passkeys(), owner, digest, as_json)
        body = {"person": waiting["person"], "digest": waiting["digest"], "reason": reason}
        _print(service.reject_passkey(body), as_json)


@by_person
def remove(
    person: Person, owner: OwnerArgument, key: KeyArgument, reason: ReasonOption, as_json: JsonOption = False
) -> None:
    """Propose that a passkey counts no more. Another person confirms it with `hawk passkeys confirm`."""
    _remove(person, owner, key, reason, as_json, lost=False)


@by_person
def lost(person: Person, key: KeyArgument, reason: ReasonOption, as_json: JsonOption = False) -> None:
    """Report your own passkey lost: it counts no more at once, and another person confirms that it is gone."""
    _remove(person, None, key, reason, as_json, lost=True)


def _remove(person: Person, owner: str | None, key: str, reason: str, as_json: bool, *, lost: bool) -> None:
    with person.deciding() as service:
        shown = service.passkeys()
        found = _key(shown, owner, key)
        named = {"person": found["person"], "credential_id": found["credential_id"]}
        _print(service.remove_passkey({**named, "lost": lost, "reason": reason}), as_json)


def _key(shown: Document, owner: str | None, key: str) -> Document:
    """Return the one passkey that is meant; end the command where there is none, or more than one."""
    keys: list[Document] = [*shown["mine"], *shown["others"]]
    of = shown["person"] if owner is None else owner
    found = [
        each for each in keys if each["person"] == of and (each["name"] == key or each["credential_id"].startswith(key))
    ]
    if len(found) != 1:
        fail(f"{of} has {len(found) or 'no'} passkeys named {key}. `hawk passkeys list` shows names and ids.")
    return found[0]


def _waiting(shown: Document, owner: str, digest: str | None, as_json: bool) -> Document:
    """Return what waits about a passkey of a person, and show it to who names it."""
    waiting: list[Document] = [
        each for each in shown["waiting"] if each["person"] == owner and digest in {None, each["digest"]}
    ]
    if len(waiting) != 1:
        why = "Nothing" if not waiting else f"{len(waiting)} proposals"
        fail(f"{why} about a passkey of {owner}: name one by --digest. `hawk passkeys list` shows them.")
    if not as_json:
        _tell_waiting(waiting[0], say)
    return waiting[0]


def _print(shown: Document, as_json: bool) -> None:
    if as_json:
        print_json(shown)
        return
    for each in (*shown["mine"], *shown["others"]):
        until = f", until {moment(each['ends_at'])}" if each["ends_at"] else ""
        by = each["confirmed_by"]
        tell(f"{each['person']}  {each['name']}  {_STATES[each['state']]}, from {moment(each['works_from'])}{until}")
        tell(f"  {each['credential_id'][:16]}…, confirmed by {by['person']} ({by['role']})")
    for each in shown["waiting"]:
        _tell_waiting(each, tell)
    if not (shown["mine"] or shown["others"] or shown["waiting"]):
        tell("No passkeys. `hawk passkeys register` tells where to make one.")


def _tell_waiting(each: Document, line: Any) -> None:
    by = each["proposed_by"]
    what = "new passkey" if each["kind"] == "ADD" else "lost passkey" if each["lost"] else "removal of passkey"
    reason = f". {each['reason']}" if each["reason"] else ""
    line(f"{each['person']}: {what} {each['name']}, proposed by {by['person']} ({by['role']}){reason}")
    line(f"  waits until {moment(each['expires_at'])}: hawk passkeys confirm {each['person']}")
    line(f"  digest {each['digest']}")


_STATES: Final = {"COUNTS": "counts", "WAITS": "counts later", "LOST": "lost", "REMOVED": "removed"}
