"""The two servers as a library, for tests: `with LocalStack(folder) as stack: stack.bootstrap, stack.dsn`."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from tools.local_stack.control import command
from tools.local_stack.errors import StartFailed
from tools.local_stack.files import open_private
from tools.local_stack.paths import DataDir
from tools.local_stack.state import State, is_alive, read_state

START_SECONDS_MAX = 300.0
"""Includes fetching Kafka's jars, once per machine."""

STOP_SECONDS_MAX = 60.0
POLL_SECONDS = 0.05


class LocalStack:
    """A real Kafka and a real PostgreSQL below `folder`, on loopback ports of their own.

    They run under a supervisor of their own, which starts again what dies and ends with this process,
    however this process ends.
    """

    def __init__(self, folder: Path) -> None:
        self.data = DataDir.at(folder)
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._state: State = {}

    def __enter__(self) -> "LocalStack":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def bootstrap(self) -> str:
        """host:port of the broker."""
        return str(self._state["kafka"]["bootstrap"])

    @property
    def dsn(self) -> str:
        """The superuser's connection string; database `hawk`, empty at first."""
        return str(self._state["postgres"]["dsn"])

    def start(self) -> None:
        """Bring both up and wait until they answer.

        Raises:
            StartFailed: they do not; the reason is in the sentence.
        """
        self.data.create()
        with open_private(self.data.log("supervisor"), append=True) as log:
            self._supervisor = subprocess.Popen(  # noqa: S603 - our own module
                (
                    *(sys.executable, "-m", "tools.local_stack"),
                    *("--data", str(self.data.root), "--owner", str(os.getpid())),
                ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._is_running():
            if self._supervisor.poll() is not None or time.monotonic() > deadline:
                log_file = self.data.log("supervisor")
                why = log_file.read_text(encoding="utf-8", errors="replace").strip() or "it gave no reason"
                self.stop()
                raise StartFailed(name="the local stack", why=why, log=log_file)
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop both in good order and wait until nothing is left. Harmless when they are not running."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is None:
            return
        supervisor.terminate()
        try:
            supervisor.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            supervisor.kill()
            supervisor.wait()

    def restart(self, name: str) -> None:
        """Stop and start one server, `kafka` or `postgres`; its port does not change."""
        command(self.data, "restart", name)

    def _is_running(self) -> bool:
        state = read_state(self.data)
        if state is None or state["state"] != "running" or self._supervisor is None:
            return False
        if state["supervisor"]["pid"] != self._supervisor.pid or not is_alive(state["supervisor"]):
            return False
        self._state = state
        return True
