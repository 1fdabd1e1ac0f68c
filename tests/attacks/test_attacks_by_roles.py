"""A leaked password of one service's database role: what it can append, and whether the relay goes on for others."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from shared.events.routing import messages
from shared.eventstore.chain import verify_chain
from shared.eventstore.port import APPEND_EVENTS_MAX, event_id
from shared.relay.relay import LOCK_KEY, Relay, RelaySettings
from shared.relay.watch import end_stalling
from tests.attacks.attack import Attacker, attack
from tests.integration.eventstore.support import LIMIT_SECONDS, RecordingOutlet, connected, running
from tests.support.eventually import eventually_async
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

APPEND = "SELECT es.append($1, $2, $3, $4, $5, $6, $7)"
FORBIDDEN_STREAM, ARGUMENTS_WRONG, FORBIDDEN_TYPE = "HK003", "HK005", "HK006"

#: Role -> a stream of its own, an event type of its own there.
OWN = {
    "hawk_parser": ("response-x", "ProposalMade"),
    "hawk_approval": ("approval-x", "GrantIssued"),
    "hawk_executor": ("plan-x", "PlanDrawn"),
    "hawk_monitor": ("deadletter-monitor-x", "MessageRefused"),
}
ROLES = pytest.mark.parametrize("role", sorted(OWN))
EVERY_ROLE = pytest.mark.parametrize("role", [*sorted(OWN), "hawk_relay", "hawk_reader"])


@dataclass
class Besieged:
    """A database with a relay at work, and somebody who has the password of one role."""

    database: TestDatabase
    attacker: asyncpg.Connection
    executor: asyncpg.Connection
    outlet: RecordingOutlet

    async def append(
        self, stream: str, type: str, data: str = "{}", metadata: str = "{}", version: int = 1, count: int = 1
    ) -> None:
        """As the attacker, past HAWK's own code."""
        await self.attacker.execute(
            APPEND,
            [stream],
            [0],
            [stream] * count,
            [type] * count,
            [version] * count,
            [data] * count,
            [metadata] * count,
        )

    async def refused(self, state: str, *arguments: Any, **named: Any) -> None:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await self.append(*arguments, **named)
        assert refused.value.sqlstate == state, str(refused.value)

    async def goes_on(self) -> None:
        """Another service's event is appended, sealed and published, and the chain is whole."""
        known = await self.executor.fetchval("SELECT count(*) FROM es.events WHERE stream = 'progress-good'")
        data = json.dumps({"workflow_id": f"good-{known}"})
        await self.executor.execute(
            APPEND, ["progress-good"], [known], ["progress-good"], ["ProgressReported"], [1], [data], ["{}"]
        )

        async def told() -> bool:
            return any(message.key == f"good-{known}" for message in self.outlet.arrived)

        await eventually_async(told, LIMIT_SECONDS, what="the event of another service is published")
        assert await self.executor.fetchval("SELECT count(*) FROM es.unpublishable") == 0
        assert (await verify_chain(self.executor)).ok


@contextlib.asynccontextmanager
async def besieged(database: TestDatabase, role: str) -> AsyncIterator[Besieged]:
    outlet = RecordingOutlet()
    async with (
        connected(database.dsn(role), database.dsn("hawk_executor")) as [attacker, executor],
        running(Relay(RelaySettings(database.dsn("hawk_relay"), messages, outlet.open, outlet.read_heads))),
    ):
        yield Besieged(database, attacker, executor, outlet)


@attack(
    by=Attacker.ROLE,
    does="Appends to a stream of its own an event under the id that another service's next event will have.",
    before="It was taken, and the other service's append failed with a unique violation, for good.",
    cure="es.append makes the id itself, from SHA-256 of stream and version; no argument names one.",
)
@ROLES
async def test_a_role_cannot_take_the_id_of_a_later_event(module_database: TestDatabase, role: str) -> None:
    async with besieged(module_database, role) as siege:
        types = ("text[]", "bigint[]", "text[]", "uuid[]", "text[]", "int[]", "text[]", "text[]")
        with_id = f"SELECT es.append({', '.join(f'${place}::{type}' for place, type in enumerate(types, 1))})"
        stream, type = f"{OWN[role][0]}-squat", OWN[role][1]
        known = await siege.executor.fetchval("SELECT count(*) FROM es.events WHERE stream = 'progress-good'")
        with pytest.raises(asyncpg.UndefinedFunctionError):
            await siege.attacker.execute(
                with_id, [stream], [0], [stream], [event_id("progress-good", known + 1)], [type], [1], ["{}"], ["{}"]
            )
        await siege.append(stream, type, data='{"response_id":"squat"}')
        stored = await siege.executor.fetchval("SELECT event_id FROM es.events WHERE stream = $1", stream)
        assert stored == event_id(stream, 1)
        await siege.goes_on()


@attack(
    by=Attacker.ROLE,
    does="Appends events with numbers that no reader takes: 1.0, 1e5000, -0, 20 digits, a fraction deep inside.",
    before="They were taken; the relay could not decode them and published nothing more, of any service.",
    cure="es.append refuses every number that is not plain digits within 64 bits, wherever it stands.",
)
@ROLES
@pytest.mark.parametrize(
    "data",
    [
        *('{"n":1.0}', '{"n":1e5000}', '{"n":-0}', '{"n":12345678901234567890}', '{"a":[{"b":"x","n":[1, 2.50]}]}'),
        *('{"n" :\n\t1E3}', '{"a":"\\\\","n":1.5}', '{"a":"\\"","n":1.5}', '{"n":9223372036854775808}'),
    ],
)
async def test_a_role_cannot_append_a_number_with_a_fraction(
    module_database: TestDatabase, role: str, data: str
) -> None:
    async with connected(module_database.dsn(role)) as [attacker]:
        siege = Besieged(module_database, attacker, attacker, RecordingOutlet())
        await siege.refused(ARGUMENTS_WRONG, *OWN[role], data)
        await siege.refused(ARGUMENTS_WRONG, *OWN[role], metadata=data)


@attack(
    by=Attacker.ROLE,
    does="Appends an event of 9 MiB, one with 9 MiB of metadata, and one with an event type of 3 MiB.",
    before="Each was taken. Kafka refused the 9 MiB, and the relay published nothing more, of any service.",
    cure="es.append takes 4 MiB of data, 16 KiB of metadata and declared event types; that fits every topic of HAWK.",
    remains="A role can still fill the disk with events of its own.",
)
@ROLES
async def test_a_role_cannot_append_an_event_of_nine_mebibytes(module_database: TestDatabase, role: str) -> None:
    async with besieged(module_database, role) as siege:
        large = json.dumps({"x": "y" * 9 * 1024 * 1024})
        await siege.refused(ARGUMENTS_WRONG, *OWN[role], large)
        await siege.refused(ARGUMENTS_WRONG, *OWN[role], metadata=large)
        await siege.refused(FORBIDDEN_TYPE, OWN[role][0], "X" * 3 * 1024 * 1024)
        await siege.refused(ARGUMENTS_WRONG, *OWN[role], count=APPEND_EVENTS_MAX + 1)
        await siege.goes_on()


@attack(
    by=Attacker.ROLE,
    does="Appends to its own stream an event that another service decides: a grant, a stop, a deal for Murex, a plan.",
    before="It was taken. A DealSent on the parser's stream went to hawk.murex.requests as an order of HAWK.",
    cure="es.event_rights, written from the catalogue, names the event types of each role and kind of stream (HK006).",
    remains="A role can append false events of its own types.",
)
@ROLES
@pytest.mark.parametrize(
    "type", ["DealSent", "GrantIssued", "RolloutTermsSet", "ExecutionStopped", "PlanDrawn", "MessageReplayed", "Forged"]
)
async def test_a_role_cannot_append_an_event_type_of_another(
    module_database: TestDatabase, role: str, type: str
) -> None:
    stream = {"hawk_executor": "progress-x", "hawk_monitor": "deadletter-monitor-x"}.get(role, OWN[role][0])
    owned = {("hawk_approval", "GrantIssued"), ("hawk_monitor", "MessageReplayed")}
    async with connected(module_database.dsn(role)) as [attacker]:
        siege = Besieged(module_database, attacker, attacker, RecordingOutlet())
        if (role, type) in owned:
            stream = "deadletter-approval-x" if role == "hawk_approval" else stream
            type = "GrantIssued"
        await siege.refused(FORBIDDEN_TYPE, stream, type)


@attack(
    by=Attacker.ROLE,
    does="Appends an event of its own type in a version of its shape that no release has written.",
    before="It was taken, and the stream could never be loaded again by the service that owns it.",
    cure="es.event_rights names the highest version too.",
)
@ROLES
@pytest.mark.parametrize("version", [0, -1, 2, 2**31 - 1])
async def test_a_role_cannot_append_a_version_that_does_not_exist(
    module_database: TestDatabase, role: str, version: int
) -> None:
    async with connected(module_database.dsn(role)) as [attacker]:
        siege = Besieged(module_database, attacker, attacker, RecordingOutlet())
        await siege.refused(FORBIDDEN_TYPE, *OWN[role], version=version)


@attack(
    by=Attacker.ROLE,
    does="Appends to streams of the other services, of none, and of names that look like its own.",
    before="Refused already (HK003); the relay and the reader hold no right to append at all.",
    cure="es.event_rights, checked against the login role.",
)
@EVERY_ROLE
async def test_a_role_cannot_append_to_a_stream_of_another(module_database: TestDatabase, role: str) -> None:
    own = OWN.get(role, ("",))[0].partition("x")[0]
    async with besieged(module_database, role) as siege:
        for stream in (*(stream for stream, _ in OWN.values()), "rollout", "policy-x", "nobody-x", "", " rollout"):
            if (own and stream.startswith(own)) or (role, stream) in {
                ("hawk_approval", "rollout"),
                ("hawk_approval", "policy-x"),
            }:
                continue
            with pytest.raises(asyncpg.PostgresError) as refused:
                await siege.append(stream, "RolloutTermsSet")
            assert refused.value.sqlstate in (FORBIDDEN_STREAM, "42501")
        await siege.goes_on()


@attack(
    by=Attacker.ROLE,
    does="Appends JSON that PostgreSQL takes and no reader does: 3,000 nested lists, metadata that is not text.",
    before="Nested lists and metadata with a number or list stopped the relay for all services, for good.",
    cure="es.append bounds the nesting at 100, takes metadata of texts only and no key twice.",
)
@ROLES
async def test_a_role_cannot_append_json_that_the_relay_cannot_read(module_database: TestDatabase, role: str) -> None:
    async with besieged(module_database, role) as siege:
        for data in (
            '{"x":' + "[" * 3000 + "]" * 3000 + "}",
            '{"x":' + '{"y":' * 110 + "1" + "}" * 111,
            '{"a":1,"a":2}',
            "[]",
        ):
            await siege.refused(ARGUMENTS_WRONG, *OWN[role], data)
        for metadata in ('{"correlation_id":5}', '{"correlation_id":["x"]}', '{"actor":null}', "[]", '"x"'):
            await siege.refused(ARGUMENTS_WRONG, *OWN[role], metadata=metadata)
        await siege.goes_on()


@attack(
    by=Attacker.ROLE,
    does="Appends an event whose message is made of its fields, without those or for a topic that is not HAWK's.",
    before="Without fields or topic it stopped the relay for all services; MessageReplayed went to any topic of HAWK.",
    cure="The routing reads both strictly; what is malformed is listed, alerted and passed over, and verify is red.",
    remains="The relay publishes replays that a role makes up; services believe what is proved. Verify stays red.",
)
@pytest.mark.parametrize(
    ("role", "stream", "type", "data"),
    [
        ("hawk_approval", "submission-x", "AnswerSubmitted", "{}"),
        ("hawk_monitor", "deadletter-monitor-x", "MessageReplayed", "{}"),
        ("hawk_parser", "deadletter-parser-x", "MessageReplayed", '{"topic":"hawk.murex.requests","headers":{}}'),
        ("hawk_executor", "deadletter-executor-x", "MessageReplayed", '{"topic":"nowhere","headers":{"a":1}}'),
        ("hawk_executor", "plan-x", "PlanDrawn", '{"workflow_id":["x"]}'),
        ("hawk_parser", "response-x", "ProposalMade", '{"response_id":5}'),
    ],
)
async def test_a_malformed_event_of_a_role_does_not_stop_the_relay(
    database: TestDatabase, role: str, stream: str, type: str, data: str
) -> None:
    async with besieged(database, role) as siege:
        await siege.append(stream, type, data)
        await _published_without(siege)
        assert [message.topic for message in siege.outlet.arrived] == ["hawk.progress"]


async def _published_without(siege: Besieged) -> None:
    """Another service's event goes out; the attacker's stands in the list."""
    await siege.executor.execute(
        APPEND, ["progress-good"], [0], ["progress-good"], ["ProgressReported"], [1], ['{"workflow_id":"w"}'], ["{}"]
    )

    async def told() -> bool:
        return any(message.topic == "hawk.progress" for message in siege.outlet.arrived)

    await eventually_async(told, LIMIT_SECONDS, what="the event of another service is published")
    assert await siege.executor.fetchval("SELECT cause FROM es.unpublishable") == "DATA_MALFORMED"


@attack(
    by=Attacker.ROLE,
    does="Takes the advisory lock by which one relay is active, before a relay does, and queues for it again.",
    before="No relay became active as long as the session stood: nothing was sealed or published.",
    cure="A relay that stands by looks who holds the lock, and has the sessions of other roles ended.",
    remains="Some two seconds each time. The lock of migrations can be held until an administrator ends the session.",
)
@pytest.mark.parametrize("role", [*sorted(OWN), "hawk_reader"])
async def test_a_role_cannot_keep_the_relay_from_becoming_active(module_database: TestDatabase, role: str) -> None:
    dsn = module_database.dsn(role)
    async with connected(dsn, dsn) as [holder, queueing]:
        await holder.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
        waiting = asyncio.create_task(queueing.execute("SELECT pg_advisory_lock($1)", LOCK_KEY))
        async with besieged(module_database, role) as siege:
            await siege.goes_on()
        await asyncio.gather(waiting, return_exceptions=True)
        for session in (holder, queueing):
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
                await session.execute("SELECT 1")


@attack(
    by=Attacker.ROLE,
    does="Takes a transaction id, switches its time-outs off and lets the transaction stand, idle or asleep.",
    before="The feed stood for everybody for as long as it pleased: nothing was sealed, published or executed.",
    cure="The relay ends sessions of services that have held the feed back for 60 s, whatever they have set.",
    remains="60 s at a time; a prepared transaction for ever, where the server allows any (its default does not).",
)
@pytest.mark.parametrize("role", [*sorted(OWN), "hawk_reader"])
@pytest.mark.parametrize("sleeping", [True, False])
async def test_a_role_cannot_hold_the_feed_back_for_ever(
    module_database: TestDatabase, role: str, sleeping: bool
) -> None:
    stream, type = OWN.get(role, ("none", ""))
    stream = f"{stream}-stalls-{sleeping}"
    async with besieged(module_database, role) as siege, connected(module_database.dsn("hawk_relay")) as [relay]:
        transaction = siege.attacker.transaction()
        await transaction.start()
        if type:
            await siege.append(stream, type)
        else:
            await siege.attacker.execute("SELECT pg_current_xact_id()")
        await siege.attacker.execute(
            "SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0; SET transaction_timeout = 0"
        )
        held = asyncio.create_task(siege.attacker.execute("SELECT pg_sleep(600)")) if sleeping else None
        # What the relay does by itself once the feed has stood for END_STALL_SECONDS; a second is enough to see it.
        await eventually_async(lambda: end_stalling(relay, 1), LIMIT_SECONDS, until=lambda ended: ended == 1)
        await siege.goes_on()
        assert await siege.executor.fetchval("SELECT count(*) FROM es.events WHERE stream = $1", stream) == 0
        if held is not None:
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
                await held


@attack(
    by=Attacker.ROLE,
    does="Takes the locks by which a stop waits for those who begin, and by which progress is numbered.",
    before="Both were advisory locks, which every role can take: the executor began nothing, and no stop was taken in.",
    cure="They are locks of empty tables that only the service's own role may lock.",
)
@EVERY_ROLE
async def test_a_role_cannot_take_the_locks_of_another_service(module_database: TestDatabase, role: str) -> None:
    owners = {
        "executor.rollout_lock": "hawk_executor",
        "approval.progress_lock": "hawk_approval",
        "monitor.progress_lock": "hawk_monitor",
    }
    async with connected(module_database.dsn(role)) as [attacker]:
        for table, owner in owners.items():
            for mode in ("ACCESS SHARE", "SHARE", "EXCLUSIVE", "ACCESS EXCLUSIVE"):
                async with attacker.transaction():
                    if role == owner:
                        await attacker.execute(f"LOCK TABLE {table} IN {mode} MODE")
                    else:
                        with pytest.raises(asyncpg.InsufficientPrivilegeError):
                            async with attacker.transaction():
                                await attacker.execute(f"LOCK TABLE {table} IN {mode} MODE")


@attack(
    by=Attacker.ROLE,
    does="Calls what only the relay may: passes events over, marks them published, moves the checkpoint.",
    before="Refused already for the checkpoint; the other functions are new.",
    cure="EXECUTE is the relay's alone, and the list takes no event that is not sealed and no order of one person.",
    remains="The relay's role can pass over what it likes; verify is red until two persons have it published.",
)
@pytest.mark.parametrize("role", [*sorted(OWN), "hawk_reader"])
async def test_a_role_cannot_call_what_only_the_relay_may(module_database: TestDatabase, role: str) -> None:
    calls: tuple[Callable[[asyncpg.Connection], Awaitable[Any]], ...] = tuple(
        (lambda connection, call=call: connection.execute(f"SELECT {call}"))
        for call in (
            *("es.pass_over(1, 'NO_ROUTE', 'x')", "es.note_publication(1, 1, NULL, NULL)"),
            *("es.advance_checkpoint('publish', 0, 1)", "es.end_stalling(1)", "es.free_relay_lock()"),
        )
    )
    async with connected(module_database.dsn(role)) as [attacker]:
        for call in calls:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await call(attacker)
        await attacker.execute("SET default_transaction_read_only = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await attacker.execute("INSERT INTO es.event_rights VALUES (session_user, 'rollout', 'RolloutTermsSet', 1)")
