"""One process that is kept running: started, watched, started again when it dies, stopped on request."""

import asyncio
import contextlib
import pwd
import signal
import subprocess
import time
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path

from tools.local_stack.errors import StackError, StartFailed
from tools.local_stack.files import open_private
from tools.local_stack.launch import Launch, Runnable

PROBE_INTERVAL_SECONDS = 0.1
"""Between two questions whether it is ready, while it starts."""

RESTART_DELAY_SECONDS_MAX = 2.0
"""A process that dies is started again within 5 s, even if it keeps dying; the rest of the five is for the start
itself."""

RESTART_DELAY_SECONDS_FIRST = 0.25
"""After the second quick death in a row; then doubled. The first death costs no delay at all."""

QUICK_DEATH_SECONDS = 10.0
"""A process that lived longer than this is not dying in a loop."""

FIRST_START_DEATHS_MAX = 3
"""Deaths before the process was ever ready, after which the start fails with the reason."""

LOG_TAIL_LINES = 12


class ManagedProcess:
    """Keeps one runnable running. `on_change` is called after every change of what the properties say.

    `start`, `stop` and `restart` may be called at any time and from several tasks: they take turns.
    """

    def __init__(self, runnable: Runnable, log: Path, on_change: Callable[[], None]) -> None:
        self.runnable = runnable
        self.log = log
        self.ready = False
        self.starts = 0
        self.problem: StackError | None = None
        self._on_change = on_change
        self._process: Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._wanted = False
        self._was_ready = False
        self._settled = asyncio.Event()  # ready for the first time since `start`, or given up
        self._turn = asyncio.Lock()

    @property
    def name(self) -> str:
        """The name of the runnable, by which commands refer to it."""
        return self.runnable.name

    @property
    def pid(self) -> int | None:
        """The id of the running process, None when there is none at the moment."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running else None

    @property
    def wanted(self) -> bool:
        """True from `start` to `stop`, while the process should run."""
        return self._wanted

    async def start(self, seconds_max: float) -> None:
        """Start it, unless it runs, and wait until it is ready. It is kept running from then on.

        Raises:
            StartFailed: not ready in time, or it died `FIRST_START_DEATHS_MAX` times before it was ever
            ready. When it was never ready before, it is stopped again.
        """
        async with self._turn:
            self._begin()
            try:
                async with asyncio.timeout(seconds_max):
                    await self._settled.wait()
            except TimeoutError:
                raise StartFailed(
                    name=self.name, why=f"not ready within {seconds_max:.0f} s{self._tail()}", log=self.log
                ) from None
            if self.problem is not None:
                problem = self.problem
                await self._end()
                raise problem

    async def stop(self) -> None:
        """Stop it in good order, by force when that takes too long; it stays stopped until `start`."""
        async with self._turn:
            await self._end()

    async def restart(self, seconds_max: float) -> None:
        """Stop the process, then start it."""
        await self.stop()
        await self.start(seconds_max)

    def kill_now(self) -> None:
        """Send SIGKILL without waiting. For the way out when nothing else works."""
        self._wanted = False
        if self.pid is not None and self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def _begin(self) -> None:
        if self._keeper is not None and not self._keeper.done():
            return
        self._wanted = True
        self._was_ready = False
        self.problem = None
        self._settled.clear()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.name}")

    async def _end(self) -> None:
        self._wanted = False
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        if self._process is None or self._process.returncode is not None:
            keeper.cancel()  # it waits between two starts, or prepares one
        else:
            await self._signal_until_gone(self._process, keeper)
        with contextlib.suppress(asyncio.CancelledError):
            await keeper
        self._changed()

    async def _signal_until_gone(self, process: Process, keeper: asyncio.Task[None]) -> None:
        for number, seconds in (
            (self.runnable.stop_signal, self.runnable.stop_seconds_max),
            (signal.SIGKILL, None),
        ):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            done, _ = await asyncio.wait({keeper}, timeout=seconds)
            if done:
                return

    async def _keep(self) -> None:
        """Start, watch, and start again, until it is not wanted any more."""
        quick_deaths = 0
        while self._wanted:
            began = time.monotonic()
            try:
                await self._run_once()
            except (StackError, OSError, subprocess.SubprocessError) as error:
                problem = error if isinstance(error, StackError) else StartFailed(name=self.name, why=str(error))
                if not self._was_ready:
                    self._give_up(problem)
                    return
            if self._is_unwanted():
                return
            lived = time.monotonic() - began
            quick_deaths = quick_deaths + 1 if lived < QUICK_DEATH_SECONDS else 0
            if not self._was_ready and quick_deaths >= FIRST_START_DEATHS_MAX:
                why = f"it ended {quick_deaths} times before it was ready{self._tail()}"
                self._give_up(StartFailed(name=self.name, why=why, log=self.log))
                return
            await asyncio.sleep(restart_delay(quick_deaths))

    async def _run_once(self) -> None:
        launch = await asyncio.to_thread(self.runnable.prepare)
        if self._is_unwanted():
            return
        starting = asyncio.create_task(spawn(launch, self.log))
        try:
            self._process = await asyncio.shield(starting)
        except asyncio.CancelledError:
            (await starting).kill()  # stopped in the very moment of its start
            raise
        self.starts += 1
        self._changed()
        probing = asyncio.create_task(self._probe_until_ready(), name=f"probe {self.name}")
        try:
            await self._process.wait()
        finally:
            probing.cancel()
            self.ready = False
            self._changed()

    async def _probe_until_ready(self) -> None:
        while not await self.runnable.is_ready():  # noqa: ASYNC110 - another process sends no event
            await asyncio.sleep(PROBE_INTERVAL_SECONDS)
        self.ready = True
        self._was_ready = True
        self._settled.set()
        self._changed()

    def _is_unwanted(self) -> bool:
        """Return True if the process was stopped; asked again after every wait."""
        return not self._wanted

    def _give_up(self, problem: StackError) -> None:
        self.problem = problem
        self._wanted = False
        self._settled.set()
        self._changed()

    def _changed(self) -> None:
        self._on_change()

    def _tail(self) -> str:
        """Return the last lines of the log, to show the cause at once."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
        except OSError:
            lines = []
        return "; it said:\n  " + "\n  ".join(lines) + "\n" if lines else ""


def restart_delay(quick_deaths: int) -> float:
    """Return the seconds before the next start: none after the first death, then doubling up to the maximum."""
    if quick_deaths <= 1:
        return 0.0
    return float(min(RESTART_DELAY_SECONDS_FIRST * 2 ** (quick_deaths - 2), RESTART_DELAY_SECONDS_MAX))


async def spawn(launch: Launch, log: Path) -> Process:
    """Start a process in a session of its own (a Ctrl-C at the terminal reaches the supervisor alone), its
    output appended to `log`."""
    identity: dict[str, object] = {}
    if launch.user is not None:
        identity = {"user": launch.user, "group": pwd.getpwnam(launch.user).pw_gid, "extra_groups": []}
    launch.folder.mkdir(parents=True, exist_ok=True)
    with open_private(log, append=True) as output:
        return await asyncio.create_subprocess_exec(
            *launch.command,
            cwd=launch.folder,
            env=dict(launch.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **identity,  # type: ignore[arg-type]
        )
