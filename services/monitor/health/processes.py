"""What the processes of HAWK say of themselves: readiness with its parts, version, and the figures that are shown."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import httpx

from services.monitor.health.found import ProcessFound
from shared.errors import Defect

#: Seconds for one answer; a process under load answers in milliseconds.
ANSWER_SECONDS_MAX: Final = 2.0
#: Bytes of an answer that are read: metrics of a service are some 50 KiB.
ANSWER_BYTES_MAX: Final = 1024 * 1024
READY: Final = 200
NOT_READY: Final = 503

#: The metrics that are shown; of those with labels the sum.
FIGURES: Final = frozenset({
    "hawk_consumer_stalled_total", "hawk_task_restarts_total", "hawk_relay_active", "hawk_relay_publish_failing",
    "hawk_relay_heads_failing", "hawk_relay_foreign_heads_total", "hawk_relay_stalling_sessions_ended_total",
    "hawk_executor_workflows_in_flight", "hawk_executor_turns_waiting", "hawk_executor_oldest_turn_seconds",
    "hawk_executor_repeats_postponed_total", "hawk_executor_answers_caught_up_seconds", "hawk_reference_held_rows",
})  # fmt: skip
_LINE: Final = re.compile(r"(?P<name>[a-z_]+)(?:\{[^}]*\})? (?P<value>[-+0-9.eEInfNa]+)\Z")
_BUILD: Final = re.compile(r'hawk_build_info\{version="(?P<version>[^"\\]{1,60})"\}')


def read_addresses(text: str) -> Mapping[str, str]:
    """Return name to address of what a setting says: `parser=http://10.0.0.5:8080,executor-1=http://…`.

    Raises:
        Defect: it does not say so.
    """
    found: dict[str, str] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, _, url = part.partition("=")
        if not re.fullmatch(r"[a-z0-9-]{1,40}", name) or not re.fullmatch(r"https?://[^\s/@]+", url.rstrip("/")):
            raise Defect(f"HAWK_PROCESSES: {part!r} is not NAME=http://HOST:PORT.")
        found[name] = url.rstrip("/")
    return found


class Processes:
    """The processes at their addresses."""

    def __init__(self, addresses: Mapping[str, str], clock: Callable[[], datetime]) -> None:
        self._addresses = addresses
        self._clock = clock
        self._away: dict[str, datetime] = {}

    async def look(self) -> tuple[ProcessFound, ...]:
        """Ask each once, all at a time. One that does not answer is found to be away; nothing is raised for it."""
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS_MAX, trust_env=False, follow_redirects=False) as client:
            asked = (self._process(client, name, url) for name, url in self._addresses.items())
            return tuple(await asyncio.gather(*asked))

    async def _process(self, client: httpx.AsyncClient, name: str, url: str) -> ProcessFound:
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                status, health = await _read(client, f"{url}/health/ready")
                _, metrics = await _read(client, f"{url}/metrics")
            if status not in (READY, NOT_READY):
                raise ValueError(f"/health/ready answers {status}.")
            found = ProcessFound(
                name, status == READY, parts=parts_of(_json(health)), version=version_of(metrics),
                figures=figures_of(metrics),
            )  # fmt: skip
        except (httpx.HTTPError, TimeoutError, ValueError, OSError) as error:
            since = self._away.setdefault(name, self._clock())
            why = "It does not answer." if not isinstance(error, ValueError) else str(error)
            return ProcessFound(name, None, why, away_since=since)
        self._away.pop(name, None)
        return found


async def _read(client: httpx.AsyncClient, url: str) -> tuple[int, str]:
    async with client.stream("GET", url) as answer:
        body = bytearray()
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > ANSWER_BYTES_MAX:
                raise ValueError("Its answer is too large.")
    return answer.status_code, body.decode(errors="replace")


def _json(text: str) -> Any:
    try:
        return httpx.Response(READY, text=text).json()
    except ValueError as error:
        raise ValueError("/health/ready cannot be read.") from error


def parts_of(document: Any) -> Mapping[str, tuple[str, str]]:
    """Return state and detail of each part in a document of `/health/ready`.

    Raises:
        ValueError: it has none.
    """
    parts = document.get("parts") if isinstance(document, dict) else None
    if not isinstance(parts, dict):
        raise ValueError("/health/ready has no parts.")
    return {
        str(name): (str(part.get("state", "")), str(part.get("detail", "")))
        for name, part in parts.items()
        if isinstance(part, dict)
    }


def version_of(metrics: str) -> str | None:
    """Return the version in the text of `/metrics`; None in that of an earlier release."""
    found = _BUILD.search(metrics)
    return None if found is None else found["version"]


def figures_of(metrics: str) -> Mapping[str, float]:
    """Return the figures that are shown out of the text of `/metrics`."""
    found: defaultdict[str, float] = defaultdict(float)
    for line in metrics.splitlines():
        if line.partition("{")[0].partition(" ")[0] in FIGURES:
            match = _LINE.match(line)
            if match is not None:
                found[match["name"]] += float(match["value"])
    return dict(found)
