"""`hawk status` tells what holds a service up: which message, and what people can do."""

import httpx

from cli.display import table_of
from tools.local_stack.probes import http_defects

BLOCKED = (
    "hawk.approvals:0:7 Defect: no such model: `hawk deadletters set-aside hawk-executor-approvals hawk.approvals 0 7`"
)
PARTS = {
    "database": {"state": "running", "detail": ""},
    "consumer:hawk-executor-approvals": {"state": "defect", "detail": BLOCKED},
    "consumer:hawk-executor-murex": {"state": "waiting", "detail": "the broker is away"},
}


async def defects(answer: httpx.Response) -> list[str]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)) as client:
        return await http_defects(client, 1)


async def test_defects_of_a_service_are_those_of_its_health_and_no_other_part() -> None:
    assert await defects(httpx.Response(503, json={"ready": False, "parts": PARTS})) == [
        f"consumer:hawk-executor-approvals: {BLOCKED}"
    ]


async def test_service_that_answers_something_else_has_told_of_no_defect() -> None:
    for answer in (httpx.Response(200, text="no JSON"), httpx.Response(200, json=[]), httpx.Response(404, json={})):
        assert await defects(answer) == []


def test_status_shows_a_blocked_message_below_its_service() -> None:
    state = {"processes": {"executor": {"pid": 1, "ready": False, "defects": [f"[b]{BLOCKED}"]}}}
    shown = [str(cell) for cell in table_of(state).columns[2].cells]
    assert any("set-aside hawk-executor-approvals hawk.approvals 0 7" in cell for cell in shown)
