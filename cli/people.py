"""The person of a command: the options that name a person, and the approval service in that person's name."""

import getpass
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property, wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, Concatenate, Final, ParamSpec

import httpx
import typer

from cli.clients import TOKEN_VARIABLE, Approvals, Refused, ServiceAway
from cli.output import DataOption, RunningHawk, connect, fail, say
from shared.security.keys import read_pem
from shared.security.tokens import DEMO_ISSUER, issue_demo_token

ISSUER_KEY: Final = "issuer_private.pem"

RoleOption = Annotated[
    list[str] | None, typer.Option("--role", metavar="ROLE", help="A role of this person. Can be repeated.")
]
DigestOption = Annotated[
    str | None,
    typer.Option(
        "--digest", metavar="DIGEST", help="Digest of what you reviewed. Default: the digest of what is shown now."
    ),
]
CommentOption = Annotated[str, typer.Option(metavar="TEXT", help="A comment for the card and the audit trail.")]

#: The options of a command that a person gives, by parameter.
OPTIONS: Final[dict[str, Any]] = {
    "user": Annotated[str | None, typer.Option("--as", metavar="USER", help="The person who gives this command.")],
    "role": RoleOption,
    "bearer": Annotated[
        str | None,
        typer.Option(
            "--token", envvar=TOKEN_VARIABLE, show_envvar=True,
            help="A token of your own issuer, instead of --as and --role.",
        ),
    ],
    "data": DataOption,
}  # fmt: skip

P = ParamSpec("P")


class Person:
    """The person who gives a command: a name and roles for the demo issuer, or a token."""

    def __init__(
        self,
        user: str | None = None,
        role: list[str] | None = None,
        bearer: str | None = None,
        data: Path | None = None,
    ) -> None:
        self._user = user
        self._roles = tuple(role or ())
        self._bearer = bearer
        self._data = data

    @cached_property
    def hawk(self) -> RunningHawk:
        """The HAWK that the command talks to."""
        return connect(self._data)

    def deciding(self) -> Approvals:
        """Return the approval service in the name of a person who decides, who must be named.

        Raises:
            typer.BadParameter: neither a person with a role nor a token is given.
        """
        if self._user is None and self._bearer is None:
            raise typer.BadParameter(f"name the person: --as USER --role ROLE, or a token in {TOKEN_VARIABLE}.")
        if self._user is not None and not self._roles:
            raise typer.BadParameter(f"name a role of {self._user}, for example --role TRADER.")
        return self._approvals(self._bearer or "" if self._user is None else self._demo_token(self._user))

    def reading(self) -> Approvals:
        """Return the approval service in the name of a person who only reads; the account's name without `--as`."""
        return self._approvals(self._bearer or self._demo_token(self._user or getpass.getuser()))

    def _approvals(self, token: str) -> Approvals:
        return Approvals(self.hawk.approval_url, token)

    def _demo_token(self, user: str) -> str:
        return demo_token(self.hawk, user, self._roles)


def by_person(command: Callable[Concatenate[Person, P], None]) -> Callable[..., None]:
    """Give a command the options that name a person and a HAWK; it takes the `Person` as its first parameter."""

    @wraps(command)
    def run(
        *arguments: Any,
        user: str | None = None,
        role: list[str] | None = None,
        bearer: str | None = None,
        data: Path | None = None,
        **options: Any,
    ) -> None:
        command(Person(user, role, bearer, data), *arguments, **options)

    _, *own, as_json = signature(command, eval_str=True).parameters.values()
    person = (Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind) for name, kind in OPTIONS.items())
    parameters = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in (*own, *person, as_json)]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return run


def demo_token(hawk: RunningHawk, user: str, roles: tuple[str, ...]) -> str:
    """Return a token of the demo issuer that this HAWK accepts; end the command with status 1 where it does not."""
    key = hawk.data.keys / ISSUER_KEY
    if not hawk.is_demo or not key.exists():
        fail(
            f"This HAWK does not accept tokens of {DEMO_ISSUER}: it uses an issuer of its own. "
            f"Get a token from that issuer and put it into {TOKEN_VARIABLE}."
        )
    issued = issue_demo_token(user, roles, read_pem(key), datetime.now(UTC))
    try:
        with Approvals(hawk.approval_url, issued) as service:
            service.rollout()
    except Refused as refused:
        if refused.status == httpx.codes.UNAUTHORIZED:
            fail(f"This HAWK does not accept tokens of {DEMO_ISSUER}. {refused.detail}")
    except ServiceAway:
        say(("The approval service does not respond, so it is not known whether it accepts this token.", "dim"))
    return issued
