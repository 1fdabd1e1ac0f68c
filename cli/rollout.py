"""`hawk rollout`, `stop` and `resume`: what HAWK is allowed to do, and the stop switch."""

from typing import Annotated, Any, Literal

import typer

from cli.output import JsonOption, fail, print_json, say, tell
from cli.people import DigestOption, Person, by_person
from cli.wording import Document, amount, moment


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(rollout)
    app.command()(stop)
    app.command()(resume)


@by_person
def rollout(
    person: Person,
    mode: Annotated[
        Literal["OBSERVE", "LIMITED", "FULL"] | None,
        typer.Option("--mode", help="Propose this mode; a second person confirms it."),
    ] = None,
    admit: Annotated[
        list[str] | None,
        typer.Option(
            "--admit", metavar="TYPE", help="For LIMITED: I, R, T, A or UPDATE_CONFIGURATION. Can be repeated."
        ),
    ] = None,
    order_cap: Annotated[
        str | None, typer.Option("--order-cap", metavar="USD", help="For LIMITED: the most in USD per order.")
    ] = None,
    day_cap: Annotated[
        str | None, typer.Option("--day-cap", metavar="USD", help="For LIMITED: the most in USD per day.")
    ] = None,
    comment: Annotated[str, typer.Option("--comment", metavar="TEXT", help="The reason, for the audit trail.")] = "",
    confirm: Annotated[bool, typer.Option("--confirm", help="Confirm what another person proposed.")] = False,
    digest: DigestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the mode in force, its limits, and whether HAWK is stopped. Change it with --mode or --confirm.

    A change needs two persons, one of them RISK_MANAGER: one proposes, the other confirms.
    \f

    Raises:
        typer.BadParameter: --mode and --confirm are both given.
    """
    if mode is not None and confirm:
        raise typer.BadParameter("--mode proposes and --confirm confirms. Give one of the two.")
    limits = _limits(mode, admit, order_cap, day_cap)
    with person.reading() if mode is None and not confirm else person.deciding() as service:
        shown = service.rollout()
        if confirm:
            shown = service.change_rollout({"digest": _pending_digest(shown["pending"], digest, as_json)})
        elif mode is not None:
            body = {"mode": mode, "limits": limits, "expected_version": shown["version"], "comment": comment}
            shown = service.change_rollout(body)
    _print(shown, as_json)


@by_person
def stop(
    person: Person,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="The reason. Everyone whose work waits can read it.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Stop at once: no workflow starts, no deal is sent. One person with an approving role is enough."""
    with person.deciding() as service:
        _print(service.stop(reason), as_json)


@by_person
def resume(
    person: Person,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="The reason, for the audit trail.")] = "",
    digest: DigestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Resume after a stop. Needs two persons: the first proposes, the second confirms with the same command."""
    with person.deciding() as service:
        shown = service.rollout()
        pending = shown["pending_resumption"]
        if digest is not None or (pending is not None and pending["may_confirm"]):
            after = service.resume({"digest": _pending_digest(pending, digest, as_json)})
        else:
            after = service.resume({"expected_version": shown["version"], "reason": reason})
    _print(after, as_json)


def _limits(
    mode: str | None, admit: list[str] | None, order_cap: str | None, day_cap: str | None
) -> dict[str, Any] | None:
    given = (admit, order_cap, day_cap)
    if mode == "LIMITED":
        if not all(given):
            raise typer.BadParameter("LIMITED needs --admit TYPE, --order-cap USD and --day-cap USD.")
        return {"action_types": admit, "order_cap_usd": order_cap, "day_cap_usd": day_cap}
    if any(given):
        raise typer.BadParameter("--admit, --order-cap and --day-cap are for --mode LIMITED only.")
    return None


def _pending_digest(pending: Document | None, digest: str | None, as_json: bool) -> str:
    """Return the digest to confirm, and show the proposal to the person who confirms it."""
    if pending is None:
        return digest or fail("No proposal waits for a second person. `hawk rollout` shows what is in force.")
    if not as_json:
        say(_proposal(pending))
    return digest or str(pending["digest"])


def _print(shown: Document, as_json: bool) -> None:
    if as_json:
        print_json(shown)
        return
    lines = [f"{_terms(shown)}, {'stopped' if shown['stopped'] else 'not stopped'}"]
    if shown["set_by"]:
        lines.append(f"  set by {' and '.join(_who(each) for each in shown['set_by'])}")
    if shown["stopped"]:
        lines.append(f"STOPPED by {_who(shown['stop']['stopped_by'])}: {shown['stop']['reason']}")
    if shown["notice"]:
        lines.append(shown["notice"])
    elif not shown["in_force"]:
        lines.append("The executor has not applied this yet. Check again with `hawk rollout`.")
    for member, command in (("pending", "rollout --confirm"), ("pending_resumption", "resume")):
        if shown[member] is not None:
            lines.append(f"{_proposal(shown[member])}; a second person confirms: hawk {command}")
    for line in lines:
        tell(line)


def _terms(shown: Document) -> str:
    limits = shown["limits"]
    if not limits:
        return f"mode {shown['mode']}"
    caps = f"USD {amount(limits['order_cap_usd'])} per order, USD {amount(limits['day_cap_usd'])} per day"
    return f"mode {shown['mode']} ({', '.join(limits['action_types'])}; at most {caps})"


def _proposal(pending: Document) -> str:
    what = _terms(pending) if "mode" in pending else "to resume"
    comment = pending.get("comment") or pending.get("reason") or ""
    return f"Proposed by {_who(pending['proposed_by'])}: {what}" + (f". {comment}" if comment else "")


def _who(person: Document) -> str:
    return f"{person['person']} ({person['role']}, {moment(person['at'])})"
