"""docs/operations/runbooks.md: the runbooks that the dashboard shows, from the same list."""

from pathlib import Path
from typing import Final

from services.monitor.health.runbooks import RUNBOOKS
from tools.docs.generated_parts import Parts

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "operations" / "runbooks.md"


def runbooks() -> str:
    """Return every runbook, under the anchor of its name."""
    parts = []
    for name, runbook in RUNBOOKS.items():
        steps = "\n".join(f"{number}. {step}" for number, step in enumerate(runbook.steps, start=1))
        alerts = ", ".join(f"[{alert}](alerts.md#{alert.lower()})" for alert in runbook.alerts)
        commands = f"\n\nAlerts, each with its commands: {alerts}." if alerts else ""
        parts.append(f'<a id="{name}"></a>\n\n## {runbook.title}\n\n{runbook.means}\n\n{steps}{commands}')
    return "\n\n".join(parts)


BLOCKS: Final[Parts] = {"runbooks": runbooks}
