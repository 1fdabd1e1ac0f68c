"""Escalations and reminders on the real PostgreSQL: who is mailed, how often, and in one mail."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.approval.notifications.reminders import remind
from services.approval.requests.commands import EscalateRequest, Escalation
from services.approval.requests.deadlines import due
from services.approval.stored import StoredApprovals
from shared.policy.table import DEFAULT_POLICY
from tests.integration.approval.test_notifications_sent import AUDIENCE, Noting
from tests.support.notifying import ANNA, BEN
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

HOUR = 3_600
OLDER = "UPDATE approval.queue SET requested_at = requested_at - make_interval(secs => $1)"


@pytest.fixture
async def noting_approval(tmp_path: Path, database: TestDatabase) -> AsyncIterator[Noting]:
    made = Noting(tmp_path, database)
    await made.service.database.open()
    yield made
    await made.service.database.close(2)


async def reminded(made: Noting) -> list[tuple[str, str]]:
    rows = await made.service.database.pool.fetch(
        "SELECT recipient, workflow_id FROM approval.notifications WHERE kind = 'reminded' ORDER BY recipient, noted_at"
    )
    return [(row["recipient"], row["workflow_id"]) for row in rows]


async def test_a_request_is_reminded_of_once_in_a_period(noting_approval: Noting) -> None:
    made = noting_approval
    pool = made.service.database.pool
    workflow = await made.asked()
    await remind(pool, AUDIENCE, HOUR)
    assert await reminded(made) == []
    await pool.execute(OLDER, HOUR + 5)
    for _ in range(3):
        await remind(pool, AUDIENCE, HOUR)
    once = [(ANNA, workflow), (BEN, workflow)]
    assert await reminded(made) == once
    # It was away for two periods: one reminder follows, not one for each.
    await pool.execute(OLDER, 2 * HOUR)
    for _ in range(3):
        await remind(pool, AUDIENCE, HOUR)
    assert sorted(await reminded(made)) == sorted(2 * once)


async def test_nobody_is_reminded_of_what_has_ended_or_is_over(noting_approval: Noting) -> None:
    made = noting_approval
    pool = made.service.database.pool
    await made.asked()
    await pool.execute(OLDER, HOUR + 5)
    await pool.execute("UPDATE approval.queue SET due_at = now()")
    await remind(pool, AUDIENCE, HOUR)
    await pool.execute("UPDATE approval.queue SET status = 'REJECTED', due_at = NULL")
    await remind(pool, AUDIENCE, HOUR)
    assert await reminded(made) == []


async def test_an_escalated_request_is_mailed_to_the_fallback_role_and_reminded_of(noting_approval: Noting) -> None:
    made = noting_approval
    pool = made.service.database.pool
    object.__setattr__(
        made.dependencies, "escalation", Escalation(made.dependencies.grant_lifetime / 4, "RISK_MANAGER")
    )
    workflow = await made.asked()
    (row,) = await pool.fetch("SELECT escalate_at, requested_at FROM approval.queue")
    assert row["escalate_at"] > row["requested_at"]
    desk = made.desk
    waiting = await desk.deadlines(10)
    assert due(waiting, row["escalate_at"]) == [(workflow, EscalateRequest(row["escalate_at"]))]
    approvals = StoredApprovals(made.service, made.dependencies.signer, lambda: DEFAULT_POLICY)
    await approvals.act_by_clock(workflow, EscalateRequest(row["escalate_at"]))
    mailed = await pool.fetch(
        "SELECT recipient, kind FROM approval.notifications WHERE channel = 'mail' AND kind = 'escalated'"
    )
    assert [(each["recipient"], each["kind"]) for each in mailed] == [(BEN, "escalated")]
    card = await desk.card(workflow)
    assert card is not None
    assert card.approval.escalated is not None
    assert [each for each in await desk.deadlines(10) if each.escalates] == []
