"""Every answer of demo/answers through the real topic, byte for byte: what `expected.json` says comes of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.hawk import Hawk

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

ANSWERS = Path(__file__).parents[2] / "demo" / "answers"
EXPECTED: list[dict[str, Any]] = json.loads((ANSWERS / "expected.json").read_text(encoding="utf-8"))
COLUMNS = ("model", "operations", "deals", "tier")
SECONDS_MAX = 90.0


def shown(hawk: Hawk, workflow: dict[str, Any]) -> dict[str, Any]:
    """A workflow as the table writes it."""
    whole = hawk.json("show", workflow["workflow_id"])
    return {
        "model": whole["model"],
        "operations": whole["operations"]["total"],
        "deals": len(whole["deals"]),
        "tier": whole["policy"]["tier"],
        "allocated": whole["allocated_amount"],
    }


def test_every_answer_of_the_demo_gives_what_its_table_says(new_hawk: Callable[..., Hawk]) -> None:
    hawk = new_hawk()
    for each in EXPECTED:
        value = (ANSWERS / each["file"]).read_bytes()
        hawk.wire.send("hawk.ai.responses", (each["file"], value), headers={"ce_id": each["file"]})
    wrong: list[str] = []
    for each in EXPECTED:
        response = hawk.response(each["file"], SECONDS_MAX)
        codes = {refusal["code"] for refusal in response["refusals"]}
        codes |= {workflow["reason"] for workflow in response["workflows"] if workflow["state"] == "REFUSED"}
        if response["outcome"] != each["outcome"] or (codes and not codes & set(each.get("codes", ()))):
            wrong.append(f"{each['file']}: {response['outcome']} {sorted(codes)}")
            continue
        expected = sorted(each.get("workflows", ()), key=str)
        found = sorted((shown(hawk, workflow) for workflow in response["workflows"] if expected), key=str)
        for want, got in zip(expected, found, strict=True):
            if any(got[name] != want[name] for name in (*COLUMNS, "allocated") if name in want):
                wrong.append(f"{each['file']}: {got}, expected {want}")
    assert wrong == []
