"""The message of a response on hawk.ai.responses, and the id under which the parser keeps it. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.parser.identity import ID_HEADER, USER_HEADER
from services.parser.response import read_response
from shared.errors import InvalidInput

_BYTE_ORDER_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A message ready to be sent. `response_id` is the id that the parser reads from it."""

    value: bytes
    headers: Mapping[str, str]
    response_id: str


def wrap(response: bytes, *, user: str | None, prompt: str | None, response_id: str | None) -> Wrapped:
    """Return the message for a response: its bytes with user and id in headers; an envelope only for a prompt.

    The envelope holds the response as text: writing its JSON again would change digits and drop repeated keys.

    Raises:
        InvalidInput: a prompt is given with a response that is not UTF-8, which no envelope can hold.
    """
    for name, text in (("--user", user), ("--prompt", prompt), ("--response-id", response_id)):
        _check_text(name, text or "")
    headers: dict[str, str] = {}
    value = response
    if prompt is not None:
        value = _envelope(response, user=user, prompt=prompt, response_id=response_id)
    else:
        headers |= {} if user is None else {USER_HEADER: user}
        headers |= {} if response_id is None else {ID_HEADER: response_id}
    return Wrapped(value, headers, read_response(value, headers, None).response_id)


def _check_text(name: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(code="OPTION_NOT_UTF8", reason=f"{name} is not UTF-8 text. Use UTF-8 text.") from error


def _envelope(response: bytes, *, user: str | None, prompt: str, response_id: str | None) -> bytes:
    try:
        text = response.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            code="ANSWER_NOT_UTF8",
            reason=f"Byte {error.start} of the response is not UTF-8 text, so no envelope can hold it. "
            "Leave out --prompt to publish it unchanged.",
        ) from error
    given = {"response_id": response_id, "user_id": user, "prompt": prompt, "answer": text}
    return json.dumps({key: value for key, value in given.items() if value is not None}, ensure_ascii=False).encode()
