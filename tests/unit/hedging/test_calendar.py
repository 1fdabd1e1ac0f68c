"""Business days, cut-off, value date and maturity (interfaces section 7, dates)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from shared.hedging.calendar import Calendar, CalendarInvalid, DealCalendar
from shared.hedging.checks.reference import find_problems
from shared.hedging.conventions import CHOICES, FIXING_DAYS, MARKET_PRACTICE, Roll, UsdHolidays, conventions_of
from shared.hedging.plan import HedgePlan
from tests.support.hedges import TODAY, demo_tables, facts, plan, refusal, row_of

ALWAYS_OPEN = DealCalendar.of({}, {}, "HKD", through_usd=False)
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
    day, why = ALWAYS_OPEN.trade_date(now, time(15, 0))
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
    assert ALWAYS_OPEN.maturity(tenor, date(2026, 11, 25)) == expected


@pytest.mark.parametrize(
    ("start", "tenor", "expected"),
    [
        ("2026-11-30", "3M", "2027-02-26"),  # 28 February 2027 is a Sunday
        ("2026-12-31", "1M", "2027-01-29"),  # 31 January 2027 is a Sunday
        ("2026-11-30", "1M", "2026-12-31"),  # the end of one month leads to the end of the other
        ("2026-11-27", "1M", "2026-12-28"),  # a Friday, and not the last business day
        ("2027-02-26", "1M", "2027-03-31"),  # the last business day of February is its end
        ("2027-02-26", "1Y", "2028-02-29"),
        ("2028-02-29", "1Y", "2029-02-28"),
        ("2026-12-30", "2M", "2027-02-26"),  # 30 February is its last day, a Sunday; and never March
        ("2027-01-25", "5D", "2027-02-01"),  # 30 January is a Saturday: days go forward into the next month
        ("2027-01-29", "1D", "2027-02-01"),
        ("2027-01-29", "1W", "2027-02-05"),
        ("2026-11-25", "1D", "2026-11-26"),
    ],
)
def test_days_and_weeks_go_forward_and_months_stay_in_their_month(start: str, tenor: str, expected: str) -> None:
    assert ALWAYS_OPEN.maturity(tenor, date.fromisoformat(start)) == date.fromisoformat(expected)


def test_weeks_go_forward_over_the_end_of_a_month() -> None:
    closed = DealCalendar.of({"HKD": frozenset({date(2027, 4, 30)})}, {}, "HKD", through_usd=False)
    assert closed.maturity("1W", date(2027, 4, 23)) == date(2027, 5, 3)
    assert closed.maturity("1M", date(2027, 3, 30)) == date(2027, 4, 29)


def test_the_desk_may_reckon_otherwise() -> None:
    other = replace(
        MARKET_PRACTICE,
        roll_days=Roll.MODIFIED_FOLLOWING,
        roll_months=Roll.FOLLOWING,
        end_of_month=False,
        fixing_days=1,
    )
    calendar = DealCalendar.of({}, {}, "KRW", through_usd=True, conventions=other)
    assert calendar.maturity("5D", date(2027, 1, 25)) == date(2027, 1, 29)
    assert calendar.maturity("1M", date(2026, 11, 30)) == date(2026, 12, 30)
    assert calendar.maturity("2M", date(2026, 12, 30)) == date(2027, 3, 1)
    assert calendar.fixing(date(2027, 3, 1)) == date(2027, 2, 26)


THANKSGIVING = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("currency", "trade", "expected"),
    [
        ("USD", "2026-11-25", "2026-11-27"),  # between trade and value date: it does not count
        ("KRW", "2026-11-25", "2026-11-27"),
        ("HKD", "2026-11-25", "2026-11-27"),
        ("USD", "2026-11-24", "2026-11-27"),  # on the value date: nobody can pay
        ("KRW", "2026-11-24", "2026-11-27"),
        ("HKD", "2026-11-24", "2026-11-27"),
        ("USD", "2026-11-26", "2026-11-30"),  # on the trade date: Singapore deals
        ("USD", "2026-11-23", "2026-11-25"),
    ],
)
def test_a_holiday_of_the_dollar_counts_on_the_value_date_only(currency: str, trade: str, expected: str) -> None:
    calendar = DealCalendar.of({"USD": frozenset({THANKSGIVING})}, {}, currency, through_usd=currency != "HKD")
    assert calendar.spot(date.fromisoformat(trade), 2) == date.fromisoformat(expected)
    assert not calendar.settles.is_open(THANKSGIVING)
    assert calendar.counts.is_open(THANKSGIVING)


def test_a_holiday_of_the_dollar_may_count_on_every_day() -> None:
    strict = replace(MARKET_PRACTICE, usd_holidays=UsdHolidays.EVERY_DAY)
    closed = {"USD": frozenset({THANKSGIVING})}
    for currency, through_usd, expected in (
        ("USD", False, date(2026, 11, 30)),
        ("KRW", True, date(2026, 11, 30)),
        ("HKD", False, date(2026, 11, 27)),  # its pair has no dollar
    ):
        calendar = DealCalendar.of(closed, {}, currency, through_usd=through_usd, conventions=strict)
        assert calendar.spot(date(2026, 11, 25), 2) == expected


@pytest.mark.parametrize("currency", ["SGD", "HKD"])
def test_holidays_of_the_other_currencies_count_on_every_day(currency: str) -> None:
    calendar = DealCalendar.of({currency: frozenset({date(2026, 11, 26)})}, {}, "HKD", through_usd=False)
    assert calendar.spot(date(2026, 11, 25), 2) == date(2026, 11, 30)


def test_an_ndf_fixes_two_days_before_it_settles_whatever_the_dollar_does() -> None:
    holidays = {"USD": frozenset({date(2027, 2, 15)}), "KRW": frozenset({date(2027, 2, 9)})}
    calendar = DealCalendar.of(holidays, {}, "KRW", through_usd=True)
    assert calendar.fixing(date(2027, 2, 16)) == date(2027, 2, 12)
    assert calendar.fixing(date(2027, 2, 10)) == date(2027, 2, 5)  # over the holiday in Seoul and the weekend


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


def codes(drawn: HedgePlan) -> list[str]:
    return [warning.code for warning in drawn.warnings]


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        ({"tenor_or_maturity": "2028-12-25"}, ["maturity_date"]),  # Christmas, which nobody has stated yet
        ({"tenor_or_maturity": "2Y"}, ["maturity_date"]),
        ({"value_date": date(2028, 1, 4)}, ["value_date", "maturity_date"]),
        ({"tenor_or_maturity": "2027-12-30"}, []),  # the last business day that is known
        ({"tenor_or_maturity": "2028-01-03"}, ["maturity_date"]),
    ],
)
def test_a_day_beyond_the_calendars_is_a_warning(fields: dict[str, Any], paths: list[str]) -> None:
    drawn = plan("USD", "25000000", entity_id="ENTITY0037", **fields)
    assert [warning.path for warning in drawn.warnings if warning.code == "CALENDAR_ENDS"] == paths
    assert ("CALENDAR_ENDS" in " ".join(drawn.risk.reasons)) == bool(paths)


def test_a_trade_of_today_beyond_the_calendars_is_a_warning_too() -> None:
    tables = demo_tables()
    row_of(tables, "gl_periods", period_id="2027-12")["end_date"] = "2028-12-31"
    late = facts("USD", now=datetime(2028, 1, 3, 3, 0, tzinfo=UTC), tables=tables)
    drawn = plan("USD", "25000000", entity_id="ENTITY0037", given=late)
    paths = [warning.path for warning in drawn.warnings if warning.code == "CALENDAR_ENDS"]
    assert paths == ["trade_date", "value_date", "maturity_date", "next_test_date"]
    assert "SGD ends 2027-12-31" in next(each.message for each in drawn.warnings if each.path == "trade_date")


def test_a_calendar_that_states_no_end_knows_its_holidays_and_nothing_after_them() -> None:
    tables = demo_tables()
    for row in tables["holiday_calendar"]:
        del row["known_until"]
    given = facts("USD", tables=tables)
    assert given.last_days["SGD"] == max(given.holidays["SGD"])
    drawn = plan("USD", "25000000", entity_id="ENTITY0037", given=given, tenor_or_maturity="2027-12-30")
    assert codes(drawn) == ["CALENDAR_ENDS"]


def test_one_row_of_the_next_year_does_not_make_that_year_known() -> None:
    tables = demo_tables()
    tables["holiday_calendar"] += [
        {"calendar_code": code, "holiday_date": "2028-01-03", "known_until": None} for code in ("SGD", "USD")
    ]
    given = facts("USD", tables=tables)
    drawn = plan("USD", "25000000", entity_id="ENTITY0037", given=given, tenor_or_maturity="2028-12-25")
    assert codes(drawn) == ["CALENDAR_ENDS"]


def test_a_year_that_was_left_out_is_not_known_by_the_one_after_it() -> None:
    tables = demo_tables()
    tables["holiday_calendar"] += [
        {"calendar_code": "USD", "holiday_date": "2029-01-01", "known_until": "2029-12-31"},
        {"calendar_code": "SGD", "holiday_date": "2028-01-03", "known_until": "2028-12-31"},
    ]
    given = facts("USD", tables=tables)
    assert (given.last_days["USD"], given.last_days["SGD"]) == (date(2027, 12, 31), date(2028, 12, 31))


@pytest.mark.parametrize("market", ["SGD", "HKD", "USD"])
def test_every_market_of_a_pair_must_know_the_day(market: str) -> None:
    tables = demo_tables()
    tables["holiday_calendar"] = [row for row in tables["holiday_calendar"] if row["calendar_code"] != market]
    drawn = plan("HKD", "40000000", entity_id="ENTITY0009", given=facts("HKD", tables=tables))
    told = {each.path: each.message for each in drawn.warnings if each.code == "CALENDAR_ENDS"}
    # The dollar counts on the days on which is paid, and on no other.
    assert ("trade_date" in told) == (market != "USD")
    assert f"{market} knows no holiday" in told["value_date"]
    assert f"{market} knows no holiday" in told["maturity_date"]


@pytest.mark.parametrize("stated", [{"value_date": date(2026, 12, 25)}, {"tenor_or_maturity": "2026-12-25"}])
@pytest.mark.parametrize("currency", ["USD", "HKD"])
def test_a_stated_day_on_a_known_holiday_is_refused(currency: str, stated: dict[str, Any]) -> None:
    tables = demo_tables()
    # Only the dollar is closed: also a currency that is not dealt against it is paid through it.
    tables["holiday_calendar"] = [row for row in tables["holiday_calendar"] if row["calendar_code"] == "USD"]
    found = refusal(currency, "25000000", given=facts(currency, tables=tables), **stated)
    assert found.code == "INVALID_DATE"


def test_a_known_holiday_is_refused_also_where_another_calendar_has_ended() -> None:
    tables = demo_tables()
    tables["holiday_calendar"].append({"calendar_code": "USD", "holiday_date": "2028-12-25"})
    given = facts("USD", tables=tables)
    assert refusal("USD", "25000000", given=given, tenor_or_maturity="2028-12-25").code == "INVALID_DATE"


def test_pinned_days_beyond_the_calendars_are_told_again() -> None:
    drawn = plan("USD", "25000000", entity_id="ENTITY0037", tenor_or_maturity="2Y")
    again = plan("USD", "25000000", entity_id="ENTITY0037", tenor_or_maturity="2Y", given=facts("USD", pins=drawn.pins))
    assert codes(again) == codes(drawn) == ["CALENDAR_ENDS"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dates.roll.days", "following"),
        ("dates.roll.months", "PRECEDING"),
        ("dates.end_of_month", "yes"),
        ("dates.usd_holidays", "NEVER"),
        ("dates.fixing_days", "two"),
    ],
)
def test_a_convention_that_cannot_be_read_is_found_and_stops_planning(key: str, value: str) -> None:
    tables = demo_tables()
    row_of(tables, "system_configuration", config_key=key)["config_value"] = value
    assert [(each.key, each.column) for each in find_problems(tables, TODAY)] == [(key, "config_value")]
    found = refusal("USD", "25000000", given=facts("USD", tables=tables))
    assert (found.code, found.path) == ("CONFIGURATION_INVALID", "reference.system_configuration")


def test_the_conventions_are_reference_data() -> None:
    tables = demo_tables()
    row_of(tables, "system_configuration", config_key="dates.end_of_month")["config_value"] = "N"
    now = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
    wanted = {"entity_id": "ENTITY0009", "tenor_or_maturity": "1M"}
    assert plan("HKD", "40000000", given=facts("HKD", now=now), **wanted).dates.maturity_date == date(2026, 12, 31)
    given = facts("HKD", now=now, tables=tables)
    assert plan("HKD", "40000000", given=given, **wanted).dates.maturity_date == date(2026, 12, 30)
    tables["system_configuration"] = [
        row for row in tables["system_configuration"] if not row["config_key"].startswith("dates.")
    ]
    given = facts("HKD", now=now, tables=tables)
    assert plan("HKD", "40000000", given=given, **wanted).dates.maturity_date == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("table", "keyed", "column", "value"),
    [
        ("holiday_calendar", {"calendar_code": "SGD", "holiday_date": "2026-12-25"}, "known_until", "2027-01-31"),
        ("holiday_calendar", {"calendar_code": "SGD", "holiday_date": "2026-12-25"}, "known_until", "2026-12-24"),
        ("system_configuration", {"config_key": "desk.default.tenor"}, "config_value", "soon"),
    ],
    ids=["known beyond the year", "known to a day before", "a default tenor that is none"],
)
def test_reference_data_that_dates_cannot_rest_on_are_found(
    table: str, keyed: dict[str, str], column: str, value: str
) -> None:
    tables = demo_tables()
    row_of(tables, table, **keyed)[column] = value
    assert [(each.table, each.column) for each in find_problems(tables, TODAY)] == [(table, column)]


def test_the_demo_reckons_as_the_market_does() -> None:
    assert conventions_of(facts("USD").settings) == conventions_of({}) == MARKET_PRACTICE
    assert set(CHOICES) | {FIXING_DAYS} == {key for key in facts("USD").settings if key.startswith("dates.")}
