"""Canonical JSON (RFC 8785) and digests over it.

Amounts enter as normalised strings, never as numbers: `1.5` and `1.50` are the same number but not the
same bytes, and a number above 2^53 is not exact in JSON at all.
"""

import hashlib
import json
import re
from typing import Any, Final

import rfc8785

from shared.errors import InvalidInput
from shared.exact_json import is_utf8

#: Whole numbers up to here are exact wherever JSON is read (RFC 8785 refuses larger ones).
_EXACT_MAX: Final = 2**53 - 1
#: As many digits as `_EXACT_MAX` has: fewer cannot be more.
_LONG: Final = re.compile(rf"[0-9]{{{len(str(_EXACT_MAX))}}}")
#: Writes what RFC 8785 asks for of values that `_is_simple`, ten times as fast: every plan is digested three times.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_bytes(value: Any) -> bytes:
    """Return the one byte sequence of a JSON value (RFC 8785).

    Raises:
        TypeError: a float is in it; money never is one.
        InvalidInput: NO_CANONICAL_FORM: a whole number above 2^53, or half of a surrogate pair. HAWK makes neither, so
            the value came from elsewhere.
    """
    if _is_simple(value):
        return _ENCODER.encode(value).encode()
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError) as error:
        raise InvalidInput(
            code="NO_CANONICAL_FORM",
            reason=f"JSON cannot write it exactly, so it has no digest: {error}. Send large numbers as text.",
        ) from error


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical bytes, as `sha256:<64 hex digits>`. Raises as `canonical_bytes` does."""
    return _sha256(canonical_bytes(value))


def digest_of_stored(value: Any) -> str:
    """Return the digest of a value that was read from a text of the store: names are texts there, and no number is a
    float. So its text shows at once whether Python's encoder writes it as RFC 8785 asks. Raises as `digest` does."""
    text = _ENCODER.encode(value)
    return digest(value) if not text.isascii() or _LONG.search(text) else _sha256(text.encode())


def _sha256(canonical: bytes) -> str:
    return f"sha256:{hashlib.sha256(canonical).hexdigest()}"


def _is_simple(value: Any) -> bool:
    """Return whether Python's encoder writes a value as RFC 8785 asks: ASCII names, UTF-8 text, exact numbers.

    Raises:
        TypeError: a float is in it.
    """
    kind = type(value)
    if kind is str:
        return value.isascii() or is_utf8(value)
    simple = True
    if isinstance(value, dict):
        for name, each in value.items():
            # Look at every value: a float behind something unusual must be found too.
            simple &= _is_simple(each) and type(name) is str and name.isascii()
        return simple
    if isinstance(value, list | tuple):
        for each in value:
            simple &= _is_simple(each)
        return simple
    if isinstance(value, float):
        raise TypeError(f"A float ({value!r}) has no exact digest. Give amounts and rates as text.")
    return kind is bool or value is None or (kind is int and -_EXACT_MAX <= value <= _EXACT_MAX)
