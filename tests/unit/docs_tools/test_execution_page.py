"""docs/execution.md says what the code does: its diagrams and its table are those of today's definitions."""

import re
from typing import get_args

from docs_tools.execution_page import PAGE, answers_table, page_of_today
from services.executor.execution.answer_table import ROWS
from services.executor.execution.transitions import DEAL, PROGRESS, DealStatus
from services.executor.progress import FINAL_STATES
from shared.events import murex
from shared.events.progress import WorkflowState


def test_page_is_not_stale() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_of_today(page), "docs/execution.md is stale: run `make docs`"


def drawn(block: str) -> list[tuple[str, ...]]:
    """The arrows of a diagram as the page itself has them: from, to and, of a deal, the event."""
    page = PAGE.read_text(encoding="utf-8")
    diagram = page.split(f"<!-- generated: {block} -->")[1].split("<!-- end -->")[0]
    return [tuple(re.split(" --> | : ", line.strip())) for line in diagram.splitlines() if " --> " in line]


def test_diagram_of_a_workflow_has_the_moves_of_the_table_and_no_other() -> None:
    listed = {(before or "[*]", after) for before, states in PROGRESS.items() for after in states}
    arrows = drawn("workflow")
    assert set(arrows) == listed | {(state, "[*]") for state in FINAL_STATES}
    assert len(arrows) == len(set(arrows))
    assert {state for arrow in arrows for state in arrow} == {"[*]", *get_args(WorkflowState)}


def test_diagram_of_a_deal_has_the_moves_of_the_table_and_no_other() -> None:
    listed = {(before, after, event.__name__) for event, moves in DEAL.items() for before, after in moves.items()}
    arrows = drawn("deal")
    assert set(arrows) == listed | {("[*]", "PLANNED", "DealPlanned")}
    assert len(arrows) == len(set(arrows))
    assert {state for arrow in arrows for state in arrow[:2]} == {"[*]", *DealStatus}


def test_every_row_is_shown() -> None:
    table = answers_table()
    assert all(f"| `{row.id}` |" in table for row in ROWS)


def test_every_reason_for_which_a_person_is_called_has_its_line() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"| `{code}`" in page for code in (murex.BOOKING_ERROR, murex.NO_ANSWER, murex.CONTRADICTION))
