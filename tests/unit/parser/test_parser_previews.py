"""An answer under the id of a preview: read as ever, and kept as documents that nobody takes for proposals."""

import json
from typing import Any

from joserfc.jwk import ECKey

from services.parser.handlers import Parser
from shared.events.catalogue import decode_message
from shared.events.identity import PREVIEW_PREFIX, preview_stream, response_stream
from shared.events.previews import PreviewRead, ProposalPreviewed
from shared.events.responses import ProposalMade, ResponseReceived
from shared.security.keys import public_half
from shared.security.maker_proof import sign_maker_proof
from tests.support.parser_answers import instruction
from tests.support.units import MemoryStreams, MemoryUnitOfWork, run_handler
from tests.unit.parser.test_parser_handlers import message

ID = f"{PREVIEW_PREFIX}1"
PRIVATE = ECKey.generate_key("P-256").as_pem(private=True).decode()
HANDLER = Parser(public_half(PRIVATE)).on_response_published


def envelope(response_id: str, *actions: dict[str, Any], proved_for: str | None = None) -> str:
    """An answer as the approval service publishes it, with the proof of its maker, or one for another id."""
    answer = json.dumps({"analysis": "fits", "recommended_actions": list(actions)})
    said = {"maker": "mira", "answer": answer, "prompt": "Hedge it"}
    proof = sign_maker_proof(response_id=proved_for or response_id, private_pem=PRIVATE, **said)
    sent = {"response_id": response_id, "user_id": "mira", "prompt": "Hedge it"}
    return json.dumps(sent | {"answer": answer, "maker_proof": proof})


async def read(text: str, streams: MemoryStreams | None = None) -> MemoryUnitOfWork:
    return await run_handler(HANDLER, message(text), streams, connection=Kept())


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
    # A proof covers the id of its answer; all else agrees.
    maker = draft.origin.maker.model_copy(update={"proof": made.origin.maker.proof})
    origin = draft.origin.model_copy(update={"maker": maker})
    assert (draft.order, origin) == (made.order, made.origin)


async def test_refused_answer_has_its_reasons_and_no_draft() -> None:
    (event,) = (await read(envelope(ID, instruction(hedge_amount_order="-5")))).appended[preview_stream(ID)]
    assert isinstance(event, PreviewRead)
    assert (event.outcome, event.drafts) == ("REFUSED", 0)
    assert [each.code for each in event.refusals] == ["INVALID_AMOUNT"]


async def test_what_nobody_vouches_for_is_no_preview_of_a_person_and_is_refused() -> None:
    streams = MemoryStreams()
    forged = await read(envelope(ID, instruction(), proved_for="r-1"), streams)
    (event,) = forged.appended[response_stream(ID)]
    assert isinstance(event, ResponseReceived)
    assert (event.outcome, event.workflows, event.refusals[0].code) == ("REFUSED", (), "INVALID_IDENTIFIER")
    true = await read(envelope(ID, instruction(hedge_amount_order="1000000")), streams)
    assert [type(each).__name__ for each in true.appended[preview_stream(ID)]] == ["PreviewRead", "ProposalPreviewed"]


async def test_repeat_of_a_preview_changes_nothing() -> None:
    streams = MemoryStreams()
    await read(envelope(ID, instruction()), streams)
    assert (await read(envelope(ID, instruction(hedge_amount_order="1000000")), streams)).appended == {}


class Kept:
    """In place of the connection: the bytes of an ordinary answer are kept."""

    async def execute(self, *_: object) -> None:
        return None
