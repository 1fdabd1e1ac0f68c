"""The exception by which a planning step refuses. Caught in `planning.draw_plan` only; never leaves this package."""

from shared.hedging.refusals import PlanningCode


class PlanningStopped(Exception):
    """A check refused the order. Carries the code, the sentence and the field it is about."""

    def __init__(self, code: PlanningCode, message: str, path: str) -> None:
        self.code = code
        self.message = message
        self.path = path
        super().__init__(f"{code}: {message}")


def configuration_invalid(table: str, message: str) -> PlanningStopped:
    """Reference data are missing or contradict each other; `path` names the table."""
    return PlanningStopped(PlanningCode.CONFIGURATION_INVALID, message, f"reference.{table}")
