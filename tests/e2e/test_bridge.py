"""From Dify to the topic and back: the bridge, what HAWK makes of the answer, and what it tells an AI of a refusal."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.dify import KEY, STREAM, Dify, Reply, dify_server
from tests.support.eventually import eventually
from tests.support.hawk import Hawk
from tests.support.parser_answers import dify as blocking
from tests.support.parser_answers import instruction, plan_text, transcript

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

QUERY = "Create USD 1M COI hedge at ENTITY0037"


@pytest.fixture
def dify() -> Iterator[Dify]:
    with dify_server() as running:
        yield running


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "dify.key"
    file.write_text(KEY, encoding="utf-8")
    return file


def order(**data: Any) -> str:
    """A text with one block, as a model writes it; no two are alike."""
    block = plan_text(instruction(hedge_amount_order="1000000", nav_type="COI", **data))
    return f"USD – capacity is there ({uuid.uuid4()}).\n```json\n{block}\n```\n"


def ask(hawk: Hawk, dify: Dify, key_file: Path, *options: str, expect: int = 0) -> dict[str, Any]:
    arguments = ("--dify-url", dify.url, "--query", QUERY, "--user", "mira", "--api-key-file", str(key_file))
    shown = hawk.json("bridge", *arguments, *options, expect=expect)
    assert isinstance(shown, dict)
    return shown


@pytest.mark.parametrize("mode", ["blocking", "streaming"])
def test_answer_of_dify_waits_for_approval_with_its_question_and_its_maker(
    hawk: Hawk, dify: Dify, key_file: Path, mode: str
) -> None:
    message_id, text = str(uuid.uuid4()), order()
    if mode == "blocking":
        dify.will_say(Reply([blocking(text, message_id).encode()]))
        response = ask(hawk, dify, key_file, "--wait")
    else:
        said = transcript(text, size=30, message_id=message_id).encode()
        dify.will_say(Reply([said[:100], said[100:]], media=STREAM))
        response = ask(hawk, dify, key_file, "--streaming", "--wait")
    assert (response["response_id"], response["outcome"]) == (message_id, "PROPOSED")
    assert (response["prompt"], response["maker"]) == (QUERY, "mira")
    (workflow,) = response["workflows"]
    assert workflow["state"] == "AWAITING_APPROVAL"
    message = response["message"]
    assert message["text"].startswith(
        "Analysis complete. Ready to execute:\n- Create hedge instruction (USD 1,000,000.00)\n- Book 6 Murex deals "
    )
    assert message["links"]["approve"].endswith(f"/console/approvals/{workflow['workflow_id']}")


def test_stream_that_was_cut_is_refused_and_kept_byte_for_byte(hawk: Hawk, dify: Dify, key_file: Path) -> None:
    said = transcript(order(), message_id=str(uuid.uuid4()))[:500]
    dify.will_say(Reply([said.encode()], media=STREAM, cut=True))
    published = ask(hawk, dify, key_file, "--streaming", expect=1)
    response = hawk.response(published["response_id"])
    assert (response["outcome"], [each["code"] for each in response["refusals"]]) == ("REFUSED", ["INCOMPLETE"])
    kept = hawk.run("show", published["response_id"], "--raw")
    assert json.loads(kept.stdout) == {"user_id": "mira", "prompt": QUERY, "answer": said}


def test_transcript_on_stdin_is_kept_as_it_came(hawk: Hawk) -> None:
    said = transcript(order(), message_id=str(uuid.uuid4()))
    response = hawk.json("bridge", "--stdin", "--wait", stdin=said)
    assert response["outcome"] == "PROPOSED"
    assert hawk.run("show", response["response_id"], "--raw").stdout == said
    (workflow,) = response["workflows"]
    assert hawk.run("show", workflow["workflow_id"], "--raw").stdout == said


def test_refusal_comes_back_on_the_topic_with_code_place_and_what_would_be_right(
    hawk: Hawk, dify: Dify, key_file: Path
) -> None:
    dify.will_say(Reply([blocking(order(exposure_currency="usd"), str(uuid.uuid4())).encode()]))
    response_id = ask(hawk, dify, key_file)["response_id"]

    def told() -> list[dict[str, Any]]:
        kept = [each for each in hawk.wire.read("hawk.proposals") if each.key == response_id.encode()]
        return [json.loads(each.value or b"{}") for each in kept]

    received, refused = eventually(told, 30, until=lambda found: len(found) == 2, what="both events")
    assert received["outcome"] == "REFUSED"
    assert refused["refusals"] == received["refusals"]
    (refusal,) = refused["refusals"]
    assert refusal["code"] == "INVALID_CURRENCY"
    assert refusal["path"].endswith("$.recommended_actions[0].data.exposure_currency")
    assert "ISO 4217, such as USD" in refusal["message"]
