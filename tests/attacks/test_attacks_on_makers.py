"""The proof of who asked: who is taken for the maker of an answer or of a reversal."""

from pathlib import Path
from typing import Any

import pytest

from services.executor.reversal import planning
from shared.events.identity import reversal_id
from shared.events.responses import Maker, Origin
from shared.events.reversals import ReversalRequested
from shared.policy.table import DEFAULT_POLICY
from shared.security.maker_proof import content_sha256, proved_maker, sign_maker_proof, sign_reversal_proof
from tests.attacks.attack import Attacker, attack
from tests.support import executions, reversing
from tests.support.approving import Approving
from tests.support.parser_answers import envelope, instruction, plan_text, read
from tests.support.plans_of_each_kind import hedge
from tests.support.proofs import by, proved
from tests.support.units import WHEN, MemoryStreams

PROVED = "Executor and approval check the approval service's signature themselves, each against response and content."
BELIEVED = "Believed: SENIOR_TRADER alone was asked for, and the executor took one approver."
UNLOOKED = "Behind the parser there was no proof to look at: its word was believed, and one approver was enough."
COPIED = "A parser that lies about the answer itself: the proof covers the words, not what the parser makes of them."


@pytest.fixture
def bench(tmp_path: Path) -> Approving:
    return Approving(tmp_path)


def large(maker: Maker) -> Any:
    """USD 61M as a parser that believes this maker passes it on, and an executor that believes the parser."""
    return by(executions.drawn("USD", "61000000"), maker.model_copy(update={"verified": True}))


async def counts_as_claimed(bench: Approving, maker: Maker) -> None:
    event = large(maker)
    bench.streams = MemoryStreams()
    (request,) = await bench.deliver(event)
    assert not request.maker.verified
    assert request.policy.required == ("SENIOR_TRADER", "ANY_APPROVER")
    assert not proved_maker(event, bench.public).verified


@attack(
    by=Attacker.ROLE,
    does="as the parser, says that the maker of USD 61M is verified, without a proof",
    before=BELIEVED,
    cure=PROVED,
    remains=COPIED,
)
async def test_a_maker_is_not_proved_because_the_parser_says_so(bench: Approving) -> None:
    await counts_as_claimed(bench, Maker(name="nobody"))
    true = large(proved(executions.drawn().response_id, bench.private))
    assert proved_maker(true, bench.public).verified


@attack(
    by=Attacker.ROLE,
    does="as the parser, passes on the proof of another response",
    before=UNLOOKED,
    cure=PROVED,
    remains=COPIED,
)
async def test_the_proof_of_another_response_proves_nothing(bench: Approving) -> None:
    await counts_as_claimed(bench, proved("another-response", bench.private))


@attack(
    by=Attacker.ROLE,
    does="as the parser, passes on a proof that was given for another answer or another prompt",
    before=UNLOOKED,
    cure=PROVED,
    remains=COPIED,
)
async def test_the_proof_of_another_content_proves_nothing(bench: Approving) -> None:
    maker = proved(executions.drawn().response_id, bench.private)
    await counts_as_claimed(bench, maker.model_copy(update={"content_sha256": content_sha256("{}", "another")}))
    await counts_as_claimed(bench, maker.model_copy(update={"content_sha256": None}))


@attack(
    by=Attacker.ROLE,
    does="as the parser, passes on one person's proof under another person's name",
    before=UNLOOKED,
    cure=PROVED,
    remains=COPIED,
)
async def test_the_proof_of_another_person_proves_nothing(bench: Approving) -> None:
    maker = proved(executions.drawn().response_id, bench.private, maker="mira")
    await counts_as_claimed(bench, maker.model_copy(update={"name": "nobody"}))
    await counts_as_claimed(bench, maker.model_copy(update={"name": "MIRA"}))


@attack(
    by=Attacker.PUBLISHER,
    does="signs a proof of his own making, or takes a grant for one",
    before="The parser warned and took the maker as claimed; no other service looked.",
    cure=PROVED,
)
async def test_a_proof_that_the_approval_service_did_not_sign_proves_nothing(bench: Approving, tmp_path: Path) -> None:
    of_others = Approving(tmp_path / "another")
    await counts_as_claimed(bench, proved(executions.drawn().response_id, of_others.private))
    bench.streams = MemoryStreams()
    await bench.deliver(hedge("1000000"))
    await bench.approve(executions.WORKFLOW, ("sam", "TRADER"))
    granted_text = bench.signer.grant(await bench.claims(executions.WORKFLOW))
    for text in ("", "a.b.c", "a" * 20_000, granted_text):
        await counts_as_claimed(bench, Maker(name="mira", proof=text, content_sha256=content_sha256("{}", "")))


def asked_reversal(maker: Maker, reverses: str = executions.WORKFLOW, reason: str = "Booked twice") -> Any:
    return ReversalRequested(
        workflow_id=reversal_id(reverses),
        response_id="",
        origin=Origin(attempt=1, maker=maker),
        reverses=reverses,
        role="TRADER",
        reason=reason,
        requested_at=WHEN,
    )


@attack(
    by=Attacker.BROKER,
    does="asks for a reversal in another person's name, with no proof, one of an answer, or one of another reversal",
    before="Believed: the request said that its maker was verified.",
    cure="A reversal carries a signature over workflow, person and reason, which executor and approval check.",
    remains="A second attempt at a reversal that was asked for, where messages are not looked up in the store.",
)
async def test_a_reversal_in_another_persons_name_has_an_unproved_maker(bench: Approving) -> None:
    private = bench.private
    workflow, reason = executions.WORKFLOW, "Booked twice"
    of_answer = sign_maker_proof(response_id=workflow, maker="mira", answer=reason, prompt="", private_pem=private)
    for proof in (
        None,
        of_answer,
        sign_reversal_proof(reverses="another", maker="mira", reason=reason, private_pem=private),
        sign_reversal_proof(reverses=workflow, maker="tom", reason=reason, private_pem=private),
        sign_reversal_proof(reverses=workflow, maker="mira", reason="Another", private_pem=private),
    ):
        maker = Maker(name="mira", verified=True, proof=proof, content_sha256=content_sha256(reason, ""))
        assert not proved_maker(asked_reversal(maker), bench.public).verified
    true = sign_reversal_proof(reverses=workflow, maker="mira", reason=reason, private_pem=private)
    asked = asked_reversal(Maker(name="mira", proof=true))
    assert proved_maker(asked, bench.public).verified
    command = reversing.asked(reversing.executed().facts(), maker=asked.origin.maker)
    planned = planning.decide(command, DEFAULT_POLICY)
    assert proved_maker(planned, bench.public).verified


@attack(
    by=Attacker.PUBLISHER,
    does="publishes the order of a person under that person's name with a character that does not show",
    before="The name could not be used, so the maker was `unknown`, without a warning, and the person might approve.",
    cure="What is left of the name counts as the maker, with the warning MAKER_NOT_USABLE; a claim can only forbid.",
    remains="He may claim any other name; one person more must then approve.",
)
@pytest.mark.parametrize("given", ["mira\u200b", "\u202emira", "mi\x00ra", "m\u0456ra", "MIRA\ufe0f"])
async def test_a_maker_who_cannot_be_used_forbids_all_the_same(bench: Approving, given: str) -> None:
    reading = read(envelope(plan_text(instruction()), user_id=given))
    assert [notice.code for notice in reading.warnings] == ["MAKER_NOT_USABLE"]
    event = by(hedge("61000000"), reading.maker)
    await bench.deliver(event)
    assert await bench.approve(event.workflow_id, ("mira", "RISK_MANAGER")) == "MAKER_IS_CHECKER"
