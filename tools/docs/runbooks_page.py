"""docs/operations/runbooks.md: the runbooks that the dashboard shows, from the same list, each before its alerts."""

from functools import partial
from pathlib import Path
from typing import Final

from services.monitor.health.runbooks import RUNBOOKS, Runbook
from tools.docs.generated_parts import Parts

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "operations" / "runbooks.md"


def said(name: str, runbook: Runbook) -> str:
    """Return a runbook under the anchor of its name."""
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(runbook.steps, start=1))
    return f'<a id="{name}"></a>\n\n## {runbook.title}\n\n{runbook.means}\n\n{steps}'


BLOCKS: Final[Parts] = {name: partial(said, name, runbook) for name, runbook in RUNBOOKS.items()}
