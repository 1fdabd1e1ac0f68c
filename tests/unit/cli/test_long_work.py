"""Long work on a terminal and elsewhere, by a clock that the test moves."""

import io
import json
import sys
from collections.abc import Callable

import pytest

from cli import __main__ as entry
from cli import simulate as simulating
from cli.long_work import LINE_SECONDS, LongWork, figures_of, rate_text, span
from cli.terminal import SafeConsole
from tools.long_work import Step, unreported


class Clock:
    """Seconds that the test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """What a terminal gets."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock() -> Clock:
    return Clock()


def events(done: int, total: int | None = 10_000) -> Step:
    return Step("Replaying events", done, total, "events")


def shown(file: io.StringIO, clock: Clock, *turns: Callable[[LongWork], None]) -> list[str]:
    """What is printed while the turns are taken, one after the other."""
    with LongWork(console=SafeConsole(width=200, file=file), clock=clock, beat=False) as work:
        for turn in turns:
            turn(work)
    return file.getvalue().splitlines()


def after(clock: Clock, seconds: float, step: Step) -> Callable[[LongWork], None]:
    """A turn: so many seconds later the work reports."""

    def turn(work: LongWork) -> None:
        clock.now += seconds
        work.report(step)

    return turn


def test_elsewhere_there_is_a_line_every_ten_seconds_and_none_between(clock: Clock) -> None:
    lines = shown(
        io.StringIO(), clock,
        after(clock, 0, events(0)), *(after(clock, 1, events(400 * each)) for each in range(1, 25)),
    )  # fmt: skip
    assert lines == [
        "Replaying events: 4,000 of 10,000 events (40%), 400 a second, about 15 s left",
        "Replaying events: 8,000 of 10,000 events (80%), 400 a second, about 5 s left",
    ]


def test_short_work_says_nothing(clock: Clock) -> None:
    assert shown(io.StringIO(), clock, after(clock, 0, events(0)), after(clock, LINE_SECONDS - 0.1, events(9))) == []


def test_work_that_is_silent_itself_is_told_of_all_the_same(clock: Clock) -> None:
    def silent(work: LongWork) -> None:
        clock.now += LINE_SECONDS
        work.tick()

    waiting = Step("The executor checks 9 rows as a set", 0, None, "rows")
    lines = shown(io.StringIO(), clock, after(clock, 0, waiting), silent, silent)
    assert lines == [f"The executor checks 9 rows as a set: {each}" for each in ("10 s", "20 s")]


def test_silent_work_has_a_thread_that_looks_and_ends_with_it(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    file, told = io.StringIO(), io.StringIO()
    monkeypatch.setattr("cli.long_work.BEAT_SECONDS", 0.001)
    with LongWork(console=SafeConsole(width=200, file=file), clock=clock) as work:
        work.report(events(0))
        clock.now += LINE_SECONDS
        thread = work._thread
        assert thread is not None
        while not file.getvalue():
            thread.join(0.001)
    assert not thread.is_alive()
    assert file.getvalue().startswith("Replaying events: 0 of 10,000 events (0%)")
    assert told.getvalue() == ""


def test_each_step_has_a_rate_of_its_own(clock: Clock) -> None:
    tables = Step("Comparing tables", 8, 32, "tables")
    lines = shown(
        io.StringIO(), clock, after(clock, 0, events(0)), after(clock, 100, events(10_000)),
        after(clock, 1, Step("Comparing tables", 0, 32, "tables")), after(clock, 16, tables),
    )  # fmt: skip
    assert lines == [
        "Replaying events: 10,000 of 10,000 events (100%), 100 a second",
        "Comparing tables: 8 of 32 tables (25%), 30.0 a minute, about 48 s left",
    ]


def test_terminal_has_a_bar_with_rate_and_time_left_and_no_lines(clock: Clock) -> None:
    file = Terminal()
    with LongWork(console=SafeConsole(width=120, file=file), clock=clock) as work:
        work.report(events(0))
        clock.now += 10
        work.report(events(4_000))
        assert work._progress is not None
        work._progress.refresh()
    drawn = file.getvalue()
    assert "4,000 of 10,000 events (40%), 400 a second, about 15 s left" in drawn
    assert "━" in drawn
    assert work._thread is None


def test_text_of_a_step_is_no_markup_and_controls_nothing(clock: Clock) -> None:
    hostile = Step("[red]\x1b[2Jevents", 1, 2, "events")
    (line,) = shown(io.StringIO(), clock, after(clock, 0, hostile), after(clock, 10, hostile))
    assert line.startswith("[red]\ufffd[2Jevents: 1 of 2 events (50%)")


@pytest.mark.parametrize(
    ("step", "since", "seconds", "text"),
    [
        (events(0), 0, 0.0, "0 of 10,000 events (0%)"),
        (events(12_000), 12_000, 3.0, "12,000 of 12,000 events (100%), 4,000 a second"),
        (events(7, None), 7, 65.0, "7 events, 1 min 5 s"),
        (Step("Nothing", 0, 0, "rows"), 0, 5.0, "0 of 0 rows"),
        (events(5_000), 100, 3_600.0, "5,000 of 10,000 events (50%), 1.7 a minute, about 50 h 0 min left"),
    ],
)
def test_figures_are_those_of_the_step(step: Step, since: int, seconds: float, text: str) -> None:
    assert figures_of(step, since, seconds) == text


def test_rates_and_times_are_said_as_people_say_them() -> None:
    assert [rate_text(each) for each in (4_200.4, 10, 3.46, 1, 0.5)] == [
        "4,200 a second", "10 a second", "3.5 a second", "1.0 a second", "30.0 a minute",
    ]  # fmt: skip
    assert [span(each) for each in (0.4, 59.6, 3_599, 4_320)] == ["0 s", "1 min 0 s", "59 min 59 s", "1 h 12 min"]


def test_work_that_nobody_watches_reports_to_nobody() -> None:
    assert unreported(events(1)) is None  # type: ignore[func-returns-value]


def test_json_of_a_command_stands_alone_on_stdout_while_its_bar_is_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(simulating, "LongWork", lambda: LongWork(console=SafeConsole(width=120, file=terminal)))
    monkeypatch.setattr(sys, "argv", ["hawk", "simulate", "--seeds", "2", "--json"])
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code in (0, None)
    assert json.loads(capsys.readouterr().out)["runs"] == 2
    assert "Simulating" in terminal.getvalue()
