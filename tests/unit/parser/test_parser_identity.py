"""Which response an answer is, and who asked."""

import hashlib
import json
from typing import Any

import pytest

from services.parser.decider import ResponseState, decide
from services.parser.response import read_response
from shared.events.responses import ProposalMade
from shared.policy.people import may_decide
from shared.security.keys import ensure_grant_keys, read_pem
from shared.security.maker_proof import proved_maker, sign_maker_proof
from tests.support.approvals import outcome_for
from tests.support.parser_answers import codes, dify, envelope, instruction, plan_text, read, transcript

PLAN = plan_text(instruction())


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("text", "headers", "response_id"),
    [
        (envelope(dify(PLAN)), {"ce_id": "h-1"}, "r-1"),
        (dify(PLAN), {"ce_id": "h-1"}, "h-1"),
        (dify(PLAN), {}, "m-1"),
        (transcript(PLAN), {}, "m-1"),
        (transcript(PLAN)[:200], {}, "m-1"),
        (envelope(transcript(PLAN), response_id=None), {}, "m-1"),
        (PLAN, {"ce_id": "h-1"}, "h-1"),
        (PLAN, {"ce_id": ""}, sha256(PLAN)),
        (PLAN, {}, sha256(PLAN)),
        ("", {}, sha256("")),
        ('{"response_id": "r-9", "answer": "cut', {}, sha256('{"response_id": "r-9", "answer": "cut')),
        ('{"response_id": "r-9", "answer": "cut', {"ce_id": "h-1"}, "h-1"),
    ],
)
def test_response_id_is_the_first_that_was_given(text: str, headers: dict[str, str], response_id: str) -> None:
    assert read(text, **headers).response_id == response_id


@pytest.mark.parametrize("bad", ["", " ", "a b", "a/b", "x" * 201, "ä", "a\nb", "../x", "a\x00"])
def test_unusable_response_id_is_refused_and_kept_under_its_digest(bad: str) -> None:
    text = envelope(json.loads(PLAN), response_id=bad)
    reading = read(text)
    assert (codes(reading), reading.components) == (["INVALID_IDENTIFIER"], ())
    assert reading.response_id == sha256(text)


def test_longest_response_id_is_taken() -> None:
    assert read(envelope(PLAN, response_id="x" * 200)).response_id == "x" * 200


@pytest.mark.parametrize(
    ("user", "headers", "maker"),
    [
        ("mira", {"hawkuser": "jon"}, "mira"),
        (None, {"hawkuser": "jon"}, "jon"),
        ("  ", {"hawkuser": "jon"}, "jon"),
        ("Anna Lee <7f0c>", {}, "Anna Lee <7f0c>"),
        (None, {}, "unknown"),
    ],
)
def test_maker_is_only_claimed_without_a_proof(user: str | None, headers: dict[str, str], maker: str) -> None:
    reading = read(envelope(PLAN, user_id=user), **headers)
    assert (reading.maker.name, reading.maker.verified) == (maker, False)
    assert reading.warnings == ()


@pytest.mark.parametrize(
    ("user", "headers", "maker"),
    [
        ("mira\u200b", {}, "mira"),
        ("\u202emira\u202c", {}, "mira"),
        ("mi\x00ra", {}, "mira"),
        ("mira\ud800", {}, "mira"),
        ("mira" + "\u200b" * 400, {}, "mira"),
        ("m\u0456ra", {}, "m\u0456ra"),  # a Cyrillic letter: kept, and compared by what it is taken for
        ("mira \U0001f600", {}, "mira"),
        ("a\nb", {}, "a b"),
        ("x" * 401, {}, "x" * 400),
        ("mira\u200b", {"hawkuser": "jon"}, "mira"),
        (None, {"hawkuser": "jon\u00ad"}, "jon"),
        ("\u200b", {"hawkuser": "jon"}, "jon"),
        ("\u200b", {"hawkuser": "jon\u200b"}, "jon"),
        ("\u200b", {}, "unknown"),
    ],
)
def test_maker_who_cannot_be_used_is_a_warning_and_forbids_all_the_same(
    user: str | None, headers: dict[str, str], maker: str
) -> None:
    reading = read(envelope(PLAN, user_id=user), **headers)
    assert (reading.maker.name, reading.maker.verified) == (maker, False)
    assert {notice.code for notice in reading.warnings} == {"MAKER_NOT_USABLE"}
    assert reading.warnings[0].path == ("header hawkuser" if user is None else "$.user_id")
    _, proposal = decide(ResponseState(), reading)
    assert isinstance(proposal, ProposalMade)
    assert "MAKER_NOT_USABLE" in {notice.code for notice in proposal.origin.warnings}, "people see it on the card"
    if "mira" in (user or "").replace("\u0456", "i"):
        outcome = outcome_for("60000000", verified=False)
        assert may_decide(outcome, maker, "mira", ("RISK_MANAGER",), ()).code == "MAKER_IS_CHECKER"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    pair = ensure_grant_keys(tmp_path_factory.mktemp("keys"))
    return read_pem(pair.private), read_pem(pair.public)


def proven(private: str, **changed: Any) -> str:
    signed = {"response_id": "r-1", "maker": "mira", "answer": PLAN, "prompt": "hedge"}
    proof = sign_maker_proof(**signed, private_pem=private)
    return envelope(changed.pop("answer", PLAN), maker_proof=proof, **changed)


def test_maker_is_verified_when_the_proof_holds(keys: tuple[str, str]) -> None:
    reading = read_response(proven(keys[0]).encode(), {}, keys[1])
    assert (reading.maker.name, reading.maker.verified) == ("mira", True)
    assert reading.warnings == ()


def test_a_proof_that_holds_travels_with_the_proposal_for_whoever_checks_it_again(keys: tuple[str, str]) -> None:
    reading = read_response(proven(keys[0]).encode(), {}, keys[1])
    _, proposal = decide(ResponseState(), reading)
    assert isinstance(proposal, ProposalMade)
    assert proved_maker(proposal, keys[1]) == proposal.origin.maker
    assert proved_maker(proposal, keys[1]).verified
    assert not proved_maker(proposal.model_copy(update={"response_id": "r-2"}), keys[1]).verified


def test_the_name_is_that_of_the_proof_however_the_publisher_spells_it(keys: tuple[str, str]) -> None:
    reading = read_response(proven(keys[0], user_id="MIRA\u200b").encode(), {}, keys[1])
    assert (reading.maker.name, reading.maker.verified) == ("mira", True)
    _, proposal = decide(ResponseState(), reading)
    assert isinstance(proposal, ProposalMade)
    assert proved_maker(proposal, keys[1]).verified


def test_a_proof_that_does_not_hold_goes_no_further(keys: tuple[str, str]) -> None:
    reading = read_response(proven(keys[0], prompt="other").encode(), {}, keys[1])
    assert (reading.maker.proof, reading.maker.content_sha256) == (None, None)


@pytest.mark.parametrize(
    "changed",
    [
        {"user_id": "jon"},
        {"response_id": "r-2"},
        {"prompt": "other"},
        {"answer": plan_text(instruction(hedge_amount_order=1))},
        {"answer": json.loads(PLAN)},
    ],
)
def test_maker_stays_claimed_with_a_warning_when_the_proof_is_about_something_else(
    keys: tuple[str, str], changed: dict[str, Any]
) -> None:
    reading = read_response(proven(keys[0], **changed).encode(), {}, keys[1])
    assert reading.maker.verified is False
    assert [notice.code for notice in reading.warnings] == ["MAKER_PROOF_INVALID"]
    assert reading.outcome == "PROPOSED"


def test_nobody_is_verified_without_a_key(keys: tuple[str, str]) -> None:
    assert read(proven(keys[0])).maker.verified is False
