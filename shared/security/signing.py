"""Compact JWS (RFC 7515) as HAWK uses it: ES256 only, type and key named.

The header is checked before any cryptography and never chooses algorithm or key: both are fixed here.
"""

import json
from decimal import Decimal
from enum import StrEnum
from typing import Any

from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError
from joserfc.util import urlsafe_b64decode

from shared.errors import HawkError
from shared.exact_json import parse_json
from shared.security.keys import key_id, signing_key, verifying_keys

ALGORITHM = "ES256"
#: Characters of a token. The largest, a grant with a dozen approvers, has about 3,000.
TOKEN_CHARACTERS_MAX = 16_384
#: Header fields that may be present; `jwk`, `jku`, `x5u` and the like would let the token choose its key.
_HEADER_FIELDS = frozenset({"alg", "kid", "typ"})


class FailedCheck(StrEnum):
    """What is wrong with a signed text, in the order in which it is looked for."""

    MALFORMED = "MALFORMED"
    UNSIGNED = "UNSIGNED"
    ALGORITHM = "ALGORITHM"
    TYPE = "TYPE"
    KEY = "UNKNOWN_KEY"
    SIGNATURE = "SIGNATURE"


class SignatureProblem(HawkError):
    """A text is not what this key signed. `problem` says which check failed."""

    def __init__(self, problem: FailedCheck, sentence: str) -> None:
        self.problem = problem
        self.sentence = sentence
        super().__init__(f"{problem}: {sentence}")


def sign(payload: dict[str, Any], *, typ: str, private_pem: str) -> str:
    """Return the payload as a compact JWS.

    Raises:
        Defect: the key cannot sign with ES256.
    """
    key = signing_key(private_pem)
    header = {"alg": ALGORITHM, "kid": key_id(key), "typ": typ}
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return jws.serialize_compact(header, body, key, algorithms=[ALGORITHM])


def verify(token: str, *, typ: str, public_pem: str) -> dict[str, Any]:
    """Return the payload of a compact JWS of this type, signed by this key. Says nothing about expiry.

    Args:
        public_pem: of one key, or of several of which the token names one (`shared.security.keys.verifying_keys`).
    Raises:
        SignatureProblem: with the first check that failed.
        Defect: the configured key is not a public ES256 key.
    """
    header = header_of(token)
    _check_header(header, typ=typ)
    key = next((each for each in verifying_keys(public_pem) if key_id(each) == header.get("kid")), None)
    if key is None:
        raise SignatureProblem(FailedCheck.KEY, "it is signed with a key that is not known here")
    if not token.rpartition(".")[2]:
        raise SignatureProblem(FailedCheck.UNSIGNED, "it carries no signature")
    try:
        verified = jws.deserialize_compact(token, key, algorithms=[ALGORITHM])
    except BadSignatureError as error:
        raise SignatureProblem(FailedCheck.SIGNATURE, "its signature does not match its content") from error
    except (JoseError, ValueError) as error:
        raise SignatureProblem(FailedCheck.MALFORMED, "it is not a compact JWS") from error
    return json_object(verified.payload, "payload")


def header_of(token: str) -> dict[str, Any]:
    """Give the header of a compact JWS, unverified.

    Raises:
        SignatureProblem: it is too long or no compact JWS.
    """
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise SignatureProblem(FailedCheck.MALFORMED, f"it is longer than {TOKEN_CHARACTERS_MAX} characters")
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        raise SignatureProblem(FailedCheck.MALFORMED, "it is not a compact JWS (header.payload.signature)")
    try:
        return json_object(urlsafe_b64decode(parts[0].encode()), "header")
    except (ValueError, TypeError) as error:
        raise SignatureProblem(FailedCheck.MALFORMED, "its header is not base64url") from error


def algorithm_of(header: dict[str, Any]) -> str:
    """Give the algorithm that a header names.

    Raises:
        SignatureProblem: it names none, or the one that signs nothing.
    """
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm.lower() == "none":
        raise SignatureProblem(FailedCheck.UNSIGNED, "it names no signature algorithm")
    return algorithm


def _check_header(header: dict[str, Any], *, typ: str) -> None:
    algorithm = algorithm_of(header)
    if algorithm != ALGORITHM:
        raise SignatureProblem(FailedCheck.ALGORITHM, f"it is signed with {algorithm[:20]}; only {ALGORITHM} counts")
    if header.get("typ") != typ:
        raise SignatureProblem(FailedCheck.TYPE, f"its type is not {typ}")
    extra = sorted(set(header) - _HEADER_FIELDS)
    if extra:
        raise SignatureProblem(FailedCheck.MALFORMED, f"its header has fields that are not allowed: {extra[0][:40]}")


def json_object(data: bytes, part: str) -> dict[str, Any]:
    """Give the JSON object of a part; fractions are exact.

    Raises:
        SignatureProblem: it is not an object, or has a field twice.
    """
    try:
        value = parse_json(data, fraction=Decimal)
    except (ValueError, ArithmeticError) as error:
        raise SignatureProblem(FailedCheck.MALFORMED, f"its {part} is not a JSON object") from error
    if not isinstance(value, dict):
        raise SignatureProblem(FailedCheck.MALFORMED, f"its {part} is not a JSON object")
    return value
