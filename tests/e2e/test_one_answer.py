"""One answer from the topic to the ledger, as a user does it: the `hawk` command, and SQL as the reader."""

import json
import uuid
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.hawk import Hawk

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

ANSWERS = Path(__file__).parents[2] / "demo" / "answers"
A_COI_STAGES = {"1A": 8, "1B": 12, "2": 27}


def order(**changes: Any) -> bytes:
    """An answer that recommends one COI inception of USD 1M at ENTITY0037, with changes; no two are alike."""
    data = {
        "instruction_type": "INCEPTION",
        "exposure_currency": "USD",
        "hedge_amount_order": "1000000",
        "entity_id": "ENTITY0037",
        "nav_type": "COI",
        **changes,
    }
    action = {"action_type": "CREATE_HEDGE_INSTRUCTION", "data": data}
    return json.dumps({"analysis": str(uuid.uuid4()), "recommended_actions": [action]}).encode()


def publish(hawk: Hawk, folder: Path, answer: bytes, *options: str) -> dict[str, Any]:
    """The response after `hawk publish --wait`."""
    file = folder / f"{uuid.uuid4()}.json"
    file.write_bytes(answer)
    response = hawk.json("publish", str(file), "--wait", *options)
    assert isinstance(response, dict)
    return response


def waiting(hawk: Hawk, folder: Path, answer: bytes, *options: str) -> dict[str, Any]:
    """The only workflow of an answer, which waits for approval."""
    response = publish(hawk, folder, answer, *options)
    assert response["outcome"] == "PROPOSED", response["refusals"]
    (workflow,) = response["workflows"]
    assert workflow["state"] == "AWAITING_APPROVAL"
    assert isinstance(workflow, dict)
    return workflow


def approve(hawk: Hawk, workflow_id: str, user: str, role: str, *options: str, expect: int = 0) -> str:
    """What `hawk approve` says on stderr."""
    return hawk.run("approve", workflow_id, "--as", user, "--role", role, *options, expect=expect).stderr


def available(hawk: Hawk, folder: Path, currency: str, entity: str) -> Decimal:
    """What a utilisation says is there to hedge."""
    question = order(instruction_type="UTILIZATION", exposure_currency=currency, entity_id=entity)
    (workflow,) = publish(hawk, folder, question)["workflows"]
    assert workflow["state"] == "COMPLETED"
    return Decimal(workflow["answer"]["available"])


def rows(hawk: Hawk, table: str, workflow_id: str, **having: object) -> list[dict[str, Any]]:
    """The effective rows of a workflow with these values."""
    found = hawk.query(f"select * from {table} where workflow_id = $1 and effective", workflow_id)  # noqa: S608
    return [row for row in found if having.items() <= row.items()]


def totals(gl: Mapping[str, Any], ledger: str) -> tuple[str, str]:
    return gl[ledger]["dr"], gl[ledger]["cr"]


SAMPLE = (ANSWERS / "01-usd-25m-coi.json").read_bytes()


def test_answer_ends_posted_with_its_rows_when_a_trader_approves(hawk: Hawk, tmp_path: Path) -> None:
    room = available(hawk, tmp_path, "USD", "ENTITY0037")
    prompt = ("--user", "mira", "--prompt", "Create the hedge", "--response-id", str(uuid.uuid4()))
    planned = waiting(hawk, tmp_path, SAMPLE, *prompt)
    workflow_id = planned["workflow_id"]
    operations = planned["operations"]
    assert [operations[name] for name in ("total", "READ", "INSERT", "UPDATE")] == [47, 9, 30, 8]
    assert {stage: told["total"] for stage, told in operations["stages"].items()} == A_COI_STAGES
    assert (planned["model"], len(planned["deals"]), planned["gl"]["entries"]) == ("A-COI", 6, 8)
    assert planned["policy"]["tier"] == "TRADER"
    assert (planned["maker"], planned["prompt"]) == ("mira", "Create the hedge")
    assert totals(planned["gl"], "IFRS") == ("375000.00", "375000.00")

    approve(hawk, workflow_id, "mira", "TRADER", "--comment", "as asked")
    hawk.run("watch", workflow_id)

    shown = hawk.json("show", workflow_id)
    assert (shown["state"], shown["operations"]["completed"]) == ("POSTED", 47)
    assert shown["decisions"][0]["comment"] == "as asked"
    assert [bool(row["mx_deal_id"]) for row in rows(hawk, "deal_bookings", workflow_id, booking_status="Booked")] == [
        True
    ] * 6
    assert len(rows(hawk, "gl_entries", workflow_id)) == 8
    assert len(rows(hawk, "gl_journal_lines", workflow_id)) == 4
    assert len(rows(hawk, "allocation_engine", workflow_id, allocation_status="Finalized")) == 1
    booked = [deal for deal in hawk.json("murex", "book") if deal["workflow_id"] == workflow_id]
    assert {deal["deal_sequence"] for deal in booked} == {deal["deal_sequence"] for deal in shown["deals"]}
    assert {deal["status"] for deal in booked} == {"BOOKED"}
    assert available(hawk, tmp_path, "USD", "ENTITY0037") == room - Decimal(planned["amount"])


def test_same_answer_is_one_workflow_when_it_is_published_again(hawk: Hawk, tmp_path: Path) -> None:
    answer = order()
    first = publish(hawk, tmp_path, answer)
    again = publish(hawk, tmp_path, answer)
    assert again["response_id"] == first["response_id"]
    assert (first["repeats"], again["repeats"]) == (0, 1)
    assert [each["workflow_id"] for each in again["workflows"]] == [each["workflow_id"] for each in first["workflows"]]


def test_second_content_under_one_id_is_refused_and_the_first_stands(hawk: Hawk, tmp_path: Path) -> None:
    name = str(uuid.uuid4())
    first = publish(hawk, tmp_path, order(), "--response-id", name)
    other = publish(hawk, tmp_path, order(), "--response-id", name)
    assert "DUPLICATE_RESPONSE" in {each["code"] for each in other["refusals"]}
    assert [each["workflow_id"] for each in other["workflows"]] == [each["workflow_id"] for each in first["workflows"]]


def test_decision_is_refused_with_its_reason_when_the_person_may_not_take_it(hawk: Hawk) -> None:
    # Over HTTP, so that the maker is proved and one person of the tier is needed.
    (asked,) = hawk.response(hawk.hand_in(json.loads(order(hedge_amount_order="60000000")), "mira"))["workflows"]
    large = hawk.in_state(asked["workflow_id"], "AWAITING_APPROVAL")["workflow_id"]
    assert "403" in approve(hawk, large, "tom", "TRADER", expect=1)
    assert "403 MAKER_IS_CHECKER" in approve(hawk, large, "mira", "SENIOR_TRADER", expect=1)
    assert "409 DIGEST_MISMATCH" in approve(hawk, large, "sam", "SENIOR_TRADER", "--digest", "sha256:0", expect=1)
    hawk.run("reject", large, "--as", "sam", "--role", "SENIOR_TRADER", "--comment", "not today")
    assert "409" in approve(hawk, large, "sue", "SENIOR_TRADER", expect=1)
    assert hawk.run("watch", large, expect=1).stdout.startswith("REJECTED")
    assert rows(hawk, "hedge_instructions", large) == []


def test_decision_is_refused_when_the_token_is_nobodys(hawk: Hawk, tmp_path: Path) -> None:
    workflow_id = waiting(hawk, tmp_path, order())["workflow_id"]
    said = hawk.run("approve", workflow_id, "--token", "nobody", expect=1)
    assert "401" in said.stderr


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (b'{"recommended_actions": [', {"INCOMPLETE", "MALFORMED_JSON"}),
        (order(hedge_amount_order="250000000"), {"AMOUNT_OUT_OF_RANGE"}),
    ],
    ids=["cut-off", "over-maximum"],
)
def test_bad_answer_is_refused_with_its_code_and_the_next_good_one_runs(
    hawk: Hawk, tmp_path: Path, answer: bytes, codes: set[str]
) -> None:
    refused = publish(hawk, tmp_path, answer, "--response-id", str(uuid.uuid4()))
    assert refused["outcome"] == "REFUSED"
    assert codes & {each["code"] for each in refused["refusals"]}
    assert hawk.json("show", refused["response_id"])["outcome"] == "REFUSED"
    assert waiting(hawk, tmp_path, order())["state"] == "AWAITING_APPROVAL"


def test_commands_speak_for_a_person_too_when_no_json_is_asked_for(hawk: Hawk, tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_bytes(order())
    said = hawk.run("publish", str(file), "--user", "mira").stdout.split()
    assert len(said) == 1
    hawk.run("publish", "-", "--response-id", "from-stdin", "--wait", stdin="words alone")
    assert "USD 1,000,000.00 COI inception" in hawk.run("publish", str(file), "--wait").stdout
    listed = hawk.run("list", "--state", "awaiting_approval").stdout
    assert "AWAITING_APPROVAL" in listed
    assert "No response or workflow" in hawk.run("show", "nothing", expect=1).stderr
    assert "ANALYSIS_ONLY" in hawk.run("watch", "from-stdin", expect=1).stderr
