"""The relay's gauges tell what waits and who holds the feed back."""

import pytest
from prometheus_client import REGISTRY

from shared.eventstore.port import StreamAppend
from shared.eventstore.postgres import PostgresEventStore
from shared.relay.watch import measure, show
from tests.integration.eventstore.support import LIMIT_SECONDS, append, connected, happened, seal_all
from tests.support.eventually import eventually_async
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration


async def test_lag_counts_what_is_not_sealed_and_not_published(database: TestDatabase) -> None:
    async with connected(database.dsn("hawk_executor"), database.dsn("hawk_relay")) as [executor, relay]:
        empty = await measure(relay)
        assert (empty.unsealed, empty.unpublished, empty.seal_lag_seconds, empty.blocker) == (0, 0, 0.0, None)
        await append(executor, "plan-1", 0, 2)
        await seal_all(database.dsn("hawk_relay"), 2)
        await append(executor, "plan-1", 2, 3)
        lag = await measure(relay)
    assert (lag.unsealed, lag.unpublished) == (3, 2)
    assert lag.seal_lag_seconds > 0


async def test_blocker_is_named_when_an_open_transaction_stalls_the_feed(database: TestDatabase) -> None:
    dsn = database.dsn("hawk_executor")
    async with connected(dsn, dsn, database.dsn("hawk_relay")) as [slow, executor, relay]:
        async with slow.transaction():
            await PostgresEventStore(slow).append([StreamAppend("plan-open", 0, happened())])
            await append(executor, "plan-1", 0)
            lag = await eventually_async(
                lambda: measure(relay, stall_seconds=0.05),
                LIMIT_SECONDS,
                until=lambda lag: lag.blocker is not None,
            )
            blocker = lag.blocker
            assert blocker is not None
            assert lag.feed_stalled_seconds > 0.05
            assert "insufficient privilege" not in blocker.query, "the relay's role must see other sessions' queries"
            if blocker.pid == slow.get_server_pid():  # another test may hold an older transaction open
                assert blocker.role == "hawk_executor"
                assert "es.append" in blocker.query
            show(lag)
            labels = {"pid": str(blocker.pid), "role": blocker.role, "application": blocker.application}
            assert REGISTRY.get_sample_value("hawk_relay_feed_blocker_seconds", labels)
        show(
            await eventually_async(
                lambda: measure(relay), LIMIT_SECONDS, until=lambda lag: not lag.feed_stalled_seconds
            )
        )
    assert REGISTRY.get_sample_value("hawk_relay_feed_stalled_seconds") == 0.0
    assert REGISTRY.get_sample_value("hawk_relay_unsealed_events") == 2.0
    assert REGISTRY.get_sample_value("hawk_relay_feed_blocker_seconds", labels) is None
