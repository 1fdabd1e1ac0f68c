"""Generated requests against the routes: whatever comes, the answer is one the API description knows, never a 500."""

from typing import Any

import httpx
import pytest
import schemathesis

from tests.support.approvals import World
from tests.support.generated import generated

#: Generated requests for each operation: a run of a few seconds.
EXAMPLES = 25

ALLOWED = {
    ("GET", "/approvals"): {200, 401, 422},
    ("GET", "/approvals/{workflow_id}"): {200, 401, 404, 422},
    ("POST", "/approvals/{workflow_id}/decisions"): {201, 401, 403, 404, 409, 413, 422},
    ("POST", "/approvals/{workflow_id}/withdrawal"): {201, 401, 403, 404, 409, 413, 422},
    ("POST", "/approvals/{workflow_id}/amendment"): {202, 401, 403, 404, 409, 413, 422},
    ("POST", "/approvals/{workflow_id}/questions"): {201, 401, 403, 404, 409, 413, 422},
    ("POST", "/approvals/{workflow_id}/questions/{number}/answer"): {201, 401, 403, 404, 409, 413, 422},
    ("POST", "/approvals/{workflow_id}/revocation"): {202, 401, 403, 404, 409, 413, 422},
    ("POST", "/workflows/{workflow_id}/reversal"): {202, 401, 403, 404, 409, 413, 422},
    ("POST", "/hawk-agent/execute-actions"): {202, 401, 403, 409, 413, 422, 429},
    ("POST", "/hawk-agent/previews"): {202, 401, 403, 413, 422, 429},
    ("GET", "/hawk-agent/previews/{preview_id}"): {200, 401, 404, 422},
    ("POST", "/stream-tickets"): {201, 401, 413, 422, 429},
    ("POST", "/session"): {204, 401},
    ("DELETE", "/session"): {204},
    ("GET", "/rollout"): {200, 401},
    ("POST", "/rollout"): {201, 401, 403, 409, 413, 422},
    ("POST", "/stop"): {201, 401, 403, 413, 422},
    ("POST", "/resume"): {201, 401, 403, 409, 413, 422},
    ("GET", "/delegations"): {200, 401},
    ("POST", "/delegations"): {201, 401, 403, 409, 413, 422},
    ("POST", "/delegations/{delegation_id}/confirmation"): {401, 403, 404, 409, 413, 422},
    ("POST", "/delegations/{delegation_id}/end"): {401, 403, 404, 413, 422},
    ("POST", "/absences"): {201, 401, 403, 409, 413, 422},
    ("POST", "/absences/{absence_id}/end"): {401, 404, 413, 422},
    ("GET", "/signals"): {200, 401, 403, 422},
    ("POST", "/approvals/{workflow_id}/signing"): {201, 401, 409, 413, 422},
    ("GET", "/passkeys"): {200, 401},
    ("POST", "/passkeys"): {201, 401, 403, 409, 413, 422},
    ("POST", "/passkeys/registration"): {201, 401, 403},
    ("POST", "/passkeys/confirmation"): {201, 401, 403, 409, 413, 422},
    ("POST", "/passkeys/rejection"): {201, 401, 403, 409, 413, 422},
    ("POST", "/passkeys/removal"): {201, 401, 403, 404, 409, 413, 422},
    ("GET", "/policy"): {200, 401},
    ("POST", "/policy"): {201, 401, 403, 409, 413, 422},
    ("POST", "/policy/rejection"): {201, 401, 403, 409, 413, 422},
    ("POST", "/policy/simulation"): {200, 401, 413, 422},
    ("GET", "/notifications"): {200, 401, 422},
    ("POST", "/approvals/{workflow_id}/break-glass"): {201, 401, 403, 404, 409, 413, 422},
    ("GET", "/reviews"): {200, 401},
    ("POST", "/reviews/{workflow_id}"): {201, 401, 403, 404, 409, 413, 422},
    ("POST", "/notifications/{notification_id}/again"): {202, 401, 403, 404, 409, 422},
    ("GET", "/reference/held"): {200, 401, 422},
    ("POST", "/reference/held"): {201, 401, 403, 404, 409, 413, 422},
    ("GET", "/waiting"): {200, 401},
    ("GET", "/letters"): {200, 401, 422},
    ("POST", "/deadletters/{letter}/replay"): {202, 401, 403, 404, 413, 422},
    ("GET", "/deadletters/set-aside"): {200, 401},
    ("POST", "/deadletters/set-aside"): {201, 401, 403, 409, 413, 422},
    ("GET", "/events/unpublishable"): {200, 401},
    ("POST", "/events/unpublishable/{position}/publication"): {201, 401, 403, 404, 409, 413, 422},
}
#: They end when the process does, so no list of generated requests is sent to them.
STREAMS = {("GET", "/hawk-agent/execute-actions"), ("GET", "/approvals/stream")}
#: What the edge answers, before any route, where the address holds NUL.
NAMES_NOTHING = {400}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("schema"))


@pytest.fixture(scope="module")
def api(world: World) -> Any:
    return schemathesis.openapi.from_dict(world.app.openapi())


def test_description_names_every_route_and_asks_for_a_token(world: World) -> None:
    paths = world.app.openapi()["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert described == {*ALLOWED, *STREAMS}
    for method, path in described - {("DELETE", "/session")}:
        assert paths[path][method.lower()]["security"], (method, path)
        assert "400" in paths[path][method.lower()]["responses"], (method, path)


@pytest.mark.parametrize(("method", "path"), sorted(ALLOWED))
async def test_generated_requests_get_answers_the_description_knows(
    world: World, api: Any, method: str, path: str
) -> None:
    if await world.approvals.card("w1") is None:
        await world.request()
    async with world.client() as client:
        for case in generated(api, method, path, EXAMPLES):
            answer = await _send(client, case, world)
            known = NAMES_NOTHING if b"%00" in answer.request.url.raw_path else ALLOWED[method, path]
            assert answer.status_code in known, (case, answer.status_code, answer.text)
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json"


async def _send(client: httpx.AsyncClient, case: Any, world: World) -> httpx.Response:
    """A generated request, sent by somebody who may approve."""
    arguments = case.as_transport_kwargs(base_url="http://127.0.0.1:8080")
    arguments = {key: arguments[key] for key in ("params", "json", "data", "headers") if arguments.get(key) is not None}
    headers = {key: value for key, value in dict(arguments.pop("headers", {})).items() if value.isascii()}
    headers = {key: value for key, value in headers.items() if key.lower() not in {"authorization", "cookie"}}
    if "data" in arguments:
        arguments["content"] = arguments.pop("data")
    return await client.request(
        case.method, case.formatted_path, headers={**headers, **world.token("bob", "RISK_MANAGER")}, **arguments
    )
