"""The list of operations that people approve is what the database does: reads and row changes, table by table."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.events import identity
from shared.events.approvals import Approver
from shared.events.configuration import ConfigurationPlanned
from shared.hedging.operations import OperationKind, Phase
from shared.hedging.plan import HedgePlan
from shared.messaging import unit_of_work
from shared.messaging.database import open_pool
from shared.messaging.unit_of_work import UnitOfWork
from shared.security.keys import ensure_grant_keys
from tests.support import configuration, hedges
from tests.support.desk import Desk
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

#: Outside the count (domain facts 10.5.3): Murex messages, packages, the journal, progress, and the use of capacity,
#: which is the read side of the exposures' own streams; likewise which orders wait.
UNCOUNTED = {
    "h_stg_mrx_ext", "gl_packages", "gl_journal_lines", "execution_status",
    "exposure_capacity", "exposure_days", "exposure_movements", "usd_pb_usage", "planned_orders",
}  # fmt: skip
#: Rate, calendar and ledger look-ups of the planner.
LOOKED_UP = {
    "currency_rates", "proxy_configuration", "holiday_calendar", "gl_rules", "gl_coa", "gl_periods", "hedge_be_config",
    "opening_hedges",
    "entity_alias", "hedging_framework", "instruction_event_config",
}  # fmt: skip
#: Written outside the count: one row per approver (domain facts 10.5.3, approvals).
APPROVAL_ROWS = 1

SEEN_BY_THE_DATABASE = """
    SELECT relname, seq_scan + coalesce(idx_scan, 0) AS scans, n_tup_ins, n_tup_upd, n_tup_del
    FROM pg_stat_xact_user_tables WHERE schemaname = 'hawk'
"""


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, dict[str, int]]]:
    """What PostgreSQL's own counters say of each transaction, by table."""
    seen: list[dict[str, dict[str, int]]] = []
    write = UnitOfWork.write

    async def counting(unit: UnitOfWork, projector: unit_of_work.Projector | None) -> object:
        recorded = await write(unit, projector)
        rows = await unit.connection.fetch(SEEN_BY_THE_DATABASE)
        seen.append({row["relname"]: {key: row[key] for key in row.keys() if key != "relname"} for row in rows})  # noqa: SIM118
        return recorded

    monkeypatch.setattr(UnitOfWork, "write", counting)
    return seen


@pytest.fixture
async def desk(desk_database: TestDatabase, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk on one connection: PostgreSQL counts by backend until it flushes."""
    pool = await open_pool(desk_database.dsn("hawk_executor"), application="desk", min_size=1, max_size=1)
    yield Desk(pool, ensure_grant_keys(tmp_path))
    await pool.close()


async def count_afresh(desk: Desk) -> None:
    """What the backend has counted so far goes to the shared statistics; the next transaction starts at zero."""
    await desk.pool.execute("SELECT pg_stat_force_next_flush()")


def planned_rows(plan: HedgePlan, phase: Phase, kind: OperationKind) -> Counter[str]:
    return Counter(
        {
            table: sum(op.rows for op in plan.operations if (op.phase, op.kind, op.table) == (phase, kind, table))
            for table in {op.table for op in plan.operations if (op.phase, op.kind) == (phase, kind)}
        }
    )


def changed_rows(seen: dict[str, dict[str, int]], counter: str) -> Counter[str]:
    return Counter({table: n[counter] for table, n in seen.items() if n[counter] and table not in UNCOUNTED})


@pytest.mark.parametrize(
    ("currency", "amount", "entity", "total"),
    [("USD", "25000000", "ENTITY0037", 47), ("HKD", "40000000", "ENTITY0009", 47)],
)
async def test_the_database_sees_exactly_the_planned_reads_and_row_changes(
    desk: Desk, transactions: list[dict[str, dict[str, int]]], currency: str, amount: str, entity: str, total: int
) -> None:
    workflow_id = await desk.propose(hedges.order(currency, amount, entity_id=entity, nav_type="COI"))
    drawn = await desk.plan(workflow_id)
    plan = drawn.plan
    assert len(plan.operations) == total

    await count_afresh(desk)
    assert await desk.grant(drawn) is None
    prepare = transactions[-1]
    await desk.acknowledge(workflow_id, (1, 2, 3, 4, 5))
    await count_afresh(desk)
    await desk.acknowledge(workflow_id, (6,))
    complete = transactions[-1]

    for phase, seen in ((Phase.PREPARE, prepare), (Phase.COMPLETE, complete)):
        inserted = planned_rows(plan, phase, OperationKind.INSERT)
        if phase is Phase.PREPARE:
            inserted["audit_trail"] += APPROVAL_ROWS
        assert changed_rows(seen, "n_tup_ins") == inserted
        assert changed_rows(seen, "n_tup_upd") == planned_rows(plan, phase, OperationKind.UPDATE)
        assert not changed_rows(seen, "n_tup_del")

    read = {operation.table for operation in plan.operations if operation.kind is OperationKind.READ}
    scanned = {table for table, n in prepare.items() if n["scans"]}
    written = {operation.table for operation in plan.operations if operation.kind is not OperationKind.READ}
    assert read <= scanned
    assert scanned - read - written <= UNCOUNTED | LOOKED_UP


async def test_planning_writes_no_business_row(desk: Desk, transactions: list[dict[str, dict[str, int]]]) -> None:
    await count_afresh(desk)
    await desk.propose(hedges.order("USD", "25000000", entity_id="ENTITY0037"))
    assert not changed_rows(transactions[-1], "n_tup_ins")
    assert not changed_rows(transactions[-1], "n_tup_upd")


async def test_a_configuration_change_writes_what_its_four_operations_say(
    desk: Desk, transactions: list[dict[str, dict[str, int]]]
) -> None:
    stream = identity.response_stream(configuration.RESPONSE)
    await count_afresh(desk)
    proposed = configuration.proposed()
    origin = proposed.origin.model_copy(update={"maker": desk.proved(configuration.RESPONSE)})
    proposed = proposed.model_copy(update={"origin": origin})
    await desk.take(proposed, stream=stream, topic="hawk.proposals")
    assert not changed_rows(transactions[-1], "n_tup_upd") + changed_rows(transactions[-1], "n_tup_ins")
    (plan,) = await desk.events(identity.plan_stream(configuration.WORKFLOW))
    assert isinstance(plan, ConfigurationPlanned)
    assert len(plan.plan.operations) == 4

    people = (("rosa", "RISK_MANAGER"), ("tom", "TRADER"))
    approvers = tuple(Approver(person=name, role=role, at=desk.now) for name, role in people)
    await count_afresh(desk)
    assert await desk.grant(plan, approvers=approvers) is None
    seen = transactions[-1]
    # Of the audit trail the record of the change, and a row for each of the two who approved.
    assert changed_rows(seen, "n_tup_ins") == Counter({"audit_trail": 1 + len(people)})
    assert changed_rows(seen, "n_tup_upd") == Counter({"buffer_configuration": 1})
    read = {operation.table for operation in plan.plan.operations if operation.kind is OperationKind.READ}
    assert read <= {table for table, n in seen.items() if n["scans"]}
