"""Database sessions of an audit: plain connections whose failures arrive as errors of HAWK."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from shared.errors import Transient

#: Seconds to reach the server; it is on this machine or in the same data centre.
CONNECT_SECONDS_MAX: Final = 10


class DatabaseUnreachable(Transient):
    """The database cannot be reached, or was lost on the way."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(f"PostgreSQL cannot be reached ({type(cause).__name__}: {cause}). Start it and try again.")


@asynccontextmanager
async def session(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Open a connection for the duration of the block.

    Raises:
        DatabaseUnreachable: it cannot be opened, or was lost.
    """
    try:
        connection = await asyncpg.connect(
            dsn, timeout=CONNECT_SECONDS_MAX, server_settings={"application_name": "hawk-audit"}
        )
    except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
        raise DatabaseUnreachable(error) from error
    try:
        yield connection
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        if connection.is_closed():
            raise DatabaseUnreachable(error) from error
        raise
    finally:
        if not connection.is_closed():
            await connection.close()
