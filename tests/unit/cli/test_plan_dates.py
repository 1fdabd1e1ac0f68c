"""`hawk plan --at`: the days of an answer, by way of the command itself."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cli import __main__ as entry
from tests.support.orders import order


@pytest.mark.parametrize(
    ("currency", "entity", "tenor", "at", "maturity", "warned"),
    [
        ("HKD", "ENTITY0009", "1M", "2026-11-26", "2026-12-31", []),  # spot is the last business day of November
        ("HKD", "ENTITY0009", "5D", "2027-01-21", "2027-02-01", []),  # days go forward over the month's end
        ("HKD", "ENTITY0009", "1D", "2027-01-27", "2027-02-01", []),
        ("USD", "ENTITY0037", "2028-12-25", "2026-11-23", "2028-12-25", ["CALENDAR_ENDS"]),
        ("USD", "ENTITY0037", "25M", "2026-11-23", "2028-12-25", ["CALENDAR_ENDS"]),
        ("USD", "ENTITY0037", "1M", "2026-11-25", "2026-12-28", []),  # Thanksgiving lies before the value date
    ],
)
def test_an_answer_gets_the_markets_days(
    currency: str, entity: str, tenor: str, at: str, maturity: str, warned: list[str], *,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path,
) -> None:  # fmt: skip
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(order(currency, "20000000", entity, tenor_or_maturity=tenor)))
    monkeypatch.setattr(sys, "argv", ["hawk", "plan", str(file), "--at", at, "--json"])
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 0
    workflow: dict[str, Any] = json.loads(capsys.readouterr().out)["workflows"][0]
    assert workflow["dates"]["maturity_date"] == maturity
    assert [each["code"] for each in workflow["warnings"]] == warned


def test_a_stated_holiday_that_is_known_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(order("USD", "20000000", "ENTITY0037", tenor_or_maturity="2026-12-25")))
    monkeypatch.setattr(sys, "argv", ["hawk", "plan", str(file), "--at", "2026-11-23", "--json"])
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 1
    response = json.loads(capsys.readouterr().out)
    assert [each["code"] for each in response["refusals"]] == ["INVALID_DATE"]
