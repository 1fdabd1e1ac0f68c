"""`hawk reference load` and `show` on a whole HAWK: refused whole with every finding, in force whole, and as it was."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from demo.reference.load import demo_rows
from tests.support import hedges
from tests.support.hawk import Hawk

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

TODAY = datetime.now(ZoneInfo("Asia/Singapore")).date()
PAIR, KIND = "USD/INR", "swap_points"
"""Nobody else of the shared HAWK trades in rupees."""

RATE = "SELECT rate_value FROM hawk.currency_rates WHERE currency_pair = $1 AND rate_type = $2"


def demo() -> hedges.Rows:
    tables: hedges.Rows = {}
    for each in demo_rows(TODAY):
        tables.setdefault(each.table, []).append(dict(each.row))
    return tables


def written(tables: hedges.Rows, folder: Path) -> str:
    """The rows as files of a folder, one a table; gives the folder."""
    folder.mkdir(exist_ok=True)
    for table, rows in tables.items():
        lines = (json.dumps({"table": table, "operation": "UPSERT", "row": row}) for row in rows)
        (folder / f"{table}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(folder)


def rate(hawk: Hawk) -> Decimal:
    return Decimal(hawk.query(RATE, PAIR, KIND)[0]["rate_value"])


def versions(hawk: Hawk) -> dict[str, Any]:
    return {row["key"]: row["version"] for row in hawk.json("reference", "show", "threshold_configuration")["rows"]}


def test_bad_data_are_refused_with_every_finding_and_the_old_stay(hawk: Hawk, tmp_path: Path) -> None:
    tables = demo()
    hedges.row_of(tables, "threshold_configuration", threshold_id="THR_INR_PB")["maximum_limit"] = "1"
    rule = hedges.row_of(tables, "gl_rules", rule_id=60)
    rule["lines"] = [{**rule["lines"][0], "account": "99999999"}, *rule["lines"][2:]]
    hedges.row_of(tables, "instruction_event_config", config_id="IEC_C_COI")["deal_count"] = 11
    tables["currency_rates"].remove(hedges.row_of(tables, "currency_rates", currency_pair=PAIR, rate_type=KIND))
    folder, before, limits = written(tables, tmp_path / "bad"), rate(hawk), versions(hawk)

    for options in ((), ("--dry-run",)):
        answer = hawk.json("reference", "load", folder, *options, expect=1)
        assert (answer["outcome"], answer["code"]) == ("REFUSED", "CONFIGURATION_CLOSED")
        found = {(each["table"], each["key"]) for each in answer["findings"]}
        assert found >= {
            ("threshold_configuration", "THR_INR_PB"), ("gl_rules", "60"), ("instruction_event_config", "IEC_C_COI"),
            ("currency_rates", f"{PAIR}:{KIND}"),
        }  # fmt: skip
        words = " ".join(each["message"] for each in answer["findings"])
        assert "99999999" in words
        assert "Balance" in words
    assert (rate(hawk), versions(hawk)) == (before, limits)
    assert "THR_INR_PB" in hawk.run("reference", "load", folder, expect=1).stdout


def test_good_data_are_in_force_whole_once_and_can_be_seen_as_they_were(hawk: Hawk, tmp_path: Path) -> None:
    tables = demo()
    row = hedges.row_of(tables, "currency_rates", currency_pair=PAIR, rate_type=KIND)
    before = hawk.json("reference", "show", "currency_rates", "--key", f"{PAIR}:{KIND}")["rows"][0]
    row["rate_value"] = str(Decimal(before["row"]["rate_value"]) + Decimal("0.01"))
    feeds = {table: tables[table] for table in ("currency_rates", "gl_periods")}
    folder = written({**feeds, "currency_rates": [row]}, tmp_path / "good")

    assert hawk.json("reference", "load", folder, "--dry-run")["changed"] == {"currency_rates": 1}
    assert rate(hawk) == Decimal(before["row"]["rate_value"])
    loaded = hawk.json("reference", "load", folder)
    assert (loaded["outcome"], loaded["changed"]) == ("LOADED", {"currency_rates": 1})
    assert rate(hawk) == Decimal(row["rate_value"])
    assert hawk.json("reference", "load", folder)["changed"] == {}

    (now,) = hawk.json("reference", "show", "currency_rates", "--key", f"{PAIR}:{KIND}")["rows"]
    assert (now["version"], now["by"]) == (before["version"] + 1, "service:executor")
    assert now["row"]["rate_value"] == row["rate_value"]
    earlier = ("reference", "show", "currency_rates", "--key", f"{PAIR}:{KIND}", "--at", before["since"])
    assert hawk.json(*earlier)["rows"] == [before]
    assert f"{PAIR}:{KIND}" in hawk.run("reference", "show", "currency_rates").stdout
    assert hawk.run("reference", "show", "no_such_table", expect=2).stdout == ""


def test_configuration_is_refused_as_a_row_after_the_bootstrap(hawk: Hawk, tmp_path: Path) -> None:
    row = hedges.row_of(demo(), "buffer_configuration", buffer_rule_id="BUF_INR_001") | {"buffer_percentage": "9"}
    file = tmp_path / "row.jsonl"
    file.write_text(json.dumps({"table": "buffer_configuration", "operation": "UPSERT", "row": row}), encoding="utf-8")
    refused = hawk.run("reference", "publish", str(file), expect=1)
    assert "UPDATE_CONFIGURATION" in refused.stderr
    query = "SELECT buffer_percentage FROM hawk.buffer_configuration WHERE buffer_rule_id = 'BUF_INR_001'"
    assert hawk.query(query)[0]["buffer_percentage"] == 5
