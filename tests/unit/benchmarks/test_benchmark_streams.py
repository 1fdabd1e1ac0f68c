"""When the benchmark of streams is content, and what its clients make of the bytes they get."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from benchmarks.streams import Client, Deliveries
from benchmarks.streams_report import Measured

REFUSED = httpx.Response(503, headers={"Retry-After": "10"}, json={"code": "TOO_MANY_STREAMS"})
WELL = Measured(2, 3, [0.2] * 6, exact=True, cpu_seconds=0.0006, refusal=REFUSED, other=httpx.Response(200))


@pytest.mark.parametrize(
    "change",
    [
        {"delays": [0.2] * 5 + [1.0]},
        {"delays": [0.2] * 5},
        {"exact": False},
        {"refusal": httpx.Response(200)},
        {"refusal": httpx.Response(503, json={"code": "TRY_AGAIN"})},
        {"other": httpx.Response(503)},
        {"rows": [0.3, 1.0]},
    ],
)
def test_benchmark_is_content_only_when_all_of_it_holds(change: dict[str, Any]) -> None:
    assert WELL.well
    assert not replace(WELL, **change).well


def test_figures_are_told_per_thousand_deliveries() -> None:
    told = WELL.told()
    assert "6 messages received, 2 clients × 3 = 6" in told
    assert "100 ms for each 1,000 deliveries" in told
    assert "client 3: 503, Retry-After 10" in told
    assert "browser" not in told


def test_a_browser_is_one_of_the_clients_and_its_row_is_told() -> None:
    told = replace(WELL, rows=[0.25, 0.5]).told()
    assert "to its row in a browser: p50 250 ms, longest 500 ms" in told
    assert "client 4: 503" in told


async def test_client_counts_a_message_once_wherever_its_bytes_are_cut() -> None:
    deliveries = Deliveries(times={b"2026-11-23T09:00:00Z": 0.0, b"2026-11-23T09:00:01Z": 0.0})
    events = b"".join(
        b'data: {"sequence": 1, "at": "2026-11-23T09:00:%sZ", "stages": {}}\nid: 1\n\n' % second
        for second in (b"07", b"00", b"01")
    )
    whole = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"%x\r\n%s\r\n" % (len(events), events)
    for cut in range(len(whole)):
        client = Client(b"", deliveries)
        client.data_received(whole[:cut])
        client.data_received(whole[cut:])
        assert client.received == [b"2026-11-23T09:00:00Z", b"2026-11-23T09:00:01Z"]
        assert await asyncio.wait_for(client.opened, 1) == 200
    assert deliveries.warm
