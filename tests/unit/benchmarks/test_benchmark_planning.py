"""The planning benchmark measures plans of the kind it says, and fails when it would measure another."""

from dataclasses import replace
from decimal import Decimal

import pytest

from benchmarks import planning
from benchmarks.driver import BenchmarkFailed
from benchmarks.planning import CASES, Case, command_figures, plan_figures
from tests.support import hedges


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
def test_figures_are_of_the_plan_that_the_case_names(case: Case) -> None:
    figures = plan_figures(case, hedges.facts(str(case.order.exposure_currency)), plans=3)
    assert [figure.key for figure in figures] == [f"plan_{case.key}_p50_ms", f"plan_{case.key}_p99_ms"]
    assert {figure.sample for figure in figures} == {
        f"3 plans of {8 + 39 * case.entities} operations"  # 33 and 6 deals for each entity
    }
    assert all(figure.value > 0 for figure in figures)


def test_benchmark_fails_when_an_order_is_refused_or_goes_elsewhere() -> None:
    case = CASES[0]
    facts = hedges.facts("USD")
    with pytest.raises(BenchmarkFailed, match="AMOUNT_OUT_OF_RANGE"):
        plan_figures(replace(case, order=replace(case.order, amount=Decimal(250_000_000))), facts, plans=1)
    with pytest.raises(BenchmarkFailed, match="expected 2"):
        plan_figures(replace(case, entities=2), facts, plans=1)


def test_command_is_measured_from_start_to_end() -> None:
    figures = command_figures(1)
    assert [figure.key for figure in figures] == ["command_plan_p50_ms", "command_plan_p99_ms"]
    assert all(figure.value > 0 for figure in figures)


def test_benchmark_fails_when_the_command_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "ANSWER", planning.ANSWER.with_name("31-over-maximum.json"))
    with pytest.raises(BenchmarkFailed, match="exit status 1"):
        command_figures(1)
