"""`hawk signals`: how people decide, and orders that were split, for RISK_MANAGER and AUDITOR."""

from typing import Annotated

import typer

from cli.output import JsonOption, print_json, tell
from cli.people import Person, by_person
from cli.wording import Document, moment


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("signals")(signals)


@by_person
def signals(
    person: Person,
    days: Annotated[int, typer.Option("--days", min=1, max=90, help="How far back.")] = 30,
    as_json: JsonOption = False,
) -> None:
    """Show how people decide: how many, how fast, how often a yes; and which orders of a day were added up."""
    with person.deciding() as service:
        found = service.signals(days)
    if as_json:
        print_json(found)
        return
    tell(f"Since {moment(found['since'])}:")
    for each in found["approvers"]:
        _tell_approver(each)
    if not found["approvers"]:
        tell("  nobody has decided")
    for each in found["series"]:
        sums = ", ".join(f"{one['entity']} USD {one['usd']} in {len(one['orders'])} orders" for one in each["sums"])
        tell(f"{each['workflow_id']}  {each['maker']} had asked before on its day: {sums}; it needed {each['tier']}")


def _tell_approver(each: Document) -> None:
    fast = "time unknown" if each["seconds_p50"] is None else f"{each['seconds_p50']} s from card to decision (p50)"
    tell(
        f"  {each['person']}: {each['decisions']} decisions, {each['yes_percent']}% yes, {fast}, "
        f"{each['sections_mean']} sections ticked"
    )
    for sign in each["signs"]:
        tell(f"    {sign}")
