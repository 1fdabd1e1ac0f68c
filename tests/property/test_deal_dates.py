"""Whatever the holidays, the computed days of a deal keep the market's rules."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.hedging.calendar import DealCalendar, last_of_month, tenor_of
from shared.hedging.conventions import MARKET_PRACTICE

FIRST, LAST = date(2026, 1, 1), date(2028, 12, 31)
DAYS = st.dates(FIRST, LAST)
#: Sparse enough that no month closes whole, dense enough to meet each other and the ends of months.
HOLIDAYS = st.dictionaries(st.sampled_from(["SGD", "USD", "KRW", "HKD"]), st.frozensets(DAYS, max_size=40), max_size=4)
COUNTS = st.integers(1, 400)
MONTHS = st.tuples(st.integers(1, 24), st.just("M")) | st.tuples(st.integers(1, 4), st.just("Y"))


@st.composite
def calendars(draw: st.DrawFn) -> DealCalendar:
    currency, through_usd = draw(st.sampled_from([("KRW", True), ("HKD", False), ("USD", False)]))
    return DealCalendar.of(draw(HOLIDAYS), {}, currency, through_usd=through_usd)


def month_of(day: date, months: int) -> tuple[int, int]:
    total = day.year * 12 + day.month - 1 + months
    return total // 12, total % 12 + 1


@given(calendars(), DAYS, st.integers(0, 5))
def test_spot_is_open_in_every_market_and_counts_the_days_of_all_but_the_dollar(
    calendar: DealCalendar, day: date, settlement: int
) -> None:
    trade = calendar.counts.following(day)
    spot = calendar.spot(trade, settlement)
    assert calendar.settles.is_open(spot)
    counted = calendar.counts.days_between(trade, spot)
    assert counted >= settlement
    # No earlier day would do: those between are too near, or nobody can pay on them.
    between = (trade + timedelta(days=offset) for offset in range((spot - trade).days))
    assert all(
        calendar.counts.days_between(trade, each) < settlement or not calendar.settles.is_open(each) for each in between
    )


@given(calendars(), DAYS, COUNTS, st.sampled_from("DW"))
def test_days_and_weeks_never_go_back(calendar: DealCalendar, day: date, count: int, unit: str) -> None:
    start = calendar.settles.following(day)
    target = start + timedelta(days=count * (7 if unit == "W" else 1))
    found = calendar.maturity(f"{count}{unit}", start)
    assert found is not None
    assert found >= target
    assert calendar.settles.is_open(found)
    assert all(not calendar.settles.is_open(target + timedelta(days=n)) for n in range((found - target).days))


@given(calendars(), DAYS, MONTHS)
def test_months_never_leave_their_month_and_its_end_stays_its_end(
    calendar: DealCalendar, day: date, tenor: tuple[int, str]
) -> None:
    start = calendar.settles.following(day)
    count, unit = tenor
    found = calendar.maturity(f"{count}{unit}", start)
    assert found is not None
    assert found > start
    assert calendar.settles.is_open(found)
    assert (found.year, found.month) == month_of(start, count * (12 if unit == "Y" else 1))
    rest = range(1, (last_of_month(start.year, start.month) - start).days + 1)
    if not any(calendar.settles.is_open(start + timedelta(days=n)) for n in rest):
        left = range(1, (last_of_month(found.year, found.month) - found).days + 1)
        assert not any(calendar.settles.is_open(found + timedelta(days=n)) for n in left)
    else:
        wanted = last_of_month(found.year, found.month).replace(
            day=min(start.day, last_of_month(found.year, found.month).day)
        )
        nearer = (wanted + timedelta(days=n) for n in range(1, (found - wanted).days))
        assert not any(calendar.settles.is_open(each) for each in nearer), "the first open day, forward if there is one"


@given(calendars(), DAYS, COUNTS)
def test_a_longer_tenor_never_ends_earlier(calendar: DealCalendar, day: date, count: int) -> None:
    start = calendar.settles.following(day)
    for unit, size in (("D", count), ("M", count % 24 + 1)):
        shorter, longer = calendar.after(start, size, unit), calendar.after(start, size + 1, unit)
        assert shorter <= longer


@given(calendars(), DAYS)
def test_fixing_lies_the_stated_days_before_settlement(calendar: DealCalendar, day: date) -> None:
    maturity = calendar.settles.following(day)
    fixing = calendar.fixing(maturity)
    assert calendar.counts.is_open(fixing)
    assert calendar.counts.days_between(fixing, maturity) == MARKET_PRACTICE.fixing_days


@given(DAYS, st.dictionaries(st.sampled_from(["SGD", "USD", "KRW"]), DAYS))
def test_a_day_is_known_exactly_where_no_calendar_has_ended(day: date, last_days: dict[str, date]) -> None:
    ended = DealCalendar.of({}, last_days, "KRW", through_usd=True).settles.ended_before(day)
    assert ended == {
        code: last_days.get(code) for code in ("KRW", "SGD", "USD") if code not in last_days or last_days[code] < day
    }


@given(st.integers(0, 5000), st.sampled_from("DWMY"))
def test_a_tenor_is_read_up_to_ten_years(count: int, unit: str) -> None:
    fits = 0 < count * {"D": 1, "W": 7, "M": 30, "Y": 365}[unit] <= 3650
    assert tenor_of(f"{count}{unit}") == ((count, unit) if fits else None)


@pytest.mark.parametrize("text", ["", "M", "-1M", "1.5M", "1M1W", "M1", "³M", "1 M", "1MM", "00010M"])
def test_what_is_no_tenor_is_none(text: str) -> None:
    assert tenor_of(text) is None
