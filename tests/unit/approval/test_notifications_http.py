"""`/notifications`: who sees it, what it shows, and trying one again."""

from tests.support.approvals import World
from tests.support.notifying import listed


async def test_those_who_were_given_up_are_listed_for_operations_and_risk(world: World) -> None:
    shown, waits = listed(), listed("WAITING", why="")
    world.notifications.kept = {each.notification_id: each for each in (shown, waits)}
    async with world.client() as client:
        for role, status in (("TRADER", 403), ("RISK_MANAGER", 200), ("OPERATIONS", 200)):
            answer = await client.get("/notifications", headers=world.token("olga", role))
            assert answer.status_code == status, role
        document = answer.json()
    assert (document["on"], document["state"]) == (True, "GIVEN_UP")
    assert [each["notification_id"] for each in document["notifications"]] == [shown.notification_id]


async def test_again_is_for_operations_and_for_what_was_given_up(world: World) -> None:
    shown = listed()
    world.notifications.kept[shown.notification_id] = shown
    url = f"/notifications/{shown.notification_id}/again"
    async with world.client() as client:
        refused = await client.post(url, headers=world.token("rita", "RISK_MANAGER"))
        assert (refused.status_code, refused.json()["code"]) == (403, "ROLE_INSUFFICIENT")
        tried = await client.post(url, headers=world.token("olga", "OPERATIONS"))
        assert (tried.status_code, tried.json()["state"], tried.json()["again_by"]) == (202, "WAITING", "olga")
        twice = await client.post(url, headers=world.token("olga", "OPERATIONS"))
        assert (twice.status_code, twice.json()["code"]) == (409, "NOT_GIVEN_UP")
        other = await client.post(
            "/notifications/00000000-0000-4000-8000-000000000000/again", headers=world.token("olga", "OPERATIONS")
        )
        assert (other.status_code, other.json()["code"]) == (404, "NOTIFICATION_UNKNOWN")
