"""What stands before every route: strict bodies, size limit, problem documents, headers, who is calling."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, Response
from fastapi.requests import Request

from shared.errors import Transient
from shared.security.keys import ensure_issuer_keys, read_pem
from shared.security.tokens import Person, TokenSettings, issue_demo_token
from shared.web.authentication import SESSION_COOKIE, Authenticator, from_this_machine, set_session
from shared.web.guards import SECURITY_HEADERS, install_guards
from shared.web.problems import Problem, install_problems
from shared.web.strict_json import StrictRoute, member_text, parse_strictly

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def build(public_pem: str | None) -> FastAPI:
    authenticator = Authenticator(TokenSettings(public_pem), clock=lambda: NOW)
    app = FastAPI(docs_url=None, redoc_url=None)
    install_problems(app)
    install_guards(app, body_bytes_max=1_000)
    routes = APIRouter(route_class=StrictRoute)

    @routes.get("/who")
    async def who(person: Annotated[Person, Depends(authenticator.person)]) -> dict[str, Any]:
        return {"name": person.name, "roles": person.roles}

    @routes.post("/who")
    async def act(person: Annotated[Person, Depends(authenticator.person)]) -> dict[str, Any]:
        return {"name": person.name}

    @routes.post("/session")
    async def session(
        request: Request, response: Response, given: Annotated[Any, Depends(authenticator.bearer_only)]
    ) -> None:
        set_session(request, response, given[1])

    @routes.post("/echo")
    async def echo(body: Annotated[dict[str, int], Body()]) -> dict[str, int]:
        return body

    @routes.get("/here")
    async def here(request: Request) -> bool:
        return from_this_machine(request)

    @routes.get("/fail/{how}")
    async def fail(how: str) -> None:
        raise {
            "problem": Problem(409, "DIGEST_MISMATCH", "Another plan.", extra={"status": 1, "found": "x"}),
            "transient": Transient("away"),
            "network": ConnectionRefusedError("no"),
        }[how]

    app.include_router(routes)
    return app


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    pair = ensure_issuer_keys(Path(tmp_path_factory.mktemp("issuer")))
    return read_pem(pair.private), read_pem(pair.public)


def client_for(app: FastAPI, client: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(client, 5000))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")


@pytest.fixture
async def client(keys: tuple[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(build(keys[1])) as client:
        yield client


@pytest.fixture
def token(keys: tuple[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_demo_token('ann', ('TRADER',), keys[0], NOW)}"}


def check_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert (answer.status_code, document["status"], document["code"]) == (status, status, code)
    assert set(document) >= {"type", "title", "status", "detail", "code", "instance"}
    return document


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"a":1,"a":2}', "DUPLICATE_KEY"),
        (b'{"a":NaN}', "MALFORMED_JSON"),
        (b'{"a":-Infinity}', "MALFORMED_JSON"),
        (b'{"a":', "MALFORMED_JSON"),
        (b"\xff", "MALFORMED_JSON"),
        (b"\xef\xbb\xbf{}", "MALFORMED_JSON"),
        (b'{"a":"\\u0000"}', "TEXT_NOT_STORABLE"),
        (b'{"\\ud800":1}', "TEXT_NOT_STORABLE"),
        (b'{"a":' + b"[" * 70 + b"]" * 70 + b"}", "TOO_DEEP"),
        (b"[" * 900, "TOO_DEEP"),
        (b'{"a":"x"}', "INVALID_REQUEST"),
        (b"[]", "INVALID_REQUEST"),
        (b"", "INVALID_REQUEST"),
    ],
)
async def test_body_is_refused_when_it_has_not_one_meaning(client: httpx.AsyncClient, body: bytes, code: str) -> None:
    answer = await client.post("/echo", content=body, headers={"content-type": "application/json"})
    check_problem(answer, 422, code)


async def test_body_is_refused_when_it_is_too_large_announced_or_not(client: httpx.AsyncClient) -> None:
    async def in_parts() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b" " * 100

    json_type = {"content-type": "application/json"}
    check_problem(await client.post("/echo", content=b" " * 1_001, headers=json_type), 413, "TOO_LARGE")
    check_problem(await client.post("/echo", content=in_parts(), headers=json_type), 413, "TOO_LARGE")


async def test_framework_errors_are_problem_documents(client: httpx.AsyncClient) -> None:
    check_problem(await client.get("/nowhere"), 404, "NOT_FOUND")
    check_problem(await client.delete("/who"), 405, "METHOD_NOT_ALLOWED")


async def test_refusal_keeps_its_code_and_further_members_never_replace_the_standard_ones(
    client: httpx.AsyncClient,
) -> None:
    document = check_problem(await client.get("/fail/problem"), 409, "DIGEST_MISMATCH")
    assert (document["found"], document["type"]) == ("x", "urn:hawk:problem:digest-mismatch")


@pytest.mark.parametrize("how", ["transient", "network"])
async def test_caller_is_told_to_try_again_when_a_server_is_away(client: httpx.AsyncClient, how: str) -> None:
    answer = await client.get(f"/fail/{how}")
    check_problem(answer, 503, "TRY_AGAIN")
    assert answer.headers["retry-after"] == "2"


async def test_every_answer_has_the_security_headers_and_no_cors(client: httpx.AsyncClient) -> None:
    for path in ("/nowhere", "/here"):
        answer = await client.get(path, headers={"Origin": "https://evil.example"})
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name] == value
        assert not any(name.startswith("access-control") for name in answer.headers)


async def test_caller_is_known_by_token_and_roles_come_from_it(
    client: httpx.AsyncClient, token: dict[str, str]
) -> None:
    assert (await client.get("/who", headers=token)).json() == {"name": "ann", "roles": ["TRADER"]}


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "TOKEN_MISSING"),
        ("Bearer noise", "TOKEN_MALFORMED"),
        ("Basic YTpi", "TOKEN_MALFORMED"),
        ("Bearer", "TOKEN_MALFORMED"),
    ],
)
async def test_caller_is_refused_when_the_token_does_not_count(
    client: httpx.AsyncClient, header: str | None, code: str
) -> None:
    answer = await client.get("/who", headers={"Authorization": header} if header else {})
    check_problem(answer, 401, code)
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_expired_token_is_refused(client: httpx.AsyncClient, keys: tuple[str, str]) -> None:
    old = issue_demo_token("ann", ("TRADER",), keys[0], NOW - timedelta(days=1))
    check_problem(await client.get("/who", headers={"Authorization": f"Bearer {old}"}), 401, "TOKEN_EXPIRED")


async def test_everybody_is_refused_when_no_issuer_is_configured(token: dict[str, str]) -> None:
    async with client_for(build(None)) as client:
        document = check_problem(await client.get("/who", headers=token), 401, "NO_ISSUER")
        assert "No issuer" in document["detail"]
        assert "No issuer" in check_problem(await client.get("/who"), 401, "TOKEN_MISSING")["detail"]


async def test_session_cookie_reads_but_never_writes(client: httpx.AsyncClient, token: dict[str, str]) -> None:
    cookie = (await client.post("/session", headers=token)).headers["set-cookie"]
    assert SESSION_COOKIE in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert (await client.get("/who")).status_code == 200
    check_problem(await client.post("/who"), 401, "TOKEN_MISSING")


@pytest.mark.parametrize(
    ("client_host", "host", "here"),
    [
        ("127.0.0.1", "127.0.0.1:8080", True),
        ("127.0.0.1", "localhost:8080", True),
        ("::1", "[::1]:8080", True),
        ("127.0.0.1", "evil.example:8080", False),
        ("10.0.0.7", "127.0.0.1:8080", False),
    ],
)
async def test_caller_is_on_this_machine_only_by_address_and_name(
    keys: tuple[str, str], client_host: str, host: str, here: bool
) -> None:
    async with client_for(build(keys[1]), client_host) as client:
        assert (await client.get("/here", headers={"Host": host})).json() is here


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ('{"a": 1, "ai_response" : {"x": 1.50, "y":[1e5]} }', '{"x": 1.50, "y":[1e5]}'),
        ('{"ai_response":"words"}', '"words"'),
        ('{"b":{"ai_response":1},"c":"}"}', None),
        ("{}", None),
        (' { "ai_response":123456789012345678901234567890.10}', "123456789012345678901234567890.10"),
    ],
)
def test_member_keeps_every_character_it_was_sent_with(text: str, member: str | None) -> None:
    parse_strictly(text.encode())
    assert member_text(text, "ai_response") == member
