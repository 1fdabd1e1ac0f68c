"""`hawk plan`: the demo's answers and the figures of interfaces section 7, by way of the command itself."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import __main__ as entry
from demo.reference.load import demo_rows
from tests.support.hedges import TODAY
from tests.support.orders import order

ROOT = Path(__file__).resolve().parents[3]
ANSWERS = ROOT / "demo" / "answers"
EXPECTED: list[dict[str, Any]] = json.loads((ANSWERS / "expected.json").read_text())
DAY = TODAY.isoformat()  # a Monday; 10:00 in Singapore is before every cut-off

#: What `hawk plan` adds to a workflow of `hawk show`.
ADDED = {"operations_list", "deals", "gl_entries", "journal_lines", "undo"}

Run = Callable[..., tuple[int, str, str]]
Planned = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`hawk plan` with these arguments: exit status, stdout, stderr."""
    monkeypatch.delenv("HAWK_POLICY", raising=False)

    def plan(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hawk", "plan", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            entry.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return plan


@pytest.fixture
def planned(run: Run, tmp_path: Path) -> Planned:
    """Exit status and response of one order, planned on the fixed day."""

    def plan(currency: str, amount: str, entity: str | None = None, **fields: Any) -> tuple[int, dict[str, Any]]:
        file = tmp_path / "answer.json"
        file.write_text(json.dumps(order(currency, amount, entity, **fields)))
        status, told, _ = run(file, "--at", DAY, "--json")
        return status, json.loads(told, parse_float=no_float)

    return plan


def no_float(text: str) -> None:
    raise AssertionError(f"{text} is a binary float")


def facts_of(workflow: dict[str, Any]) -> dict[str, Any]:
    """The columns of demo/answers/expected.json, as planned."""
    tier = (workflow["policy"] or {}).get("tier")
    return {
        "model": workflow["model"],
        "operations": workflow["operations"]["total"],
        "deals": len(workflow["deals"]),
        "tier": tier,
        "allocated": workflow["allocated_amount"],
    }


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda each: each["file"])
def test_answer_is_planned_as_its_table_says_when_taken_alone(expected: dict[str, Any], run: Run) -> None:
    status, told, _ = run(ANSWERS / expected["file"], "--at", DAY, "--json")
    response = json.loads(told, parse_float=no_float)
    outcome = expected["outcome"]
    assert response["outcome"] == outcome
    assert status == (1 if outcome == "REFUSED" else 0)
    codes = [refusal["code"] for refusal in response["refusals"]]
    assert bool(codes) is (outcome == "REFUSED")
    assert not codes or codes[0] in expected["codes"]
    assert all(refusal["message"] and refusal["path"] for refusal in response["refusals"])
    if outcome == "PROPOSED":
        for workflow, wanted in zip(response["workflows"], expected["workflows"], strict=True):
            found = facts_of(workflow)
            assert {name: found[name] for name in wanted if name != "ends"} == {
                name: value for name, value in wanted.items() if name != "ends"
            }
            assert workflow["state"] == "PLANNED"


# Currency, amount, entity, NAV, model, deals, operations, first IFRS entry, IFRS journal, tier, USD equivalent:
# interfaces section 7, last paragraph.
FIGURES = [
    ("USD", "25000000", "ENTITY0037", "COI", "A-COI", 6, 47, "375000.00", "375000.00", "TRADER", "25000000.00"),
    ("CNY", "150000000", "ENTITY001", "COI", "B-COI", 10, 51, "300000.00", "300000.00", "TRADER", "20888888.89"),
    ("KRW", "12000000000", "ENTITY0025", "COI", "C-COI", 10, 51, "12960000.00", "13012048.19", "TRADER", "9600000.00"),
    ("AUD", "5000000", "ENTITY0001", "RE", "A-RE", 3, 44, "150000.00", "150000.00", "TRADER", "3518518.52"),
    ("USD", "100000000", "ENTITY0037", "COI", "A-COI", 6, 47, "1500000.00", "1500000.00", "RISK_MANAGER",
     "100000000.00"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("currency", "amount", "entity", "nav", "model", "deals", "operations", "entry_sgd", "journal", "tier", "usd"),
    FIGURES,
)
def test_plan_has_the_agreed_figures_when_one_entity_is_named(
    currency: str, amount: str, entity: str, nav: str, model: str, deals: int, operations: int, entry_sgd: str,
    journal: str, tier: str, usd: str, planned: Planned,
) -> None:  # fmt: skip
    status, response = planned(currency, amount, entity, nav_type=nav)
    (workflow,) = response["workflows"]
    assert (status, response["outcome"], workflow["state"]) == (0, "PROPOSED", "PLANNED")
    assert (workflow["model"], len(workflow["deals"])) == (model, deals)
    assert len(workflow["operations_list"]) == workflow["operations"]["total"] == operations == 41 + deals
    assert len(workflow["gl_entries"]) == workflow["gl"]["entries"] == 8
    first = workflow["gl_entries"][0]
    assert (first["purpose"], first["ledger"], first["amount_sgd"]) == ("P1", "IFRS", entry_sgd)
    assert workflow["gl"]["IFRS"] == {"dr": journal, "cr": journal}
    assert (workflow["policy"]["tier"], workflow["amount_usd"]) == (tier, usd)


def test_order_is_spread_over_the_waterfall_when_no_entity_is_named(planned: Planned) -> None:
    _, response = planned("HKD", "400000000")
    (workflow,) = response["workflows"]
    shares = [(each["entity_id"], each["allocated_amount"]) for each in workflow["entities"]]
    assert shares == [
        ("ENTITY0009", "187500000.00"), ("ENTITY0011", "155000000.00"), ("ENTITY0010", "57500000.00"),
    ]  # fmt: skip
    assert workflow["operations"]["total"] == len(workflow["operations_list"]) == 125
    assert (workflow["policy"]["tier"], workflow["amount_usd"]) == ("SENIOR_TRADER", "51851851.85")
    assert len({line["event_id"] for line in workflow["journal_lines"]}) == 3


def test_order_is_filled_in_part_when_the_entity_has_less(planned: Planned) -> None:
    status, response = planned("HKD", "20000000", "ENTITY0012", nav_type="RE")
    (workflow,) = response["workflows"]
    assert (status, workflow["check_status"], workflow["allocated_amount"]) == (0, "PARTIAL", "9500000.00")


def test_refusal_has_code_message_and_path_when_the_amount_is_out_of_range(planned: Planned) -> None:
    status, response = planned("USD", "250000000", "ENTITY0037")
    assert (status, response["outcome"]) == (1, "REFUSED")
    (refusal,) = response["refusals"]
    assert (refusal["code"], refusal["path"]) == ("AMOUNT_OUT_OF_RANGE", "hedge_amount_order")
    assert "100000000" in refusal["message"]


def check_record(workflow: dict[str, Any], code: str) -> None:
    """A refused check keeps its record and nothing financial."""
    assert (workflow["state"], workflow["reason"]) == ("REFUSED", code)
    assert workflow["operations"]["total"] == len(workflow["operations_list"]) == 8
    assert {each["stage"] for each in workflow["operations_list"]} == {"1A"}
    assert workflow["policy"]["tier"] == "AUTO"
    assert workflow["deals"] == workflow["gl_entries"] == workflow["journal_lines"] == []


def test_refused_check_shows_as_refused_with_its_record_when_the_usd_limit_is_exceeded(planned: Planned) -> None:
    status, response = planned("VND", "900000000000", "ENTITY0041")
    assert (status, response["outcome"]) == (1, "REFUSED")
    check_record(response["workflows"][0], "USD_PB_LIMIT_EXCEEDED")


def test_refused_check_shows_as_refused_with_its_record_when_nothing_is_left(run: Run, tmp_path: Path) -> None:
    def taken(table: str, row: dict[str, Any]) -> dict[str, Any]:
        return row | {"current_position": "0"} if table == "position_nav_master" else row

    folder = reference_folder(tmp_path / "reference", taken)
    status, told, _ = run(ANSWERS / "01-usd-25m-coi.json", "--at", DAY, "--json", "--reference", folder)
    response = json.loads(told)
    assert (status, response["outcome"]) == (1, "REFUSED")
    check_record(response["workflows"][0], "CAPACITY_EXHAUSTED")


def test_utilisation_is_answered_and_not_refused_when_the_check_says_no(planned: Planned) -> None:
    status, response = planned("VND", "900000000000", "ENTITY0041", instruction_type="UTILIZATION")
    (workflow,) = response["workflows"]
    assert (status, response["outcome"], workflow["state"]) == (0, "PROPOSED", "PLANNED")
    assert (workflow["answer"]["can_proceed"], workflow["answer"]["usd_pb_check_status"]) == ("false", "BREACH")


def test_command_exits_1_and_plans_the_rest_when_one_of_two_orders_is_refused(run: Run, tmp_path: Path) -> None:
    answer = json.loads((ANSWERS / "10-two-orders.json").read_text())
    answer["recommended_actions"][1]["data"]["entity_id"] = "ENTITY9999"
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer))
    status, told, _ = run(file, "--at", DAY, "--json")
    response = json.loads(told)
    assert (status, response["outcome"]) == (1, "PARTLY_REFUSED")
    assert [each["state"] for each in response["workflows"]] == ["PLANNED", "REFUSED"]
    assert [each["code"] for each in response["refusals"]] == ["UNKNOWN_ENTITY"]


def test_every_workflow_says_what_it_does_row_by_row_when_planned(planned: Planned) -> None:
    _, response = planned("USD", "25000000", "ENTITY0037")
    (workflow,) = response["workflows"]
    assert workflow.keys() >= ADDED
    assert [step["undoes"] for step in workflow["undo"]] == [
        each["number"] for each in reversed(workflow["operations_list"]) if each["operation"] != "READ"
    ]
    for ledger in ("IFRS", "LOCAL"):
        lines = [line for line in workflow["journal_lines"] if line["ledger"] == ledger]
        assert [line["dr_amt"] for line in lines] == ["375000.00", "0.00"]
        assert [line["cr_amt"] for line in lines] == ["0.00", "375000.00"]
    assert workflow["order"].keys() >= workflow["provenance"].keys()
    assert (workflow["provenance"]["nav_type"], workflow["provenance"]["tenor_or_maturity"]) == ("stated", "default")
    assert workflow["times"].keys() == {"PROPOSED", "PLANNED"}
    assert workflow["times"]["PLANNED"] == f"{DAY}T02:00:00Z"


def test_plan_is_the_same_to_the_byte_when_drawn_again(run: Run) -> None:
    file = ANSWERS / "07-hkd-400m-waterfall.json"
    assert run(file, "--at", DAY, "--json") == run(file, "--at", DAY, "--json")


def test_strict_policy_asks_for_a_risk_manager_when_chosen(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    file = ANSWERS / "01-usd-25m-coi.json"
    asked = json.loads(run(file, "--at", DAY, "--json", "--policy", "strict")[1])
    monkeypatch.setenv("HAWK_POLICY", "strict")
    named = json.loads(run(file, "--at", DAY, "--json")[1])
    assert named == asked
    assert asked["workflows"][0]["policy"]["tier"] == "RISK_MANAGER"


def as_it_is(_: str, row: dict[str, Any]) -> dict[str, Any] | None:
    return row


def reference_folder(folder: Path, change: Callable[[str, dict[str, Any]], dict[str, Any] | None] = as_it_is) -> Path:
    """The demo's rows as files; `change` gives a row anew, or None to leave it out."""
    folder.mkdir()
    rows = [(each.table, change(each.table, dict(each.row))) for each in demo_rows(TODAY)]
    lines = [json.dumps({"table": table, "operation": "UPSERT", "row": row}) for table, row in rows if row is not None]
    (folder / "1.jsonl").write_text("\n".join(lines[:500]) + "\n")
    (folder / "2.json").write_text("\n".join(lines[500:]) + "\n")
    return folder


def test_plan_is_the_demos_when_its_rows_come_from_files(run: Run, tmp_path: Path) -> None:
    folder = reference_folder(tmp_path / "reference")
    file = ANSWERS / "07-hkd-400m-waterfall.json"
    assert run(file, "--at", DAY, "--json", "--reference", folder) == run(file, "--at", DAY, "--json")


def test_rows_get_the_defaults_that_hawk_gives_them_when_they_come_from_files(run: Run, tmp_path: Path) -> None:
    def silent(_: str, row: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in row.items() if (name, value) != ("active_flag", "Y")}

    folder = reference_folder(tmp_path / "reference", silent)
    status, told, _ = run(ANSWERS / "01-usd-25m-coi.json", "--at", DAY, "--json", "--reference", folder)
    assert (status, json.loads(told)["workflows"][0]["model"]) == (0, "A-COI")


def test_plan_is_refused_when_the_files_lack_a_rate(run: Run, tmp_path: Path) -> None:
    folder = reference_folder(tmp_path / "reference", lambda table, row: None if table == "currency_rates" else row)
    status, told, said = run(ANSWERS / "01-usd-25m-coi.json", "--at", DAY, "--json", "--reference", folder)
    assert status == 1
    assert [each["code"] for each in json.loads(told)["refusals"]] == ["RATE_MISSING"]
    assert "HAWK would refuse to load" in said
    assert "currency_rates" in said
    assert "more" in said.splitlines()[-1]


def test_plan_of_sound_reference_data_warns_of_nothing_when_they_come_from_files(run: Run, tmp_path: Path) -> None:
    folder = reference_folder(tmp_path / "reference")
    assert run(ANSWERS / "05-analysis-only.json", "--at", DAY, "--reference", folder)[2] == ""


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        '{"table": "entity_master", "operation": "UPSERT", "row": {"entity_id": "E1"}}',
        '{"table": "currency_rates", "operation": "UPSERT", "row": {"rate_value": 1.35}}',
        '{"table": "users", "operation": "UPSERT", "row": {"id": "1"}}',
    ],
)
def test_command_exits_2_when_a_reference_file_is_malformed(line: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(line)
    status, told, said = run(ANSWERS / "01-usd-25m-coi.json", "--at", DAY, "--reference", tmp_path)
    assert (status, told) == (2, "")
    assert said


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("no-such-file",),
        (ANSWERS,),
        (ANSWERS / "01-usd-25m-coi.json", "--at", "yesterday"),
        (ANSWERS / "01-usd-25m-coi.json", "--at", "2026-02-30"),
        (ANSWERS / "01-usd-25m-coi.json", "--at", "1066-10-14"),
        (ANSWERS / "01-usd-25m-coi.json", "--reference", "no-such-folder"),
        (ANSWERS / "01-usd-25m-coi.json", "--policy", "none"),
    ],
    ids=str,
)
def test_command_exits_2_when_what_it_is_given_is_unusable(arguments: tuple[str | Path, ...], run: Run) -> None:
    status, told, said = run(*arguments)
    assert (status, told) == (2, "")
    assert said


def test_command_exits_2_when_the_reference_folder_is_empty(run: Run, tmp_path: Path) -> None:
    status, _, said = run(ANSWERS / "01-usd-25m-coi.json", "--reference", tmp_path)
    assert status == 2
    assert "NO_REFERENCE_FILES" in said


def test_plan_is_that_of_now_when_no_day_is_given(run: Run) -> None:
    status, told, _ = run(ANSWERS / "01-usd-25m-coi.json", "--json")
    (workflow,) = json.loads(told)["workflows"]
    assert (status, workflow["operations"]["total"]) == (0, 47)


def test_the_installed_command_plans_in_seconds_when_no_server_runs() -> None:
    done = subprocess.run(
        (sys.executable, "-m", "cli", "plan", str(ANSWERS / "01-usd-25m-coi.json"), "--at", DAY, "--json"),
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["workflows"][0]["operations"]["total"] == 47


@pytest.mark.parametrize("name", ["07-hkd-400m-waterfall.json", "13-buffer-7-percent.json"])
def test_planning_loads_neither_kafka_nor_the_database_when_run_alone(name: str) -> None:
    """Loading them would be most of the time a plan takes."""
    code = (
        "import sys; sys.argv = ['hawk', 'plan', sys.argv[1], '--json']\n"
        "from cli.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "sys.stderr.write(' '.join(sys.modules))"
    )
    done = subprocess.run(
        (sys.executable, "-c", code, str(ANSWERS / name)),
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    loaded = set(done.stderr.split())
    assert "cli.planning" in loaded
    assert not loaded & {"aiokafka", "asyncpg", "httpx", "fastapi", "faust", "joserfc", "uvicorn"}
