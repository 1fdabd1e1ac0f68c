"""`hawk rollout`: how much HAWK is allowed to do."""

import getpass

import typer

from cli.approvals import TokenOption, demo_token
from cli.clients import Approvals
from cli.output import DataOption, JsonOption, connect, out, print_json


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(rollout)


def rollout(bearer: TokenOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """The mode in force, its limits, and whether HAWK is stopped."""
    hawk = connect(data)
    token = bearer or demo_token(hawk, getpass.getuser(), ())
    with Approvals(hawk.approval_url, token) as service:
        told = service.rollout()
    if as_json:
        print_json(told)
        return
    limits = ", ".join(f"{name} {value}" for name, value in told["limits"].items()) or "none"
    out.print(f"mode {told['mode']}, limits: {limits}, {'stopped' if told['stopped'] else 'not stopped'}", markup=False)
