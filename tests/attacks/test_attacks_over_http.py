"""What somebody who reaches the HTTP port can do without being let in, or as somebody who may only read."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
import uvicorn
from fastapi import APIRouter, FastAPI, Request

from services.approval.http.replays import replay_routes
from services.approval.ports import Caller
from shared.errors import InvalidInput
from shared.events.access import AccessRefused
from shared.events.deadletters import ReplayRequested
from shared.security.keys import ensure_issuer_keys, read_pem
from shared.security.signing import sign
from shared.security.tokens import AUDIENCE, DEMO_ISSUER, TOKEN_TYPE, TokenSettings, verify_token
from shared.web.authentication import Authenticator
from shared.web.connections import BoundedConnection
from shared.web.guards import install_guards
from shared.web.problems import install_problems
from shared.web.progress_feed import FeedResponse, ProgressFeed, frames
from shared.web.progress_log import Scope
from shared.web.refusals import RefusalRecorder
from shared.web.strict_json import StrictRoute
from tests.attacks.attack import Attacker, attack
from tests.support.approvals import World
from tests.support.eventually import eventually_async
from tests.support.progress_logs import MemoryProgressLog
from tools.local_stack.ports import HOST, free_port

T = TypeVar("T")

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LIMIT_SECONDS = 10.0


def _now(look: Callable[[], T]) -> Callable[[], Awaitable[T]]:
    async def looked() -> T:
        return look()

    return looked


class Hurried(BoundedConnection):
    """The protocol with bounds a test can wait for."""

    connections_max = 5
    header_seconds_max = 0.2


class Port:
    """A served app, reached byte by byte."""

    def __init__(self, number: int) -> None:
        self.number = number

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(HOST, self.number)

    async def say(self, text: str) -> bytes:
        """Send bytes and read to the end of the answer, or of the connection."""
        reader, writer = await self.open()
        try:
            writer.write(text.encode("latin-1"))
            async with asyncio.timeout(LIMIT_SECONDS):
                return await reader.read()
        finally:
            writer.close()


def application() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None)
    install_problems(app)
    install_guards(app, body_seconds_max=0.3)
    routes = APIRouter(route_class=StrictRoute)

    @routes.get("/names/{name}")
    async def read_name(request: Request, name: str) -> str:
        return f"{name} at {request.url}"

    @routes.post("/echo")
    async def echo(body: dict[str, int]) -> dict[str, int]:
        return body

    app.include_router(routes)
    return app


@contextlib.asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[Port]:
    port = free_port()
    config = uvicorn.Config(
        app, host=HOST, port=port, http=Hurried, ws="none", log_config=None, lifespan="off", timeout_keep_alive=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        await eventually_async(_now(lambda: server.started), LIMIT_SECONDS, until=bool, what="the server listens")
        yield Port(port)
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
async def port() -> AsyncIterator[Port]:
    async with served(application()) as port:
        yield port


@attack(
    by=Attacker.ANYBODY,
    does="opens connections and sends a header a minute",
    before="each connection stayed for ever; a thousand of them took all file descriptors of the process",
    cure="a connection whose headers are not complete within 10 s is closed, also a kept one that begins again",
)
@pytest.mark.parametrize(
    "beginning", ["", "GET /names/x HTTP/1.1\r\nHost: h", "GET /names/x HTTP/1.1\r\nHost: h\r\n\r\nGET"]
)
async def test_a_client_that_never_ends_its_headers_is_closed(port: Port, beginning: str) -> None:
    answer = await port.say(beginning)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 200")


@attack(
    by=Attacker.ANYBODY,
    does="announces a body and sends it a byte at a time",
    before="the request, its connection and its task waited for ever",
    cure="a body that is not complete within 20 s is answered with 408, and the connection ends",
)
async def test_a_client_that_never_ends_its_body_is_answered(port: Port) -> None:
    answer = await port.say(
        'POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"'
    )
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"BODY_TOO_SLOW" in answer


@attack(
    by=Attacker.ANYBODY,
    does="opens more connections than the process can hold",
    before="they were all taken, until the process had no file descriptor left for Kafka and PostgreSQL",
    cure="above 1,512 connections a new one gets 503 and is closed; the process asks for descriptors for all of them",
    remains="whoever holds all connections keeps others out; a proxy in front bounds connections by address",
)
async def test_connections_have_a_bound_and_the_next_one_is_told(port: Port) -> None:
    async with contextlib.AsyncExitStack() as held:
        for _ in range(Hurried.connections_max):
            _, writer = await port.open()
            held.callback(writer.close)
        answer = await port.say("")
    assert answer.startswith(b"HTTP/1.1 503")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "TOO_MANY_CONNECTIONS"


@attack(
    by=Attacker.ANYBODY,
    does="sends Content-Length and Transfer-Encoding together, so that a proxy and HAWK see different requests",
    before="200: the length was ignored, what a proxy had let through as a body was read as a further request",
    cure="400 LENGTH_AND_CODING, and the connection ends",
)
async def test_a_length_and_a_coding_together_are_refused(port: Port) -> None:
    answer = await port.say(
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 4\r\n"
        'Transfer-Encoding: chunked\r\n\r\n7\r\n{"a":1}\r\n0\r\n\r\n'
    )
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"LENGTH_AND_CODING" in answer
    assert answer.count(b"HTTP/1.1") == 1


@attack(
    by=Attacker.ANYBODY,
    does="sends a Host header that is not a host, or an address with a NUL",
    before="`Host: [::1` and `%00` in an address ended in 500 and a trace in the log",
    cure="400 with the reason; nothing of it reaches a route or the database",
)
@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("/names/x", "[::1"),
        ("/names/x", "h:port"),
        ("/names/x", "a/b"),
        ("/names/x", "user@h"),
        ("/names/x", "h:99999999"),
        ("/names/a%00b", "h"),
        ("/names/x?state=%00", "h"),
    ],
)
async def test_a_host_or_address_that_names_nothing_is_refused(port: Port, target: str, host: str) -> None:
    answer = await port.say(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] in {"HOST_INVALID", "ADDRESS_INVALID"}


@attack(
    by=Attacker.PERSON,
    does="keeps a token that an issuer made for ten years, after the role was taken away",
    before="it counted until it expired",
    cure="a token that would live longer than 24 hours from now does not count",
    remains="a role that is taken away lives on in a token for up to 24 hours",
)
def test_a_token_for_years_does_not_count(tmp_path: Path) -> None:
    keys = ensure_issuer_keys(tmp_path)

    def token(life: timedelta) -> str:
        claims = {"iss": DEMO_ISSUER, "aud": AUDIENCE, "sub": "ann", "roles": ["TRADER"]}
        times = {"exp": int((NOW + life).timestamp())}
        return sign(claims | times, typ=TOKEN_TYPE, private_pem=read_pem(keys.private))

    settings = TokenSettings(read_pem(keys.public))
    assert verify_token(token(timedelta(hours=24)), settings, NOW).name == "ann"
    for life in (timedelta(hours=25), timedelta(days=3650)):
        with pytest.raises(InvalidInput) as refused:
            verify_token(token(life), settings, NOW)
        assert refused.value.code == "TOKEN_LIVES_TOO_LONG"


@attack(
    by=Attacker.ANYBODY,
    does="opens event streams at once until there is no place, or all places without a token",
    before="the 257th got 200 and was closed without a word; 256 without a token kept the desk out",
    cure="a place is taken before the answer begins, else 503; streams without a person have a quarter of the places",
)
async def test_the_stream_above_the_cap_is_refused_before_it_begins() -> None:
    feed = ProgressFeed(MemoryProgressLog(), clients_max=4, anonymous_max=1)
    app = application()

    @app.get("/events")
    async def follow(person: bool = False) -> FeedResponse:
        await asyncio.sleep(0)  # as a look at the database: all requests are past the route's beginning by then
        place = feed.take_place(anonymous=not person)
        return FeedResponse(place, frames(feed.portions(Scope(), 0)))

    async def status_of(path: str, until: asyncio.Event) -> int:
        async with served_client.stream("GET", path) as answer:
            if answer.status_code == httpx.codes.OK:
                await until.wait()
            return answer.status_code

    async with served(app) as port:
        Hurried.connections_max, before = 50, Hurried.connections_max
        try:
            async with httpx.AsyncClient(
                base_url=f"http://{HOST}:{port.number}", timeout=LIMIT_SECONDS
            ) as served_client:
                enough = asyncio.Event()
                paths = ["/events"] * 6 + ["/events?person=true"] * 6
                opened = [asyncio.create_task(status_of(path, enough)) for path in paths]
                refused = _now(lambda: sum(task.done() for task in opened))
                await eventually_async(refused, LIMIT_SECONDS, until=lambda done: done == 8, what="eight are refused")
                enough.set()
                statuses = sorted(await asyncio.gather(*opened))
                assert statuses == [200] * 4 + [503] * 8
            left = _now(lambda: feed.clients)
            await eventually_async(left, LIMIT_SECONDS, until=lambda clients: not clients, what="all places are free")
        finally:
            Hurried.connections_max = before
            await feed.close()


@attack(
    by=Attacker.PERSON,
    does="holds a role that only reads, and hands in an answer in which it is the maker",
    before="202: everybody with a token could hand in answers",
    cure="answers are handed in by ANALYST and the approving roles",
)
async def test_whoever_only_reads_hands_in_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    transport = httpx.ASGITransport(app=world.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for role in ("AUDITOR", "VIEWER", "trader"):
            answer = await client.post(
                "/hawk-agent/execute-actions", json={"ai_response": "x"}, headers=world.token("eve", role)
            )
            assert (answer.status_code, answer.json()["code"]) == (403, "ROLE_INSUFFICIENT")
    assert not world.approvals.submissions


@attack(
    by=Attacker.PERSON,
    does="hands in answers without end, each of up to a mebibyte",
    before="all were kept: the store, the topic and the parser grew with them",
    cure="30 answers a minute and person, then 429 with Retry-After",
    remains="30 answers a minute of each person who may hand in; a process that starts anew counts anew",
)
async def test_one_person_hands_in_a_bounded_number_of_answers(tmp_path: Path) -> None:
    world = World(tmp_path)
    transport = httpx.ASGITransport(app=world.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:

        async def hand_in(person: str) -> httpx.Response:
            body = {"ai_response": "words"}
            return await client.post("/hawk-agent/execute-actions", json=body, headers=world.token(person, "TRADER"))

        answers = [await hand_in("eve") for _ in range(31)]
        assert [answer.status_code for answer in answers] == [202] * 30 + [429]
        assert answers[-1].json()["code"] == "TOO_MANY_SUBMISSIONS"
        assert int(answers[-1].headers["Retry-After"]) > 0
        assert (await hand_in("ann")).status_code == 202


class NoLetters:
    """No service has refused anything."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def known(self, letter: str) -> bool:
        return False

    async def ask(self, request: ReplayRequested, caller: Caller) -> None:
        self.asked.append(request.letter)


@attack(
    by=Attacker.PERSON,
    does="asks for the replay of dead letters that do not exist, one stream each, without end",
    before="202 each time, and an event in a new stream that all services read and refused as a dead letter again",
    cure="404: the approval service knows the dead letters there are, and writes nothing about others",
)
async def test_a_replay_of_a_letter_that_does_not_exist_writes_nothing(tmp_path: Path) -> None:
    world, letters = World(tmp_path), NoLetters()
    authenticator = Authenticator(world.tokens, lambda: world.now)
    world.app.include_router(replay_routes(authenticator, lambda: world.now, letters, ""))
    transport = httpx.ASGITransport(app=world.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        path = f"/deadletters/executor-{'0' * 32}/replay"
        answer = await client.post(path, json={}, headers=world.token("olga", "OPERATIONS"))
    assert (answer.status_code, answer.json()["code"]) == (404, "DEAD_LETTER_UNKNOWN")
    assert letters.asked == []


@attack(
    by=Attacker.ANYBODY,
    does="tries tokens and roles until one is accepted",
    before="401 and 403 left nothing behind: no count, no log line, no event",
    cure="each refusal is counted by code; the first of a cause and the number of the others of its minute are logged "
    "and recorded as events with person, source, route and reason",
)
async def test_refused_requests_leave_a_trace_that_is_bounded(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.request(usd="60000000")
    kept: list[AccessRefused] = []

    async def append(events: Sequence[AccessRefused]) -> None:
        kept.extend(events)

    now = [NOW]
    recorder = RefusalRecorder("approval", lambda: now[0], append)
    world.app.state.refusals = recorder
    transport = httpx.ASGITransport(app=world.app, client=("10.0.0.7", 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for number in range(100):
            forged = {"Authorization": f"Bearer a.b{number}.c"}
            assert (await client.get("/approvals", headers=forged)).status_code == 401
        body = {"decision": "APPROVE", "plan_digest": "sha256:x"}
        await client.post("/approvals/w1/decisions", json=body, headers=world.token("eve", "AUDITOR"))
    await recorder.record()
    now[0] += timedelta(minutes=1)
    await recorder.record()
    told = [(event.status, event.person, event.source, event.route, event.count) for event in kept]
    assert told == [
        (401, None, "10.0.0.7", "GET /approvals", 1),
        (409, "eve", "10.0.0.7", "POST /approvals/{workflow_id}/decisions", 1),
        (401, None, "10.0.0.7", "GET /approvals", 99),
    ]
    assert "another one than you named" in kept[1].reason
