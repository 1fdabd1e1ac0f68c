"""`hawk bridge`: from Dify to hawk.ai.responses, by its HTTP API or from stdin."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.answers import WAIT_SECONDS_DEFAULT, fits, hand_in
from cli.dify import ANSWER_BYTES_MAX, ANSWER_SECONDS_DEFAULT, DIFY_USER, Question, ask_dify, checked_url
from cli.output import DataOption, JsonOption, connect, fail, say
from shared.errors import InvalidInput

if TYPE_CHECKING:
    from cli.wrapping import Wrapped

KEY_VARIABLE: Final = "DIFY_API_KEY"
"""Where the key is looked for when no other place is named."""

KEY_CHARACTERS_MAX: Final = 4_096
"""A key of Dify has some thirty characters; a file of megabytes is another file."""


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(bridge)


def bridge(
    dify_url: Annotated[
        str | None, typer.Option("--dify-url", metavar="URL", help="Dify's API, such as https://dify.example/v1.")
    ] = None,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Publish stdin instead: a blocking answer or a stream, byte for byte.")
    ] = False,
    query: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What is asked; with --stdin, what was asked.")
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="NAME", help="Who asks: user of Dify, maker in HAWK.")] = None,
    streaming: Annotated[
        bool, typer.Option("--streaming", help="Let Dify stream; agent apps do nothing else.")
    ] = False,
    conversation: Annotated[
        str | None, typer.Option(metavar="ID", help="Go on with an earlier conversation of Dify.")
    ] = None,
    api_key_env: Annotated[
        str, typer.Option("--api-key-env", metavar="NAME", help="Environment variable that holds the key.")
    ] = KEY_VARIABLE,
    api_key_file: Annotated[
        Path | None, typer.Option("--api-key-file", metavar="FILE", help="File that holds the key, in its place.")
    ] = None,
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Send the key over http to another machine.")
    ] = False,
    answer_seconds: Annotated[
        int, typer.Option("--answer-seconds", metavar="SECONDS", min=1, help="Longest time for Dify's answer.")
    ] = ANSWER_SECONDS_DEFAULT,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also keep the answer here before it is published.")
    ] = None,
    response_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Give the response an id; else it is Dify's message id.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is read and planned, then show it.")] = False,
    timeout: Annotated[int, typer.Option(metavar="SECONDS", min=1, help="Longest wait.")] = WAIT_SECONDS_DEFAULT,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask Dify and publish its answer on hawk.ai.responses, or publish one that comes on stdin.

    The answer is handed on as it came; the parser judges it. A stream that stops without its end is published too,
    so that it is refused with a code and kept; the command then ends with status 1.
    """
    if stdin == (dify_url is not None):
        raise InvalidInput(code="BRIDGE_SOURCE", reason="Name one source of the answer: --dify-url URL or --stdin.")
    if stdin:
        # Read before HAWK is looked for: whoever writes into the pipe is not stopped half way.
        answer, cut = _from_stdin(), ""
        _keep(save, answer)
        hawk = connect(data)
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
        hawk = connect(data)  # Before Dify is asked: an answer that cannot be published is paid for and lost.
        found = ask_dify(question)
        answer, cut = found.body, found.cut
        _keep(save, answer)
    wrapped = wrapped_answer(answer, user=user, query=query, response_id=response_id)
    hand_in(hawk, wrapped, wait=timeout if wait else None, as_json=as_json)
    if cut:
        fail(f"Dify's answer was cut off ({cut}). What came is published: without its end it is refused, and kept.")


def wrapped_answer(answer: bytes, *, user: str | None, query: str | None, response_id: str | None) -> "Wrapped":
    """The message of an answer: in an envelope with the question where it fits into one, else byte for byte.

    An answer that is not UTF-8 fits in no envelope, and one near the topic's limit may not; neither is dropped.
    """
    from cli.wrapping import wrap

    try:
        wrapped = wrap(answer, user=user, prompt=query, response_id=response_id)
        if fits(wrapped):
            return wrapped
    except InvalidInput as error:
        if error.code != "ANSWER_NOT_UTF8":
            raise
    say(("The answer fits in no envelope; it goes without the question.", "dim"))
    return wrap(answer, user=user, prompt=None, response_id=response_id)


def read_key(variable: str, file: Path | None) -> str:
    """The key of a Dify application, from a file or the environment; it never stands on a command line.

    Raises:
        InvalidInput: there is none, or it is none. The message does not show it.
    """
    if file is None:
        place, found = f"The environment variable {variable}", os.environ.get(variable, "")
    else:
        place = str(file)
        try:
            with file.open(encoding="utf-8") as opened:
                found = opened.read(KEY_CHARACTERS_MAX + 1)
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(code="DIFY_KEY_UNREADABLE", reason=f"{file} cannot be read as a key.") from error
    key = found.strip()
    if not key:
        raise InvalidInput(
            code="DIFY_KEY_MISSING", reason=f"{place} holds no key. Put the application's API key there."
        )
    if len(key) > KEY_CHARACTERS_MAX or not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidInput(code="DIFY_KEY_INVALID", reason=f"{place} holds no key of Dify: it is one word in ASCII.")
    return key


def _required(query: str | None) -> str:
    if not query or not query.strip():
        raise InvalidInput(code="QUERY_MISSING", reason="There is nothing to ask Dify. Give --query TEXT.")
    return query


def _from_stdin() -> bytes:
    answer = sys.stdin.buffer.read(ANSWER_BYTES_MAX + 1)
    if len(answer) > ANSWER_BYTES_MAX:
        raise InvalidInput(
            code="ANSWER_TOO_LARGE", reason=f"stdin holds more than {ANSWER_BYTES_MAX} bytes. Send less."
        )
    return answer


def _keep(file: Path | None, answer: bytes) -> None:
    if file is None:
        return
    try:
        file.write_bytes(answer)
    except OSError as error:
        say((f"The answer could not be kept in {file}: {error.strerror}. It is published all the same.", "yellow"))
