"""`hawk rollout`, `stop` and `resume`: how much HAWK is allowed to do, and the stop switch."""

from typing import Annotated, Any, Literal

import typer

from cli.approvals import AsOption, Decider, RoleOption, TokenOption, reader_token
from cli.clients import Approvals
from cli.output import DataOption, JsonOption, connect, fail, print_json, say, tell
from cli.wording import Document, amount, moment

DigestOption = Annotated[
    str | None,
    typer.Option("--digest", metavar="DIGEST", help="Of the proposal you looked at; else that shown now."),
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Stands in the trail.")]
ConfirmOption = Annotated[bool, typer.Option("--confirm", help="Be the second person: confirm what is proposed.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(rollout)
    app.command()(stop)
    app.command()(resume)


def rollout(
    mode: Annotated[
        Literal["OBSERVE", "LIMITED", "FULL"] | None,
        typer.Option("--mode", help="Propose this mode; a second person confirms."),
    ] = None,
    admit: Annotated[
        list[str] | None,
        typer.Option(
            "--admit", metavar="TYPE", help="LIMITED: I, R, T, A or UPDATE_CONFIGURATION; may be given again."
        ),
    ] = None,
    order_cap: Annotated[str | None, typer.Option("--order-cap", metavar="USD", help="LIMITED: per order.")] = None,
    day_cap: Annotated[str | None, typer.Option("--day-cap", metavar="USD", help="LIMITED: per day.")] = None,
    comment: Annotated[str, typer.Option("--comment", metavar="TEXT", help="Why.")] = "",
    confirm: ConfirmOption = False,
    digest: DigestOption = None,
    user: AsOption = None,
    role: RoleOption = None,
    bearer: TokenOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """The mode in force, its limits, and whether HAWK is stopped. With --mode or --confirm: change it.

    A change needs two persons, one of them RISK_MANAGER: one proposes, the other confirms.
    \f

    Raises:
        typer.BadParameter: --mode and --confirm are both given.
    """
    if mode is not None and confirm:
        raise typer.BadParameter("--mode proposes and --confirm confirms: one of the two.")
    limits = _limits(mode, admit, order_cap, day_cap)
    if mode is None and not confirm:
        _show(user, role, bearer, data, as_json)
        return
    decider = Decider(user, role, bearer)
    hawk = connect(data)
    with Approvals(hawk.approval_url, decider.token(hawk)) as service:
        told = service.rollout()
        if confirm:
            after = service.change_rollout({"digest": _pending_digest(told, "pending", digest, as_json)})
        else:
            body = {"mode": mode, "limits": limits, "expected_version": told["version"], "comment": comment}
            after = service.change_rollout(body)
    _print(after, as_json)


def stop(
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why. Everybody who is held back reads it.")],
    user: AsOption = None,
    role: RoleOption = None,
    bearer: TokenOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop at once: nothing new starts, no deal is sent. One person with an approving role is enough."""
    decider = Decider(user, role, bearer)
    hawk = connect(data)
    with Approvals(hawk.approval_url, decider.token(hawk)) as service:
        _print(service.stop(reason), as_json)


def resume(
    reason: ReasonOption = "",
    digest: DigestOption = None,
    user: AsOption = None,
    role: RoleOption = None,
    bearer: TokenOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go on after a stop. Two persons: the first proposes, the second, with the same command, confirms."""
    decider = Decider(user, role, bearer)
    hawk = connect(data)
    with Approvals(hawk.approval_url, decider.token(hawk)) as service:
        told = service.rollout()
        pending = told["pending_resumption"]
        if digest is not None or (pending is not None and pending["may_confirm"]):
            after = service.resume({"digest": _pending_digest(told, "pending_resumption", digest, as_json)})
        else:
            after = service.resume({"expected_version": told["version"], "reason": reason})
    _print(after, as_json)


def _show(user: str | None, role: list[str] | None, bearer: str | None, data: Any, as_json: bool) -> None:
    hawk = connect(data)
    token = reader_token(hawk, user, role, bearer)
    with Approvals(hawk.approval_url, token) as service:
        told = service.rollout()
    _print(told, as_json)


def _limits(
    mode: str | None, admit: list[str] | None, order_cap: str | None, day_cap: str | None
) -> dict[str, Any] | None:
    given = (admit, order_cap, day_cap)
    if mode == "LIMITED":
        if not all(given):
            raise typer.BadParameter("LIMITED needs --admit TYPE, --order-cap USD and --day-cap USD.")
        return {"action_types": admit, "order_cap_usd": order_cap, "day_cap_usd": day_cap}
    if any(given):
        raise typer.BadParameter("--admit, --order-cap and --day-cap belong to --mode LIMITED.")
    return None


def _pending_digest(told: Document, member: str, digest: str | None, as_json: bool) -> str:
    """The digest to confirm, of what is shown to the person who does."""
    pending = told[member]
    if pending is None and digest is None:
        fail("Nothing waits for a second person.")
    if pending is not None and not as_json:
        say(_proposal(pending))
    return digest or str(pending["digest"])


def _print(told: Document, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    lines = [f"{_terms(told)}, {'stopped' if told['stopped'] else 'not stopped'}"]
    if told["set_by"]:
        lines.append(f"  set by {' and '.join(_who(each) for each in told['set_by'])}")
    if told["stopped"]:
        lines.append(f"STOPPED by {_who(told['stop']['stopped_by'])}: {told['stop']['reason']}")
    if told["notice"]:
        lines.append(told["notice"])
    elif not told["in_force"]:
        lines.append("The executor has not taken this in yet; ask again with `hawk rollout`.")
    for member, command in (("pending", "rollout --confirm"), ("pending_resumption", "resume")):
        if told[member] is not None:
            lines.append(f"{_proposal(told[member])}; a second person confirms: hawk {command}")
    for line in lines:
        tell(line)


def _terms(told: Document) -> str:
    limits = told["limits"]
    if not limits:
        return f"mode {told['mode']}"
    caps = f"USD {amount(limits['order_cap_usd'])} an order, USD {amount(limits['day_cap_usd'])} a day"
    return f"mode {told['mode']} ({', '.join(limits['action_types'])}; at most {caps})"


def _proposal(pending: Document) -> str:
    what = _terms(pending) if "mode" in pending else "to resume"
    said = pending.get("comment") or pending.get("reason") or ""
    return f"Proposed by {_who(pending['proposed_by'])}: {what}" + (f". {said}" if said else "")


def _who(person: Document) -> str:
    return f"{person['person']} ({person['role']}, {moment(person['at'])})"
