"""Requests and grants whose time passed while nobody was there: each ends once, the longest overdue first."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.approval.app import KeySigner, build, watch_deadlines
from services.approval.ports import Caller
from services.approval.queries import PostgresDesk
from services.approval.requests.commands import RecordDecision
from services.approval.settings import ApprovalSettings
from services.approval.stored import StoredApprovals
from shared.policy.table import DEFAULT_POLICY
from shared.security.keys import ensure_grant_keys, ensure_issuer_keys, read_pem
from shared.service import Service
from tests.support.approvals import DAY, DIGEST, request_for
from tests.support.eventually import eventually_async
from tests.support.stack import TestDatabase
from tests.support.units import WHEN

pytestmark = pytest.mark.integration

DAYS_OFF = timedelta(days=3)
DONE_SECONDS_MAX = 30
CALLER = Caller("tess")
ENDINGS = "SELECT stream, type FROM es.events WHERE type IN ('ApprovalExpired', 'GrantLapsed') ORDER BY id"


class Approvals:
    """The service's acts on a database, with a clock that the test moves."""

    def __init__(self, service: Service, signer: KeySigner) -> None:
        self.now = WHEN
        self.service = service
        self.acts = StoredApprovals(service, signer, lambda: DEFAULT_POLICY)
        self.desk = PostgresDesk(lambda: service.database.pool)

    async def ask(self, workflow: str, *, approved: bool = False) -> None:
        """A request; approved at once, so that its grant waits to be used."""
        await self.acts.act(workflow, request_for(workflow, at=self.now), CALLER)
        if approved:
            decision = RecordDecision("tess", ("TRADER",), "APPROVE", DIGEST, "", self.now, DAY)
            await self.acts.act(workflow, decision, CALLER)

    async def watched(self, watchers: int = 1) -> list[tuple[str, str]]:
        """Let so many watch until nothing is due; what ended, in the order of the events."""

        async def nothing_due() -> bool:
            return all(each.due_at > self.now for each in await self.desk.deadlines(100))

        tasks = [asyncio.create_task(watch_deadlines(self.desk, self.acts, lambda: self.now)) for _ in range(watchers)]
        try:
            await eventually_async(nothing_due, DONE_SECONDS_MAX, what="nothing due")
        finally:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        rows = await self.service.database.pool.fetch(ENDINGS)
        return [(row["stream"].removeprefix("approval-"), row["type"]) for row in rows]


@pytest.fixture
async def approvals(tmp_path: Path, database: TestDatabase) -> AsyncIterator[Approvals]:
    grant, people = ensure_grant_keys(tmp_path), ensure_issuer_keys(tmp_path)
    service = build(
        ApprovalSettings(
            postgres_dsn=database.dsn("hawk_approval"),
            profile="demo",
            grant_private_key_file=grant.private,
            issuer_public_key_file=people.public,
        )
    )
    await service.database.open()
    yield Approvals(service, KeySigner(read_pem(grant.private)))
    await service.database.close(2)


async def test_what_passed_in_days_off_ends_once_and_in_the_order_of_its_time(approvals: Approvals) -> None:
    for number, approved in enumerate((False, True, False, True, False), start=1):
        await approvals.ask(f"w{number}", approved=approved)
        approvals.now += timedelta(hours=1)
    assert await approvals.watched() == []
    approvals.now += DAYS_OFF
    await approvals.ask("later")
    ended = [
        ("w1", "ApprovalExpired"), ("w2", "GrantLapsed"), ("w3", "ApprovalExpired"), ("w4", "GrantLapsed"),
        ("w5", "ApprovalExpired"),
    ]  # fmt: skip
    assert await approvals.watched() == ended
    approvals.now += timedelta(hours=12)
    assert await approvals.watched() == ended
    approvals.now += timedelta(hours=12)
    assert await approvals.watched() == [*ended, ("later", "ApprovalExpired")]


async def test_two_that_watch_after_days_off_end_each_once(approvals: Approvals) -> None:
    for number in range(1, 7):
        await approvals.ask(f"w{number}", approved=number % 2 == 0)
    approvals.now += DAYS_OFF
    with contextlib.suppress(Exception):
        await approvals.watched(watchers=2)
    ended = await approvals.watched()
    assert sorted(ended) == [
        (f"w{number}", "GrantLapsed" if number % 2 == 0 else "ApprovalExpired") for number in range(1, 7)
    ]
