"""People decided on rows that waited: they come into force, unless a newer row has arrived, or are dropped."""

from dataclasses import dataclass
from datetime import date, datetime

from services.executor.handlers import timers
from services.executor.handlers.reference.in_force import read_in_force
from services.executor.handlers.reference.placing import place_row
from services.executor.ports import Ports
from services.executor.reference.decider import decide
from services.executor.reference.held_state import held_command, superseded, waiting_of
from services.executor.reference.plausible import PERIODS
from services.executor.reference.sets import ReferenceSet, judge, outcome
from services.executor.reference.state import state_of
from shared.errors import InvalidInput
from shared.events.held import (
    HeldPerson,
    HeldReferenceApplied,
    HeldReferenceDropped,
    HeldReferenceRejected,
    HeldReferenceReleased,
    ReferenceHeld,
)
from shared.events.identity import REFERENCE_BOOTSTRAP_STREAM, confirmation_stream, held_stream, reference_load_stream
from shared.events.reference import ReferenceSetHeld, ReferenceSetRefused
from shared.hedging.facts import SINGAPORE
from shared.messaging.message import Message
from shared.messaging.streams import LoadedStream
from shared.messaging.unit_of_work import UnitOfWork
from shared.policy.holding import HOLDING_ROLES, persons_enough

#: Of streams that exist: a set has up to 1,900 rows, which are not loaded one by one.
_VERSIONS = "SELECT stream, max(version) AS version FROM es.events WHERE stream = ANY($1::text[]) GROUP BY stream"

Decided = HeldReferenceReleased | HeldReferenceRejected


@dataclass(frozen=True, slots=True)
class _Turn:
    """One decision, and what is needed to carry it out."""

    uow: UnitOfWork
    stream: LoadedStream
    held: ReferenceHeld
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(SINGAPORE).date()

    def end(self, event: HeldReferenceApplied | HeldReferenceDropped) -> None:
        self.uow.append(self.stream.stream, self.stream.version, event)

    def drop(self, code: str, reason: str) -> None:
        self.end(HeldReferenceDropped(held_id=self.held.held_id, code=code, reason=reason, dropped_at=self.now))


async def on_held_decided(ports: Ports, uow: UnitOfWork, message: Message[Decided]) -> None:
    """Apply or drop what waits, once enough people confirmed or one rejected; skip what is decided already.

    Raises:
        InvalidInput: the message is not such a decision; HELD_DIGEST_MISMATCH, it is not about what waits;
            HELD_PERSONS_MISSING, fewer people decided than have to, or others.
    """
    event = message.event
    if message.attributes.stream != confirmation_stream(event.held_id):
        raise InvalidInput(
            code="EVENT_MALFORMED",
            reason=f"{message.place} is not a decision on a reference row. Find out who published it.",
        )
    if not event.held_stream.startswith(held_stream("")):
        raise InvalidInput(
            code="EVENT_MALFORMED",
            reason=f"{message.place}: nothing waits in {event.held_stream!r:.80}. Find out who published it.",
        )
    loaded = await uow.load(event.held_stream)
    held = waiting_of(loaded.events)
    if held is None or held.held_id != event.held_id:
        return
    _proved(held, event)
    turn = _Turn(uow, loaded, held, ports.clock())
    if isinstance(event, HeldReferenceRejected):
        await _reject(turn, event.by)
    elif await _outdated(turn):
        await _superseded(turn)
    elif held.load_id:
        await _apply_set(turn, event.by)
    else:
        await _apply_row(turn, event.by)


def _proved(held: ReferenceHeld, event: Decided) -> None:
    if event.digest != held.digest:
        raise InvalidInput(
            code="HELD_DIGEST_MISMATCH",
            reason=f"What waits as {held.held_id} has the digest {held.digest}; people decided on {event.digest}. "
            "Show it again (hawk reference held) and decide on that.",
        )
    persons = event.by if isinstance(event, HeldReferenceReleased) else (event.by,)
    needed = held.persons if isinstance(event, HeldReferenceReleased) else 1
    if not persons_enough(needed, persons):
        raise InvalidInput(
            code="HELD_PERSONS_MISSING",
            reason=f"{held.held_id} needs {needed} different persons with one of {', '.join(HOLDING_ROLES)}; "
            f"given: {', '.join(f'{each.person} ({each.role})' for each in persons)}.",
        )


async def _outdated(turn: _Turn) -> bool:
    """Return True if a row has changed since: what people were shown as in force is not in force any more."""
    based_on = {held_command(row).stream: row.based_on for row in turn.held.rows}
    found = await turn.uow.connection.fetch(_VERSIONS, list(based_on))
    return {row["stream"]: row["version"] for row in found} != {key: at for key, at in based_on.items() if at}


async def _superseded(turn: _Turn) -> None:
    event = superseded(turn.held, turn.now)
    turn.end(event)
    await _answer_load(turn, event.code)


async def _reject(turn: _Turn, by: HeldPerson) -> None:
    said = f": {by.comment}" if by.comment else ""
    turn.drop("HELD_REJECTED", f"{by.person} ({by.role}) rejected it{said}")
    await _answer_load(turn, "HELD_REJECTED")


async def _apply_row(turn: _Turn, by: tuple[HeldPerson, ...]) -> None:
    command = held_command(turn.held.rows[0])
    stream = await turn.uow.load(command.stream)
    try:
        events = decide(state_of(stream.events), command, confirmed=True)
        await place_row(turn.uow, command, stream, turn.today)
    except InvalidInput as refusal:
        turn.drop(refusal.code, refusal.reason)
        return
    turn.uow.append(stream.stream, stream.version, *events)
    _applied(turn, by, {command.table.name: len(events)})


async def _apply_set(turn: _Turn, by: tuple[HeldPerson, ...]) -> None:
    held, uow = turn.held, turn.uow
    load = await uow.load(reference_load_stream(held.load_id))
    known = load.events[-1]
    if not isinstance(known, ReferenceSetHeld):
        turn.drop("HELD_SUPERSEDED", "The load was answered otherwise.")
        return
    commands = tuple(held_command(row) for row in held.rows)
    given = ReferenceSet(held.load_id, known.sha256, known.rows, commands, ())
    bootstrapped = (await uow.load(REFERENCE_BOOTSTRAP_STREAM)).version > 0
    in_force = await read_in_force(uow.connection, given, turn.now, bootstrapped=bootstrapped)
    verdict = judge(given, in_force, turn.today, confirmed=True)
    answer = outcome(given, verdict)
    uow.append(load.stream, load.version, answer)
    if isinstance(answer, ReferenceSetRefused):
        turn.drop(answer.code, " ".join(each.message for each in answer.findings[:10]))
        return
    for change in verdict.changes:
        uow.append(change.stream, change.expected, change.event)
    _applied(turn, by, verdict.changed_by_table)


def _applied(turn: _Turn, by: tuple[HeldPerson, ...], changed: dict[str, int]) -> None:
    turn.end(HeldReferenceApplied(held_id=turn.held.held_id, confirmed_by=by, changed=changed, applied_at=turn.now))
    if PERIODS in changed:
        timers.posting_may_go_on(turn.uow, turn.now)


async def _answer_load(turn: _Turn, code: str) -> None:
    """Record that a load will not come into force, for those who wait for it."""
    if not turn.held.load_id:
        return
    load = await turn.uow.load(reference_load_stream(turn.held.load_id))
    known = load.events[-1]
    if isinstance(known, ReferenceSetHeld):
        refused = ReferenceSetRefused(
            load_id=known.load_id, sha256=known.sha256, code=code, rows=known.rows, found=0, findings=()
        )
        turn.uow.append(load.stream, load.version, refused)
