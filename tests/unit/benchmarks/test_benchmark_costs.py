"""What a workflow costs: differences over the number of workflows, and statements by who sent them."""

from collections import Counter

from benchmarks.costs import Spent, costs_of, statement_figures, statements_in

LOG = b"""@hawk-executor@LOG:  statement: BEGIN ISOLATION LEVEL REPEATABLE READ;
@hawk-executor@LOG:  execute __asyncpg_stmt_1f__: SELECT version
\tFROM executor.rollout
@hawk-executor@DETAIL:  Parameters: $1 = 'LOG:  statement: x'
@hawk-approval@LOG:  execute <unnamed>: SELECT 1
@@LOG:  statement: SELECT pg_reload_conf()
@hawk-executor@LOG:  statement: COMMIT;
@hawk-executor@ERROR:  could not serialize access
"""


def test_statements_are_counted_by_who_sent_them_and_by_line_that_begins_one() -> None:
    assert statements_in(LOG) == Counter({"hawk-executor": 3, "hawk-approval": 1, "": 1})


def test_cost_of_a_workflow_is_the_difference_over_their_number_without_what_is_not_hawk() -> None:
    before = Spent({"executor": 1.0, "murex": 5.0}, {"commits": 100}, 0.0)
    after = Spent({"executor": 2.0, "murex": 9.0, "relay": 0.5}, {"commits": 300}, 0.0)
    found = {figure.key: figure.value for figure in costs_of(before, after, 10, "x", "10 at once")}
    assert found == {
        "cpu_x": 150.0, "cpu_x_executor": 100.0, "cpu_x_murex": 400.0, "cpu_x_relay": 50.0, "commits_x": 20.0,
    }  # fmt: skip


def test_statements_of_the_benchmark_itself_are_left_out() -> None:
    figures = statement_figures(statements_in(LOG), 2, "2 at once")
    assert [(figure.name.strip(), figure.value) for figure in figures] == [
        ("Statements a workflow", 2.0),
        ("executor", 1.5),
        ("approval", 0.5),
    ]
