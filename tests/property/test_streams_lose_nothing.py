"""However fast messages come and however slowly a reader takes them, it has each of its scope once, in order."""

import asyncio
from collections.abc import Sequence
from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web import progress_feed
from shared.web.progress_feed import ProgressFeed
from shared.web.progress_log import FeedMessage, Scope
from shared.web.progress_tail import Listener, Listeners, RecentMessages
from tests.support.progress_logs import MemoryProgressLog
from tests.support.reports import report

LIMIT_SECONDS = 3.0
TURNS = 6
"""Turns of the loop from one step to the next: enough that others get on, too few that all of them get done."""
WORKFLOWS = ("w0", "w1", "w2")
SCOPES = (
    Scope(),
    *(Scope(workflow_id=each) for each in WORKFLOWS),
    *(Scope(response_id=f"r-{each}") for each in WORKFLOWS),
    Scope(workflow_id="w0", response_id="r-w0"),
    Scope(workflow_id="w0", response_id="r-w1"),
)

workflows = st.sampled_from(WORKFLOWS)
scopes = st.sampled_from(SCOPES)


class Log(MemoryProgressLog):
    """Workflows whose messages come in their order; an answer is what was true when it was made, and takes its time."""

    def __init__(self, turns: Sequence[int]) -> None:
        super().__init__()
        self._turns = cycle(turns)
        self._sequences = dict.fromkeys(WORKFLOWS, 0)

    def tell(self, workflow: str) -> None:
        self._sequences[workflow] += 1
        self.add(report(workflow, self._sequences[workflow], response=f"r-{workflow}"))

    async def read(self, scope: Scope, after: int, limit: int) -> Sequence[FeedMessage]:
        found = await super().read(scope, after, limit)
        for _ in range(next(self._turns)):
            await asyncio.sleep(0)
        return found

    async def numbers(self, scope: Scope, after: int) -> list[int]:
        return [each.feed_id for each in await super().read(scope, after, 10_000)]


def message(number: int, workflow: str) -> FeedMessage:
    return FeedMessage(number, workflow, f"r-{workflow}", number, {})


@given(st.lists(st.tuples(st.integers(1, 3), workflows), max_size=20), scopes, st.integers(1, 5))
def test_memory_gives_what_follows_a_place_or_says_that_it_cannot(
    told: Sequence[tuple[int, str]], scope: Scope, limit: int
) -> None:
    """Numbers have gaps: a transaction that was rolled back has used one."""
    recent, messages, number = RecentMessages(0, messages_max=7), [], 0
    for gap, workflow in told:
        number += gap
        messages.append(message(number, workflow))
        recent.add(messages[-1:])
    for place in range(number + 2):
        portion = recent.since(place, scope, limit)
        if portion is None:
            assert any(each.feed_id > place for each in messages[:-7])
            continue
        wanted = [each for each in messages if each.feed_id > place and scope.holds(each)]
        assert list(portion.messages) == wanted[:limit]
        assert [each for each in wanted if each.feed_id > portion.place] == wanted[limit:]
        assert portion.place >= place


@given(st.lists(scopes, max_size=12), workflows)
def test_message_concerns_exactly_those_who_want_it_each_once(joined: Sequence[Scope], workflow: str) -> None:
    listeners = Listeners()
    members = [Listener(scope, 0.0) for scope in joined]
    for member in members:
        listeners.join(member)
    for member in members[::3]:
        listeners.leave(member)
        listeners.leave(member)
    stayed = [member for number, member in enumerate(members) if number % 3]
    told = message(1, workflow)
    found = listeners.wanting([told, message(2, workflow)])
    assert len(found) == len(set(found))
    assert set(found) == {each for each in stayed if each.scope.holds(told)}
    assert set(listeners) == set(stayed)


class Reader:
    """A client that takes a portion only when it is let."""

    def __init__(self, feed: ProgressFeed, scope: Scope, after: int) -> None:
        self.scope, self.after = scope, after
        self.received: list[int] = []
        self.may = asyncio.Semaphore(0)
        self.task = asyncio.create_task(self._read(feed))

    async def _read(self, feed: ProgressFeed) -> None:
        async for portion in feed.portions(self.scope, self.after):
            self.received += [each.feed_id for each in portion]
            await self.may.acquire()


@given(
    earlier=st.lists(workflows, max_size=8),
    readers=st.lists(st.tuples(scopes, st.integers(0, 8)), min_size=1, max_size=4),
    steps=st.lists(st.one_of(workflows, st.integers(0, 3)), min_size=10, max_size=40),
    turns=st.lists(st.integers(0, 12), min_size=1, max_size=5),
)
def test_each_reader_has_each_message_once_in_order_at_whatever_pace(
    earlier: Sequence[str], readers: Sequence[tuple[Scope, int]], steps: Sequence[str | int], turns: Sequence[int]
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        small = {"RECENT_MESSAGES_MAX": 1, "BATCH_MESSAGES": 4, "PORTION_MESSAGES": 3, "ROUND_SECONDS": 0.0}
        for name, value in small.items():
            patched.setattr(progress_feed, name, value)
        asyncio.run(_at_whatever_pace(earlier, readers, steps, turns))


async def _at_whatever_pace(
    earlier: Sequence[str], readers: Sequence[tuple[Scope, int]], steps: Sequence[str | int], turns: Sequence[int]
) -> None:
    log = Log(turns)
    for workflow in earlier:
        log.tell(workflow)
    feed = ProgressFeed(log)
    clients = [Reader(feed, scope, min(after, len(earlier))) for scope, after in readers]
    for step in steps:
        if isinstance(step, str):
            log.tell(step)
            feed.wake()
        else:
            clients[step % len(clients)].may.release()
        for _ in range(TURNS):
            await asyncio.sleep(0)
    wanted = [await log.numbers(each.scope, each.after) for each in clients]
    async with asyncio.timeout(LIMIT_SECONDS):
        while [each.received for each in clients] != wanted:
            for each in clients:
                each.may.release()
            await asyncio.sleep(0)
            assert all(len(each.received) <= len(due) for each, due in zip(clients, wanted, strict=True))
    await feed.close()
    for each in clients:
        each.may.release()
        await each.task
