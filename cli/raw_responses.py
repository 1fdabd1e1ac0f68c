"""The bytes of a response as they were received, read by the read-only role: `hawk show ID --raw`."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.errors import Transient
from shared.events.identity import response_stream
from tools.verification.session import session

#: The responses with one id, in order: the one that counts, then those that contradict it.
OF_RESPONSE: Final = """
    SELECT e.data ->> 'content_sha256' AS sha256, a.size_bytes, a.bytes, a.received_at
    FROM es.events e LEFT JOIN parser.answers a ON a.sha256 = e.data ->> 'content_sha256'
    WHERE e.stream = $1 AND e.type IN ('ResponseReceived', 'ResponseContradicted')
    ORDER BY e.version
"""
BY_DIGEST: Final = "SELECT sha256, size_bytes, bytes, received_at FROM parser.answers WHERE sha256 = $1"

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class BytesNotKept(Transient):
    """A known response without its bytes: it was read before HAWK kept them."""


@dataclass(frozen=True, slots=True)
class RawResponse:
    """The kept bytes of a response; `sha256` and `size_bytes` are those of all its bytes."""

    sha256: str
    size_bytes: int
    kept: bytes
    received_at: datetime
    others: tuple[str, ...] = ()
    """SHA-256 of other responses with this id; each can be given in place of an id."""

    @property
    def whole(self) -> bool:
        """True if these are all its bytes; of a response above 1 MiB only the first 64 KiB are kept."""
        return len(self.kept) == self.size_bytes

    @property
    def authentic(self) -> bool:
        """False if the bytes do not have the digest in the event; without all bytes it is not known."""
        return not self.whole or hashlib.sha256(self.kept).hexdigest() == self.sha256


async def raw_response(dsn: str, name: str) -> RawResponse | None:
    """Return the bytes of a response; None when there is no such response.

    Args:
        name: the response's id, or its SHA-256 in 64 hexadecimal digits.
    Raises:
        DatabaseUnreachable: PostgreSQL does not respond.
        BytesNotKept: the response was read by a HAWK that kept the decoded text only.
    """
    async with session(dsn) as connection:
        found = await connection.fetch(OF_RESPONSE, response_stream(name))
        if not found and _DIGEST.fullmatch(name):
            found = await connection.fetch(BY_DIGEST, name)
    if not found:
        return None
    first = found[0]
    if first["bytes"] is None:
        raise BytesNotKept(
            f"Response {name} was read before HAWK kept the bytes of responses. For the decoded text, read `content` "
            f"of ResponseReceived in stream {response_stream(name)}."
        )
    others = tuple(dict.fromkeys(each["sha256"] for each in found[1:]))
    return RawResponse(first["sha256"], first["size_bytes"], first["bytes"], first["received_at"], others)
