"""Break-glass and reviews over HTTP: who may, what the card and the queue say, and what is refused."""

import pytest

from tests.support.approvals import DIGEST, World

GLASS = {"plan_digest": DIGEST, "reason": "rita is on a plane"}
YES = {"decision": "APPROVE", "plan_digest": DIGEST}


@pytest.fixture
async def large(world: World) -> World:
    await world.request(usd="100000000")
    return world


async def test_an_emergency_is_declared_used_marked_and_reviewed(large: World) -> None:
    async with large.client() as client:
        bob, cem = large.token("bob", "TRADER"), large.token("cem", "OPERATIONS")
        card = (await client.get("/approvals/w1", headers=bob)).json()
        assert (card["may_decide"], card["may_break_glass"], card["emergency"]) == (False, True, None)
        answer = await client.post("/approvals/w1/break-glass", json=GLASS, headers=bob)
        assert answer.status_code == 201, answer.text
        broken = answer.json()
        assert broken["may_decide"] is True
        assert (broken["may_break_glass"], broken["emergency"]["open"]) == (False, True)
        assert broken["emergency"]["missing"] == ["RISK_MANAGER"]
        assert broken["view"]["warnings"][0]["code"] == "EMERGENCY"
        assert "two" not in broken["view"]["warnings"][0]["text"]
        assert [each["role"] for each in broken["view"]["who"]["places"]] == ["ANY_APPROVER", "ANY_APPROVER"]
        assert broken["who_may_approve"].endswith("; not ann, who asked.")
        row = (await client.get("/approvals?tab=mine", headers=cem)).json()["approvals"][0]
        assert [each["code"] for each in row["attention"]] == ["EMERGENCY"]
        assert (await client.post("/approvals/w1/decisions", json=YES, headers=bob)).json()["state"] == (
            "AWAITING_APPROVAL"
        )
        granted = (await client.post("/approvals/w1/decisions", json=YES, headers=cem)).json()
        assert (granted["state"], granted["emergency"]["used"], granted["emergency"]["under_review"]) == (
            "APPROVED",
            True,
            True,
        )
        eve, sam = large.token("eve", "AUDITOR"), large.token("sam", "SENIOR_TRADER")
        listed = (await client.get("/reviews", headers=eve)).json()
        assert [each["workflow_id"] for each in listed["reviews"]] == ["w1"]
        assert listed["reviews"][0]["may_review"] is True
        assert (await client.get("/reviews", headers=bob)).json()["reviews"][0]["may_review"] is False
        assert (await client.get("/waiting", headers=eve)).json()["mine"]["reviews"] == 1
        assert (await client.get("/waiting", headers=bob)).json()["mine"]["reviews"] == 0
        for headers, code in ((bob, "TOOK_PART"), (large.token("ann", "TRADER"), "TOOK_PART")):
            refused = await client.post("/reviews/w1", json={"finding": "JUSTIFIED"}, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (403, code)
        first = {"finding": "NOT_JUSTIFIED", "comment": " The desk could be reached. "}
        assert (await client.post("/reviews/w1", json=first, headers=eve)).json()["emergency"]["under_review"] is True
        closed = (await client.post("/reviews/w1", json={"finding": "JUSTIFIED"}, headers=sam)).json()
        assert closed["emergency"]["under_review"] is False
        assert closed["emergency"]["reviews"][0]["comment"] == "The desk could be reached."
        listed = (await client.get("/reviews", headers=eve)).json()
        assert (listed["reviews"], [each["workflow_id"] for each in listed["declared"]]) == ([], ["w1"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"plan_digest": DIGEST}, 422),
        ({"plan_digest": DIGEST, "reason": "  "}, 422),
        ({"plan_digest": DIGEST, "reason": "x" * 2001}, 422),
        ({"plan_digest": "sha256:other", "reason": "x"}, 409),
    ],
)
async def test_an_emergency_needs_a_reason_and_the_digest(large: World, body: dict[str, str], status: int) -> None:
    async with large.client() as client:
        answer = await client.post("/approvals/w1/break-glass", json=body, headers=large.token("bob", "TRADER"))
        assert answer.status_code == status, answer.text


async def test_who_has_no_approving_role_declares_nothing(large: World) -> None:
    async with large.client() as client:
        for person, role in (("eve", "AUDITOR"), ("ann", "RISK_MANAGER")):
            answer = await client.post("/approvals/w1/break-glass", json=GLASS, headers=large.token(person, role))
            assert answer.status_code == 403, answer.text
