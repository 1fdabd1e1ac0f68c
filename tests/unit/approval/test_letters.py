"""Dead letters as the console shows them: state, cure, who may ask for a replay; the route and its pages."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from services.approval.http.letters import PAGE_LETTERS
from services.approval.letters.letter import Letter, letter_document
from shared.security.tokens import Person
from tests.support.approvals import World
from tests.support.units import WHEN

OLGA, TOM = Person("olga", ("OPERATIONS",)), Person("tom", ("TRADER",))
LETTER = Letter(
    "executor-" + "0" * 32, WHEN, service="executor", group="hawk-executor-murex", topic="hawk.murex.answers",
    partition=1, offset=7, last_offset=7, size_bytes=2, code="EVENT_MALFORMED", reason="It is wrong.", refused=1,
)  # fmt: skip
LATER = (WHEN + timedelta(minutes=1)).isoformat()


def asked(letter: Letter = LETTER, at: str = LATER) -> Letter:
    return replace(letter, asked={"at": at, "by": "olga", "role": "OPERATIONS", "reason": "fixed"})


def answered(letter: Letter, version: int, code: str = "", reason: str = "fixed") -> Letter:
    at = "" if letter.asked is None else letter.asked["at"]
    answer = {"at": at, "by": "olga", "code": code, "reason": reason, "asked_at": at}
    return replace(letter, answered=version, answer=answer)


def test_a_refusal_has_its_place_its_cure_and_says_who_may_ask() -> None:
    shown = letter_document(LETTER, OLGA)
    assert (shown["state"], shown["topic"], shown["partition"], shown["offset"]) == (
        "REFUSED", "hawk.murex.answers", 1, 7,
    )  # fmt: skip
    assert (shown["code"], shown["may_replay"], shown["why"]) == ("EVENT_MALFORMED", True, "")
    assert "hawk deadletters replay" in shown["what_to_do"]
    shown = letter_document(LETTER, TOM)
    assert shown["may_replay"] is False
    assert "OPERATIONS or RISK_MANAGER; you hold TRADER" in shown["why"]


def test_what_cannot_be_published_as_it_was_says_why_to_everybody() -> None:
    cut = replace(LETTER, missing=("VALUE_TRUNCATED", "It has 100,000 bytes. Have its publisher publish it again."))
    shown = letter_document(cut, OLGA)
    assert (shown["may_replay"], shown["why"]) == (False, "It has 100,000 bytes. Have its publisher publish it again.")
    assert shown["not_replayable"]["code"] == "VALUE_TRUNCATED"
    assert "hawk deadletters replay" not in shown["what_to_do"]


def test_a_replay_is_asked_for_then_answered_then_perhaps_refused_again() -> None:
    waiting = asked()
    assert (waiting.state, letter_document(waiting, OLGA)["why"]) == (
        "ASKED",
        "olga has asked for it; executor answers.",
    )
    done = answered(waiting, 2)
    assert (done.state, letter_document(done, OLGA)["may_replay"]) == ("REPLAYED", False)
    assert answered(waiting, 2, "ALREADY_REPLAYED").state == "REPLAYED"
    assert answered(waiting, 2, "HEADERS_NOT_KEPT").state == "REFUSED"
    again = replace(done, refused=3, refusals=2, refused_at=WHEN + timedelta(minutes=2))
    assert (again.state, letter_document(again, OLGA)["may_replay"]) == ("REFUSED", True)


def test_a_row_of_an_earlier_release_says_where_its_details_are() -> None:
    shown = letter_document(Letter("executor-" + "1" * 32, WHEN), OLGA)
    assert (shown["code"], shown["may_replay"]) == (None, True)
    assert "hawk deadletters show" in shown["what_to_do"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_letters_come_in_pages_the_latest_first(world: World) -> None:
    world.letters.kept = [
        replace(LETTER, letter=f"executor-{number:032x}", refused_at=WHEN + timedelta(seconds=number))
        for number in range(PAGE_LETTERS + 3)
    ]
    olga = world.token("olga", "OPERATIONS")
    async with world.client() as client:
        first = (await client.get("/letters", headers=olga)).json()
        second = (await client.get(f"/letters?before={first['next']}", headers=olga)).json()
        wrong = await client.get("/letters?before=%00", headers=olga)
        nobody = await client.get("/letters")
    numbers = [int(each["letter"].partition("-")[2], 16) for each in (*first["letters"], *second["letters"])]
    assert numbers == list(reversed(range(PAGE_LETTERS + 3)))
    assert (len(first["letters"]), second["next"], wrong.status_code // 100) == (PAGE_LETTERS, None, 4)
    assert nobody.status_code == 401


async def test_only_a_known_letter_is_asked_for_by_somebody_who_may(world: World) -> None:
    world.letters.kept = [LETTER]
    async with world.client() as client:
        path, body = f"/deadletters/{LETTER.letter}/replay", {"reason": "fixed"}
        refused = await client.post(path, json=body, headers=world.token("tom", "TRADER"))
        done = await client.post(path, json=body, headers=world.token("olga", "OPERATIONS"))
    assert (refused.status_code, done.status_code) == (403, 202)
    assert [(each.letter, each.requested_by, each.reason) for each in world.letters.asked] == [
        (LETTER.letter, "olga", "fixed")
    ]
