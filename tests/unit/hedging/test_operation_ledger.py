"""The operation ledger of domain facts 10.3 and 10.4, the undo plan, and the ids."""

from collections import Counter
from dataclasses import dataclass

import pytest

from services.executor.execution.steps import BUILDERS
from shared.hedging.models import DEAL_ROWS, Model
from shared.hedging.operations import ChildShape, OperationKind, Phase, Stage, count_operations, draw_operations
from tests.support.hedges import IDENTITY, plan

GL = tuple(f"entry {number}" for number in range(1, 9))


def operations_of(*deals: int) -> list[tuple[str, str]]:
    shapes = [ChildShape(part, f"E{part}", tuple(["deal"] * count), GL) for part, count in enumerate(deals, start=1)]
    return [(each.kind.value, each.table) for each in draw_operations("wf", shapes)]


@dataclass(frozen=True)
class Row:
    """A row of domain facts 10.4."""

    model: Model
    deals: int
    stages: tuple[int, int, int]
    read: int
    update: int
    insert: int
    total: int
    without_check: int


TABLE = [
    Row(Model.A_COI, 6, (8, 12, 27), 9, 8, 30, 47, 39),
    Row(Model.B_COI, 10, (8, 12, 31), 9, 8, 34, 51, 43),
    Row(Model.C_COI, 10, (8, 12, 31), 9, 8, 34, 51, 43),
    Row(Model.A_RE, 3, (8, 12, 24), 9, 8, 27, 44, 36),
    Row(Model.B_RE, 3, (8, 12, 24), 9, 8, 27, 44, 36),
    Row(Model.C_RE, 5, (8, 12, 26), 9, 8, 29, 46, 38),
]
# Kinds of each stage, D deals (domain facts 10.1 as reconciled in 10.2): READ, INSERT, UPDATE.
KINDS = {Stage.CHECK: (6, 1, 1), Stage.ALLOCATION: (1, 8, 3), Stage.BOOKING: (2, 15, 4)}
# One order of each model that its plan is drawn for.
ORDERS = {
    Model.A_COI: ("USD", "25000000"), Model.B_COI: ("CNY", "150000000"), Model.C_COI: ("KRW", "12000000000"),
    Model.A_RE: ("AUD", "5000000"), Model.B_RE: ("CNY", "50000000"), Model.C_RE: ("TWD", "150000000"),
}  # fmt: skip
EACH_MODEL = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.model.value)


def shapes_of(model: Model, entities: int = 1) -> list[ChildShape]:
    """Children as a plan makes them of the model's deal table."""
    deals = tuple(f"{each.deal_type} {each.source} to {each.target}" for each in DEAL_ROWS[model])
    return [ChildShape(part, f"E{part}", deals, GL) for part in range(1, entities + 1)]


@EACH_MODEL
def test_counts_are_those_of_the_table(row: Row) -> None:
    counts = count_operations(draw_operations("wf", shapes_of(row.model)))
    assert len(DEAL_ROWS[row.model]) == row.deals
    assert tuple(each.total for each in counts.stages) == row.stages
    assert (counts.read, counts.update, counts.insert, counts.total) == (row.read, row.update, row.insert, row.total)
    assert counts.total == 41 + row.deals


@EACH_MODEL
def test_closing_alone_has_the_operations_without_stage_1a(row: Row) -> None:
    """A rollover or termination of one hedge asks for no capacity."""
    counts = count_operations(draw_operations("wf", shapes_of(row.model), checked=False))
    assert counts.total == row.without_check == 33 + row.deals
    assert tuple(each.total for each in counts.stages) == row.stages[1:]
    assert (counts.read, counts.insert, counts.update) == (row.read - 6, row.insert - 1, row.update - 1)


@EACH_MODEL
def test_every_stage_has_the_kinds_of_the_table(row: Row) -> None:
    kinds = Counter((each.stage, each.kind) for each in draw_operations("wf", shapes_of(row.model)))
    for stage, (read, insert, update) in KINDS.items():
        assert kinds[stage, OperationKind.READ] == read
        assert kinds[stage, OperationKind.INSERT] == insert + (row.deals if stage is Stage.BOOKING else 0)
        assert kinds[stage, OperationKind.UPDATE] == update


@EACH_MODEL
def test_plan_of_the_model_holds_the_operations_of_the_table(row: Row) -> None:
    """What people approve and the executor applies is the same list, with the same counts."""
    currency, amount = ORDERS[row.model]
    drawn = plan(currency, amount, nav_type=row.model.nav_type)
    shapes = [
        ChildShape(
            child.index,
            child.entity_id,
            tuple(f"{deal.deal_type} {deal.portfolio_from} to {deal.portfolio_to}" for deal in child.deals),
            tuple(f"{entry.entry_type} {entry.ledger.value}" for entry in child.gl_entries),
        )
        for child in drawn.children
    ]
    assert drawn.model == row.model
    assert drawn.operations == draw_operations(IDENTITY.workflow_id, shapes)
    assert drawn.counts == count_operations(drawn.operations)
    assert drawn.counts.total == row.total


@pytest.mark.parametrize("entities", [1, 2, 3, 4])
@EACH_MODEL
def test_total_is_eight_and_33_and_the_deals_of_each_entity(row: Row, entities: int) -> None:
    """Stage 1A once per order, 1B and 2 once per entity (domain facts 10.5.1)."""
    counts = count_operations(draw_operations("wf", shapes_of(row.model, entities)))
    assert counts.total == 8 + entities * (33 + row.deals)
    assert tuple(each.total for each in counts.stages) == (8, 12 * entities, (21 + row.deals) * entities)


def test_total_adds_up_when_entities_have_different_models() -> None:
    every = [shape for row in TABLE for shape in shapes_of(row.model)]
    assert count_operations(draw_operations("wf", every)).total == 8 + sum(33 + row.deals for row in TABLE) == 243


def test_order_over_three_entities_has_eight_and_each_ones_operations() -> None:
    assert plan("HKD", "400000000").counts.total == len(operations_of(6, 6, 6)) == 125


def test_check_alone_has_the_eight_operations_of_stage_1a() -> None:
    counts = count_operations(draw_operations("wf", []))
    assert [(each.stage, each.total) for each in counts.stages] == [(Stage.CHECK, 8)]
    assert plan("HKD", "100000", instruction_type="U").counts == counts


@EACH_MODEL
def test_every_write_of_the_ledger_is_what_the_executor_carries_out(row: Row) -> None:
    """The list that is approved names no write that the executor has no builder of facts for."""
    writes = {
        (each.stage, each.phase, each.kind, each.table)
        for each in draw_operations("wf", shapes_of(row.model))
        if each.kind is not OperationKind.READ
    }
    assert writes <= BUILDERS.keys()


def test_every_table_of_the_ledger_stands_as_often_as_there() -> None:
    counts = Counter(operations_of(6))
    assert counts["INSERT", "deal_bookings"] == 6
    assert counts["UPDATE", "deal_bookings"] == 2
    assert counts["INSERT", "gl_entries"] == 8
    assert counts["INSERT", "hedge_instructions"] == 2
    assert counts["UPDATE", "hedge_instructions"] == 2
    assert counts["UPDATE", "hedge_business_events"] == 3
    assert counts["INSERT", "audit_trail"] == 2
    once = {
        "gl_entries_detail", "mx_proxy_hedge_report", "mx_discounted_spot", "hfm_template_entries",
        "hedge_effectiveness", "risk_monitoring", "allocation_engine", "hedge_event_history", "reallocation_audit",
        "stage_bundles", "stage2_queue", "hedge_business_events",
    }  # fmt: skip
    assert all(counts["INSERT", table] == 1 for table in once)
    reads = {table for (kind, table) in counts if kind == "READ"}
    assert len(reads) == 9


def test_operations_are_numbered_without_gaps_and_named_by_the_workflow() -> None:
    drawn = plan("USD", "25000000", entity_id="ENTITY0037").operations
    assert [each.number for each in drawn] == list(range(1, 48))
    assert drawn[0].operation_id == f"{IDENTITY.workflow_id}:0001"
    assert [each.rows for each in drawn if each.kind is OperationKind.READ] == [0] * 9
    assert [each.rows for each in drawn if each.table == "gl_entries_detail"] == [16]
    assert [each.rows for each in drawn if each.step in {"sent", "booked"}] == [6, 6]
    phases = [each.phase for each in drawn]
    assert phases.count(Phase.PREPARE) == 30  # 8 + 12 + C1 to C3 + 6 deals + sent
    assert phases == sorted(phases, reverse=True)  # PREPARE before COMPLETE


def test_undo_plan_takes_every_write_back_last_first() -> None:
    drawn = plan("USD", "25000000", entity_id="ENTITY0037")
    writes = [each.number for each in drawn.operations if each.kind is not OperationKind.READ]
    assert [step.undoes for step in drawn.reversal] == writes[::-1]
    assert [step.number for step in drawn.reversal] == list(range(1, 39))
    lasting = {step.table for step in drawn.reversal if not step.reversible}
    assert lasting == {"audit_trail", "deal_bookings"}


def test_ids_derive_from_the_workflow_alone() -> None:
    drawn = plan("HKD", "400000000")
    stem = "0F8FAD5BD9CB469F"
    assert drawn.order.order_id == f"ORD-{stem}"
    assert drawn.order.msg_uid == f"HAWK{stem}"
    assert [child.event.event_id for child in drawn.children] == [f"EVENT_{stem}_{n:02d}" for n in (1, 2, 3)]
    assert [child.ids.sub_order_id for child in drawn.children] == [f"ORD-{stem}-{n:02d}" for n in (1, 2, 3)]
    deals = [deal.deal_booking_id for child in drawn.children for deal in child.deals]
    entries = [entry.gl_entry_id for child in drawn.children for entry in child.gl_entries]
    assert len(set(deals)) == len(deals) == 18
    assert len(set(entries)) == len(entries) == 24
    assert deals[0] == f"DEAL_{stem}_01_01"
    assert drawn.order.provenance["msg_uid"] == "system"


def test_stated_ids_are_kept_when_given() -> None:
    drawn = plan("USD", "25000000", entity_id="ENTITY0037", order_id="ORD-7", sub_order_id="SUB-1", msg_uid="M1")
    assert (drawn.order.order_id, drawn.order.msg_uid) == ("ORD-7", "M1")
    assert drawn.children[0].ids.sub_order_id == "SUB-1"
    assert drawn.order.provenance["order_id"] == "stated"
