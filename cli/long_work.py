"""Long work for a person: a bar with rate and time left on a terminal, elsewhere a line every ten seconds.

All of it goes to stderr: stdout holds the result alone.
"""

import threading
import time
from collections.abc import Callable
from typing import Final, Self

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cli.terminal import SafeConsole, err
from cli.wording import plain
from tools.long_work import Step

LINE_SECONDS: Final = 10.0
"""Between two lines: a log of an hour stays readable, and nobody thinks that it hangs."""

BEAT_SECONDS: Final = 1.0
"""Between two looks whether a line is due, while the work itself says nothing."""

BAR_WIDTH: Final = 24

FAST: Final = 10.0
"""Units a second from which a rate has no decimals."""

Clock = Callable[[], float]


class LongWork:
    """Shows how far a piece of work is: `with LongWork() as work: verify(…, report=work.report)`.

    Args:
        console: where it is shown.
        clock: seconds that never go back.
        beat: print lines also while the work says nothing; needs a thread.
    """

    def __init__(self, *, console: SafeConsole = err, clock: Clock = time.monotonic, beat: bool = True) -> None:
        self._console = console
        self._clock = clock
        self._beats = beat and not console.is_terminal
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._step: Step | None = None
        self._first = 0
        self._began = self._told = clock()

    def __enter__(self) -> Self:
        self._began = self._told = self._clock()
        if self._console.is_terminal:
            texts = [TextColumn(f"{{task.{each}}}", markup=False) for each in ("description", "fields[figures]")]
            columns = (texts[0], BarColumn(BAR_WIDTH), texts[1], TimeElapsedColumn())
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._progress.start()
        elif self._beats:
            self._thread = threading.Thread(target=self._beat, name="long-work", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        if self._progress is not None:
            self._progress.stop()

    def report(self, step: Step) -> None:
        """Take how far the work is; the rate counts from the first report of a step."""
        with self._lock:
            if self._step is None or self._step.what != step.what:
                self._began, self._first = self._clock(), step.done
            self._step = step
            if self._progress is not None:
                self._draw(self._progress, step)
        self.tick()

    def tick(self) -> None:
        """Print a line if none was printed for so long; on a terminal the bar says it."""
        with self._lock:
            now = self._clock()
            if self._progress is not None or self._step is None or now - self._told < LINE_SECONDS:
                return
            self._told = now
            line = f"{plain(self._step.what)}: {self._figures(self._step)}"
            self._console.print(line)

    def _draw(self, progress: Progress, step: Step) -> None:
        described, figures = plain(step.what), self._figures(step)
        if self._task is None:
            self._task = progress.add_task(described, total=step.total, completed=step.done, figures=figures)
        else:
            progress.update(self._task, description=described, total=step.total, completed=step.done, figures=figures)

    def _figures(self, step: Step) -> str:
        return figures_of(step, step.done - self._first, self._clock() - self._began)

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            self.tick()


def figures_of(step: Step, since: int, seconds: float) -> str:
    """Return how far a step is: "4,000 of 10,000 events (40%), 400 a second, about 15 s left".

    Args:
        since: how much was done in `seconds`.
    """
    if step.total is None:
        return f"{step.done:,} {step.unit}, {span(seconds)}" if step.done else span(seconds)
    total = max(step.total, step.done)
    told = [f"{step.done:,} of {total:,} {step.unit}" + (f" ({100 * step.done // total}%)" if total else "")]
    rate = since / seconds if seconds > 0 else 0.0
    if rate > 0:
        told.append(rate_text(rate))
        if step.done < total:
            told.append(f"about {span((total - step.done) / rate)} left")
    return ", ".join(told)


def rate_text(per_second: float) -> str:
    """Return "4,200 a second", "3.5 a second", or "12 a minute" where it is slower than one a second."""
    if per_second >= FAST:
        return f"{per_second:,.0f} a second"
    return f"{per_second:.1f} a second" if per_second >= 1 else f"{per_second * 60:.1f} a minute"


def span(seconds: float) -> str:
    """Return a time as people say it: "8 s", "2 min 5 s", "1 h 12 min"."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
