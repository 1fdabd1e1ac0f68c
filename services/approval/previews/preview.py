"""A preview as it stands. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.events.previews import PlanPreviewed, PreviewRead

READING: Final = "READING"
PLANNING: Final = "PLANNING"
DONE: Final = "DONE"


@dataclass(frozen=True, slots=True)
class Preview:
    """What is known of a preview. `reading` None: the parser has not read the answer yet."""

    response_id: str
    maker: str
    lapses_at: datetime
    reading: PreviewRead | None
    plans: tuple[PlanPreviewed, ...]

    @property
    def state(self) -> str:
        """READING, PLANNING or DONE."""
        if self.reading is None:
            return READING
        return DONE if len(self.plans) >= self.reading.drafts else PLANNING
