"""The overview in memory: the rules of the one in PostgreSQL, written once more and plainly, over all that was told."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from services.monitor.facts import Change, ProgressStep, WorkflowFact, changes_of
from services.monitor.overview.lines import (
    SOURCES,
    Attention,
    acknowledged_by,
    attention_of,
    names_by,
    names_of,
    searched,
    subject_of,
    waits_since,
)
from services.monitor.overview.wanted import SILENT_SECONDS, Line, Wanted
from shared.events.progress import ProgressReported
from tests.support.story import Told


class MemoryLines:
    """`Lines` of events, in any order; what is said twice counts once."""

    def __init__(self) -> None:
        self._told: defaultdict[str, list[tuple[Change, datetime]]] = defaultdict(list)
        self.now: datetime | None = None

    def tell(self, *told: Told) -> None:
        """Take in events."""
        for each in told:
            for change in changes_of(each.event, f"{each.stream}:{each.version}"):
                if isinstance(change, WorkflowFact):
                    self._told[change.workflow_id].append((change, each.at))
                elif isinstance(change, ProgressStep):
                    self._told[change.progress.workflow_id].append((change, each.at))

    async def page(self, wanted: Wanted, limit: int) -> Sequence[Line]:
        """See `Lines`."""
        found = sorted(self._lines(), key=lambda each: (each.created_at, each.workflow_id), reverse=True)
        if wanted.before is not None:
            ids = [each.workflow_id for each in found]
            found = found[ids.index(wanted.before) + 1 :] if wanted.before in ids else []
        return [each for each in found if self._matches(each, wanted)][:limit]

    async def attention(self, limit: int) -> Sequence[Line]:
        """See `Lines`."""
        silent = (self.now or datetime.now(UTC)) - timedelta(seconds=SILENT_SECONDS)
        urgent = [
            (each.attention, each.changed_at, each.workflow_id, each)
            for each in self._lines()
            if each.attention is not None
            and each.changed_at is not None
            and (each.attention < Attention.MUREX or each.changed_at < silent)
        ]
        return [line for *_, line in sorted(urgent, key=lambda each: each[:3])][:limit]

    async def line(self, workflow_id: str) -> Line | None:
        """See `Lines`."""
        return self._line(workflow_id) if workflow_id in self._told else None

    async def counts(self) -> Mapping[str, int]:
        """See `Lines`."""
        return dict(Counter(each.state for each in self._lines()))

    def _lines(self) -> list[Line]:
        return [self._line(workflow_id) for workflow_id in self._told]

    def _line(self, workflow_id: str) -> Line:
        told = self._told[workflow_id]
        facts = [change for change, _ in told if isinstance(change, WorkflowFact)]
        steps = [change.progress for change, _ in told if isinstance(change, ProgressStep)]
        last = self._last(workflow_id)
        best = max(facts, key=lambda each: SOURCES.get(each.kind, 0), default=None)
        owners = [each.response_id for each in facts] + [each.response_id for each in steps]
        granted = [each.document for each in facts if each.kind == "granted"]
        return Line(
            workflow_id=workflow_id,
            response_id=next((each for each in owners if each is not None), None),
            state="PROPOSED" if last is None else last.state,
            sequence=0 if last is None else last.sequence,
            created_at=min(at for _, at in told),
            changed_at=None if last is None else last.at,
            acknowledged=max(map(acknowledged_by, steps), default=0),
            attention=None if last is None else attention_of(last),
            subject=(None if best is None else subject_of(best.kind, best.document)) or {},
            progress=None if last is None else last.model_dump(mode="json"),
            granted=granted[0] if granted else None,
            before=self._before(workflow_id),
        )

    def _last(self, workflow_id: str) -> ProgressReported | None:
        steps = [change.progress for change, _ in self._told[workflow_id] if isinstance(change, ProgressStep)]
        return max(steps, key=lambda each: each.sequence, default=None)

    def _before(self, workflow_id: str) -> int | None:
        last = [each for each in map(self._last, self._told) if each is not None]
        waiting = {each.workflow_id: since for each in last if (since := waits_since(each)) is not None}
        mine = waiting.get(workflow_id)
        return None if mine is None else sum((at, each) < (mine, workflow_id) for each, at in waiting.items())

    def _matches(self, line: Line, wanted: Wanted) -> bool:
        states, subject = wanted.states, line.subject
        return (
            (states is None or line.state in states)
            and wanted.model in {None, subject.get("model")}
            and wanted.currency in {None, subject.get("currency")}
            and wanted.maker in {None, subject.get("maker")}
            and (wanted.entity is None or wanted.entity in subject.get("entity_ids", ()))
            and (wanted.since is None or line.created_at >= wanted.since)
            and (wanted.until is None or line.created_at < wanted.until)
            and (not wanted.search or any(n.startswith(searched(wanted.search)) for n in self._names(line)))
        )

    def _names(self, line: Line) -> set[str]:
        names = set(names_of(line.workflow_id, line.response_id, line.subject or None))
        for change, _ in self._told[line.workflow_id]:
            names |= set(names_by(change.progress)) if isinstance(change, ProgressStep) else set()
        return names
