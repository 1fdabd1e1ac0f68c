"""A process's connection pool, and how JSON crosses it: Python values in and out, never a float."""

import asyncio
import json
import time
from typing import Any

import asyncpg
import orjson

from shared.errors import Transient
from shared.exact_json import odd_types, parse_stored
from shared.messaging.faults import database_away
from shared.telemetry.health import Health, State
from shared.telemetry.metrics import CLOCK_OFFSET_SECONDS

#: Connections kept open: enough for one handler per partition of a topic without connecting under load.
POOL_CONNECTIONS_MIN = 2
#: Connections at most. Handlers of four partitions in several groups, HTTP requests and background tasks;
#: five processes of this size stay below PostgreSQL's default of 100.
POOL_CONNECTIONS_MAX = 12
#: Seconds for one statement. The longest, an append of 2,000 events, takes well under a second.
STATEMENT_SECONDS_MAX = 30.0
#: Seconds to connect, before the server counts as away.
CONNECT_SECONDS_MAX = 5.0
#: Seconds after which an unused connection is closed.
IDLE_CONNECTION_SECONDS = 300.0
#: Milliseconds a transaction may stay open without a statement: it holds back the feed of everybody.
IDLE_IN_TRANSACTION_MS = 15_000

#: HAWK's statements look a few rows up, and a connection keeps the plan of each until PostgreSQL has analysed one of
#: its tables again. Made while a table is small, a plan reads all of it, and goes on so when it is large. So plans are
#: those for large tables from the beginning. What has no index is still read whole.
LOOK_UPS = {"enable_seqscan": "off"}

#: Array types that HAWK's statements take. The driver asks the server about each at its first use on a connection,
#: which takes as long as a small transaction; asked for all at once it is one question, and none amid a workflow.
ARRAY_TYPES = ("bigint", "boolean", "date", "integer", "numeric", "time", "timestamptz", "uuid")


class PooledConnection(asyncpg.Connection):
    """A connection that goes back to its pool without a question to the server.

    Nothing of HAWK changes what outlives a transaction on a connection of a pool: no setting, no lock, no cursor, no
    channel. So there is nothing to put back, and some seventy round trips a workflow fewer. A transaction that is open
    is still rolled back.
    """

    def get_reset_query(self) -> str:
        """Return the statements that put a session back: none."""
        return ""


async def open_pool(
    dsn: str,
    *,
    application: str,
    min_size: int = POOL_CONNECTIONS_MIN,
    max_size: int = POOL_CONNECTIONS_MAX,
) -> asyncpg.Pool:
    """Return a pool whose connections speak JSON as Python values and run in UTC.

    Raises:
        Whatever `shared.messaging.faults.database_away` knows, and OSError, when the server does not answer.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=min_size,
        max_size=max_size,
        timeout=CONNECT_SECONDS_MAX,
        command_timeout=STATEMENT_SECONDS_MAX,
        max_inactive_connection_lifetime=IDLE_CONNECTION_SECONDS,
        init=prepare_connection,
        connection_class=PooledConnection,
        server_settings={
            "application_name": f"hawk-{application}",
            "timezone": "UTC",
            "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
            **LOOK_UPS,
        },
    )


async def prepare_connection(connection: asyncpg.Connection) -> None:
    """Make `json` and `jsonb` Python values on a connection; a float is refused in both directions.

    What the driver has to know of `ARRAY_TYPES` it learns here.
    """
    known = ", ".join(f"${number}::{name}[]" for number, name in enumerate(ARRAY_TYPES, start=1))
    await connection.prepare(f"SELECT {known}")
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, schema="pg_catalog", encoder=to_json, decoder=parse_stored, format="text")


class Database:
    """The pool of a process, which may not be there yet or any more."""

    def __init__(self, dsn: str, *, application: str) -> None:
        self._dsn = dsn
        self._application = application
        self._pool: asyncpg.Pool | None = None

    @property
    def pool(self) -> asyncpg.Pool:
        """The open pool.

        Raises:
            Transient: the process is not connected (yet).
        """
        if self._pool is None:
            raise Transient("PostgreSQL is not connected yet; try again in a moment.")
        return self._pool

    async def open(self) -> None:
        """Connect once; a second call changes nothing."""
        if self._pool is None:
            self._pool = await open_pool(self._dsn, application=self._application)

    @property
    def is_open(self) -> bool:
        """True if the process has connected once and not closed since."""
        return self._pool is not None

    async def ping(self, seconds: float) -> float | None:
        """Ask the server for its time within so many seconds.

        Returns:
            Seconds that the clock of this process is ahead, to half of the way there and back; None: not asked.

        A pool whose connections are all in use is not asked: under load the question would wait behind the
        work, and the work itself shows when the server is away.

        Raises:
            TimeoutError, or what asyncpg says of a server that is away.
        """
        if self.pool.get_idle_size() == 0 and self.pool.get_size() >= self.pool.get_max_size():
            return None
        async with asyncio.timeout(seconds), self.pool.acquire() as connection:
            asked = time.time()
            theirs = await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
            return float((asked + time.time()) / 2 - theirs)

    async def probe(self, health: Health, seconds: float) -> None:
        """Report how the server is, and how far its clock is from ours; nothing before the first start."""
        if not self.is_open:
            return
        try:
            offset = await self.ping(seconds)
        except Exception as error:
            away = database_away(error) or isinstance(error, OSError)
            health.report("database", State.AWAY if away else State.DEFECT, f"{type(error).__name__}: {error}")
        else:
            health.report("database", State.RUNNING)
            if offset is not None:
                CLOCK_OFFSET_SECONDS.set(offset)

    async def close(self, seconds: float) -> None:
        """Close the connections, by force where they are still busy after so many seconds."""
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        try:
            async with asyncio.timeout(seconds):
                await pool.close()
        except TimeoutError:
            pool.terminate()


def to_json(value: Any) -> str:
    """Return a Python value as JSON text.

    Raises:
        ValueError: it holds a float; amounts and rates are strings.
    """
    if any(issubclass(each, float) for each in odd_types(value)):
        raise ValueError("A float is in it, which is not an exact value; write amounts and rates as strings.")
    try:
        return orjson.dumps(value, option=_PLAIN).decode()
    except TypeError:  # a whole number of more than 64 bits; what is no JSON the encoder refuses as well
        return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_PLAIN = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
