"""Proof that a person handed in an answer: the approval service vouches for whom it authenticated.

hawk.ai.responses is open to plain publishers, whose `user_id` is a claim. Only this signature makes it known.
"""

import hashlib
from typing import Any

from shared.errors import InvalidInput
from shared.security.signing import SignatureProblem, sign, verify

MAKER_PROOF_TYPE = "hawk-maker+jws"


def content_sha256(answer: str, prompt: str) -> str:
    """What the proof binds the maker to: the answer and the words it answers, as `sha256:<64 hex digits>`.

    The lengths stand before the texts, so that no other pair of texts gives the same bytes.
    """
    hashed = hashlib.sha256()
    for text in (answer, prompt):
        data = text.encode("utf-8", "surrogatepass")
        hashed.update(len(data).to_bytes(8, "big"))
        hashed.update(data)
    return f"sha256:{hashed.hexdigest()}"


def sign_maker_proof(*, response_id: str, maker: str, answer: str, prompt: str, private_pem: str) -> str:
    """A compact JWS over response, maker and content.

    Raises:
        Defect: the key cannot sign.
    """
    payload = {
        "response_id": response_id,
        "maker": maker,
        "content_sha256": content_sha256(answer, prompt),
    }
    return sign(payload, typ=MAKER_PROOF_TYPE, private_pem=private_pem)


def verify_maker_proof(token: str, public_pem: str, *, response_id: str, answer: Any, prompt: str) -> str:
    """The maker of an envelope whose proof holds for this response, answer and prompt.

    Args:
        answer: the envelope's `answer`. The approval service publishes text; anything else was changed.
    Returns:
        The name of the person.
    Raises:
        InvalidInput: MAKER_PROOF_INVALID. The answer may still be read; its maker is then only claimed.
        Defect: the configured key is no public ES256 key.
    """
    try:
        payload = verify(token, typ=MAKER_PROOF_TYPE, public_pem=public_pem)
    except SignatureProblem as problem:
        raise _invalid(problem.sentence) from problem
    maker = payload.get("maker")
    if not isinstance(maker, str) or not maker:
        raise _invalid("it names no maker")
    if payload.get("response_id") != response_id:
        raise _invalid("it was given for another response")
    if not isinstance(answer, str) or payload.get("content_sha256") != content_sha256(answer, prompt):
        raise _invalid("the answer or the prompt was changed after it was given")
    return maker


def _invalid(why: str) -> InvalidInput:
    return InvalidInput(code="MAKER_PROOF_INVALID", reason=f"The proof of the maker does not hold: {why}.")
