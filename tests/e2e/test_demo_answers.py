"""Every answer of demo/answers through the real topic, byte for byte: what `expected.json` says comes of it.

They are the first that the shared HAWK is given (conftest.py): their table is of one on which nothing was booked.
"""

from typing import Any

import pytest

from tests.support.demo_answers import ANSWERS, EXPECTED, response_id_of
from tests.support.hawk import Hawk

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

SHOWN = ("01-usd-25m-coi.json", "30-unknown-entity.json")
"""One that is planned and one that planning refuses: these are asked for with the command as well."""


def workflow_as_tabled(hawk: Hawk, workflow_id: str) -> dict[str, Any]:
    """A workflow in the columns of the table, but for where it ends."""
    workflow = hawk.get(f"/workflows/{workflow_id}")
    assert workflow is not None
    return {
        "model": workflow["model"],
        "operations": workflow["operations"]["total"],
        "deals": len(workflow["deals"]),
        "tier": workflow["policy"]["tier"],
        "allocated": workflow["allocated_amount"],
    }


def sorted_columns(workflows: list[dict[str, Any]], columns: set[str]) -> list[list[tuple[str, Any]]]:
    return sorted(sorted((name, each[name]) for name in columns) for each in workflows)


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda each: each["file"])
def test_answer_gives_what_its_table_says(hawk: Hawk, expected: dict[str, Any]) -> None:
    response = hawk.response(response_id_of(expected["file"]))
    refused = [each["reason"] for each in response["workflows"] if each["state"] == "REFUSED"]
    codes = [*(refusal["code"] for refusal in response["refusals"]), *refused]
    assert response["outcome"] == expected["outcome"]
    assert bool(codes) is (expected["outcome"] == "REFUSED"), codes
    assert not codes or codes[0] in expected["codes"]
    wanted = expected.get("workflows", [])
    assert len(response["workflows"]) == len(wanted) + len(refused)
    if wanted:
        ids = [each["workflow_id"] for each in response["workflows"]]
        columns = set(wanted[0]) - {"ends"}
        assert all(set(each) - {"ends"} == columns for each in wanted)
        found = [workflow_as_tabled(hawk, each) for each in ids]
        assert sorted_columns(found, columns) == sorted_columns(wanted, columns)
        for workflow_id, ends in ((ids[0], each["ends"]) for each in wanted if "ends" in each):
            hawk.in_state(workflow_id, ends)


@pytest.mark.parametrize("file", SHOWN)
def test_command_shows_the_response_and_its_bytes(hawk: Hawk, file: str) -> None:
    response_id = response_id_of(file)
    assert hawk.json("show", response_id) == hawk.response(response_id)
    assert hawk.run("show", response_id, "--raw").stdout.encode() == (ANSWERS / file).read_bytes()


def test_every_answer_of_the_folder_is_in_the_table() -> None:
    files = {path.name for path in ANSWERS.iterdir()} - {"README.md", "expected.json"}
    assert files == {each["file"] for each in EXPECTED}
