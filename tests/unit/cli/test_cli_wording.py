"""Values as people read them."""

from decimal import Decimal

import pytest

from cli.wording import amount, count, moment, plain, seconds_between, state_style


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("25000000.00", "25,000,000.00"),
        ("12000000000", "12,000,000,000"),
        ("-0.0045", "-0.0045"),
        ("0.00", "0.00"),
        ("123456789012345678901234567890.12", "123,456,789,012,345,678,901,234,567,890.12"),
        ("true", "true"),
    ],
)
def test_amount_keeps_every_digit_when_grouped(text: str, shown: str) -> None:
    assert amount(text) == shown


def test_amount_is_a_dash_when_there_is_none() -> None:
    assert amount(None) == "–"


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x9b31m", "\x07", "\r", "\u202e", "\u200b", "\udc80"])
def test_text_from_outside_commands_no_terminal(hostile: str) -> None:
    shown = plain(f"before{hostile}after")
    assert hostile[0] not in shown
    assert shown.startswith("before")


def test_text_keeps_its_lines_and_letters() -> None:
    assert plain("Größe\r\n北京\tx") == "Größe\n北京 x"


def test_moment_is_utc_when_the_time_is_of_another_zone() -> None:
    assert moment("2026-11-23T10:00:00.123456+08:00") == "2026-11-23 02:00:00 UTC"
    assert moment("2026-11-23T02:00:00.123456Z", "milliseconds") == "2026-11-23 02:00:00.123 UTC"


def test_seconds_are_exact_between_two_times() -> None:
    assert seconds_between("2026-11-22T23:59:59.5Z", "2026-11-23T00:00:01.25Z") == Decimal("1.75")


def test_count_agrees_with_its_noun() -> None:
    assert (count(1, "deal"), count(2, "deal"), count(2, "entry", "entries")) == ("1 deal", "2 deals", "2 entries")


def test_states_that_need_somebody_differ_in_colour_from_good_ends() -> None:
    assert len({state_style("POSTED"), state_style("NEEDS_INTERVENTION"), state_style("AWAITING_APPROVAL")}) == 3
