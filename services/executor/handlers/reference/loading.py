"""A set of rows arrives in one message: all of it is in force afterwards, or nothing and the reasons are recorded.

Kafka delivers a message whole or not at all, and one message is one transaction: nothing has to be collected, counted
or waited for.
"""

import hashlib
from datetime import datetime

import structlog

from services.executor.handlers import timers
from services.executor.handlers.reference.holding import hold_set
from services.executor.handlers.reference.in_force import read_in_force
from services.executor.reference.held_state import Origin
from services.executor.reference.plausible import PERIODS
from services.executor.reference.sets import bootstrapped_by, judge, outcome, read_set
from shared.errors import InvalidInput
from shared.events.identity import REFERENCE_BOOTSTRAP_STREAM, reference_load_stream
from shared.events.reference import ReferenceSetHeld, ReferenceSetLoaded, ReferenceSetRefused
from shared.hedging.facts import SINGAPORE
from shared.messaging.deadletters import set_aside
from shared.messaging.message import Message
from shared.messaging.unit_of_work import UnitOfWork
from shared.security.feeds import Feed

#: Header that makes a message a set; its value is the id of the load.
LOAD_HEADER = "hawkload"

_log = structlog.get_logger(__name__)


async def on_reference_set(uow: UnitOfWork, message: Message, feed: Feed, now: datetime) -> None:
    """Append what a set changes, or that it is refused or waits for people; do nothing for one answered before.

    Raises:
        InvalidInput: MALFORMED_JSON; REFERENCE_MESSAGE_INVALID, no set; REFERENCE_ID_REUSED, another set had its id;
            FEED_NOT_ALLOWED, a table is not the feed's; FEED_IMPLAUSIBLE, too large to wait.
    """
    connection = uow.connection  # the tables must show all that came before: a set begins its transaction
    digest = hashlib.sha256(message.value).hexdigest()
    given = read_set(message.headers[LOAD_HEADER], message.data, digest)
    feed.must_change(given.tables)
    stream = reference_load_stream(given.load_id)
    before = await uow.load(stream)
    if before.version:
        _same(before.events[-1], digest, given.load_id)
        return
    bootstrap = await uow.load(REFERENCE_BOOTSTRAP_STREAM)
    in_force = await read_in_force(connection, given, now, bootstrapped=bootstrap.version > 0)
    verdict = judge(given, in_force, now.astimezone(SINGAPORE).date())
    held_id = ""
    if verdict.doubts:
        origin = Origin(feed.name, message.place, now, given.load_id)
        held_id = await hold_set(uow, given, verdict, in_force.stored, len(message.value), origin)
    answer = outcome(given, verdict, held_id)
    uow.append(stream, before.version, answer)
    if isinstance(answer, ReferenceSetRefused):
        await _set_aside(uow, message, answer)
    if not isinstance(answer, ReferenceSetLoaded):
        return
    for change in verdict.changes:
        uow.append(change.stream, change.expected, change.event)
    if any(change.event.table == PERIODS for change in verdict.changes):
        timers.posting_may_go_on(uow, now)
    if verdict.bootstraps:
        uow.append(REFERENCE_BOOTSTRAP_STREAM, bootstrap.version, bootstrapped_by(given))


def _same(answer: object, digest: str, load_id: str) -> None:
    if isinstance(answer, ReferenceSetLoaded | ReferenceSetRefused | ReferenceSetHeld) and answer.sha256 != digest:
        raise InvalidInput(
            code="REFERENCE_ID_REUSED",
            reason=f"hawk.reference: load {load_id} was another set. Publish this one under an id of its own.",
        )


async def _set_aside(uow: UnitOfWork, message: Message, answer: ReferenceSetRefused) -> None:
    """Write the dead letter here, not in the consumer: it goes with the event that lists all findings."""
    listed = " ".join(f"{each.table} {each.key}: {each.message}" for each in answer.findings)
    reason = f"hawk.reference: load {answer.load_id} has {answer.found} findings and changes nothing. {listed}"
    await set_aside(uow, message, InvalidInput(code=answer.code, reason=reason))
    _log.warning("reference_set_refused", load_id=answer.load_id, code=answer.code, findings=answer.found)
