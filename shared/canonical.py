"""Canonical JSON (RFC 8785) and digests over it.

Amounts enter as normalised strings, never as numbers: `1.5` and `1.50` are the same number but not the
same bytes, and a number above 2^53 is not exact in JSON at all.
"""

import hashlib
from typing import Any

import rfc8785


def canonical_bytes(value: Any) -> bytes:
    """The one byte sequence of a JSON value (RFC 8785). Raises TypeError for a float: money never is one."""
    _refuse_floats(value)
    return rfc8785.dumps(value)


def digest(value: Any) -> str:
    """SHA-256 of the canonical bytes, as `sha256:<64 hex digits>`."""
    return f"sha256:{hashlib.sha256(canonical_bytes(value)).hexdigest()}"


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"A float ({value!r}) has no place in a digest: give amounts and rates as strings.")
    if isinstance(value, dict):
        for member in value.values():
            _refuse_floats(member)
    elif isinstance(value, list | tuple):
        for member in value:
            _refuse_floats(member)
