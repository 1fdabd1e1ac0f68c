"""A HAWK to which one trouble happens after another, watched as Prometheus would."""

import asyncio
import json
import math
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.support.alerting import hold, minutes, rules
from tests.support.collector import Collector
from tests.support.eventually import eventually, eventually_async
from tests.support.hawk import TURN_SECONDS_MAX, Document, Hawk
from tests.support.orders import order
from tests.support.runbooks import follow
from tests.support.scraping import AFTER, SERVICES, Scrape, shows, stretched

AWAY_SECONDS_MAX = 90
"""Until a server that was taken away is missed, or is back with all that waited for it."""

PLACE = ("USD", "25000000", "ENTITY0037")
FLOOD = 400
SET_ASIDE = re.compile(r"set-aside (?P<GROUP>[\w-]+) (?P<TOPIC>[\w.]+) (?P<PARTITION>\d+) (?P<OFFSET>\d+)")

TRIGGERS = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'es.seals'::regclass AND NOT tgisinternal"


@dataclass
class Broken:
    """A HAWK with one workflow more in flight than may be, and how it looked before the next cause."""

    hawk: Hawk
    calm: Scrape
    collector: Collector

    @contextmanager
    def cause(self, *alerts: str, lasts: int = 0, afterwards: int = AFTER) -> Iterator["Case"]:
        """A cause of alerts: it is made in the block, which ends when it is gone."""
        case = Case(self.hawk, self.calm)
        yield case
        assert case.seen is not None, "the block has to show() the cause"
        after = shows(self.hawk, "all at rest", quiet, AWAY_SECONDS_MAX)
        waits = lasts or case.lasts + max(minutes(rules()[alert]["for"]) for alert in alerts) + 3
        phases = (self.calm, case.seen, after)
        self.calm = after
        hold([stretched(alerts[0], phases, alerts, lasts=waits, afterwards=afterwards, goes_on=case.goes_on)])


@dataclass
class Case:
    """What was seen of a cause."""

    hawk: Hawk
    calm: Scrape
    seen: Scrape | None = None
    goes_on: frozenset[str] = frozenset()
    lasts: int = 0

    def show(
        self,
        what: str,
        until: Callable[[Scrape], bool],
        seconds_max: float = TURN_SECONDS_MAX,
        *,
        waits: Callable[[float], bool] = lambda messages: messages == 0,
    ) -> None:
        """Wait until a scrape shows the cause, and no message being handled; that one is fed to the rules."""
        self.seen = shows(
            self.hawk,
            what,
            lambda now: until(now) and waits(now.sum("hawk_consumer_lag_messages") or 0),
            seconds_max,
        )

    def show_growing(self, what: str, metric: str, above: float, moving: str) -> None:
        """Let answers flood in until a scrape shows that something grows while work goes on; it grows on, up to what is
        too much. One flood alone may be over between two scrapes.

        Args:
            moving: a counter that has risen, too, wherever something waits: nothing stands still.
        """

        answer = order(*PLACE)

        def grows(now: Scrape) -> bool:
            risen = (now.sum(metric) or 0) - (self.calm.sum(metric) or 0)
            shown = risen > 0 and all(now.sum(moving, **at) != self.calm.sum(moving, **at) for at in _waiting(now))
            if not shown:
                flood(self.hawk, answer)
            return shown

        self.seen = shows(self.hawk, what, grows)
        risen = max(
            value - self.calm.values.get(key, 0.0) for key, value in self.seen.values.items() if key[0] == metric
        )
        self.goes_on |= {metric, moving}
        self.lasts = math.ceil(above / risen) + 1


def _waiting(now: Scrape) -> list[dict[str, str]]:
    """Where messages wait: group and topic."""
    lag = "hawk_consumer_lag_messages"
    found = [dict(labels) for (name, labels), value in now.values.items() if name == lag and value > 0]
    return [{"group": each["group"], "topic": each["topic"]} for each in found]


def quiet(now: Scrape) -> bool:
    """All processes work, nothing waits. What was counted stays counted."""
    return (
        now.sum("up") == now.sum("hawk_ready") == len(SERVICES)
        and now.sum("hawk_consumer_lag_messages") == 0
        and now.sum("hawk_relay_publish_failing") == now.sum("hawk_relay_heads_failing") == 0
        and now.sum("hawk_relay_active") == 1
        and now.sum("hawk_relay_unpublishable_events") == 0
        and now.sum("hawk_relay_unpublished_events") == now.sum("hawk_relay_feed_stalled_seconds") == 0
        and now.sum("hawk_executor_workflows_in_flight") == 0
        and now.sum("hawk_attention_workflows") == now.sum("hawk_executor_stopped") == 0
        and now.sum("hawk_workflows", state="NEEDS_INTERVENTION") == now.sum("hawk_reference_held_rows") == 0
        and 0 <= now.most("hawk_executor_control_caught_up_seconds") < 5
        and 0 <= now.most("hawk_executor_answers_caught_up_seconds") < 5
        and now.sum("hawk_oldest_awaiting_approval_seconds") == now.sum("hawk_executor_oldest_turn_seconds") == 0
    )


async def holding(dsn: str, statement: str, act: Callable[[], None], *, ends: bool = False) -> None:
    """Act while somebody else's session holds a transaction open, which is ended meanwhile; or it `ends` by itself."""
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "somebody's report"})
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(statement)
    await asyncio.to_thread(act)
    if ends:
        await connection.close()
    await eventually_async(
        lambda: asyncio.sleep(0, connection.is_closed()), TURN_SECONDS_MAX, what="the runbook has ended the session"
    )


async def _as_administrator(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def flood(hawk: Hawk, answer: Document) -> None:
    """Let answers come faster than they are handled: one, again and again."""
    hawk.wire.send("hawk.ai.responses", *[(answer["response_id"], json.dumps(answer).encode())] * FLOOD)


def reject_what_waits(hawk: Hawk) -> None:
    """Have every plan decided that waits; there is one at least."""
    waiting = eventually(
        lambda: hawk.json("list", "--state", "AWAITING_APPROVAL"), TURN_SECONDS_MAX, what="a plan waits"
    )
    for workflow in waiting:
        follow(hawk, "HawkApprovalsAgeing", WORKFLOW=workflow["workflow_id"], NAME="tom")


@contextmanager
def wrong_clock(hawk: Hawk, role: str, seconds: int) -> Iterator[None]:
    """Let the database's clock be so many seconds behind for one service: a test must not turn the machine's own."""
    dsn, database = hawk.known["postgres"]["dsn"], "current_database()"
    anew = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'"  # noqa: S608 - a test's own
    path = f"DO $$ BEGIN EXECUTE format('ALTER ROLE {role} IN DATABASE %I {{}}', {database}); END $$"
    clock = f"""CREATE FUNCTION odd.clock_timestamp() RETURNS timestamptz LANGUAGE sql
        AS $$ SELECT pg_catalog.clock_timestamp() - interval '{seconds} seconds' $$"""
    set_path = path.format("SET search_path = odd, pg_catalog, public")
    grant = f"GRANT USAGE ON SCHEMA odd TO {role}"
    asyncio.run(_as_administrator(dsn, "CREATE SCHEMA odd", clock, grant, set_path, anew))
    try:
        yield
    finally:
        undone = (path.format("RESET search_path"), anew, "DROP SCHEMA odd CASCADE")
        asyncio.run(_as_administrator(dsn, *undone))


def opening(hawk: Hawk, folder: Path, period: dict[str, Any]) -> str:
    """Have the feed open a closed period, which people have to confirm; gives its id."""
    file = folder / "opening.jsonl"
    line = {"table": "gl_periods", "operation": "UPSERT", "row": {**period, "is_open": True}}
    file.write_text(json.dumps(line) + "\n", encoding="utf-8")
    hawk.run("reference", "publish", str(file), expect=1)
    held = eventually(lambda: hawk.json("reference", "held"), TURN_SECONDS_MAX, what="the row waits")
    return str(held[0]["held_id"])


@contextmanager
def refusing(hawk: Hawk, response_id: str) -> Iterator[None]:
    """Let the database refuse what the monitor would keep of a response: a message that meets a defect."""
    dsn = hawk.known["postgres"]["dsn"]
    function = f"""CREATE FUNCTION monitor.odd() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.kind = 'received' AND NEW.response_id = '{response_id}' THEN RAISE EXCEPTION 'odd'; END IF;
        RETURN NEW; END $$"""
    trigger = "CREATE TRIGGER odd BEFORE INSERT ON monitor.response_facts FOR EACH ROW EXECUTE FUNCTION monitor.odd()"
    asyncio.run(_as_administrator(dsn, function, trigger))
    try:
        yield
    finally:
        asyncio.run(_as_administrator(dsn, "DROP FUNCTION monitor.odd CASCADE"))


def blocked(hawk: Hawk) -> dict[str, str]:
    """Where a message blocks its partition, as `hawk status` names it."""
    found = eventually(
        lambda: SET_ASIDE.search(json.dumps(hawk.json("status", expect=None))), TURN_SECONDS_MAX, what="it is named"
    )
    assert found is not None
    return found.groupdict()


def largest_message(hawk: Hawk, topic: str, size: int) -> None:
    """Set the limit of a topic, and wait until the broker keeps to it."""
    asyncio.run(_largest_message(hawk.known["kafka"]["bootstrap"], topic, size))


async def _largest_message(bootstrap: str, topic: str, size: int) -> None:
    name = "max.message.bytes"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {name: str(size)})])

        async def in_force() -> bool:
            (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {name: ""})])
            values = {entry[0]: entry[1] for *_, entries in answer.resources for entry in entries}
            return values[name] == str(size)

        await eventually_async(in_force, TURN_SECONDS_MAX, what=f"{topic} takes {size} bytes")
    finally:
        await admin.close()


async def past_the_guards(dsn: str, act: Callable[[asyncpg.Connection], Awaitable[object]]) -> None:
    """Do something to the chain as only a superuser can, past its guards."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("ALTER TABLE es.seals DISABLE TRIGGER ALL")
        await act(connection)
        for row in await connection.fetch(TRIGGERS):
            await connection.execute(f'ALTER TABLE es.seals ENABLE ALWAYS TRIGGER "{row["tgname"]}"')
    finally:
        await connection.close()
