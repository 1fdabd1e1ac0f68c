"""The read model in memory, with the rules of the one in PostgreSQL: for `hawk plan` and for tests."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from services.monitor.facts import Asked, Change, ProgressStep, ResponseFact, WorkflowFact, asked_by
from services.monitor.overview.lines import Attention, attention_of, waits_since
from services.monitor.ports import (
    STATE_BEFORE_PROGRESS,
    Document,
    Facts,
    ResponseRow,
    WorkflowRow,
    pair_of,
)
from shared.events.progress import ProgressReported
from shared.events.states import TAKEN_BACK, WAITING
from shared.hedging.planning.same_day import Other
from shared.people.identity import search_keys

_Keyed = dict[tuple[str, str], Document]


class MemoryReadModel:
    """A read model of facts by key and progress by sequence; everything else is derived on reading."""

    def __init__(self) -> None:
        self._facts: defaultdict[str, _Keyed] = defaultdict(dict)
        self._progress: defaultdict[str, dict[int, Document]] = defaultdict(dict)
        self._response_facts: defaultdict[str, _Keyed] = defaultdict(dict)
        self._responses: dict[str, str] = {}
        self._created: dict[str, datetime] = {}
        self._asked: set[Asked] = set()

    def write(self, changes: Iterable[Change], at: datetime) -> None:
        """See `write_changes`."""
        for change in changes:
            match change:
                case WorkflowFact(workflow_id, response_id, kind, part, document):
                    self._facts[workflow_id].setdefault((kind, part), document)
                    self._note(workflow_id, response_id, at)
                case ResponseFact(response_id, kind, part, document):
                    self._response_facts[response_id].setdefault((kind, part), document)
                    self._asked.update(asked_by(change, at))
                case ProgressStep(progress):
                    message = progress.model_dump(mode="json")
                    self._progress[progress.workflow_id].setdefault(progress.sequence, message)
                    self._note(progress.workflow_id, progress.response_id, at)

    async def workflow(self, workflow_id: str) -> WorkflowRow | None:
        """See `ReadModel.workflow`."""
        return self._row(workflow_id) if workflow_id in self._created else None

    async def workflows(self, *, state: str | None, limit: int, before: str | None) -> Sequence[WorkflowRow]:
        """See `ReadModel.workflows`."""
        rows = sorted((self._row(workflow_id) for workflow_id in self._created), key=_place, reverse=True)
        if before is not None:
            last = next((row for row in rows if row.workflow_id == before), None)
            rows = [row for row in rows if last is not None and _place(row) < _place(last)]
        return [row for row in rows if state in (None, row.state)][:limit]

    async def response(self, response_id: str) -> ResponseRow | None:
        """See `ReadModel.response`."""
        return self.response_now(response_id)

    def response_now(self, response_id: str) -> ResponseRow | None:
        """Return what `response` returns, to callers that are not asynchronous."""
        workflows = tuple(self._row(each) for each, owner in self._responses.items() if owner == response_id)
        if response_id not in self._response_facts and not workflows:
            return None
        return ResponseRow(response_id, _by_kind(self._response_facts.get(response_id, {})), workflows)

    async def latest_response(self, person: str) -> str | None:
        """See `ReadModel.latest_response`."""
        keys = set(search_keys(person))
        found = max(((at, response) for key, at, response in self._asked if key in keys), default=None)
        return None if found is None else found[1]

    async def others(self, row: WorkflowRow) -> Sequence[Other]:
        """See `ReadModel.others`; here a day never ends."""
        pair = pair_of(row)
        if pair is None or row.state not in WAITING:
            return ()
        rows = sorted(map(self._row, self._created), key=lambda each: (each.created_at, each.workflow_id))
        beside = [each for each in rows if pair_of(each) == pair and each.workflow_id != row.workflow_id]
        applied = [each for each in beside if "PREPARED" in each.times and each.state not in TAKEN_BACK]
        waiting = [each for each in beside if each.state in WAITING]
        return [Other(each.facts["plan"][0]["order_id"], waits=each.state in WAITING) for each in (*waiting, *applied)]

    async def counts(self, states: Collection[str]) -> Mapping[str, int]:
        """See `ReadModel.counts`."""
        found: defaultdict[str, int] = defaultdict(int)
        for workflow_id in self._created:
            found[self._row(workflow_id).state] += 1
        return {state: number for state, number in found.items() if state in states}

    async def attention(self, silent_since: datetime) -> Mapping[int, int]:
        """See `ReadModel.attention`."""
        last = (self._row(workflow_id).progress for workflow_id in self._created)
        messages = [ProgressReported.model_validate(each) for each in last if each is not None]
        urgent = Counter(
            int(why)
            for message in messages
            if (why := attention_of(message)) is not None and (why < Attention.MUREX or message.at < silent_since)
        )
        return dict(urgent)

    async def oldest(self, state: str) -> datetime | None:
        """See `ReadModel.oldest`."""
        rows = (self._row(workflow_id) for workflow_id in self._created)
        since = [datetime.fromisoformat(r.progress["at"]) for r in rows if r.progress and r.state == state]
        return min(since, default=None)

    def _note(self, workflow_id: str, response_id: str | None, at: datetime) -> None:
        self._created[workflow_id] = min(self._created.get(workflow_id, at), at)
        if response_id is not None:
            self._responses.setdefault(workflow_id, response_id)

    def _row(self, workflow_id: str) -> WorkflowRow:
        messages = self._progress.get(workflow_id, {})
        sequence = max(messages, default=0)
        times: dict[str, str] = {}
        for number in sorted(messages):
            times.setdefault(messages[number]["state"], messages[number]["at"])
        return WorkflowRow(
            workflow_id=workflow_id,
            response_id=self._responses.get(workflow_id),
            state=messages[sequence]["state"] if messages else STATE_BEFORE_PROGRESS,
            sequence=sequence,
            created_at=self._created[workflow_id],
            facts=_by_kind(self._facts.get(workflow_id, {})),
            progress=messages.get(sequence),
            times=times,
            before=self._before(messages.get(sequence)),
        )

    def _before(self, mine: Document | None) -> int | None:
        since = _waits_since(mine)
        if mine is None or since is None:
            return None
        last = [messages[max(messages)] for messages in self._progress.values() if messages]
        waiting = [(at, each["workflow_id"]) for each in last if (at := _waits_since(each)) is not None]
        return sum(each < (since, mine["workflow_id"]) for each in waiting)


def _waits_since(message: Document | None) -> datetime | None:
    if message is None or message["reason"] is None:
        return None
    return waits_since(ProgressReported.model_validate(message))


def _by_kind(keyed: _Keyed) -> Facts:
    found: defaultdict[str, list[Document]] = defaultdict(list)
    for (kind, _), document in sorted(keyed.items(), key=lambda each: each[0]):
        found[kind].append(document)
    return {kind: tuple(documents) for kind, documents in found.items()}


def _place(row: WorkflowRow) -> tuple[bool, datetime, str]:
    return (row.state == "NEEDS_INTERVENTION", row.created_at, row.workflow_id)
