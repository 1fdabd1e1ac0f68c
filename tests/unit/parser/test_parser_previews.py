"""An answer under the id of a preview: read as ever, and kept as documents that nobody takes for proposals."""

import json
from typing import Any

from services.parser.handlers import Parser
from shared.events.catalogue import decode_message
from shared.events.identity import PREVIEW_PREFIX, preview_stream, response_stream
from shared.events.previews import PreviewRead, ProposalPreviewed
from shared.events.responses import ProposalMade
from tests.support.parser_answers import instruction
from tests.support.units import MemoryStreams, MemoryUnitOfWork, run_handler
from tests.unit.parser.test_parser_handlers import message

ID = f"{PREVIEW_PREFIX}1"
HANDLER = Parser(None).on_response_published


def envelope(response_id: str, *actions: dict[str, Any]) -> str:
    answer = {"analysis": "fits", "recommended_actions": list(actions)}
    return json.dumps({"response_id": response_id, "user_id": "mira", "prompt": "Hedge it", "answer": answer})


async def read(text: str, streams: MemoryStreams | None = None) -> MemoryUnitOfWork:
    return await run_handler(HANDLER, message(text), streams)


async def test_preview_has_a_stream_of_its_own_and_no_other() -> None:
    appended = (await read(envelope(ID, instruction()))).appended
    assert set(appended) == {preview_stream(ID)}
    first, second = appended[preview_stream(ID)]
    assert isinstance(first, PreviewRead)
    assert (first.outcome, first.drafts, first.maker.name, first.refusals) == ("PROPOSED", 1, "mira", ())
    assert isinstance(second, ProposalPreviewed)


async def test_draft_is_the_proposal_that_another_id_would_have_made() -> None:
    previewed = (await read(envelope(ID, instruction()))).appended[preview_stream(ID)][-1]
    assert isinstance(previewed, ProposalPreviewed)
    draft = decode_message(previewed.draft.type, previewed.draft.schema_version, previewed.draft.data)
    ordinary = await run_handler(HANDLER, message(envelope("r-1", instruction())), connection=Kept())
    made = ordinary.appended[response_stream("r-1")][-1]
    assert isinstance(draft, ProposalMade)
    assert isinstance(made, ProposalMade)
    assert (draft.order, draft.origin) == (made.order, made.origin)


async def test_refused_answer_has_its_reasons_and_no_draft() -> None:
    (event,) = (await read(envelope(ID, instruction(hedge_amount_order="-5")))).appended[preview_stream(ID)]
    assert isinstance(event, PreviewRead)
    assert (event.outcome, event.drafts) == ("REFUSED", 0)
    assert [each.code for each in event.refusals] == ["INVALID_AMOUNT"]


async def test_repeat_of_a_preview_changes_nothing() -> None:
    streams = MemoryStreams()
    await read(envelope(ID, instruction()), streams)
    assert (await read(envelope(ID, instruction(hedge_amount_order="1000000")), streams)).appended == {}


class Kept:
    """In place of the connection: the bytes of an ordinary answer are kept."""

    async def execute(self, *_: object) -> None:
        return None
