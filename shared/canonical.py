"""Canonical JSON (RFC 8785) and digests over it.

Amounts enter as normalised strings, never as numbers: `1.5` and `1.50` are the same number but not the
same bytes, and a number above 2^53 is not exact in JSON at all.
"""

import hashlib
from typing import Any, Final

import orjson
import rfc8785

from shared.errors import InvalidInput
from shared.exact_json import odd_types

#: Names in their order, and no whole number above 2^53, which is not exact wherever JSON is read.
_CANONICAL: Final = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


def canonical_bytes(value: Any) -> bytes:
    """Return the one byte sequence of a JSON value (RFC 8785).

    Raises:
        TypeError: a float is in it; money never is one.
        InvalidInput: NO_CANONICAL_FORM: a whole number above 2^53, or half of a surrogate pair. HAWK makes neither, so
            the value came from elsewhere.
    """
    odd = odd_types(value)
    if any(issubclass(each, float) for each in odd):
        raise TypeError("A float is in it, which has no exact digest. Give amounts and rates as text.")
    if not odd and (written := _written(value)) is not None:
        return written
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
    """Return the digest of a value that was read from a text of the store, or of a message: no number is a float there.

    Raises as `digest` does.
    """
    written = _written(value)
    return digest(value) if written is None else _sha256(written)


def _sha256(canonical: bytes) -> str:
    return f"sha256:{hashlib.sha256(canonical).hexdigest()}"


def _written(value: Any) -> bytes | None:
    """Return a JSON value without floats as RFC 8785 asks, ten times as fast as the library for it; None where orjson
    cannot: a number or a text is not exact, or a name is not ASCII, so that RFC 8785 puts it elsewhere."""
    try:
        written = orjson.dumps(value, option=_CANONICAL)
    except TypeError:
        return None
    return written if written.isascii() or _has_ascii_names(value) else None


def _has_ascii_names(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(str.isascii, value)) and all(map(_has_ascii_names, value.values()))
    return not isinstance(value, list | tuple) or all(map(_has_ascii_names, value))
