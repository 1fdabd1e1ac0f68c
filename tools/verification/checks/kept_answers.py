"""Compares each response with its kept bytes: the digest in its event is that of the bytes. Pure.

PostgreSQL computes the digests (`READ_KEPT`), so a mebibyte of bytes does not travel for each of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.events.base import Event
from shared.events.responses import ResponseContradicted, ResponseReceived
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.spilled import Spilled

READ_KEPT: Final = """
SELECT sha256, size_bytes, octet_length(bytes) AS kept_bytes, encode(pg_catalog.sha256(bytes), 'hex') AS found
FROM parser.answers
"""

#: Bytes up to which an answer is kept whole; of a longer one only the beginning is.
WHOLE_BYTES_MAX: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Named:
    place: str
    response_id: str
    sha256: str
    size_bytes: int | None


class AnswerFold:
    """Keeps which digest each response names."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._named = Spilled[_Named]()

    def take(self, past: PastEvent, event: Event) -> None:
        """Keep digest and size of the answer that a response names; a contradiction names no size."""
        match event:
            case ResponseReceived():
                self._named[past.place] = _Named(past.place, event.response_id, event.content_sha256, event.size_bytes)
            case ResponseContradicted():
                self._named[past.place] = _Named(past.place, event.response_id, event.content_sha256, None)
            case _:
                return

    def compare(self, kept: Iterable[Mapping[str, Any]]) -> None:
        """Compare with the rows of `READ_KEPT`. Of a response above the limit only the beginning is kept, so its digest
        cannot be recomputed; then the size must agree."""
        rows = {row["sha256"]: row for row in kept}
        for _, named in self._named.each():
            row = rows.get(named.sha256)
            if row is None:
                self._add(named, "no bytes with this digest are kept")
            elif named.size_bytes not in (None, row["size_bytes"]):
                self._add(named, f"{row['size_bytes']} bytes are recorded with it, not {named.size_bytes}")
            elif row["size_bytes"] <= WHOLE_BYTES_MAX and row["found"] != named.sha256:
                self._add(named, f"the {row['kept_bytes']} bytes kept under it have SHA-256 {row['found']}")

    def _add(self, named: _Named, why: str) -> None:
        self._findings.add(
            f"{named.place}: response {named.response_id} names bytes with SHA-256 {named.sha256}, but {why}."
        )
