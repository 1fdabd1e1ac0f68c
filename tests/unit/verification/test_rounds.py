"""A replay may bring changes of different streams together, never change the order within one."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.executor.handlers.table_writer import statements_of
from services.executor.tables.changes import Change, Insert, Update, Upsert
from services.executor.tables.rounds import in_rounds

TABLE = "transaction_log"
START = datetime(2026, 11, 23, 3, tzinfo=UTC)


def insert(key: str) -> Change:
    return Insert(TABLE, {"transaction_id": key, "status": "NEW"})


def update(key: str, status: str) -> Change:
    return Update(TABLE, {"transaction_id": key}, {"status": status})


def upsert(key: str, status: str) -> Change:
    return Upsert(TABLE, {"transaction_id": key}, {"status": status})


def test_workflows_that_went_the_same_way_share_statements() -> None:
    changes = [
        (f"s{n}", change) for n in range(50) for change in (insert(f"k{n}"), update(f"k{n}", "A"), upsert(f"k{n}", "B"))
    ]
    assert len(statements_of([change for _, change in changes])) == 150
    assert len(statements_of(in_rounds(changes))) == 3


def test_only_the_last_of_adjacent_upserts_of_one_row_is_carried_out() -> None:
    changes = [("s", upsert("k", str(n))) for n in range(9)]
    assert in_rounds(changes) == [upsert("k", "8")]


def test_upserts_of_other_rows_or_with_a_change_between_are_kept() -> None:
    between = [("s", upsert("k", "1")), ("s", update("k", "2")), ("s", upsert("k", "3")), ("s", upsert("other", "4"))]
    assert in_rounds(between) == [change for _, change in between]


def test_a_row_that_two_streams_change_keeps_the_order_of_its_changes() -> None:
    """More streams can go on with an update, of rows that were there before, than with the insert."""
    row = {"instruction_type": "I", "exposure_currency": "USD", "order_id": "o", "planned_at": START, "waits": True}
    planned = Insert("planned_orders", {"workflow_id": "new", **row})
    over = {
        key: Update("planned_orders", {"workflow_id": key}, {"waits": False}, rows=None) for key in ("a", "b", "new")
    }
    changes = [("plan-new", planned), *((f"execution-{key}", change) for key, change in over.items())]
    carried_out = in_rounds(changes)
    assert carried_out.index(planned) < carried_out.index(over["new"])


STEPS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from("IUP")), max_size=40)


@given(STEPS)
def test_the_rows_are_those_of_the_given_order(steps: Sequence[tuple[int, str]]) -> None:
    """Whatever mixture of streams: each row sees its own changes in their order."""
    made: dict[int, int] = defaultdict(int)
    changes: list[tuple[str, Change]] = []
    for number, (stream, kind) in enumerate(steps):
        key = f"{stream}-{made[stream]}"
        if kind == "I" or not made[stream]:
            made[stream] += 1
            key = f"{stream}-{made[stream]}"
            changes.append((f"s{stream}", insert(key)))
        elif kind == "U":
            changes.append((f"s{stream}", update(key, f"u{number}")))
        else:
            changes.append((f"s{stream}", upsert(key, f"p{number}")))
    assert rows(in_rounds(changes)) == rows([change for _, change in changes])


def rows(changes: Sequence[Change]) -> dict[str, str]:
    """A strict table in memory: an insert of a row that is there, an update of one that is not, is an error."""
    kept: dict[str, str] = {}
    for change in changes:
        match change:
            case Insert(row=row):
                assert row["transaction_id"] not in kept
                kept[str(row["transaction_id"])] = str(row["status"])
            case Update(key=key, changes=new):
                assert key["transaction_id"] in kept
                kept[str(key["transaction_id"])] = str(new["status"])
            case Upsert(key=key, row=row):
                kept[str(key["transaction_id"])] = str(row["status"])
            case _:
                raise AssertionError(change)
    return kept
