"""Reading the simulator's script."""

from pathlib import Path

import pytest

from murex.simulator.script import Match, Rule, load_script, parse_script
from shared.errors import InvalidInput


def test_script_gives_its_rules_in_order_when_written_in_yaml() -> None:
    rules = parse_script(
        """
        - match: {exposure_currency: USD, deal_sequence: 3}
          answer: NOK
          reason: Unknown portfolio
        - answer: LATE
          after_seconds: 2.5
        """
    )
    assert rules == (
        Rule(match=Match(exposure_currency="USD", deal_sequence=3), answer="NOK", reason="Unknown portfolio"),
        Rule(answer="LATE", after_seconds=2.5),
    )


def test_script_gives_the_same_rules_when_written_in_json() -> None:
    text = '[{"match": {"attempt": 1}, "answer": "SILENT", "after_seconds": 3}]'
    assert parse_script(text) == (Rule(match=Match(attempt=1), answer="SILENT", after_seconds=3),)


def test_script_has_no_rules_when_empty_or_not_given() -> None:
    assert parse_script("") == ()
    assert load_script(None) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("answer: ACK", "expected a list"),
        ("- answer: MAYBE", "rule 1, answer"),
        ("- {answer: ACK}\n- {answer: ACK, when: now}", "rule 2, when"),
        ("- {answer: ACK, match: {currency: USD}}", "match.currency"),
        ("- {answer: ACK, after_seconds: -1}", "after_seconds"),
        ("- {answer: NOK, match: {deal_sequence: '3'}}", "match.deal_sequence"),
        ("- {answer: ACK, booked: true}", "`booked` belongs to SILENT"),
        ("- {answer: ACK, technical: true}", "`technical` belongs to NOK"),
        ("- {answer: ACK, level: ABORT}", "`level`"),
        ("- {answer: [", "neither YAML nor JSON"),
    ],
)
def test_script_is_refused_with_the_place_when_a_rule_is_wrong(text: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_script(text)
    assert refused.value.code == "MUREX_SCRIPT_INVALID"
    assert words in refused.value.reason


def test_script_is_refused_by_name_when_the_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"nowhere\.yaml cannot be read"):
        load_script(tmp_path / "nowhere.yaml")


def test_script_file_is_read_when_it_exists(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text("- answer: REORDER\n", encoding="utf-8")
    assert load_script(path) == (Rule(answer="REORDER"),)
