"""What the monitor's routes read, over memory."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from services.monitor.chat.message import Sites
from services.monitor.deadletters import LetterFilter
from services.monitor.health.watch import Watch
from services.monitor.letters import Letter
from services.monitor.overview.wanted import Lines
from services.monitor.ports import ReadModel
from services.monitor.routes import Readers
from services.monitor.windows import Windows
from services.monitor.workflow.history import Histories
from shared.messaging.kafka import KafkaConnection
from shared.web.progress_feed import ProgressFeed
from tests.support.health_documents import no_sources
from tests.support.histories import MemoryHistories
from tests.support.overview_lines import MemoryLines
from tests.support.recorded import everything


class NoLetters:
    """A monitor that was told of no dead letter."""

    async def page(self, wanted: LetterFilter, limit: int, before: str | None) -> Sequence[Letter]:
        return []

    async def letter(self, letter: str) -> Letter | None:
        return None


def _now() -> datetime:
    return datetime.now(UTC)


def readers(
    model: ReadModel,
    feed: ProgressFeed,
    *,
    lines: Lines | None = None,
    histories: Histories | None = None,
    sites: Sites = Sites(),  # noqa: B008 - a value that nobody changes
    clock: Callable[[], datetime] = _now,
) -> Readers:
    """Readers of a model and a feed; of all else there is nothing."""
    sources = no_sources()
    return Readers(
        model,
        feed,
        Windows(KafkaConnection("127.0.0.1:1"), everything),
        NoLetters(),
        lines or MemoryLines(),
        histories or MemoryHistories(),
        sources,
        Watch(sources.away, lambda: False),
        clock,
        sites,
    )
