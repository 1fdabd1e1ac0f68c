"""A short run of the fuzzer with every test run, and proof that it would notice."""

import pytest

from tests.fuzz import Broken, check, fuzz
from tests.support import parser_answers

SECONDS_MAX = 4.0
INPUTS_MAX = 450
"""As many as a quiet machine tries in that time; a busy one tries fewer."""


def test_a_short_run_of_the_fuzzer_breaks_no_rule() -> None:
    result = fuzz(SECONDS_MAX, seed=47, inputs=INPUTS_MAX, every=5)
    assert result.broken == ""
    assert result.inputs > 0
    assert result.jumps >= result.jumps_at_first > 500


def test_fuzzer_breaks_off_when_an_order_is_not_what_the_answer_says(monkeypatch: pytest.MonkeyPatch) -> None:
    text = parser_answers.plan_text(parser_answers.instruction())
    assert check(text.encode()).outcome == "PROPOSED"
    monkeypatch.setattr("tests.fuzz.amounts_said", lambda value: set())
    with pytest.raises(Broken, match="USD 25000000"):
        check(text.encode())
    assert "does not state" in fuzz(SECONDS_MAX, seed=47, every=5).broken
