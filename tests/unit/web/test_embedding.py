"""Other sites read HAWK's answers only where they are named, only on the addresses of elements, and never by cookie."""

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import PlainTextResponse

from shared.errors import Defect
from shared.web.embedding import ORIGINS_MAX, Embedding, origins_of
from shared.web.guards import install_guards

DESK = "https://desk.bank.example"


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI()
    install_guards(app)
    app.add_middleware(Embedding, origins=(DESK,), addresses=("/approvals/", "/tickets"), read_addresses=("/rollout",))
    for path in ("/approvals", "/approvals/w1", "/tickets", "/rollout", "/stop"):
        app.add_route(path, lambda _: PlainTextResponse("data"), methods=["GET", "POST"])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hawk.test")


def of_cors(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("path", ["/approvals/w1", "/tickets"])
async def test_named_site_reads_what_its_elements_ask(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"Origin": DESK})
    assert answer.text == "data"
    assert of_cors(answer)["access-control-allow-origin"] == DESK
    assert "access-control-allow-credentials" not in of_cors(answer)
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "origin" in answer.headers["vary"].lower()


@pytest.mark.parametrize(
    ("origin", "path"),
    [
        ("https://evil.example", "/approvals/w1"),
        ("null", "/approvals/w1"),
        ("http://desk.bank.example", "/approvals/w1"),
        ("https://desk.bank.example:8443", "/approvals/w1"),
        ("https://desk.bank.example.evil.example", "/approvals/w1"),
        ("https://DESK.bank.example", "/approvals/w1"),
        (DESK, "/approvals"),
        (DESK, "/stop"),
        ("", "/approvals/w1"),
    ],
)
async def test_others_and_other_addresses_read_nothing(client: httpx.AsyncClient, origin: str, path: str) -> None:
    answer = await client.get(path, headers={"Origin": origin} if origin else {})
    assert of_cors(answer) == {}
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


async def test_browser_that_asks_before_it_sends_learns_what_it_may(client: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    answer = await client.options("/approvals/w1", headers={"Origin": DESK, **asked})
    assert answer.status_code == 200
    assert of_cors(answer)["access-control-allow-origin"] == DESK
    assert "authorization" in of_cors(answer)["access-control-allow-headers"].lower()
    refused = await client.options(
        "/approvals/w1", headers={"Origin": DESK, **asked, "Access-Control-Request-Method": "PUT"}
    )
    assert refused.status_code == 400
    elsewhere = await client.options("/stop", headers={"Origin": DESK, **asked})
    assert of_cors(elsewhere) == {}


async def test_what_elements_only_read_is_not_written_by_other_sites(client: httpx.AsyncClient) -> None:
    assert of_cors(await client.get("/rollout", headers={"Origin": DESK}))["access-control-allow-origin"] == DESK
    assert of_cors(await client.post("/rollout", headers={"Origin": DESK})) == {}
    for method, allowed in (("GET", True), ("POST", False)):
        asked = {"Origin": DESK, "Access-Control-Request-Method": method}
        assert bool(of_cors(await client.options("/rollout", headers=asked))) is allowed


@pytest.mark.parametrize("origin", [None, "https://evil.example"])
async def test_answer_that_others_kept_is_not_taken_for_that_of_a_named_site(
    client: httpx.AsyncClient, origin: str | None
) -> None:
    """A module that a browser keeps for ever, read by the console first, has no header for another origin."""
    answer = await client.get("/approvals/w1", headers={} if origin is None else {"Origin": origin})
    assert "Origin" in answer.headers["vary"]
    assert "vary" not in (await client.get("/stop")).headers


def test_list_of_origins_is_read_as_browsers_write_them() -> None:
    assert origins_of("") == ()
    assert origins_of(f" {DESK} , http://localhost:4200,{DESK}") == (DESK, "http://localhost:4200")


@pytest.mark.parametrize(
    "text",
    [
        "*", "null", "desk.bank.example", "https://desk.bank.example/", "https://desk.bank.example/app",
        "http://desk.bank.example", "https://*.bank.example/", "https://u@desk.bank.example", "https://Desk.bank.example",
        "https://", "javascript:alert(1)", ",".join(f"https://d{n}.example" for n in range(ORIGINS_MAX + 1)),
    ],
)  # fmt: skip
def test_what_is_no_origin_stops_the_start(text: str) -> None:
    with pytest.raises(Defect):
        origins_of(text)
