"""Does it answer? One question per kind of server, each short, none of which leaves a trace."""

import asyncio
import struct

import asyncpg
import httpx

PROBE_SECONDS_MAX = 2.0
"""An answer on the loopback takes milliseconds; a server that needs longer is not ready."""

_API_VERSIONS = 18
_CORRELATION = 4711


async def kafka_answers(host: str, port: int) -> bool:
    """Return True if a broker responds to a request for its API versions, the first request of any client.

    (A broker listens long before it serves; only an answer proves it.)
    """
    body = struct.pack(">hhih", _API_VERSIONS, 0, _CORRELATION, -1)
    try:
        async with asyncio.timeout(PROBE_SECONDS_MAX):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(struct.pack(">i", len(body)) + body)
                await writer.drain()
                head = await reader.readexactly(10)
            finally:
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False
    _, correlation, error = struct.unpack(">iih", head)
    return bool(correlation == _CORRELATION and error == 0)


async def postgres_answers(dsn: str) -> bool:
    """Return True if a session can be opened and a query is answered."""
    try:
        async with asyncio.timeout(PROBE_SECONDS_MAX):
            connection = await asyncpg.connect(dsn, timeout=PROBE_SECONDS_MAX)
            try:
                await connection.fetchval("select 1")
            finally:
                await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    return True


async def http_defects(client: httpx.AsyncClient, port: int) -> list[str]:
    """Return what a HAWK process reports for a person, for example a message that blocks its partition."""
    try:
        answer = await client.get(f"http://127.0.0.1:{port}/health/ready", timeout=PROBE_SECONDS_MAX)
        parts = answer.json()["parts"]
        return [f"{name}: {part['detail']}" for name, part in parts.items() if part["state"] == "defect"]
    except (httpx.HTTPError, ValueError, LookupError, TypeError):
        return []


async def http_ready(client: httpx.AsyncClient, port: int) -> bool:
    """Return True if a HAWK process reports that it is ready: its /health/ready responds with 200."""
    try:
        answer = await client.get(f"http://127.0.0.1:{port}/health/ready", timeout=PROBE_SECONDS_MAX)
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK
