"""Messages in, events out: load the response, decide, append."""

from collections.abc import Mapping
from typing import Final

from prometheus_client import Counter

from services.parser.answer import Reading, read_answer
from services.parser.commands import RecordAnswer
from services.parser.decider import decide
from services.parser.ports import MakerVerifier
from services.parser.raw_answers import keep_answer
from services.parser.state import state_of
from shared.events import topics
from shared.events.base import Event
from shared.events.configuration import ConfigurationProposed
from shared.events.identity import response_stream
from shared.events.overrides import OverrideProposed
from shared.events.responses import ProposalMade, ResponseReceived
from shared.messaging.message import Message
from shared.messaging.subscription import Handler
from shared.messaging.unit_of_work import UnitOfWork

ANSWERS: Final = Counter("hawk_parser_answers_total", "Answers recorded, by what became of them", ["outcome"])


class Parser:
    """The parser's handlers and what they need."""

    def __init__(self, verifier: MakerVerifier | None) -> None:
        self._verifier = verifier

    async def on_response_published(self, unit: UnitOfWork, message: Message) -> None:
        """An answer arrived. It is never a dead letter: what cannot be taken is a refused response."""
        reading = read_answer(message.value, message.headers, self._verifier)
        loaded = await unit.load(response_stream(reading.response_id))
        events = decide(state_of(loaded.events), RecordAnswer(reading))
        for version, event in enumerate(events, loaded.version):
            unit.append(loaded.stream, version, event, correlation_id=_correlation(event, reading))
        unit.also(lambda connection: keep_answer(connection, reading.evidence, message.value))
        outcome = _outcome(events[0])
        unit.after_commit(lambda: ANSWERS.labels(outcome=outcome).inc())


def _correlation(event: Event, reading: Reading) -> str:
    """The workflow, where the event starts one; before that, the response is the story."""
    return (
        event.workflow_id
        if isinstance(event, ProposalMade | ConfigurationProposed | OverrideProposed)
        else reading.response_id
    )


def _outcome(event: Event) -> str:
    return event.outcome if isinstance(event, ResponseReceived) else type(event).__name__


def handlers(parser: Parser) -> Mapping[str, Handler]:
    """Handler by topic."""
    return {topics.AI_RESPONSES: parser.on_response_published}
