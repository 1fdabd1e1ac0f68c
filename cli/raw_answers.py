"""The bytes of an answer as they came, read as the role that can only read: `hawk show ID --raw`."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.errors import Transient
from shared.events.identity import response_stream
from tools.verification.session import session

#: What came under one response id, in order: the answer that counts, then those that contradict it.
OF_RESPONSE: Final = """
    SELECT e.data ->> 'content_sha256' AS sha256, a.size_bytes, a.bytes, a.received_at
    FROM es.events e LEFT JOIN parser.answers a ON a.sha256 = e.data ->> 'content_sha256'
    WHERE e.stream = $1 AND e.type IN ('ResponseReceived', 'ResponseContradicted')
    ORDER BY e.version
"""
BY_DIGEST: Final = "SELECT sha256, size_bytes, bytes, received_at FROM parser.answers WHERE sha256 = $1"

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class BytesNotKept(Transient):
    """A response is known, but its bytes are not: it was read before HAWK kept them."""


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What was kept of an answer. `sha256` and `size_bytes` tell of all that came."""

    sha256: str
    size_bytes: int
    kept: bytes
    received_at: datetime
    others: tuple[str, ...] = ()
    """SHA-256 of other answers that came under the same response id; each can be named in place of an id."""

    @property
    def whole(self) -> bool:
        """Whether these are all bytes that came; of an answer above 1 MiB only the first 64 KiB are kept."""
        return len(self.kept) == self.size_bytes

    @property
    def authentic(self) -> bool:
        """Whether the bytes have the digest that the event names, as far as that can be told."""
        return not self.whole or hashlib.sha256(self.kept).hexdigest() == self.sha256


async def raw_answer(dsn: str, name: str) -> RawAnswer | None:
    """The answer of a response, or the one with a SHA-256; None where there is neither.

    Args:
        name: a response id, else the SHA-256 of an answer, 64 hexadecimal digits.
    Raises:
        DatabaseUnreachable: PostgreSQL is away.
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
            f"Response {name} was read before HAWK kept the bytes of answers. Its event holds the decoded text: "
            f"`content` of ResponseReceived in stream {response_stream(name)}."
        )
    others = tuple(dict.fromkeys(each["sha256"] for each in found[1:]))
    return RawAnswer(first["sha256"], first["size_bytes"], first["bytes"], first["received_at"], others)
