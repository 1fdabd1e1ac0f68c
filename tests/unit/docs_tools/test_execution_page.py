"""docs/execution.md says what the code does: its diagrams and its table are those of today's definitions."""

from docs_tools.execution_page import PAGE, answers_table, deal_diagram, page_of_today, workflow_diagram
from services.executor.execution.answer_table import ROWS
from services.executor.execution.transitions import DEAL, PROGRESS
from shared.events import murex


def test_page_is_not_stale() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_of_today(page), "docs/execution.md is stale: run `make docs`"


def test_every_row_and_every_move_is_shown() -> None:
    table = answers_table()
    assert all(f"| `{row.id}` |" in table for row in ROWS)
    assert deal_diagram().count(" --> ") == 1 + sum(len(moves) for moves in DEAL.values())
    assert all(f"--> {state}" in workflow_diagram() for states in PROGRESS.values() for state in states)


def test_every_reason_for_which_a_person_is_called_has_its_line() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"| `{code}`" in page for code in (murex.BOOKING_ERROR, murex.NO_ANSWER, murex.CONTRADICTION))
