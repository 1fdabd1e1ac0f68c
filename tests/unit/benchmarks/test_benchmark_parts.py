"""The pure parts of the benchmarks: what is counted, what is asked for, what is compared."""

import json
from collections import Counter

import pytest

from benchmarks.driver import BenchmarkFailed
from benchmarks.figures import Figure, Section, percentile
from benchmarks.orders import EXPOSURES, Answers
from benchmarks.report import document_of, ratios
from benchmarks.rows import KEYS, READS, Columns, WorkflowRows, statements_of

ROWS = dict.fromkeys(KEYS, 1) | {
    "hedge_instructions": 2,
    "audit_trail": 2,
    "deal_bookings": 6,
    "gl_entries": 8,
    "gl_entries_detail": 16,
}


class _AnyRow(dict[str, object]):
    """A row in which every column stands."""

    def __missing__(self, column: str) -> str:
        return f"some {column}"


def _workflow(**rows: int) -> WorkflowRows:
    tables = {table: [_AnyRow() for _ in range(count)] for table, count in (ROWS | rows).items()}
    tables["hedge_instructions"][0]["parent_instruction_id"] = None
    return WorkflowRows(tables)


def _columns() -> Columns:
    return Columns({table: (key, "other") for table, key in KEYS.items()})


def test_percentile_is_the_nearest_rank_when_values_are_unordered() -> None:
    values = [float(value) for value in range(200, 0, -1)]
    assert (percentile(values, 50), percentile(values, 99), percentile(values, 100)) == (100.0, 198.0, 200.0)
    assert percentile([3.0, 1.0], 99) == 3.0


def test_percentile_refuses_when_there_are_no_values() -> None:
    with pytest.raises(ValueError, match="percentile of nothing"):
        percentile([], 50)


def test_answers_spread_evenly_and_repeat_when_the_seed_is_the_same() -> None:
    answers = Answers(1).take(2 * EXPOSURES)
    asked = Counter(
        (action["data"]["entity_id"], action["data"]["nav_type"])
        for answer in answers
        for action in json.loads(answer.value)["recommended_actions"]
    )
    assert (len(asked), set(asked.values())) == (EXPOSURES, {2})
    assert answers == Answers(1).take(2 * EXPOSURES) != Answers(2).take(2 * EXPOSURES)
    assert len({answer.response_id for answer in answers}) == len(answers)


def test_statements_are_the_plans_47_when_a_workflow_is_an_a_coi() -> None:
    statements = statements_of(_workflow(), _columns())
    kinds = Counter(sql.split()[0] for sql, _ in statements)
    assert kinds == {"SELECT": 9, "INSERT": 30, "UPDATE": 8}
    assert [sql for sql, _ in statements if sql.startswith("SELECT")] == list(READS)


def test_statements_are_refused_when_a_workflow_is_no_a_coi() -> None:
    with pytest.raises(BenchmarkFailed, match="A-COI"):
        statements_of(_workflow(deal_bookings=10), _columns())


def test_ratios_put_the_yardstick_over_hawk_when_hawk_is_slower() -> None:
    figures = {
        "hawk_workflows_per_second": 4.0,
        "plan_n_connections": 80.0,
        "copy": 800.0,
        "hawk_completed_alone_p50_ms": 300.0,
        "plan_p50_ms": 15.0,
    }
    section = Section("all", tuple(Figure(key, key, value, "", "") for key, value in figures.items()))
    shown = {figure.key: figure.value for figure in ratios([section]).figures}
    assert shown == {
        "ratio_plan_to_hawk": 20.0,
        "ratio_copy_to_hawk": 200.0,
        "ratio_copy_to_plan": 10.0,
        "ratio_latency": 20.0,
    }


def test_document_holds_no_float_when_figures_are_written_as_json() -> None:
    section = Section("one", (Figure("a", "A", 1234.567, "per s", "x"), Figure("b", "B", 0.012345, "ms", "y")))
    text = json.dumps(document_of([section], {"machine": "m"}))
    document = json.loads(text, parse_float=lambda digits: pytest.fail(f"a float: {digits}"))
    assert [figure["value"] for figure in document["sections"][0]["figures"]] == ["1235", "0.0123"]
