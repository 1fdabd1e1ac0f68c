"""Who an answer is, and who asked for it (interfaces section 3). Pure.

Response id: the envelope's, else the header `ce_id`, else Dify's message id, else the SHA-256 of the value.
Maker: the envelope's `user_id`, else the header `hawkuser`, else unknown; only a proof makes one verified.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.parser.codes import ParsingCode, refusal, shown
from services.parser.ports import MakerVerifier
from services.parser.shapes import Sender
from shared.errors import InvalidInput
from shared.events.base import Notice, Refusal
from shared.events.responses import Maker

#: Characters of a response id: it is part of a stream name and of every link to the response.
RESPONSE_ID_CHARACTERS_MAX: Final = 200
#: Characters of a user's name.
MAKER_CHARACTERS_MAX: Final = 200
UNKNOWN_MAKER: Final = "unknown"
ID_HEADER: Final = "ce_id"
USER_HEADER: Final = "hawkuser"

#: Dots alone would lead elsewhere as the last step of a link.
_RESPONSE_ID: Final = re.compile(rf"(?!\.+\Z)[A-Za-z0-9._:-]{{1,{RESPONSE_ID_CHARACTERS_MAX}}}")


@dataclass(frozen=True, slots=True)
class ResponseId:
    """The id a response is kept under. An unusable given id is refused, and the SHA-256 stands in for it."""

    value: str
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class KnownMaker:
    """Who asked, with a warning where a proof was given that does not hold."""

    maker: Maker
    warnings: tuple[Notice, ...] = ()


def response_id(sender: Sender, headers: Mapping[str, str], sha256: str) -> ResponseId:
    """The id of a response, as far as the answer could be read.

    Args:
        sha256: of the value, 64 hexadecimal digits.
    """
    given, path = _given_id(sender, headers)
    if given is None:
        return ResponseId(sha256)
    if _RESPONSE_ID.fullmatch(given):
        return ResponseId(given)
    return ResponseId(
        sha256,
        refusal(
            ParsingCode.INVALID_IDENTIFIER,
            f"Response id {shown(given)} cannot be used; the answer is kept under its SHA-256. "
            f"Write 1 to {RESPONSE_ID_CHARACTERS_MAX} letters, digits and . _ : -, not dots alone.",
            path,
        ),
    )


def maker_of(sender: Sender, headers: Mapping[str, str], response: str, verifier: MakerVerifier | None) -> KnownMaker:
    """Who asked, and whether the approval service vouches for it.

    Args:
        verifier: None where this installation has no key to verify with; then nobody is verified.
    """
    name = _name(sender.user_id) or _name(headers.get(USER_HEADER)) or UNKNOWN_MAKER
    if sender.maker_proof is None or verifier is None:
        return KnownMaker(Maker(name=name))
    try:
        proven = verifier.maker(
            sender.maker_proof, response_id=response, answer=sender.proven_answer, prompt=sender.prompt
        )
    except InvalidInput as error:
        return KnownMaker(Maker(name=name), (_warning(error.code, error.reason),))
    if proven != name:
        return KnownMaker(Maker(name=name), (_warning("MAKER_PROOF_INVALID", "The proof names another person."),))
    content = verifier.content(sender.proven_answer, sender.prompt)
    return KnownMaker(Maker(name=name, verified=True, proof=sender.maker_proof, content_sha256=content))


def _given_id(sender: Sender, headers: Mapping[str, str]) -> tuple[str | None, str]:
    if sender.response_id is not None:
        return sender.response_id, "$.response_id"
    if headers.get(ID_HEADER):
        return headers[ID_HEADER], f"header {ID_HEADER}"
    return sender.message_id, "$.message_id"


def _name(given: str | None) -> str | None:
    """A name that can be shown: printable, not endless; else it counts as not given."""
    text = (given or "").strip()
    return text if text and text.isprintable() and len(text) <= MAKER_CHARACTERS_MAX else None


def _warning(code: str, reason: str) -> Notice:
    return Notice(code=code, message=f"{reason} The maker counts as claimed only.", path="$.maker_proof")
