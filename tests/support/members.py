"""The processes of a HAWK whose services have several: where each answers, what each has done, what it streams."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.support.eventually import eventually
from tests.support.hawk import HTTP_SECONDS_MAX, Document, Hawk
from tools.local_stack.paths import DataDir
from tools.local_stack.replicas import process_names

TWO_OF_EACH = ("--replicas", "executor=2,approval=2,monitor=2")
STREAM_SECONDS_MAX = 60.0
"""Longer than an open stream is silent."""


def members(service: str) -> tuple[str, ...]:
    """The names of the two processes of a service."""
    return process_names(service, 2)


def url_of(hawk: Hawk, process: str) -> str:
    """Where a process answers: executors too, which nobody else asks."""
    port = json.loads(DataDir(hawk.data).ports_file.read_text(encoding="utf-8"))[process]
    return f"http://127.0.0.1:{port}"


def asked(hawk: Hawk, process: str, path: str, token: str | None = None) -> Any:
    """What a process answers to a GET."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = httpx.get(url_of(hawk, process) + path, headers=headers, timeout=HTTP_SECONDS_MAX, trust_env=False)
    if answer.status_code != httpx.codes.OK:
        raise AssertionError(f"{process}, GET {path}: {answer.status_code} {answer.text}")
    return answer.json()


def handled(hawk: Hawk, process: str, group: str) -> int:
    """How many messages a process has handled as a member of a group, since it started."""
    text = httpx.get(f"{url_of(hawk, process)}/metrics", timeout=HTTP_SECONDS_MAX, trust_env=False).text
    return sum(
        int(sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "hawk_messages_handled_total" and sample.labels["group"] == group
    )


def handled_by_each(hawk: Hawk, service: str, group: str) -> dict[str, int]:
    """The same of both processes of a service."""
    return {process: handled(hawk, process, group) for process in members(service)}


class Listening:
    """What an event stream has told so far: name of the event (empty for messages) and data."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Document]] = []
        self.open = threading.Event()

    async def follow(self, url: str, headers: Mapping[str, str]) -> None:
        """Take what comes until cancelled."""
        async with (
            httpx.AsyncClient(timeout=STREAM_SECONDS_MAX, trust_env=False) as client,
            client.stream("GET", url, headers=headers) as stream,
        ):
            stream.raise_for_status()
            self.open.set()
            name = ""
            async for line in stream.aiter_lines():
                field, _, value = line.partition(":")
                if field == "event":
                    name = value.strip()
                elif field == "data":
                    self.told.append((name, json.loads(value, parse_float=str)))
                elif not line:
                    name = ""


@contextmanager
def listening(hawk: Hawk, process: str, path: str, token: str | None = None) -> Iterator[Listening]:
    """Follow a stream of a process, in a loop and a thread of its own, from when it is open."""
    headers = {"Accept": "text/event-stream"} | ({} if token is None else {"Authorization": f"Bearer {token}"})
    heard, loop = Listening(), asyncio.new_event_loop()
    following = loop.create_task(heard.follow(url_of(hawk, process) + path, headers))

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(following)

    thread = threading.Thread(target=run, name=f"{process} {path}")
    thread.start()
    try:
        assert heard.open.wait(HTTP_SECONDS_MAX), f"{process} opens no stream at {path}"
        yield heard
    finally:
        loop.call_soon_threadsafe(following.cancel)
        thread.join()
        loop.close()


def at_both(hawk: Hawk, service: str, path: str, seconds_max: float, token: str | None = None) -> Document:
    """What both processes of a service answer to a GET, once it is the same."""
    answers = eventually(
        lambda: [_timeless(asked(hawk, process, path, token)) for process in members(service)],
        seconds_max,
        until=lambda found: found[0] == found[1],
        what=f"both {service}s answer the same to {path}",
        every_seconds=0.5,
    )
    document: Document = answers[0]
    return document


def _timeless(document: Any) -> Any:
    """A document without the time at which it was made."""
    if isinstance(document, list):
        return [_timeless(each) for each in document]
    if isinstance(document, dict):
        return {name: _timeless(value) for name, value in document.items() if name != "as_of"}
    return document
