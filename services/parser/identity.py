"""Who a response is, and who asked for it (interfaces section 3). Pure.

Response id: the envelope's, else the header `ce_id`, else Dify's message id, else the SHA-256 of the value.
Maker: the envelope's `user_id`, else the header `hawkuser`, else unknown; only a proof makes one verified. A name that
cannot be used as it is still counts as that name, with a warning: a claim can only forbid.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.parser.codes import refusal, shown
from services.parser.shapes import Sender
from shared.errors import InvalidInput
from shared.events.base import Notice, Refusal
from shared.events.parsing_codes import ParsingCode
from shared.events.responses import Maker
from shared.people.identity import fault_of_person, same_person
from shared.people.spelling import cleaned

#: Characters of a response id: it is part of a stream name and of every link to the response.
RESPONSE_ID_CHARACTERS_MAX: Final = 200
UNKNOWN_MAKER: Final = "unknown"
ID_HEADER: Final = "ce_id"
USER_HEADER: Final = "hawkuser"

#: Dots alone would lead elsewhere as the last step of a link.
_RESPONSE_ID: Final = re.compile(rf"(?!\.+\Z)[A-Za-z0-9._:-]{{1,{RESPONSE_ID_CHARACTERS_MAX}}}")


@dataclass(frozen=True, slots=True)
class ResponseId:
    """The id a response is kept under. An unusable given id is refused and replaced by the SHA-256."""

    value: str
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class KnownMaker:
    """Who asked, with a warning where a proof was given that does not hold."""

    maker: Maker
    warnings: tuple[Notice, ...] = ()


def response_id(sender: Sender, headers: Mapping[str, str], sha256: str) -> ResponseId:
    """Return the id of a response, as far as it could be read.

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
            f"Response id {shown(given)} cannot be used; the response is kept under its SHA-256. "
            f"Write 1 to {RESPONSE_ID_CHARACTERS_MAX} letters, digits and . _ : -, not dots alone.",
            path,
        ),
    )


def maker_of(sender: Sender, headers: Mapping[str, str], response: str, public_pem: str | None) -> KnownMaker:
    """Return who asked, and whether the approval service vouches for it.

    Args:
        public_pem: of the approval service, which signs proofs; None verifies nobody.
    """
    name, warnings = _given_name(sender, headers)
    if sender.maker_proof is None or public_pem is None:
        return KnownMaker(Maker(name=name), warnings)
    # Imported here: `hawk plan` reads responses without any proof, and need not wait for what checks signatures.
    from shared.security.maker_proof import content_sha256, verify_maker_proof  # noqa: PLC0415

    try:
        proven = verify_maker_proof(
            sender.maker_proof, public_pem, response_id=response, answer=sender.proven_answer, prompt=sender.prompt
        )
    except InvalidInput as error:
        return KnownMaker(Maker(name=name), (*warnings, _claimed(error.code, error.reason, "$.maker_proof")))
    if not same_person(proven, name):
        other = _claimed("MAKER_PROOF_INVALID", "The proof names another person.", "$.maker_proof")
        return KnownMaker(Maker(name=name), (*warnings, other))
    content = content_sha256(sender.proven_answer or "", sender.prompt)
    return KnownMaker(Maker(name=proven, verified=True, proof=sender.maker_proof, content_sha256=content))


def _given_id(sender: Sender, headers: Mapping[str, str]) -> tuple[str | None, str]:
    if sender.response_id is not None:
        return sender.response_id, "$.response_id"
    if headers.get(ID_HEADER):
        return headers[ID_HEADER], f"header {ID_HEADER}"
    return sender.message_id, "$.message_id"


def _given_name(sender: Sender, headers: Mapping[str, str]) -> tuple[str, tuple[Notice, ...]]:
    """Return the name that was given first, cleaned where needed, and a warning for each unusable one."""
    warnings: list[Notice] = []
    for given, path in ((sender.user_id, "$.user_id"), (headers.get(USER_HEADER), f"header {USER_HEADER}")):
        text = (given or "").strip()
        fault = fault_of_person(text) if text else None
        if text and fault is None:
            return text, tuple(warnings)
        if fault is not None:
            reason = f"The name {shown(text)} cannot be used as it is: it {fault}."
            warnings.append(_claimed("MAKER_NOT_USABLE", reason, path))
            if cleaned(text):
                return cleaned(text), tuple(warnings)
    return UNKNOWN_MAKER, tuple(warnings)


def _claimed(code: str, reason: str, path: str) -> Notice:
    return Notice(code=code, message=f"{reason} The maker counts as claimed, not verified.", path=path)
