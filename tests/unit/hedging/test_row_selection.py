"""Rows in memory are selected as the executor's SELECTs would."""

from datetime import date, timedelta

import pytest

from shared.hedging.planning.drawing import draw_plan
from shared.hedging.selection import select_rows
from tests.support.hedges import IDENTITY, TODAY, demo_tables, facts, order


@pytest.mark.parametrize(
    ("currency", "amount", "entity"),
    [("USD", "25000000", "ENTITY0037"), ("HKD", "400000000", None), ("KRW", "12000000000", "ENTITY0025")],
)
def test_plan_is_the_same_when_only_the_selected_rows_are_read(currency: str, amount: str, entity: str | None) -> None:
    wanted = order(currency, amount, entity_id=entity)
    selected = select_rows(demo_tables(), currency, entity, TODAY)
    assert sum(map(len, selected.values())) < sum(map(len, demo_tables().values())) / 2
    drawn = draw_plan(wanted, (), facts(currency, tables=selected), IDENTITY)
    assert drawn == draw_plan(wanted, (), facts(currency), IDENTITY)


def test_entity_of_another_currency_is_given_when_the_order_names_it() -> None:
    rows = select_rows(demo_tables(), "USD", "ENTITY0001", TODAY)["entity_master"]
    assert {row["currency_code"] for row in rows} == {"USD", "AUD"}


def test_rows_for_every_currency_are_given_beside_those_of_one() -> None:
    for scope, given in ((None, 1), ("", 1), ("ALL", 1), ("USD", 1), ("HKD", 0)):
        rows = select_rows({"threshold_configuration": [{"currency_code": scope}]}, "USD", None, TODAY)
        assert len(rows["threshold_configuration"]) == given, scope


@pytest.mark.parametrize("as_text", [True, False])
def test_snapshot_is_the_newest_up_to_today_when_there_are_several(as_text: bool) -> None:
    def snapshot(day: date) -> dict[str, object]:
        return {
            "nav_id": day.isoformat(), "entity_id": "ENTITY0037", "currency_code": "USD", "nav_type": "COI",
            "position_type": "NET", "as_of_date": day.isoformat() if as_text else day,
        }  # fmt: skip

    days = [TODAY - timedelta(days=3), TODAY, TODAY + timedelta(days=1), TODAY - timedelta(days=1)]
    rows = select_rows({"position_nav_master": [snapshot(day) for day in days]}, "USD", None, TODAY)
    assert [row["nav_id"] for row in rows["position_nav_master"]] == [TODAY.isoformat()]


def test_tables_without_rows_are_empty_when_nothing_is_given() -> None:
    assert not any(select_rows({}, "USD", None, TODAY).values())
