"""The bytes of answers, kept under their SHA-256 in `parser.answers`: evidence of what the AI really sent."""

import asyncpg

from services.parser.reading import ANSWER_BYTES_MAX, HEAD_BYTES_MAX, Evidence

KEEP_ANSWER = """
    INSERT INTO parser.answers (sha256, size_bytes, bytes) VALUES ($1, $2, $3)
    ON CONFLICT (sha256) DO NOTHING
"""


def kept_bytes(value: bytes) -> bytes:
    """What is kept of a value: all of it, or its first 64 KiB where it is above the limit of answers (1 MiB)."""
    return value if len(value) <= ANSWER_BYTES_MAX else value[:HEAD_BYTES_MAX]


async def keep_answer(connection: asyncpg.Connection, evidence: Evidence, value: bytes) -> None:
    """Keep a value once, however often it comes, in the transaction of the event that names its digest.

    Args:
        evidence: of exactly this value.
    """
    await connection.execute(KEEP_ANSWER, evidence.sha256, evidence.size_bytes, kept_bytes(value))
