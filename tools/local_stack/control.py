"""The control channel of a running supervisor: a JSON line in, a JSON line out, over the loopback, with a token.

The token is in the state file, which only its owner can read, so only the user who started HAWK (or root) can send
commands.
"""

import asyncio
import contextlib
import hmac
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from tools.local_stack.errors import CommandRefused
from tools.local_stack.paths import DataDir
from tools.local_stack.ports import HOST
from tools.local_stack.state import running_state

LINE_BYTES_MAX = 64 * 1024
"""A command is a hundred bytes, the largest answer (the state) a few thousand."""

REQUEST_SECONDS_MAX = 5.0
"""A client writes its line at once; one that does not is not ours."""

ANSWER_SECONDS_MAX = 180.0
"""A restart waits for a controlled shutdown (20 s) and a start (120 s)."""

Act = Callable[[str, str | None], Awaitable[dict[str, Any]]]
"""`(command, process name or None)` to the answer; raises HawkError to refuse."""


class ControlServer:
    """Listens for commands. Every command is answered, also by `{"error": sentence}`."""

    def __init__(self, port: int, token: str, act: Act) -> None:
        self._port = port
        self._token = token
        self._act = act
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to listen on the loopback, at the port that was given."""
        self._server = await asyncio.start_server(self._serve, HOST, self._port, limit=LINE_BYTES_MAX)

    async def stop(self) -> None:
        """Close the port; does nothing before `start`."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            answer = await self._answer(reader)
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> dict[str, Any]:
        try:
            async with asyncio.timeout(REQUEST_SECONDS_MAX):
                request = json.loads(await reader.readline())
            command, token, name = request["command"], request["token"], request.get("name")
        except (TimeoutError, ValueError, KeyError, TypeError, AttributeError):
            return {"error": "Not a command."}
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), self._token.encode()):
            return {"error": "Wrong token."}
        try:
            return await self._act(str(command), None if name is None else str(name))
        except Exception as error:  # the caller gets a reply in any case
            return {"error": str(error) or type(error).__name__}


def command(data: DataDir, verb: str, name: str | None = None) -> dict[str, Any]:
    """Ask the supervisor of a data directory to do something and wait for its answer.

    Raises:
        NotRunning: no supervisor lives there.
        CommandRefused: it refuses, or does not answer.
    """
    state = running_state(data)
    control = state["control"]
    request = json.dumps({"token": control["token"], "command": verb, "name": name}).encode() + b"\n"
    try:
        with socket.create_connection((HOST, control["port"]), timeout=ANSWER_SECONDS_MAX) as channel:
            channel.sendall(request)
            line = channel.makefile("rb").readline(LINE_BYTES_MAX)
        answer = json.loads(line)
    except (OSError, ValueError) as error:
        running_state(data)  # says so if it has just gone
        raise CommandRefused(f"The supervisor of {data.root} does not respond ({error}). See its log.") from error
    if not isinstance(answer, dict) or "error" in answer:
        raise CommandRefused(str(answer.get("error") if isinstance(answer, dict) else answer))
    return answer
