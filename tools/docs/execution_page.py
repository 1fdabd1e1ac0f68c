"""The generated parts of docs/execution.md.

The diagrams are drawn from the tables that the execution uses, the table of replies and the on-call table from the rows
that their tests check: page and code cannot differ.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, get_args

from services.executor.execution.answer_table import TABLE
from services.executor.execution.on_call import ON_CALL, OnCall
from services.executor.execution.transitions import DEAL, PROGRESS, Status
from shared.events.states import FINAL
from shared.hedging.changes.override import Resolution
from tools.docs.generated_parts import Parts

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "execution.md"


def workflow_diagram() -> str:
    """Draw the states on hawk.progress for Mermaid."""
    return _diagram(_workflow_moves())


def deal_diagram() -> str:
    """Draw the states of a deal; the label of an arrow is the event that makes the move."""
    return _diagram(_deal_moves())


def answers_table() -> str:
    """Return every row of the table of replies, by group."""
    lines = []
    for group in TABLE:
        lines += [f"### {group.heading}", "", "| the deal is | Murex says | effect | row |", "|---|---|---|---|"]
        lines += [f"| {row.situation} | {row.says} | {row.effect} | `{row.id}` |" for row in group.rows]
        lines.append("")
    return "\n".join(lines).rstrip()


def on_call_table() -> str:
    """Return every reason for which a person is asked."""
    lines = ["| reason | what is known | look at | do | `OVERRIDE_DEAL` |", "|---|---|---|---|---|"]
    for row in ON_CALL:
        codes = ", ".join(f"`{code}`" for code in row.codes)
        lines.append(f"| {codes}: {row.happened} | {row.known} | {row.look} | {row.do} | {_settling(row)} |")
    return "\n".join(lines)


def _settling(row: OnCall) -> str:
    """Return the effect of each resolution."""
    effects = (
        f"`{resolution}`: {_THEN[row.ends[resolution]]}" if resolution in row.ends else f"`{resolution}` is refused"
        for resolution in get_args(Resolution)
    )
    return "; ".join(effects)


#: Where a workflow goes from what the settling makes of it.
_THEN: Final[Mapping[Status, str]] = MappingProxyType(
    {Status.COMPLETED: "COMPLETED, then POSTED", Status.COMPENSATED: "COMPENSATED", Status.REVERSED: "REVERSED"}
)


BLOCKS: Final[Parts] = MappingProxyType(
    {"workflow": workflow_diagram, "deal": deal_diagram, "answers": answers_table, "oncall": on_call_table}
)


def _workflow_moves() -> Iterator[str]:
    for before, states in PROGRESS.items():
        yield from (f"{before or '[*]'} --> {state}" for state in states)
    yield from (f"{state} --> [*]" for state in sorted(FINAL))


def _deal_moves() -> Iterator[str]:
    yield "[*] --> PLANNED : DealPlanned"
    for event, moves in DEAL.items():
        yield from (f"{before} --> {after} : {event.__name__}" for before, after in moves.items())


def _diagram(moves: Iterator[str]) -> str:
    return "\n".join(("```mermaid", "stateDiagram-v2", *(f"    {move}" for move in moves), "```"))
