"""`hawk bridge`: from Dify to hawk.ai.responses, by its HTTP API or from stdin."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.dify import (
    DIFY_USER,
    RESPONSE_BYTES_MAX,
    RESPONSE_SECONDS_DEFAULT,
    DifyResponse,
    Question,
    ask_dify,
    checked_url,
)
from cli.output import DataOption, JsonOption, connect, fail, say
from cli.responses import WAIT_SECONDS_DEFAULT, ResponseIdOption, TimeoutOption, WaitOption, fits, hand_in
from shared.errors import InvalidInput

if TYPE_CHECKING:
    from cli.wrapping import Wrapped

KEY_VARIABLE: Final = "DIFY_API_KEY"
"""The environment variable of the key, unless another place is given."""

KEY_CHARACTERS_MAX: Final = 4_096
"""A key of Dify has some thirty characters; a file of megabytes is the wrong file."""

KeyVariableOption = Annotated[
    str, typer.Option("--api-key-env", metavar="NAME", help="Environment variable that holds the key.")
]
KeyFileOption = Annotated[
    Path | None, typer.Option("--api-key-file", metavar="FILE", help="File that holds the key, instead.")
]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(bridge)


def bridge(
    dify_url: Annotated[
        str | None, typer.Option("--dify-url", metavar="URL", help="Dify's API, such as https://dify.example/v1.")
    ] = None,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Publish stdin instead: a blocking response or a stream, unchanged.")
    ] = False,
    query: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The question for Dify; with --stdin, the question it was asked.")
    ] = None,
    user: Annotated[
        str | None, typer.Option(metavar="NAME", help="The person who asks: Dify's user, HAWK's maker.")
    ] = None,
    streaming: Annotated[
        bool, typer.Option("--streaming", help="Ask for a stream; agent applications need this.")
    ] = False,
    conversation: Annotated[
        str | None, typer.Option(metavar="ID", help="Continue an earlier conversation of Dify.")
    ] = None,
    api_key_env: KeyVariableOption = KEY_VARIABLE,
    api_key_file: KeyFileOption = None,
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Send the key over http to another machine.")
    ] = False,
    answer_seconds: Annotated[
        int, typer.Option("--answer-seconds", metavar="SECONDS", min=1, help="The longest wait for Dify's response.")
    ] = RESPONSE_SECONDS_DEFAULT,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also save the response here, before it is published.")
    ] = None,
    response_id: ResponseIdOption = None,
    wait: WaitOption = False,
    timeout: TimeoutOption = WAIT_SECONDS_DEFAULT,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask Dify and publish its response on hawk.ai.responses, or publish a response from stdin.

    The response is published unchanged, and the parser judges it. A stream that stops before its end is published as
    well, so that it is refused with a code and kept; the command then ends with status 1.
    \f

    Raises:
        InvalidInput: BRIDGE_SOURCE, not exactly one source is given.
    """
    if stdin == (dify_url is not None):
        raise InvalidInput(code="BRIDGE_SOURCE", reason="Give one source of the response: --dify-url URL or --stdin.")
    if stdin:
        # stdin is read first, so that the program that writes into the pipe is not stopped half way.
        response, hawk = _saved(DifyResponse(_from_stdin()), save), connect(data)
    else:
        question = Question(
            url=checked_url(dify_url or "", allow_http=allow_http),
            query=_required(query),
            key=read_key(api_key_env, api_key_file),
            user=user or DIFY_USER,
            streaming=streaming,
            conversation=conversation,
            seconds_max=answer_seconds,
        )
        hawk = connect(data)  # Before Dify is asked: a response that cannot be published is paid for and lost.
        response = _saved(ask_dify(question), save)
    wrapped = wrapped_response(response.body, user=user, query=query, response_id=response_id)
    hand_in(hawk, wrapped, wait=timeout if wait else None, as_json=as_json, for_chat=True)
    if response.cut:
        fail(f"Dify's response was cut off ({response.cut}). HAWK refuses the published part, and keeps it.")


def wrapped_response(response: bytes, *, user: str | None, query: str | None, response_id: str | None) -> "Wrapped":
    """Return the message of a response: in an envelope with the question where that is possible, else unchanged.

    An envelope cannot hold a response that is not UTF-8, or one near the topic's limit; neither is dropped.
    """
    from cli.wrapping import wrap

    try:
        wrapped = wrap(response, user=user, prompt=query, response_id=response_id)
        if fits(wrapped):
            return wrapped
    except InvalidInput as error:
        if error.code != "ANSWER_NOT_UTF8":
            raise
    say(("No envelope can hold the response; it is published without the question.", "dim"))
    return wrap(response, user=user, prompt=None, response_id=response_id)


def read_key(variable: str, file: Path | None) -> str:
    """Return the key of a Dify application from a file or the environment; a command line never holds it.

    Raises:
        InvalidInput: there is no key, or it is not valid. The message does not show it.
    """
    if file is None:
        place, found = f"The environment variable {variable}", os.environ.get(variable, "")
    else:
        place = str(file)
        try:
            with file.open(encoding="utf-8") as opened:
                found = opened.read(KEY_CHARACTERS_MAX + 1)
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(
                code="DIFY_KEY_UNREADABLE",
                reason=f"{file} cannot be read as a key. Give a text file that holds the key.",
            ) from error
    key = found.strip()
    if not key:
        raise InvalidInput(
            code="DIFY_KEY_MISSING", reason=f"{place} holds no key. Put the application's API key there."
        )
    if len(key) > KEY_CHARACTERS_MAX or not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidInput(
            code="DIFY_KEY_INVALID", reason=f"{place} does not hold a Dify key. A key is one word in ASCII."
        )
    return key


def _required(query: str | None) -> str:
    if not query or not query.strip():
        raise InvalidInput(code="QUERY_MISSING", reason="The question for Dify is missing. Give --query TEXT.")
    return query


def _from_stdin() -> bytes:
    response = sys.stdin.buffer.read(RESPONSE_BYTES_MAX + 1)
    if len(response) > RESPONSE_BYTES_MAX:
        raise InvalidInput(
            code="ANSWER_TOO_LARGE",
            reason=f"stdin holds more than {RESPONSE_BYTES_MAX} bytes. Send a shorter response.",
        )
    return response


def _saved(response: DifyResponse, file: Path | None) -> DifyResponse:
    try:
        if file is not None:
            file.write_bytes(response.body)
    except OSError as error:
        say((f"The response could not be saved in {file}: {error.strerror}. It is published anyway.", "yellow"))
    return response
