"""Answers that cannot be taken, straight on the topic."""

import os
import uuid
from collections.abc import Callable

import pytest

from tests.support.hawk import Hawk
from tests.support.orders import envelope, order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NOISE_BYTES = 2 * 1024 * 1024


def raw(value: bytes | None) -> Callable[[Hawk], str]:
    """Sends a value as it is, under an id of its own."""

    def send(hawk: Hawk) -> str:
        response_id = f"raw-{uuid.uuid4()}"
        hawk.wire.send("hawk.ai.responses", (response_id, value), headers={"ce_id": response_id})
        return response_id

    return send


def sent(answer: dict[str, object]) -> Callable[[Hawk], str]:
    return lambda hawk: hawk.publish(answer)[0]


UNKNOWN_ACTION = envelope({"recommended_actions": [{"action_type": "EXECUTE_SQL", "data": {"sql": "DROP TABLE x"}}]})


@pytest.mark.parametrize(
    ("send", "codes"),
    [
        (raw(b""), {"EMPTY"}),
        (raw(None), {"EMPTY"}),
        (raw(os.urandom(NOISE_BYTES)), {"TOO_LARGE"}),
        (raw(b'{"analysis": "cut", "recommended_actions": [}'), {"MALFORMED_JSON"}),
        (sent(UNKNOWN_ACTION), {"UNKNOWN_ACTION_TYPE"}),
        (sent(order("USD", "-25000000", "ENTITY0037")), {"INVALID_AMOUNT"}),
    ],
    ids=["empty", "null", "2 MiB of noise", "invalid JSON", "unknown action", "negative amount"],
)
def test_bad_answer_is_refused_with_its_code_and_visible(
    hawk: Hawk, send: Callable[[Hawk], str], codes: set[str]
) -> None:
    response_id = send(hawk)
    shown = hawk.response(response_id)
    assert (shown["outcome"], shown["workflows"]) == ("REFUSED", [])
    assert {refusal["code"] for refusal in shown["refusals"]} == codes
    assert all(refusal["message"] for refusal in shown["refusals"])
    assert hawk.json("show", response_id) == shown


def test_next_good_answer_runs_after_the_bad_ones(hawk: Hawk) -> None:
    """On every partition: what was refused stands in nobody's way."""
    good = [order("AUD", "100000", "ENTITY0001") for _ in range(8)]
    for response_id in hawk.publish(*good):
        assert hawk.response(response_id)["outcome"] == "PROPOSED"
