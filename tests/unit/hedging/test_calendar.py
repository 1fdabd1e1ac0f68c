"""Business days, cut-off, value date and maturity (interfaces section 7, dates)."""

from datetime import UTC, date, datetime, time

import pytest

from shared.hedging.calendar import Calendar, CalendarInvalid, maturity_of, trade_date_of
from tests.support.hedges import demo_tables, facts, plan, row_of

WEEKENDS = Calendar({}, [])
CHRISTMAS = Calendar({"SGD": frozenset({date(2026, 12, 25)})}, ["SGD", "USD"])


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 23, 14, 59), date(2026, 11, 23)),  # noqa: DTZ001  local time, the zone is the caller's
        (datetime(2026, 11, 23, 15, 0), date(2026, 11, 24)),  # noqa: DTZ001  at the cut-off
        (datetime(2026, 11, 20, 23, 0), date(2026, 11, 23)),  # noqa: DTZ001  Friday night
        (datetime(2026, 11, 22, 9, 0), date(2026, 11, 23)),  # noqa: DTZ001  Sunday
    ],
)
def test_trade_date_rolls_when_the_cut_off_or_the_week_is_over(now: datetime, expected: date) -> None:
    day, why = trade_date_of(now, time(15, 0), WEEKENDS)
    assert day == expected
    assert (why is None) == (day == now.date())


def test_shift_counts_open_days_only() -> None:
    assert CHRISTMAS.shift(date(2026, 12, 23), 2) == date(2026, 12, 28)  # 24th, then over the 25th and the weekend
    assert CHRISTMAS.shift(date(2026, 12, 28), -2) == date(2026, 12, 23)
    assert CHRISTMAS.shift(date(2026, 12, 25), 0) == date(2026, 12, 28)
    assert CHRISTMAS.days_between(date(2026, 12, 23), date(2026, 12, 28)) == 2
    assert CHRISTMAS.days_between(date(2026, 12, 28), date(2026, 12, 23)) == 0


def test_calendar_raises_when_every_day_is_closed() -> None:
    closed = frozenset(date.fromordinal(date(2026, 1, 1).toordinal() + offset) for offset in range(400))
    with pytest.raises(CalendarInvalid):
        Calendar({"SGD": closed}, ["SGD"]).following(date(2026, 3, 1))


@pytest.mark.parametrize(
    ("tenor", "expected"),
    [
        ("3M", date(2027, 2, 25)),
        ("3m", date(2027, 2, 25)),
        ("2W", date(2026, 12, 9)),
        ("10D", date(2026, 12, 7)),  # the 5th is a Saturday
        ("1Y", date(2027, 11, 25)),
        ("6M", date(2027, 5, 25)),
        ("2027-02-25", date(2027, 2, 25)),
        ("2027-02-27", None),  # a Saturday
        ("2026-11-25", None),  # the value date itself
        ("0M", None),
        ("99999999999999M", None),
        ("M", None),
        ("-1M", None),
        ("", None),
        ("31/12/2026", None),
    ],
)
def test_maturity_is_a_business_day_after_the_value_date_or_none(tenor: str, expected: date | None) -> None:
    assert maturity_of(tenor, date(2026, 11, 25), WEEKENDS) == expected


def test_maturity_stays_in_the_month_when_its_end_is_closed() -> None:
    assert maturity_of("3M", date(2026, 11, 30), WEEKENDS) == date(2027, 2, 26)  # 28 February 2027 is a Sunday
    assert maturity_of("1M", date(2026, 12, 31), WEEKENDS) == date(2027, 1, 29)  # 31 January 2027 is a Sunday


def test_plan_dates_are_those_of_singapore_when_drawn_in_utc() -> None:
    dates = plan("USD", "25000000", entity_id="ENTITY0037").dates
    assert (dates.business_date, dates.trade_date) == (date(2026, 11, 23), date(2026, 11, 23))
    assert dates.value_date == date(2026, 11, 25)
    assert dates.maturity_date == date(2027, 2, 25)
    assert (dates.accounting_date, dates.period_id) == (date(2026, 11, 23), "2026-11")


@pytest.mark.parametrize(
    ("now", "trade"),
    [
        (datetime(2026, 11, 23, 7, 0, tzinfo=UTC), date(2026, 11, 24)),  # 15:00 in Singapore, the cut-off of USD
        (datetime(2026, 11, 22, 17, 0, tzinfo=UTC), date(2026, 11, 23)),  # already Monday in Singapore
        (datetime(2026, 11, 21, 3, 0, tzinfo=UTC), date(2026, 11, 23)),  # Saturday
        (datetime(2026, 12, 24, 23, 0, tzinfo=UTC), date(2026, 12, 28)),  # Christmas in Singapore
    ],
)
def test_any_hour_gives_a_plan_with_a_warning_when_the_day_rolls(now: datetime, trade: date) -> None:
    drawn = plan("USD", "25000000", entity_id="ENTITY0037", given=facts("USD", now=now))
    assert drawn.dates.trade_date == trade
    rolled = "TRADE_DATE_ROLLED" in [warning.code for warning in drawn.warnings]
    assert rolled == (trade != drawn.dates.business_date)


def test_stated_value_date_is_kept_when_it_is_a_later_business_day() -> None:
    drawn = plan("USD", "25000000", entity_id="ENTITY0037", value_date=date(2026, 11, 27))
    assert drawn.dates.value_date == date(2026, 11, 27)
    assert drawn.order.provenance["value_date"] == "stated"
    assert [warning.code for warning in drawn.warnings] == ["VALUE_DATE_NOT_STANDARD"]


def test_closed_period_is_a_warning_when_planning() -> None:
    tables = demo_tables()
    row_of(tables, "gl_periods", period_id="2026-11")["is_open"] = False
    drawn = plan("USD", "25000000", entity_id="ENTITY0037", given=facts("USD", tables=tables))
    assert "PERIOD_CLOSED" in [warning.code for warning in drawn.warnings]
