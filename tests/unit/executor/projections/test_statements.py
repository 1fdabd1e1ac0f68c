"""What the writer makes of row changes, without a database."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from services.executor.handlers.table_writer import STATEMENT_ROWS_MAX, statements_of
from services.executor.tables.catalogue import FILE, TABLES
from services.executor.tables.changes import Add, Delete, Insert, Update, Upsert
from services.executor.tables.table import CatalogueViolation, ColumnType, Table


def deal(number: int, **columns: object) -> Insert:
    return Insert(
        "deal_bookings",
        {
            "deal_booking_id": f"D{number}",
            "event_id": "E1",
            "deal_sequence": number,
            "deal_type": "FX_SWAP",
            "deal_status": "Pending",
            **columns,
        },
    )


def sent(number: int) -> Update:
    return Update("deal_bookings", {"deal_booking_id": f"D{number}"}, {"deal_status": "Sent"})


def period(name: str) -> Upsert:
    return Upsert(
        "gl_periods",
        {"period_id": name},
        {
            "start_date": date(2026, 11, 1),
            "end_date": date(2026, 11, 30),
            "is_open": True,
            "reference_version": 1,
        },
    )


def reserve(stream: str, amount: str) -> Add:
    return Add("exposure_capacity", {"stream": stream}, {"reserved": Decimal(amount)}, {"version": 1})


def test_inserts_become_one_statement_when_they_have_the_same_columns() -> None:
    (statement,) = statements_of([deal(1), deal(2), deal(3)])
    assert statement.rows == 3
    assert ["D1", "D2", "D3"] in statement.arguments


def test_inserts_become_two_statements_when_their_columns_differ() -> None:
    assert len(statements_of([deal(1), deal(2, counterparty="SG BANK LTD")])) == 2


def test_changes_of_one_table_are_batched_when_another_table_lies_between() -> None:
    statements = statements_of([deal(1), period("2026-11"), deal(2), period("2026-12")])
    assert [(statement.table, statement.rows) for statement in statements] == [
        ("deal_bookings", 2),
        ("gl_periods", 2),
    ]


def test_insert_and_update_keep_their_order_when_they_concern_one_row() -> None:
    statements = statements_of([deal(1), deal(2), sent(1), sent(2)])
    assert [statement.sql.split(" ")[0] for statement in statements] == ["INSERT", "UPDATE"]


@pytest.mark.parametrize("repeated", [[sent(1), sent(1)], [period("p"), period("p")]])
def test_a_run_is_cut_when_a_row_comes_again(repeated: list[Update | Upsert]) -> None:
    assert len(statements_of(repeated)) == 2


def test_additions_are_summed_when_they_concern_one_row() -> None:
    (statement,) = statements_of([reserve("s", "5"), reserve("t", "1"), reserve("s", "-2.5")])
    assert statement.rows == 2
    assert [Decimal("2.5"), Decimal("1")] in statement.arguments


def test_a_run_is_cut_when_it_reaches_the_row_limit() -> None:
    statements = statements_of([deal(number) for number in range(1, STATEMENT_ROWS_MAX + 2)])
    assert [statement.rows for statement in statements] == [STATEMENT_ROWS_MAX, 1]


def test_an_update_by_other_columns_stands_alone_when_it_sets_many_rows() -> None:
    many = Update("deal_bookings", {"workflow_id": "w"}, {"deal_status": "Cancelled"}, rows=None)
    statements = statements_of([many, many])
    assert [statement.rows for statement in statements] == [None, None]


def test_updates_by_other_columns_share_a_statement_when_they_set_other_rows() -> None:
    def released(event: str) -> Update:
        return Update("deal_bookings", {"event_id": event}, {"deal_status": "Sent"}, rows=6)

    (statement,) = statements_of([released("E1"), released("E2")])
    assert statement.rows == 12
    assert ["E1", "E2"] in statement.arguments


@pytest.mark.parametrize(
    "change",
    [
        Insert("users", {"name": "x"}),
        deal(1, no_such_column="x"),
        deal(1, booking_status="computed"),
        deal(1, effective=True),
        deal(1, sell_amount=1.5),
        deal(1, sell_amount=Decimal("NaN")),
        deal(1, sell_amount="1.5"),
        deal(1, deal_sequence=True),
        deal(1, trade_date=datetime(2026, 11, 23, tzinfo=UTC)),
        deal(1, created_date=datetime(2026, 11, 23)),  # noqa: DTZ001 - naive on purpose
        deal(1, currency_pair={"rate": 1.5}),
        deal(1, reversed_by_event="not-a-uuid"),
        Insert("deal_bookings", {"deal_status": "Pending"}),
        Update("deal_bookings", {"deal_booking_id": None}, {"deal_status": "Sent"}),
        Update("deal_bookings", {"deal_booking_id": "D1"}, {}),
        Update("deal_bookings", {}, {"deal_status": "Sent"}),
        Update("deal_bookings", {"deal_booking_id": "D1"}, {"deal_booking_id": "D2"}),
        Upsert("gl_periods", {"is_open": True}, {"period_id": "p"}),
        Delete("gl_periods", {"is_open": True}),
        Add("exposure_capacity", {"stream": "s"}, {}, {"version": 1}),
    ],
)
def test_a_change_is_a_defect_when_the_catalogue_does_not_have_it(
    change: Insert | Update | Upsert | Delete,
) -> None:
    with pytest.raises(CatalogueViolation):
        statements_of([change])


def test_nothing_is_written_when_one_change_of_many_is_wrong() -> None:
    with pytest.raises(CatalogueViolation):
        statements_of([deal(1), deal(2), sent(3), deal(4, sell_amount=1.5)])


def test_no_table_or_column_is_declared_twice_in_the_file() -> None:
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        assert len(dict(pairs)) == len(pairs), pairs
        return dict(pairs)

    assert json.loads(FILE.read_text(encoding="utf-8"), object_pairs_hook=once)


def test_every_table_has_a_key_of_columns_that_may_be_written() -> None:
    assert [name for name, table in TABLES.items() if not table.key or not set(table.key) <= table.columns.keys()] == []


def test_a_type_is_found_when_the_column_may_be_written() -> None:
    columns = {"a": ColumnType.TEXT, "b": ColumnType.JSONB}
    assert Table("t", key=("a",), columns=columns).type_of("b") is ColumnType.JSONB
