"""Progress of a workflow as it happens: the monitor's server-sent events, resumed after every interruption."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx

from cli.clients import Refused, ServiceAway, bearer_header, reads_certificates, token_of_the_environment
from shared.events.states import SUCCESSFUL
from shared.exact_json import parse_json

SILENCE_SECONDS_MAX: Final = 45.0
"""The monitor sends a comment every 15 s; three missing ones mean that the connection is dead."""

CONNECT_SECONDS_MAX: Final = 5.0
RECONNECT_SECONDS: Final = 0.5

_FINAL_STATUSES: Final = frozenset({401, 403, 404, 422})
"""HTTP statuses that another request does not change."""


Message = dict[str, Any]
"""A message of hawk.progress (interfaces section 3)."""


@dataclass(frozen=True, slots=True)
class SseEvent:
    """A dispatched event (HTML 9.2.6)."""

    id: str
    name: str
    data: str


async def parse(lines: AsyncIterator[str]) -> AsyncGenerator[SseEvent, None]:
    """Yield the events of a stream of lines; comments, and an event without its empty line, are skipped."""
    last_id, name = "", ""
    data: list[str] = []
    async for line in lines:
        if not line:
            if data:
                yield SseEvent(last_id, name or "message", "\n".join(data))
            name, data = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif field == "id" and "\0" not in value:
            last_id = value


async def follow(
    monitor_url: str,
    workflow_id: str,
    check_running: Callable[[], None],
    *,
    until_sequence: int = 0,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncGenerator[Message, None]:
    """Yield the messages of a workflow from the first to the last, each once and in order.

    Args:
        check_running: called before each attempt to reconnect; an exception that it raises ends the generator.
        until_sequence: a final message below this one is not the last (a completed workflow that was reversed).
    Raises:
        Refused: the monitor does not know the workflow, or needs a token.
    """
    seen = 0
    limits = httpx.Timeout(SILENCE_SECONDS_MAX, connect=CONNECT_SECONDS_MAX)
    path = f"/workflows/{quote(workflow_id, safe='')}/events"
    async with httpx.AsyncClient(
        base_url=monitor_url,
        headers=bearer_header(token_of_the_environment()),
        timeout=limits,
        trust_env=False,
        transport=transport,
        verify=reads_certificates(monitor_url),
    ) as http:
        while True:
            try:
                async for message in _connection(http, path, seen):
                    if message is None:
                        seen = 0
                    elif message["sequence"] > seen:
                        seen = message["sequence"]
                        yield message
                        if message["final"] and seen >= until_sequence:
                            return
            except (httpx.HTTPError, ServiceAway):
                pass  # the loop connects again
            check_running()
            await asyncio.sleep(RECONNECT_SECONDS)


async def _connection(http: httpx.AsyncClient, path: str, seen: int) -> AsyncGenerator[Message | None, None]:
    """Yield the messages after the last one seen; None where the monitor does not know it and starts again."""
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": str(seen)} if seen else {})}
    async with http.stream("GET", path, headers=headers) as response:
        if response.status_code in _FINAL_STATUSES:
            problem = parse_json(await response.aread(), fraction=str)
            raise Refused(status=response.status_code, code=str(problem.get("code")), detail=str(problem.get("detail")))
        if not response.is_success:
            raise ServiceAway(service="monitor", url=str(response.url), why=f"status {response.status_code}")
        async for event in parse(response.aiter_lines()):
            if event.name == "resync":
                yield None
            elif event.name == "message":
                message: Message = parse_json(event.data, fraction=str)
                yield message


def ended_well(message: Message) -> bool:
    """Return True if the last message of a workflow reports success."""
    return message["state"] in SUCCESSFUL
