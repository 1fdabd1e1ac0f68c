"""docs/execution.md says what the code does: its diagrams and its table are those of today's definitions."""

import re
from typing import get_args

import pytest
import typer

from cli.__main__ import app_for
from services.executor.execution.answer_table import ROWS
from services.executor.execution.on_call import ON_CALL
from services.executor.execution.transitions import DEAL, PROGRESS, DealStatus
from shared.events.progress import WorkflowState
from shared.events.states import FINAL
from tests.support.parser_answers import read
from tools.docs.execution_page import BLOCKS, PAGE, answers_table
from tools.docs.generated_parts import with_parts


def test_page_is_not_stale() -> None:
    assert page() == with_parts(page(), BLOCKS), "docs/execution.md is stale: run `make docs`"


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def drawn(block: str) -> list[tuple[str, ...]]:
    """The arrows of a diagram as the page itself has them: from, to and, of a deal, the event."""
    diagram = page().split(f"<!-- generated: {block} -->")[1].split("<!-- end -->")[0]
    return [tuple(re.split(" --> | : ", line.strip())) for line in diagram.splitlines() if " --> " in line]


def test_diagram_of_a_workflow_has_the_moves_of_the_table_and_no_other() -> None:
    listed = {(before or "[*]", after) for before, states in PROGRESS.items() for after in states}
    arrows = drawn("workflow")
    assert set(arrows) == listed | {(state, "[*]") for state in FINAL}
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
    lines = page().split("<!-- generated: oncall -->")[1].split("<!-- end -->")[0].strip().splitlines()[2:]
    codes = [re.findall(r"`([A-Z_]+)`", line.split(":")[0]) for line in lines]
    assert codes == [list(row.codes) for row in ON_CALL]


COMMANDS = sorted({line.strip() for line in re.findall(r"(?:^|`)(hawk [^`#\n]+)", page(), re.MULTILINE)})


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_page_is_one_that_hawk_has(line: str) -> None:
    _, name, *arguments = line.split()
    command = typer.main.get_command(app_for([name]))
    assert isinstance(command, typer.core.TyperGroup)
    with command.make_context("hawk", [name, *arguments], resilient_parsing=False) as context:
        _, found, rest = command.resolve_command(context, [name, *arguments])
        while isinstance(found, typer.core.TyperGroup) and rest and rest[0] in found.commands:
            found, rest = found.commands[rest[0]], rest[1:]
        assert found is not None
        found.make_context(line, rest)


def test_answer_on_the_page_that_settles_a_deal_is_one_that_hawk_takes() -> None:
    (answer,) = re.findall(r"```json\n(.*?)```", page(), re.DOTALL)
    (proposed,) = read(answer).components
    assert proposed.refusals == ()
    assert proposed.override is not None
    assert proposed.override.resolution == "CANCELLED"
