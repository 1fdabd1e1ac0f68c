"""A HAWK to which one trouble happens after another, watched as Prometheus would."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg

from tests.support.alerting import hold, minutes, rules
from tests.support.collector import Collector
from tests.support.eventually import eventually_async
from tests.support.hawk import TURN_SECONDS_MAX, Hawk
from tests.support.scraping import AFTER, SERVICES, Scrape, shows, stretched

AWAY_SECONDS_MAX = 90
"""Until a server that was taken away is missed, or is back with all that waited for it."""

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
        case = Case(self.hawk)
        yield case
        assert case.seen is not None, "the block has to show() the cause"
        after = shows(self.hawk, "all at rest", quiet, AWAY_SECONDS_MAX)
        waits = lasts or max(minutes(rules()[alert]["for"]) for alert in alerts) + 3
        hold([stretched(alerts[0], (self.calm, case.seen, after), alerts, lasts=waits, afterwards=afterwards)])
        self.calm = after


@dataclass
class Case:
    """What was seen of a cause."""

    hawk: Hawk
    seen: Scrape | None = None

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


def quiet(now: Scrape) -> bool:
    """All processes work, nothing waits. What was counted stays counted."""
    return (
        now.sum("up") == now.sum("hawk_ready") == len(SERVICES)
        and now.sum("hawk_consumer_lag_messages") == 0
        and now.sum("hawk_relay_publish_failing") == now.sum("hawk_relay_heads_failing") == 0
        and now.sum("hawk_relay_active") == 1
        and now.sum("hawk_relay_unpublished_events") == now.sum("hawk_relay_feed_stalled_seconds") == 0
        and now.sum("hawk_executor_workflows_in_flight") == 0
        and now.sum("hawk_attention_workflows") == now.sum("hawk_executor_stopped") == 0
        and now.sum("hawk_workflows", state="NEEDS_INTERVENTION") == now.sum("hawk_reference_held_rows") == 0
        and 0 <= now.most("hawk_executor_control_caught_up_seconds") < 5
        and 0 <= now.most("hawk_executor_answers_caught_up_seconds") < 5
        and now.sum("hawk_oldest_awaiting_approval_seconds") == now.sum("hawk_executor_oldest_turn_seconds") == 0
    )


async def holding(dsn: str, statement: str, act: Callable[[], None]) -> None:
    """Act while somebody else's session holds a transaction open; it may be ended meanwhile."""
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "somebody's report"})
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(statement)
    await asyncio.to_thread(act)
    await eventually_async(
        lambda: asyncio.sleep(0, connection.is_closed()), TURN_SECONDS_MAX, what="the runbook has ended the session"
    )


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
