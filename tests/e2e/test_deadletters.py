"""`hawk deadletters`: what was refused is seen by people, and goes again after a fix, once."""

import json
import uuid
from typing import Any

import pytest

from tests.support.eventually import eventually
from tests.support.feeds import demo_headers
from tests.support.hawk import TURN_SECONDS_MAX, Hawk

pytestmark = pytest.mark.e2e


def letter_of(hawk: Hawk, place: str) -> dict[str, Any]:
    topic, partition, offset = place.split(":")

    def found() -> list[dict[str, Any]]:
        letters = (hawk.get(f"/deadletters?topic={topic}") or {})["deadletters"]
        return [each for each in letters if (each["partition"], each["offset"]) == (int(partition), int(offset))]

    (letter,) = eventually(found, TURN_SECONDS_MAX, what=f"dead letter of {place}")
    return dict(letter)


def test_a_dead_letter_is_listed_shown_and_published_again_once(hawk: Hawk) -> None:
    row = {"currency_pair": "USD/SGD", "rate_type": f"e2e-{uuid.uuid4().hex[:8]}", "rate_value": "1.3"}
    value = json.dumps({"table": "currency_rates", "operation": "UPSERT", "row": row}).encode()
    headers = demo_headers(hawk.data, "currency_rates:e2e", value)
    (place,) = hawk.wire.send("hawk.reference", ("currency_rates:e2e", value), headers=headers)
    letter = letter_of(hawk, place)
    assert letter["service"] == "executor"
    assert letter["state"] == "REFUSED"
    assert letter["replayable"]
    assert letter["reason"]
    assert letter["what_to_do"]

    assert letter["id"] in {each["id"] for each in hawk.json("deadletters", "--topic", "hawk.reference")}
    printed = hawk.run("deadletters", "show", letter["id"]).stdout
    assert letter["code"] in printed
    assert "USD/SGD" in printed

    refused = hawk.run("deadletters", "replay", letter["id"], "--as", "tom", "--role", "TRADER", expect=1)
    assert "OPERATIONS" in refused.stderr

    person = ("--as", "olga", "--role", "OPERATIONS", "--reason", "looked at it")
    after = hawk.json("deadletters", "replay", letter["id"], *person)
    assert [event["what"] for event in after["history"]][:2] == ["MessageRefused", "MessageReplayed"]
    assert after["history"][1]["by"] == "olga"

    # Nothing was fixed: the executor refuses it again, in the same dead letter, and it can be replayed again.
    again = eventually(
        lambda: hawk.get(f"/deadletters/{letter['id']}") or {},
        TURN_SECONDS_MAX,
        until=lambda document: document["refusals"] == 2,
        what="refused again",
    )
    assert again["state"] == "REFUSED"
    assert again["value"].encode() == value
    sent = [each for each in hawk.wire.read("hawk.reference") if each.value == value]
    assert [each.key for each in sent] == [b"currency_rates:e2e"] * 2


def test_what_was_not_kept_whole_is_not_published_again(hawk: Hawk) -> None:
    value = b"x" * 100_000
    (place,) = hawk.wire.send("hawk.reference", ("big", value), headers=demo_headers(hawk.data, "big", value))
    letter = letter_of(hawk, place)
    assert not letter["replayable"]
    refused = hawk.run("deadletters", "replay", letter["id"], "--as", "olga", "--role", "OPERATIONS", expect=1)
    assert "VALUE_TRUNCATED" in refused.stderr
    after = hawk.get(f"/deadletters/{letter['id']}") or {}
    assert [event["what"] for event in after["history"]] == ["MessageRefused", "ReplayDeclined"]


def test_an_unknown_dead_letter_is_wrong_usage(hawk: Hawk) -> None:
    told = hawk.run("deadletters", "show", "executor-" + "0" * 32, expect=2)
    assert "hawk deadletters" in told.stderr
