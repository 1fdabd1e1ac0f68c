"""The operation ledger of domain facts 10.3 and 10.4, the undo plan, and the ids."""

from collections import Counter

import pytest

from shared.hedging.operations import ChildShape, OperationKind, Phase, count_operations, draw_operations
from tests.support.hedges import IDENTITY, plan

GL = tuple(f"entry {number}" for number in range(1, 9))


def operations_of(*deals: int) -> list[tuple[str, str]]:
    shapes = [ChildShape(f"E{place}", tuple(["deal"] * count), GL) for place, count in enumerate(deals)]
    return [(each.kind.value, each.table) for each in draw_operations("wf", shapes)]


# model, deals, 1A, 1B, 2, READ, UPDATE, INSERT, total (domain facts 10.4)
@pytest.mark.parametrize(
    ("model", "deals", "stages", "read", "update", "insert", "total"),
    [
        ("A-COI", 6, [8, 12, 27], 9, 8, 30, 47),
        ("B-COI", 10, [8, 12, 31], 9, 8, 34, 51),
        ("C-COI", 10, [8, 12, 31], 9, 8, 34, 51),
        ("A-RE", 3, [8, 12, 24], 9, 8, 27, 44),
        ("B-RE", 3, [8, 12, 24], 9, 8, 27, 44),
        ("C-RE", 5, [8, 12, 26], 9, 8, 29, 46),
    ],
)
def test_counts_are_those_of_the_table(
    model: str, deals: int, stages: list[int], read: int, update: int, insert: int, total: int
) -> None:
    counts = count_operations(draw_operations("wf", [ChildShape("E", tuple(["deal"] * deals), GL)]))
    assert [each.total for each in counts.stages] == stages, model
    assert (counts.read, counts.update, counts.insert, counts.total) == (read, update, insert, total)


def test_order_over_three_entities_has_eight_and_each_ones_operations() -> None:
    assert len(operations_of(6, 6, 6)) == 8 + 3 * (33 + 6) == 125
    assert len(operations_of()) == 8


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
